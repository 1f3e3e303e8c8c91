CREATE TABLE handoff (
    id BIGSERIAL NOT NULL,
    case_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    side TEXT NOT NULL,
    area TEXT NOT NULL,
    peer TEXT NOT NULL,
    insured_year SMALLINT NOT NULL,
    insurance TEXT NOT NULL,
    amount BIGINT,
    voucher TEXT,
    first_paid_on DATE,
    cert_index BYTEA NOT NULL,
    identity BYTEA NOT NULL,
    person_id BIGINT,
    enrolment_id BIGINT,
    due_id BIGINT,
    state TEXT NOT NULL,
    steps SMALLINT NOT NULL,
    head TEXT NOT NULL,
    turn TEXT,
    next_by DATE,
    draft JSONB,
    refund JSONB,
    diverged BOOLEAN DEFAULT false NOT NULL,
    opened_on DATE NOT NULL,
    moved_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_handoff PRIMARY KEY (id),
    CONSTRAINT ck_handoff_kind CHECK (kind IN ('wrong_area', 'assistance_claim')),
    CONSTRAINT ck_handoff_side CHECK (side IN ('origin', 'intended')),
    CONSTRAINT ck_handoff_turn CHECK (turn IS NULL OR turn IN (area, peer)),
    CONSTRAINT ck_handoff_closed CHECK ((turn IS NULL) = (next_by IS NULL)),
    CONSTRAINT ck_handoff_amount CHECK ((kind = 'wrong_area') = (amount > 0 AND voucher IS NOT NULL)),
    CONSTRAINT uq_handoff_case_id UNIQUE (case_id)
);

CREATE INDEX ix_handoff_enrolment_id ON handoff (enrolment_id);

CREATE INDEX ix_handoff_open ON handoff (next_by) WHERE turn IS NOT NULL;

CREATE INDEX ix_handoff_person_id ON handoff (person_id);

CREATE UNIQUE INDEX uq_handoff_voucher ON handoff (peer, voucher, cert_index, insurance, side) WHERE state NOT IN ('refused', 'rejected', 'withdrawn');

COMMENT ON COLUMN handoff.case_id IS 'UUID, given by the area that opened the case';

COMMENT ON COLUMN handoff.side IS 'which of the two we are: origin opened the case';

COMMENT ON COLUMN handoff.area IS 'ours, six digits';

COMMENT ON COLUMN handoff.peer IS 'theirs, six digits';

COMMENT ON COLUMN handoff.amount IS 'fen that was paid at the origin by mistake; null for a claim of assistance';

COMMENT ON COLUMN handoff.voucher IS 'of that payment, at the origin''s tax system';

COMMENT ON COLUMN handoff.first_paid_on IS 'day of that payment: cover at the intended place counts from it';

COMMENT ON COLUMN handoff.cert_index IS 'keyed hash of cert_type|cert_no, as in person';

COMMENT ON COLUMN handoff.identity IS 'cert_type, cert_no and name as JSON, encrypted';

COMMENT ON COLUMN handoff.person_id IS 'null: not in our roster';

COMMENT ON COLUMN handoff.enrolment_id IS 'null: not enrolled here, as far as we know';

COMMENT ON COLUMN handoff.due_id IS 'origin: that was paid; intended: that is to be paid';

COMMENT ON COLUMN handoff.state IS 'what the last step did';

COMMENT ON COLUMN handoff.steps IS 'number of the last step';

COMMENT ON COLUMN handoff.head IS 'hash of the last step';

COMMENT ON COLUMN handoff.turn IS 'area that owns the next step; null: closed';

COMMENT ON COLUMN handoff.next_by IS 'last day for the next step; null: closed';

COMMENT ON COLUMN handoff.draft IS 'our next step, sealed and on its way; it counts once the peer holds it';

COMMENT ON COLUMN handoff.refund IS 'what became of the refund or pay-out that a step called for';

COMMENT ON COLUMN handoff.diverged IS 'the peer holds other steps';

CREATE TABLE handoff_step (
    handoff_id BIGINT NOT NULL,
    number SMALLINT NOT NULL,
    what TEXT NOT NULL,
    by TEXT NOT NULL,
    day DATE NOT NULL,
    next_by DATE,
    facts JSONB NOT NULL,
    before TEXT NOT NULL,
    hash TEXT NOT NULL,
    key TEXT NOT NULL,
    seal TEXT NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_handoff_step PRIMARY KEY (handoff_id, number),
    CONSTRAINT fk_handoff_step_handoff_id FOREIGN KEY(handoff_id) REFERENCES handoff (id)
);

COMMENT ON COLUMN handoff_step.by IS 'area that took it';

COMMENT ON COLUMN handoff_step.day IS 'business date on its author''s side';

COMMENT ON COLUMN handoff_step.before IS 'hash of the step before';

COMMENT ON COLUMN handoff_step.key IS 'id of the key that sealed it';

COMMENT ON COLUMN handoff_step.seal IS 'its author''s signature over the hash, base64';

CREATE TABLE peer_reply (
    peer TEXT NOT NULL,
    key TEXT NOT NULL,
    payload_hash TEXT NOT NULL,
    reply JSONB NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_peer_reply PRIMARY KEY (peer, key)
);

COMMENT ON COLUMN peer_reply.key IS 'idempotency key of the peer''s message';

COMMENT ON COLUMN peer_reply.reply IS 'what we answered, and answer again; no personal data';

CREATE TABLE peer_nonce (
    peer TEXT NOT NULL,
    nonce TEXT NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_peer_nonce PRIMARY KEY (peer, nonce)
);

CREATE INDEX ix_peer_nonce_seen_at ON peer_nonce (seen_at);

CREATE TABLE peer_notice (
    id BIGSERIAL NOT NULL,
    peer TEXT NOT NULL,
    cert_index BYTEA NOT NULL,
    cert_cipher BYTEA NOT NULL,
    scheme TEXT NOT NULL,
    insured_year SMALLINT NOT NULL,
    since DATE NOT NULL,
    months SMALLINT,
    as_student BOOLEAN NOT NULL,
    flexible_employment BOOLEAN NOT NULL,
    message TEXT NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_peer_notice PRIMARY KEY (id),
    CONSTRAINT uq_peer_notice_peer_message_cert_index_scheme_insured_year UNIQUE (peer, message, cert_index, scheme, insured_year)
);

CREATE INDEX ix_peer_notice_cert_index ON peer_notice (cert_index);

COMMENT ON TABLE peer_notice IS 'append-only: of the rows of one peer, person, scheme and year, the last id counts';

COMMENT ON COLUMN peer_notice.peer IS 'area that says so';

COMMENT ON COLUMN peer_notice.cert_index IS 'keyed hash of cert_type|cert_no, as in person';

COMMENT ON COLUMN peer_notice.scheme IS 'resident or employee';

COMMENT ON COLUMN peer_notice.cert_cipher IS 'cert_type|cert_no, encrypted: for a new index key';

COMMENT ON COLUMN peer_notice.months IS 'of continuous cover; null: not known';

COMMENT ON COLUMN peer_notice.message IS 'key of the peer''s message';

CREATE TABLE peer_told (
    peer TEXT NOT NULL,
    enrolment_id BIGINT NOT NULL,
    said TEXT NOT NULL,
    batch TEXT NOT NULL,
    told_on DATE NOT NULL,
    CONSTRAINT pk_peer_told PRIMARY KEY (peer, enrolment_id, said)
);

CREATE INDEX ix_peer_told_batch ON peer_told (batch);

COMMENT ON TABLE peer_told IS 'append-only: whom a peer was told to be enrolled here';

COMMENT ON COLUMN peer_told.peer IS 'area that is told';

COMMENT ON COLUMN peer_told.enrolment_id IS 'of ours';

COMMENT ON COLUMN peer_told.said IS 'what the notice says: since when, and whether as a student here';

COMMENT ON COLUMN peer_told.batch IS 'key of the message';

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON peer_told
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON handoff_step
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON peer_reply
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER append_only BEFORE
    UPDATE OF id, peer, scheme, insured_year, since, months, as_student, flexible_employment, message, recorded_at
    OR DELETE OR TRUNCATE ON peer_notice
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON handoff
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_delete();
