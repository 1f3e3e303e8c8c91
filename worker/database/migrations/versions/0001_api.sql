-- Revision 0001: keys of the systems that integrate, and the replies that were given to their batches.

CREATE TABLE service_key (
    id TEXT NOT NULL,
    client TEXT NOT NULL,
    area TEXT NOT NULL,
    roles TEXT[] NOT NULL,
    secret BYTEA NOT NULL,
    expires_on DATE NOT NULL,
    added_by TEXT NOT NULL,
    added_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revoked_by TEXT,
    revoked_at TIMESTAMP WITH TIME ZONE,
    minute BIGINT DEFAULT '0' NOT NULL,
    calls INTEGER DEFAULT '0' NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_service_key PRIMARY KEY (id),
    CONSTRAINT ck_service_key_client CHECK (client ~ '^[a-z][a-z0-9._-]{1,31}$'),
    CONSTRAINT ck_service_key_roles CHECK (cardinality(roles) > 0 AND roles <@ ARRAY['push', 'ask', 'read', 'read_clear', 'tax']),
    CONSTRAINT ck_service_key_revoked CHECK ((revoked_by IS NULL) = (revoked_at IS NULL))
)
 WITH (fillfactor = 70);

COMMENT ON COLUMN service_key.id IS 'the part of the key that may be seen';

COMMENT ON COLUMN service_key.secret IS 'SHA-256 of the rest of the key, which is random';

COMMENT ON COLUMN service_key.expires_on IS 'the last day';

COMMENT ON COLUMN service_key.minute IS 'since 1970, of the last call';

COMMENT ON COLUMN service_key.calls IS 'in that minute';

CREATE TABLE api_reply (
    client TEXT NOT NULL,
    key TEXT NOT NULL,
    payload_hash TEXT NOT NULL,
    reply JSONB NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_api_reply PRIMARY KEY (client, key)
);

COMMENT ON TABLE api_reply IS 'append-only: what a client was answered to a batch; no personal data';

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON api_reply
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON service_key
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_delete();
