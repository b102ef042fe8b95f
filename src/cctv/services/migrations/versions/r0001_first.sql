-- The first schema. Times are timestamptz, written in UTC. The tables.py of the rooms say the same in Python, and a
-- test compares both with a migrated database.
--
-- Roles: whoever runs this owns everything (role cctv); services sign in as cctv_app, which reads and writes rows
-- but cannot alter, truncate or drop. What needs more (a day's partition) is a function of the owner.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'cctv_app') THEN
        CREATE ROLE cctv_app NOLOGIN;
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;  -- another database of this cluster was faster
END $$;

-- Statistics of statements: where the server lets us. It must also be in shared_preload_libraries to count.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_stat_statements') THEN
        CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
    END IF;
    EXECUTE format('GRANT pg_read_all_stats TO %I', current_user);
EXCEPTION
    WHEN insufficient_privilege OR invalid_grant_operation THEN
        RAISE NOTICE 'no right to pg_stat_statements or pg_read_all_stats: %', SQLERRM;
END $$;

GRANT USAGE ON SCHEMA public TO cctv_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO cctv_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO cctv_app;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;


-- cameras / registry ------------------------------------------------------------------------------------------------

CREATE TABLE agencies (
    code    text PRIMARY KEY,
    name    text NOT NULL,
    name_ar text NOT NULL DEFAULT '',
    CONSTRAINT agencies_code CHECK (code ~ '^[A-Z0-9][A-Z0-9_-]{0,31}$')  -- a part of objects' names
);

INSERT INTO agencies (code, name, name_ar) VALUES
    ('DUBAI_POLICE', 'Dubai Police', 'شرطة دبي'),
    ('METRO', 'Metro', 'المترو'),
    ('BUS', 'Bus', 'الحافلات'),
    ('OTHER', 'Other', 'أخرى');

CREATE TABLE camera_groups (
    id         uuid PRIMARY KEY,
    name       text NOT NULL UNIQUE,
    name_ar    text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE cameras (
    id             uuid PRIMARY KEY,
    name           text NOT NULL,
    name_ar        text NOT NULL DEFAULT '',
    name_key       text NOT NULL,   -- the name as it is compared
    agency         text NOT NULL CONSTRAINT cameras_agency_fkey REFERENCES agencies (code),
    group_id       uuid CONSTRAINT cameras_group_id_fkey REFERENCES camera_groups (id) ON DELETE SET NULL,
    lat            double precision,
    lon            double precision,
    place          text NOT NULL DEFAULT '',
    main_url       text NOT NULL,   -- without user and password: those are sealed in credentials
    main_transport text NOT NULL DEFAULT 'tcp',
    sub_url        text,
    sub_transport  text NOT NULL DEFAULT 'tcp',
    credentials    bytea,
    mode           text NOT NULL DEFAULT 'continuous',
    audio          text NOT NULL DEFAULT 'keep',
    enabled        boolean NOT NULL DEFAULT true,
    mode_since     timestamptz NOT NULL,
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    removed_at     timestamptz,     -- the row stays: its recordings go on existing
    version        integer NOT NULL DEFAULT 1,
    CONSTRAINT cameras_mode CHECK (mode IN ('continuous', 'off')),
    CONSTRAINT cameras_audio CHECK (audio IN ('off', 'keep', 'aac')),
    CONSTRAINT cameras_transport CHECK (main_transport IN ('tcp', 'udp') AND sub_transport IN ('tcp', 'udp')),
    CONSTRAINT cameras_name CHECK (char_length(name) BETWEEN 1 AND 200)
);
CREATE UNIQUE INDEX cameras_agency_name_key ON cameras (agency, name_key) WHERE removed_at IS NULL;
CREATE INDEX idx_cameras_main_url ON cameras (main_url);


-- cameras / status --------------------------------------------------------------------------------------------------

CREATE TABLE camera_status (
    camera_id   uuid PRIMARY KEY CONSTRAINT camera_status_camera_id_fkey REFERENCES cameras (id) ON DELETE CASCADE,
    state       text NOT NULL,
    cause       text,
    fault       text,
    since       timestamptz NOT NULL,
    details     jsonb NOT NULL DEFAULT '{}',
    stream      jsonb,
    reporter    text NOT NULL,
    fence       bigint NOT NULL DEFAULT 0,  -- of the lease under which the reporter speaks
    reported_at timestamptz NOT NULL
);

CREATE TABLE camera_status_history (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    camera_id uuid NOT NULL CONSTRAINT camera_status_history_camera_id_fkey REFERENCES cameras (id) ON DELETE CASCADE,
    state     text NOT NULL,
    cause     text,
    fault     text,
    since     timestamptz NOT NULL,
    details   jsonb NOT NULL DEFAULT '{}',
    reporter  text NOT NULL
);
CREATE INDEX idx_camera_status_history_camera ON camera_status_history (camera_id, id);

CREATE TABLE camera_status_reporters (
    reporter text PRIMARY KEY,
    seen_at  timestamptz NOT NULL
);


-- recording / capture -----------------------------------------------------------------------------------------------

CREATE TABLE recorders (
    holder   text PRIMARY KEY,
    node     text NOT NULL,
    address  text NOT NULL DEFAULT '',
    seen_at  timestamptz NOT NULL DEFAULT now(),
    capacity integer NOT NULL
);

CREATE TABLE leases (
    camera_id  uuid PRIMARY KEY CONSTRAINT leases_camera_id_fkey REFERENCES cameras (id),
    holder     text NOT NULL,
    fence      bigint NOT NULL,     -- grows with each taking
    expires_at timestamptz NOT NULL
);
CREATE INDEX idx_leases_holder ON leases (holder);


-- recording / schedule ----------------------------------------------------------------------------------------------

CREATE TABLE recording_plan (
    camera_id uuid NOT NULL,
    from_time timestamptz NOT NULL,
    to_time   timestamptz,          -- null while it holds
    why       text NOT NULL,
    CONSTRAINT recording_plan_pkey PRIMARY KEY (camera_id, from_time),
    CONSTRAINT recording_plan_forward CHECK (to_time >= from_time)
);
CREATE UNIQUE INDEX recording_plan_open ON recording_plan (camera_id) WHERE to_time IS NULL;


-- recording / archive -----------------------------------------------------------------------------------------------
-- No foreign keys to cameras: recordings outlive the registry, and `archive rebuild` works without it.

CREATE TABLE recording_runs (
    id         uuid PRIMARY KEY,
    camera_id  uuid NOT NULL,
    fence      bigint NOT NULL,
    epoch      uuid NOT NULL,
    codec      text NOT NULL,       -- h264, h265, mjpeg
    codecs     text NOT NULL,       -- all tracks, RFC 6381
    width      integer NOT NULL,
    height     integer NOT NULL,
    rate       double precision,    -- frames a second, as far as the stream says
    init       bytea NOT NULL,      -- ftyp and moov, also at the head of each file
    started_at timestamptz NOT NULL,
    ended_at   timestamptz,
    end_cause  text
);
CREATE INDEX idx_recording_runs_camera ON recording_runs (camera_id, fence, started_at);

-- One row a file of about a minute; a partition a UTC day of start_time, made by ensure_segment_partition.
CREATE TABLE video_segments (
    camera_id   uuid NOT NULL,
    start_time  timestamptz NOT NULL,
    end_time    timestamptz NOT NULL,
    run_id      uuid NOT NULL,
    seq         integer NOT NULL,
    bytes       bigint NOT NULL,
    sha256      bytea NOT NULL,
    prev_sha256 bytea,
    volume      text NOT NULL,
    object_name text NOT NULL,
    state       text NOT NULL,
    fragments   bytea NOT NULL,     -- packed index; its first byte is the format
    CONSTRAINT video_segments_key UNIQUE (run_id, seq, start_time),
    CONSTRAINT video_segments_forward CHECK (end_time >= start_time),
    CONSTRAINT video_segments_state
        CHECK (state IN ('stored', 'spooled', 'duplicate', 'missing', 'corrupt', 'to_delete'))
) PARTITION BY RANGE (start_time);
ALTER TABLE video_segments ALTER COLUMN fragments SET STORAGE EXTERNAL;  -- compressed already
-- A camera's recordings of a time, without touching the rows.
CREATE INDEX idx_segments_camera_time ON video_segments (camera_id, start_time) INCLUDE (end_time, run_id);
-- The oldest of a volume, for the deleter.
CREATE INDEX idx_segments_volume_time ON video_segments (volume, start_time);
CREATE INDEX idx_segments_to_delete ON video_segments (volume, start_time) WHERE state = 'to_delete';

-- What timelines show, kept up with each segment. Cut at UTC midnight; end_time is in no index, so that the growth
-- of the newest row is a heap-only update.
CREATE TABLE recording_spans (
    camera_id  uuid NOT NULL,
    start_time timestamptz NOT NULL,
    end_time   timestamptz NOT NULL,
    fence      bigint NOT NULL,
    epoch      uuid NOT NULL,
    freed      boolean NOT NULL,    -- was recorded, has been deleted since
    CONSTRAINT recording_spans_pkey PRIMARY KEY (camera_id, start_time, fence, epoch, freed),
    CONSTRAINT recording_spans_forward CHECK (end_time > start_time)
) WITH (fillfactor = 70);

CREATE TABLE recording_gaps (
    id         uuid PRIMARY KEY,
    camera_id  uuid NOT NULL,
    start_time timestamptz NOT NULL,
    end_time   timestamptz,         -- null while it lasts
    cause      text NOT NULL,
    detail     jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT recording_gaps_forward CHECK (end_time >= start_time)
);
CREATE INDEX idx_recording_gaps_camera_start ON recording_gaps (camera_id, start_time);
CREATE INDEX idx_recording_gaps_camera_end ON recording_gaps (camera_id, end_time) INCLUDE (start_time);

CREATE TABLE clock_epochs (
    id   uuid PRIMARY KEY,
    node text NOT NULL,
    at   timestamptz NOT NULL,      -- in the new time
    step interval NOT NULL
);

CREATE TABLE evidence_locks (
    id          uuid PRIMARY KEY,
    camera_id   uuid NOT NULL,
    from_time   timestamptz NOT NULL,
    to_time     timestamptz NOT NULL,
    case_ref    text NOT NULL,
    by          text NOT NULL,
    until       timestamptz,        -- null: until released
    created_at  timestamptz NOT NULL DEFAULT now(),
    released_at timestamptz,
    released_by text,
    CONSTRAINT evidence_locks_forward CHECK (to_time > from_time)
);
CREATE INDEX idx_evidence_locks_camera ON evidence_locks (camera_id, to_time) WHERE released_at IS NULL;

CREATE TABLE volumes (
    id             text PRIMARY KEY,
    address        text NOT NULL,
    state          text NOT NULL DEFAULT 'active',
    capacity_bytes bigint,
    policy         jsonb NOT NULL DEFAULT '{}',
    created_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT volumes_id CHECK (id ~ '^[a-z0-9][a-z0-9_-]{0,31}$'),
    CONSTRAINT volumes_state CHECK (state IN ('active', 'read_only', 'failing', 'retired'))
);


-- viewing / playback ------------------------------------------------------------------------------------------------

CREATE TABLE media_withdrawals (
    subject      text PRIMARY KEY,      -- whose grants are dead: grant:<id>, actor:<id> or camera:<uuid>
    withdrawn_at timestamptz NOT NULL,  -- those issued up to this moment
    needed_until timestamptz NOT NULL   -- when the last of them has run out by itself
);
CREATE INDEX idx_media_withdrawals_needed ON media_withdrawals (needed_until);


-- Partitions --------------------------------------------------------------------------------------------------------
-- Made beside and then attached, because ATTACH lets writers of other days go on where CREATE … PARTITION OF stops
-- every reader.

CREATE FUNCTION ensure_segment_partition(day date) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    name text := 'video_segments_' || to_char(day, 'YYYYMMDD');
BEGIN
    IF to_regclass('public.' || name) IS NOT NULL THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('cctv.video_segments.partitions'));
    -- By a query: to_regclass may still remember that there was none before we waited.
    IF EXISTS (SELECT FROM pg_class WHERE relname = name AND relnamespace = 'public'::regnamespace) THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE public.%I (LIKE public.video_segments INCLUDING ALL)', name);
    EXECUTE format('ALTER TABLE public.video_segments ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
                   name, day::text || ' 00:00:00+00', (day + 1)::text || ' 00:00:00+00');
    RETURN true;
END $$;

CREATE FUNCTION drop_empty_segment_partition(day date) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    name text := 'video_segments_' || to_char(day, 'YYYYMMDD');
    holds boolean;
BEGIN
    IF to_regclass('public.' || name) IS NULL THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('cctv.video_segments.partitions'));
    -- Nobody may put a row in between our look and the drop.
    EXECUTE format('LOCK TABLE public.%I IN ACCESS EXCLUSIVE MODE', name);
    EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', name) INTO holds;
    IF holds THEN
        RETURN false;
    END IF;
    EXECUTE format('DROP TABLE public.%I', name);
    RETURN true;
EXCEPTION
    WHEN lock_not_available THEN RETURN false;  -- busy; another time
END $$;

GRANT EXECUTE ON FUNCTION ensure_segment_partition(date), drop_empty_segment_partition(date) TO cctv_app;
REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM cctv_app;
GRANT SELECT ON alembic_version TO cctv_app;

SELECT ensure_segment_partition((now() AT TIME ZONE 'UTC')::date + ahead) FROM generate_series(-1, 3) AS ahead;
