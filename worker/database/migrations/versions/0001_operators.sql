-- Revision 0001: accounts of the people who work with the service, their sessions, and waits after failed logins.

CREATE TABLE operator (
    login TEXT NOT NULL,
    name TEXT NOT NULL,
    roles TEXT[] NOT NULL,
    password TEXT NOT NULL,
    password_since TIMESTAMP WITH TIME ZONE NOT NULL,
    must_change BOOLEAN NOT NULL,
    disabled_at TIMESTAMP WITH TIME ZONE,
    added_by TEXT NOT NULL,
    added_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_operator PRIMARY KEY (login),
    CONSTRAINT ck_operator_login CHECK (login ~ '^[a-z][a-z0-9._-]{1,31}$'),
    CONSTRAINT ck_operator_roles CHECK (cardinality(roles) > 0 AND roles <@ ARRAY['viewer', 'clerk', 'reviewer', 'operator', 'auditor', 'admin'])
);

COMMENT ON COLUMN operator.name IS 'the name shown to others';

COMMENT ON COLUMN operator.password IS 'argon2id, in its own notation';

COMMENT ON COLUMN operator.must_change IS 'whether it was given out by somebody else, and is changed at the next login';

CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON operator
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_delete();

CREATE TABLE console_session (
    token_hash BYTEA NOT NULL,
    login TEXT NOT NULL,
    began_at TIMESTAMP WITH TIME ZONE NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_console_session PRIMARY KEY (token_hash),
    CONSTRAINT fk_console_session_login FOREIGN KEY(login) REFERENCES operator (login)
);

CREATE INDEX ix_console_session_login ON console_session (login);

COMMENT ON COLUMN console_session.token_hash IS 'SHA-256 of the token, which only the browser has';

CREATE TABLE login_wait (
    who BYTEA NOT NULL,
    failures INTEGER NOT NULL,
    failed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    wait_until TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_login_wait PRIMARY KEY (who)
);

CREATE INDEX ix_login_wait_failed_at ON login_wait (failed_at);

COMMENT ON COLUMN login_wait.who IS 'keyed hash of an account or an address: what is typed in haste may be a password';
