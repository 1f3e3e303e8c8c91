-- Revision 0001: keys in use, stubs of what was removed of the audit log, heads that are kept for peers.

CREATE TABLE crypto_key (
    purpose TEXT NOT NULL,
    number SMALLINT NOT NULL,
    algorithm TEXT NOT NULL,
    fingerprint BYTEA NOT NULL,
    state TEXT NOT NULL,
    since TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_crypto_key PRIMARY KEY (purpose, number),
    CONSTRAINT ck_crypto_key_purpose CHECK (purpose IN ('data', 'index')),
    CONSTRAINT ck_crypto_key_state CHECK (state IN ('current', 'incoming', 'former', 'unused', 'retired'))
);

CREATE UNIQUE INDEX uq_crypto_key_current ON crypto_key (purpose) WHERE state = 'current';

CREATE UNIQUE INDEX uq_crypto_key_incoming ON crypto_key (purpose) WHERE state = 'incoming';

COMMENT ON COLUMN crypto_key.fingerprint IS 'by which the key is known again';

COMMENT ON COLUMN crypto_key.state IS 'incoming: being made; former: read with; unused: by no value';

COMMENT ON COLUMN crypto_key.since IS 'in this state';

CREATE TABLE audit_stub (
    chain TEXT NOT NULL,
    segments INTEGER NOT NULL,
    events BIGINT NOT NULL,
    mac BYTEA NOT NULL,
    until DATE NOT NULL,
    key SMALLINT NOT NULL,
    seal BYTEA NOT NULL,
    files JSONB NOT NULL,
    actor TEXT NOT NULL,
    removed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_audit_stub PRIMARY KEY (chain, segments)
);

COMMENT ON TABLE audit_stub IS 'append-only: up to where a chain was exported, verified from the files, and removed';

COMMENT ON COLUMN audit_stub.segments IS 'of the last segment that was removed';

COMMENT ON COLUMN audit_stub.events IS 'of the last event that was removed';

COMMENT ON COLUMN audit_stub.mac IS 'of that event: the chain goes on from it';

COMMENT ON COLUMN audit_stub.until IS 'last business date of what was removed';

COMMENT ON COLUMN audit_stub.key IS 'number of the audit key of the seal';

COMMENT ON COLUMN audit_stub.seal IS 'keyed hash over the columns above';

COMMENT ON COLUMN audit_stub.files IS 'the exported files that hold what was removed: name and SHA-256';

CREATE TABLE peer_anchor (
    peer TEXT NOT NULL,
    chain TEXT NOT NULL,
    events BIGINT NOT NULL,
    head BYTEA NOT NULL,
    segments INTEGER NOT NULL,
    key SMALLINT NOT NULL,
    seal BYTEA NOT NULL,
    said_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_peer_anchor PRIMARY KEY (peer, chain, events, head)
);

COMMENT ON TABLE peer_anchor IS 'append-only: heads of peers'' audit chains, kept for them';

COMMENT ON COLUMN peer_anchor.peer IS 'area whose head it is';

COMMENT ON COLUMN peer_anchor.head IS 'two of one length are both kept: one was forged';

COMMENT ON COLUMN peer_anchor.said_at IS 'by the peer''s clock';

CREATE FUNCTION refuse_removal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM gone) OR EXISTS (SELECT FROM gone g WHERE NOT EXISTS
        (SELECT FROM audit_stub s WHERE s.chain = g.chain AND s.segments >= g.segment)) THEN
        RAISE EXCEPTION '% is append-only: only what was exported is removed, and a stub says so', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER removal AFTER DELETE ON audit_event REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_removal();

CREATE TRIGGER removal AFTER DELETE ON audit_segment REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_removal();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_stub
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON peer_anchor
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON crypto_key
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_delete();
