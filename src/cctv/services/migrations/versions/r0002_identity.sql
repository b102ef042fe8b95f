-- access / identity -------------------------------------------------------------------------------------------------
-- Secrets are here only as what they can be checked against: argon2id of passwords, SHA-256 of session and key
-- secrets (256 random bits each, so that a slow hash adds nothing); the secret of an authenticator is sealed.

CREATE TABLE users (
    id              uuid PRIMARY KEY,
    name            text NOT NULL,      -- to sign in with; of a provider's user: what the provider calls it
    name_key        text NOT NULL,      -- the name as it is compared
    full_name       text NOT NULL DEFAULT '',
    full_name_ar    text NOT NULL DEFAULT '',
    employee_number text NOT NULL DEFAULT '',
    agency          text CONSTRAINT users_agency_fkey REFERENCES agencies (code),
    issuer          text,               -- of the provider that vouches for the user; null: a local user
    subject         text,               -- the provider's own id of the user
    password        text,               -- argon2id, or null: cannot sign in with a password
    one_time        boolean NOT NULL DEFAULT false,  -- the password must be replaced at the next sign-in
    totp            bytea,              -- sealed secret of the authenticator
    totp_on         boolean NOT NULL DEFAULT false,
    totp_step       bigint NOT NULL DEFAULT 0,       -- the last time step that was used: a code works once
    break_glass     boolean NOT NULL DEFAULT false,
    claims          text[] NOT NULL DEFAULT '{}',    -- permissions that the provider told last, in our names
    told_groups     text[] NOT NULL DEFAULT '{}',    -- groups that the provider told last
    camera_sources  text[] NOT NULL DEFAULT '{}',    -- as the provider told them, kept as a fact
    valid_from      timestamptz NOT NULL,            -- a provider's token issued before is dead
    disabled_at     timestamptz,
    created_at      timestamptz NOT NULL,
    signed_in_at    timestamptz,
    version         integer NOT NULL DEFAULT 1,
    CONSTRAINT users_provider CHECK ((issuer IS NULL) = (subject IS NULL)),
    CONSTRAINT users_name CHECK (char_length(name) BETWEEN 1 AND 200)
);
CREATE UNIQUE INDEX users_name_key ON users (name_key);
CREATE UNIQUE INDEX users_subject_key ON users (issuer, subject);

CREATE TABLE sessions (
    id         bytea PRIMARY KEY,       -- SHA-256 of the cookie's secret
    user_id    uuid NOT NULL CONSTRAINT sessions_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
    method     text NOT NULL,           -- how it began: password, provider, break_glass
    pending    text,                    -- what is still to be done: password, totp
    created_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,    -- to the minute
    expires_at timestamptz NOT NULL,
    address    text NOT NULL DEFAULT '',
    agent      text NOT NULL DEFAULT '',
    CONSTRAINT sessions_pending CHECK (pending IN ('password', 'totp'))
);
CREATE INDEX idx_sessions_user ON sessions (user_id);
CREATE INDEX idx_sessions_expires ON sessions (expires_at);

CREATE TABLE api_keys (
    id           uuid PRIMARY KEY,
    user_id      uuid NOT NULL CONSTRAINT api_keys_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
    name         text NOT NULL,
    prefix       text NOT NULL,         -- the beginning of the key, to find it by
    secret       bytea NOT NULL,        -- SHA-256 of the whole key
    scopes       text[] NOT NULL,       -- permissions at most
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    used_at      timestamptz,           -- to the minute
    revoked_at   timestamptz,
    CONSTRAINT api_keys_name CHECK (char_length(name) BETWEEN 1 AND 200)
);
CREATE UNIQUE INDEX api_keys_prefix_key ON api_keys (prefix);
CREATE INDEX idx_api_keys_user ON api_keys (user_id);

CREATE TABLE recovery_codes (
    user_id uuid NOT NULL CONSTRAINT recovery_codes_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
    code    bytea NOT NULL,             -- SHA-256 of user id and code (80 random bits)
    used_at timestamptz,
    CONSTRAINT recovery_codes_pkey PRIMARY KEY (user_id, code)
);

-- What an organisation calls a permission, and what it is called here. An asterisk in theirs stands for an agency.
CREATE TABLE permission_names (
    theirs text NOT NULL CONSTRAINT permission_names_pkey PRIMARY KEY,
    ours   text[] NOT NULL
);
INSERT INTO permission_names (theirs, ours) VALUES
    ('camera:*:view', '{camera:*:live,camera:*:playback}'),
    ('camera:*:live', '{camera:*:live}'),
    ('camera:*:playback', '{camera:*:playback}'),
    ('camera:*:ptz', '{camera:*:ptz}'),
    ('camera:*:control', '{camera:*:ptz}'),
    ('camera:*:export', '{camera:*:export}'),
    ('camera:*:manage', '{camera:*:manage}'),
    ('clip:*:create', '{camera:*:export}');

-- Signed notices that were carried out: each works once.
CREATE TABLE iam_notices (
    id      text CONSTRAINT iam_notices_pkey PRIMARY KEY,
    seen_at timestamptz NOT NULL
);
CREATE INDEX idx_iam_notices_seen ON iam_notices (seen_at);
