-- access / policy ---------------------------------------------------------------------------------------------------

ALTER TABLE agencies ADD COLUMN purpose_required boolean NOT NULL DEFAULT false;

CREATE TABLE roles (
    code        text PRIMARY KEY,
    name        text NOT NULL,
    name_ar     text NOT NULL DEFAULT '',
    permissions text[] NOT NULL,
    look_back_s bigint,                 -- null: as far back as there is footage
    built_in    boolean NOT NULL DEFAULT false,
    CONSTRAINT roles_code CHECK (code ~ '^[a-z][a-z0-9_-]{0,39}$'),
    CONSTRAINT roles_look_back CHECK (look_back_s > 0)
);
INSERT INTO roles (code, name, name_ar, permissions, look_back_s, built_in) VALUES
    ('administrator', 'Administrator', 'مدير النظام',
     '{camera:*:export,camera:*:live,camera:*:manage,camera:*:playback,camera:*:ptz,system:agencies,system:audit,'
     'system:describe,system:metrics,system:roles,system:storage,system:users}', NULL, true),
    ('supervisor', 'Supervisor', 'مشرف',
     '{camera:*:export,camera:*:live,camera:*:manage,camera:*:playback,camera:*:ptz}', NULL, true),
    ('operator', 'Operator', 'مشغّل', '{camera:*:live,camera:*:playback,camera:*:ptz}', 604800, true),
    ('investigator', 'Investigator', 'محقق', '{camera:*:export,camera:*:live,camera:*:playback}', NULL, true),
    ('auditor', 'Auditor', 'مدقق', '{system:audit}', NULL, true),
    ('viewer', 'Viewer', 'مشاهد', '{camera:*:live}', NULL, true);

CREATE TABLE access_grants (
    id         uuid PRIMARY KEY,
    user_id    uuid CONSTRAINT access_grants_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
    told_group text,                    -- instead of a user: everybody of this group of an organisation's provider
    role       text NOT NULL CONSTRAINT access_grants_role_fkey REFERENCES roles (code),
    agency     text CONSTRAINT access_grants_agency_fkey REFERENCES agencies (code),
    group_id   uuid CONSTRAINT access_grants_group_id_fkey REFERENCES camera_groups (id) ON DELETE CASCADE,
    camera_id  uuid CONSTRAINT access_grants_camera_id_fkey REFERENCES cameras (id) ON DELETE CASCADE,
    until      timestamptz,
    granted_by text NOT NULL,
    granted_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT access_grants_who CHECK ((user_id IS NULL) <> (told_group IS NULL)),
    CONSTRAINT access_grants_target CHECK (num_nonnulls(agency, group_id, camera_id) <= 1),
    CONSTRAINT access_grants_once
        UNIQUE NULLS NOT DISTINCT (user_id, told_group, role, agency, group_id, camera_id)
);
CREATE INDEX idx_access_grants_group ON access_grants (told_group) WHERE (told_group IS NOT NULL);


-- access / audit ----------------------------------------------------------------------------------------------------
-- An entry is written in the transaction of what it tells of. Its link in the chain is added within a second by the
-- one sealer there is: so that no writer waits for another, see the decision on the audit's chain.

CREATE TABLE audit_entries (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor_id   text NOT NULL,
    actor_name text NOT NULL,
    actor_kind text NOT NULL,
    session    text,
    address    text,
    request_id text,
    service    text NOT NULL,
    action     text NOT NULL,
    thing_kind text NOT NULL,
    thing_id   text NOT NULL,
    camera_id  uuid,                    -- no foreign key: the audit outlives what it tells of
    agency     text,
    result     text NOT NULL,
    case_ref   text,
    reason     text,
    seconds    double precision,
    detail     jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT audit_entries_result CHECK (result IN ('done', 'refused', 'failed', 'began'))
);
CREATE INDEX idx_audit_entries_at ON audit_entries (at DESC, id DESC);
CREATE INDEX idx_audit_entries_actor ON audit_entries (actor_id, at DESC);
CREATE INDEX idx_audit_entries_camera ON audit_entries (camera_id, at DESC) WHERE (camera_id IS NOT NULL);

CREATE TABLE audit_chain (
    seq      bigint PRIMARY KEY,        -- from 1, without a gap
    entry_id bigint NOT NULL CONSTRAINT audit_chain_entry_id_key UNIQUE,
    link     bytea NOT NULL             -- keyed hash over the link before and this entry
);

REVOKE UPDATE, DELETE, TRUNCATE ON audit_entries, audit_chain FROM cctv_app;
