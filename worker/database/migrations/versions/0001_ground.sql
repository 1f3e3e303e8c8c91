-- Revision 0001: all tables, sequences and indexes, and the guards that keep evidence append-only.

CREATE SEQUENCE due_number CACHE 1;

CREATE SEQUENCE correction_number CACHE 1;

CREATE SEQUENCE payment_number CACHE 1;

CREATE SEQUENCE assistance_number CACHE 1;

CREATE SEQUENCE disbursement_number CACHE 1;

CREATE TABLE account (
    id SERIAL NOT NULL,
    area TEXT NOT NULL,
    code TEXT NOT NULL,
    insurance TEXT NOT NULL,
    source TEXT DEFAULT '' NOT NULL,
    CONSTRAINT pk_account PRIMARY KEY (id),
    CONSTRAINT uq_account_area_code_insurance_source UNIQUE (area, code, insurance, source)
);

COMMENT ON COLUMN account.code IS 'from the chart: config/accounts.yaml';

COMMENT ON COLUMN account.source IS 'funding source, or empty';

CREATE TABLE assistance (
    id BIGINT NOT NULL,
    enrolment_id BIGINT,
    handoff_id BIGINT,
    person_id BIGINT NOT NULL,
    due_id BIGINT,
    area TEXT NOT NULL,
    insured_year SMALLINT NOT NULL,
    insurance TEXT NOT NULL,
    category TEXT NOT NULL,
    source TEXT NOT NULL,
    timing TEXT DEFAULT 'after_payment' NOT NULL,
    amount BIGINT NOT NULL,
    rule TEXT NOT NULL,
    state TEXT DEFAULT 'granted' NOT NULL,
    held_because TEXT,
    ordinal SMALLINT NOT NULL,
    granted_on DATE NOT NULL,
    CONSTRAINT pk_assistance PRIMARY KEY (id),
    CONSTRAINT uq_assistance_person_id_insured_year_insurance_ordinal UNIQUE (person_id, insured_year, insurance, ordinal),
    CONSTRAINT ck_assistance_granted_to CHECK ((enrolment_id IS NULL) = (handoff_id IS NOT NULL)),
    CONSTRAINT ck_assistance_amount CHECK (amount > 0),
    CONSTRAINT ck_assistance_state CHECK (state IN ('granted', 'ordered', 'paid', 'held', 'applied', 'cancelled')),
    CONSTRAINT ck_assistance_timing CHECK (timing IN ('at_levy', 'after_payment')),
    CONSTRAINT ck_assistance_way CHECK ((timing = 'at_levy') = (state = 'applied') OR state = 'cancelled'),
    CONSTRAINT ck_assistance_ordinal CHECK (ordinal > 0)
)
 WITH (fillfactor = 60);

CREATE INDEX ix_assistance_enrolment_id ON assistance (enrolment_id);

CREATE INDEX ix_assistance_handoff_id ON assistance (handoff_id) WHERE handoff_id IS NOT NULL;

CREATE INDEX ix_assistance_open ON assistance (source, id) WHERE state NOT IN ('paid', 'applied', 'cancelled');

COMMENT ON COLUMN assistance.id IS 'from the sequence assistance_number';

COMMENT ON COLUMN assistance.enrolment_id IS 'null: enrolled in another area, granted on a claim';

COMMENT ON COLUMN assistance.handoff_id IS 'the claim between areas that it was granted on';

COMMENT ON COLUMN assistance.due_id IS 'null: netted to nothing, so that no due was asked for; or paid elsewhere';

COMMENT ON COLUMN assistance.state IS 'applied: it stood in for premium at the levy';

COMMENT ON COLUMN assistance.ordinal IS 'counts without a gap what was granted with one premium';

CREATE TABLE audit_chain (
    chain TEXT NOT NULL,
    segments INTEGER NOT NULL,
    events BIGINT NOT NULL,
    head BYTEA NOT NULL,
    key SMALLINT NOT NULL,
    seal BYTEA NOT NULL,
    CONSTRAINT pk_audit_chain PRIMARY KEY (chain)
);

COMMENT ON COLUMN audit_chain.head IS 'MAC of the last event';

COMMENT ON COLUMN audit_chain.key IS 'number of the audit key that is written with';

COMMENT ON COLUMN audit_chain.seal IS 'keyed hash over all the other columns';

CREATE TABLE audit_event (
    chain TEXT NOT NULL,
    position BIGINT NOT NULL,
    segment INTEGER NOT NULL,
    action TEXT NOT NULL,
    person_id BIGINT,
    facts TEXT NOT NULL,
    mac BYTEA NOT NULL,
    CONSTRAINT pk_audit_event PRIMARY KEY (chain, position)
);

CREATE INDEX ix_audit_event_person_id ON audit_event (person_id) WHERE person_id IS NOT NULL;

CREATE INDEX ix_audit_event_held ON audit_event (action, person_id, position) WHERE action IN ('levy.short', 'levy.tier_differs', 'revocation.undetermined');

CREATE INDEX ix_audit_event_action ON audit_event USING brin (action text_bloom_ops (n_distinct_per_range = 40)) WITH (pages_per_range = 32, autosummarize = on);

CREATE INDEX ix_audit_event_segment ON audit_event USING brin (segment) WITH (pages_per_range = 16, autosummarize = on);

COMMENT ON COLUMN audit_event.position IS 'counts from 1 without a gap';

COMMENT ON COLUMN audit_event.segment IS 'events written by one transaction';

COMMENT ON COLUMN audit_event.facts IS 'canonical JSON: rule, before, after, amounts, outcome';

COMMENT ON COLUMN audit_event.mac IS 'keyed hash over the previous MAC, the origin and all columns';

CREATE TABLE audit_segment (
    chain TEXT NOT NULL,
    segment INTEGER NOT NULL,
    batch TEXT,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    origin TEXT NOT NULL,
    CONSTRAINT pk_audit_segment PRIMARY KEY (chain, segment)
);

CREATE INDEX ix_audit_segment_by_people ON audit_segment (recorded_at) WHERE origin LIKE '{"actor":"operator:%' OR origin LIKE '{"actor":"clerk:%';

CREATE INDEX ix_audit_segment_batch ON audit_segment (chain, batch) WHERE batch IS NOT NULL;

CREATE INDEX ix_audit_segment_job ON audit_segment (chain, (origin::jsonb->>'job'));

COMMENT ON COLUMN audit_segment.origin IS 'canonical JSON of what its events share: who, when, job, batch';

CREATE TABLE bank_account (
    id BIGINT GENERATED BY DEFAULT AS IDENTITY,
    person_id BIGINT NOT NULL,
    account_cipher BYTEA NOT NULL,
    account_index BYTEA NOT NULL,
    account_name_cipher BYTEA NOT NULL,
    bank TEXT NOT NULL,
    business_date DATE NOT NULL,
    source_file BIGINT NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_bank_account PRIMARY KEY (id)
);

CREATE INDEX bank_account_person ON bank_account (person_id);

COMMENT ON TABLE bank_account IS 'append-only: a person''s newest account by business_date, then id, counts';

COMMENT ON COLUMN bank_account.account_index IS 'keyed hash of account, name and bank';

CREATE TABLE break_found (
    id BIGSERIAL NOT NULL,
    area TEXT NOT NULL,
    side TEXT NOT NULL,
    period TEXT NOT NULL,
    day DATE NOT NULL,
    item TEXT NOT NULL,
    kind TEXT NOT NULL,
    stated_on DATE,
    reference TEXT,
    ours JSONB,
    theirs JSONB,
    digest TEXT,
    owner TEXT,
    state TEXT DEFAULT 'open' NOT NULL,
    opened_on DATE NOT NULL,
    found_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    closed_on DATE,
    closed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_break_found PRIMARY KEY (id),
    CONSTRAINT uq_break_found_area_side_period_day_item UNIQUE (area, side, period, day, item),
    CONSTRAINT ck_break_found_state CHECK (state IN ('open', 'vanished', 'resolved', 'closed'))
);

CREATE INDEX ix_break_found_item ON break_found (item);

CREATE INDEX ix_break_found_open ON break_found (opened_on) WHERE state = 'open';

COMMENT ON COLUMN break_found.side IS 'tax or treasury';

COMMENT ON COLUMN break_found.period IS 'day or month';

COMMENT ON COLUMN break_found.day IS 'on which it should agree: ours where we have it, else theirs';

COMMENT ON COLUMN break_found.item IS 'voucher, order, line of a file, heading of a month';

COMMENT ON COLUMN break_found.kind IS 'how the books differ about it now';

COMMENT ON COLUMN break_found.stated_on IS 'day of the statement that has it; null while only our book has it';

COMMENT ON COLUMN break_found.digest IS 'SHA-256 of the file in which it was last seen, or missed';

COMMENT ON COLUMN break_found.owner IS 'who looks after it; the steps say since when';

COMMENT ON COLUMN break_found.opened_on IS 'business date since which it is open: its age counts from here';

CREATE TABLE decision (
    id SERIAL NOT NULL,
    digest TEXT NOT NULL,
    notice TEXT NOT NULL,
    body JSONB NOT NULL,
    CONSTRAINT pk_decision PRIMARY KEY (id),
    CONSTRAINT uq_decision_digest UNIQUE (digest)
);

COMMENT ON COLUMN decision.body IS 'the engine''s answer without the person: lines, clauses, why';

CREATE TABLE due (
    id BIGINT NOT NULL,
    enrolment_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    standard BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    paid BIGINT DEFAULT '0' NOT NULL,
    lowered BIGINT DEFAULT '0' NOT NULL,
    decision_id INTEGER NOT NULL,
    assessed_on DATE NOT NULL,
    deadline DATE NOT NULL,
    insured_year SMALLINT NOT NULL,
    part SMALLINT DEFAULT '0' NOT NULL,
    version SMALLINT NOT NULL,
    current BOOLEAN DEFAULT 'true' NOT NULL,
    reversed BOOLEAN DEFAULT false NOT NULL,
    area TEXT NOT NULL,
    insurance TEXT NOT NULL,
    payer TEXT NOT NULL,
    channel TEXT NOT NULL,
    state TEXT DEFAULT 'assessed' NOT NULL,
    batch TEXT NOT NULL,
    paid_on DATE,
    declaration TEXT,
    tax_no TEXT,
    reject_code TEXT,
    CONSTRAINT pk_due PRIMARY KEY (id),
    CONSTRAINT ck_due_amount CHECK (amount > 0 AND amount <= standard),
    CONSTRAINT ck_due_paid CHECK (paid >= 0 AND paid <= amount AND (state IN ('paid', 'refunded')) = (paid = amount) AND (state = 'part_paid') = (paid > 0 AND paid < amount)),
    CONSTRAINT ck_due_lowered CHECK (lowered >= 0 AND lowered <= paid),
    CONSTRAINT ck_due_state CHECK (state IN ('assessed', 'accepted', 'rejected', 'part_paid', 'paid', 'refunded', 'voiding', 'void'))
)
 WITH (fillfactor = 50);

CREATE INDEX ix_due_replaced ON due (enrolment_id) WHERE NOT current;

CREATE INDEX ix_due_state ON due USING brin (state text_bloom_ops) WITH (pages_per_range = 32, autosummarize = on);

CREATE INDEX ix_due_sponsored ON due (id) WHERE payer <> 'person';

CREATE UNIQUE INDEX uq_due_current ON due (enrolment_id, insurance, payer, part) WHERE current;

COMMENT ON COLUMN due.id IS 'from the sequence due_number';

COMMENT ON COLUMN due.payer IS 'person, or the funding source that pays in their stead';

COMMENT ON COLUMN due.part IS '0 the levy; 1, 2... asked for later';

COMMENT ON COLUMN due.reversed IS 'tax took its payment back: ask anew';

COMMENT ON COLUMN due.lowered IS 'of what is paid: owed back, see correction';

COMMENT ON COLUMN due.deadline IS 'last day on which this amount may be paid';

COMMENT ON COLUMN due.batch IS 'key of the batch that carries it to tax';

COMMENT ON COLUMN due.declaration IS 'key of the sponsor''s declaration that pays it';

CREATE TABLE correction (
    id BIGINT NOT NULL,
    due_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    decision_id INTEGER NOT NULL,
    corrected_on DATE NOT NULL,
    undoes BIGINT,
    CONSTRAINT pk_correction PRIMARY KEY (id),
    CONSTRAINT uq_correction_undoes UNIQUE (undoes),
    CONSTRAINT ck_correction_amount CHECK (amount <> 0 AND (amount < 0) = (undoes IS NOT NULL))
);

CREATE INDEX ix_correction_due_id ON correction (due_id);

COMMENT ON TABLE correction IS 'append-only: a paid due turned out too high';

COMMENT ON COLUMN correction.id IS 'from the sequence correction_number';

COMMENT ON COLUMN correction.undoes IS 'the correction that a reversal made void; its amount is below 0';

COMMENT ON COLUMN correction.amount IS 'fen that were paid and are owed back: less was due';

CREATE TABLE enrolment (
    id BIGINT GENERATED BY DEFAULT AS IDENTITY,
    person_id BIGINT NOT NULL,
    source_file BIGINT NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    business_date DATE NOT NULL,
    insured_year SMALLINT NOT NULL,
    stale BOOLEAN DEFAULT true NOT NULL,
    area TEXT NOT NULL,
    closed_because TEXT,
    suspended_on DATE,
    assessed_on DATE,
    holds_until DATE,
    decision_id INTEGER,
    benefit_start DATE,
    benefit_end DATE,
    free_since DATE,
    held_from DATE,
    town TEXT NOT NULL,
    person_type TEXT NOT NULL,
    household_no TEXT,
    student_stage TEXT,
    school_area TEXT,
    student_enrolled_on DATE,
    household_area TEXT,
    residence_area TEXT,
    registered_on DATE,
    circumstances TEXT[] DEFAULT '{}' NOT NULL,
    prior_scheme TEXT,
    prior_area TEXT,
    prior_months INTEGER,
    prior_ended_on DATE,
    CONSTRAINT pk_enrolment PRIMARY KEY (id),
    CONSTRAINT uq_enrolment_person_id_insured_year_area UNIQUE (person_id, insured_year, area)
)
 WITH (fillfactor = 50);

CREATE INDEX ix_enrolment_elsewhere ON enrolment (area, insured_year) WHERE household_area <> area AND household_area <> '' OR residence_area <> area AND residence_area <> '' OR school_area <> area AND school_area <> '' OR prior_area <> area AND prior_area <> '';

CREATE INDEX ix_enrolment_town ON enrolment USING brin (town text_bloom_ops) WITH (pages_per_range = 32, autosummarize = on);

CREATE INDEX ix_enrolment_closed ON enrolment (id) WHERE closed_because IS NOT NULL OR suspended_on IS NOT NULL;

CREATE INDEX ix_enrolment_free ON enrolment (id) WHERE free_since IS NOT NULL;

COMMENT ON COLUMN enrolment.area IS 'six digits: where the person is insured';

COMMENT ON COLUMN enrolment.town IS 'nine digits';

COMMENT ON COLUMN enrolment.person_type IS 'national code, such as 1501';

COMMENT ON COLUMN enrolment.student_stage IS 'school or college; null = no student';

COMMENT ON COLUMN enrolment.household_area IS 'null = not known, empty = has none';

COMMENT ON COLUMN enrolment.residence_area IS 'null = not known, empty = has none';

COMMENT ON COLUMN enrolment.prior_scheme IS 'employee or resident; null = no cover before';

COMMENT ON COLUMN enrolment.business_date IS 'of the file: an older list never overwrites a newer one';

COMMENT ON COLUMN enrolment.stale IS 'to be assessed (again)';

COMMENT ON COLUMN enrolment.decision_id IS 'the newest decision; null = not assessed yet';

COMMENT ON COLUMN enrolment.holds_until IS 'last day on which the decision stays as it is; null = settled';

COMMENT ON COLUMN enrolment.free_since IS 'covered since this day without anything being due';

COMMENT ON COLUMN enrolment.held_from IS 'cover is held from this day until what was wrongly received is repaid';

COMMENT ON COLUMN enrolment.benefit_start IS 'null = no cover, or cover not dated';

COMMENT ON COLUMN enrolment.closed_because IS 'why nothing is asked of them for this year any more; null = it is';

COMMENT ON COLUMN enrolment.suspended_on IS 'since when cover is held because another one is drawn on';

CREATE TABLE feed_cursor (
    feed TEXT NOT NULL,
    cursor TEXT NOT NULL,
    followed_to DATE,
    moved_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_feed_cursor PRIMARY KEY (feed)
);

COMMENT ON COLUMN feed_cursor.followed_to IS 'what happened before this day has all been booked; null = not known yet';

CREATE TABLE heartbeat (
    name TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_heartbeat PRIMARY KEY (name)
);

CREATE TABLE identity_flag (
    id BIGINT GENERATED BY DEFAULT AS IDENTITY,
    person_id BIGINT NOT NULL,
    category TEXT NOT NULL,
    area TEXT NOT NULL,
    recognised_on DATE NOT NULL,
    revoked_on DATE,
    business_date DATE NOT NULL,
    source_file BIGINT NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_identity_flag PRIMARY KEY (id)
);

CREATE INDEX identity_flag_person ON identity_flag (person_id);

COMMENT ON TABLE identity_flag IS 'append-only: of the rows with one person, category, area and recognised_on, the last id counts';

COMMENT ON COLUMN identity_flag.area IS 'where the identity was recognised';

CREATE TABLE intake_file (
    id BIGINT GENERATED BY DEFAULT AS IDENTITY,
    sha256 BYTEA NOT NULL,
    name TEXT NOT NULL,
    kind TEXT,
    business_date DATE NOT NULL,
    state TEXT NOT NULL,
    rows_read INTEGER DEFAULT '0' NOT NULL,
    rows_added INTEGER DEFAULT '0' NOT NULL,
    rows_changed INTEGER DEFAULT '0' NOT NULL,
    rows_unchanged INTEGER DEFAULT '0' NOT NULL,
    rows_quarantined INTEGER DEFAULT '0' NOT NULL,
    notes TEXT[] DEFAULT '{}' NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_intake_file PRIMARY KEY (id),
    CONSTRAINT ck_intake_file_state CHECK (state IN ('taken', 'refused')),
    CONSTRAINT uq_intake_file_sha256 UNIQUE (sha256)
);

COMMENT ON COLUMN intake_file.sha256 IS 'of the bytes: the same file is taken in once';

COMMENT ON COLUMN intake_file.name IS 'the last part of the path it was dropped under';

COMMENT ON COLUMN intake_file.kind IS 'enrolments, flags, accounts or applications; null when refused before the kind was known';

COMMENT ON COLUMN intake_file.notes IS 'what the reader noticed, or why refused';

CREATE TABLE job (
    id BIGSERIAL NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    payload JSONB NOT NULL,
    shape SMALLINT DEFAULT '1' NOT NULL,
    area TEXT,
    business_date DATE NOT NULL,
    state TEXT DEFAULT 'ready' NOT NULL,
    attempts INTEGER DEFAULT '0' NOT NULL,
    max_attempts INTEGER NOT NULL,
    next_attempt_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    nudged_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    lease_until TIMESTAMP WITH TIME ZONE,
    fence INTEGER DEFAULT '0' NOT NULL,
    worker TEXT,
    delays INTEGER DEFAULT '0' NOT NULL,
    waits_for TEXT,
    asks BOOLEAN DEFAULT false NOT NULL,
    outcome JSONB,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_job PRIMARY KEY (id),
    CONSTRAINT uq_job_kind_key UNIQUE (kind, key),
    CONSTRAINT ck_job_state CHECK (state IN ('ready', 'running', 'unknown', 'done', 'rejected', 'parked', 'discarded'))
)
 WITH (fillfactor = 70);

CREATE INDEX ix_job_open ON job (next_attempt_at) WHERE state IN ('ready', 'running', 'unknown');

COMMENT ON COLUMN job.payload IS 'identifiers only, never personal data';

COMMENT ON COLUMN job.shape IS 'of the payload: an older release leaves a newer one alone';

COMMENT ON COLUMN job.area IS 'six-digit area code';

COMMENT ON COLUMN job.delays IS 'how often it was put off in a row';

COMMENT ON COLUMN job.waits_for IS 'the neighbour that did not answer it';

COMMENT ON COLUMN job.asks IS 'only asks by key, sends nothing';

COMMENT ON COLUMN job.outcome IS 'what the last attempt came to: cause, reason, figures';

CREATE TABLE payment (
    id BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    paid_at TIMESTAMP WITH TIME ZONE NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    tax_date DATE NOT NULL,
    insured_year SMALLINT NOT NULL,
    line SMALLINT DEFAULT '1' NOT NULL,
    due_id BIGINT,
    area TEXT NOT NULL,
    voucher_no TEXT NOT NULL,
    channel TEXT NOT NULL,
    kind TEXT NOT NULL,
    reference TEXT,
    person_no TEXT,
    reverses TEXT,
    remark TEXT,
    CONSTRAINT pk_payment PRIMARY KEY (id),
    CONSTRAINT ck_payment_amount CHECK (amount > 0),
    CONSTRAINT uq_payment_voucher_no_line UNIQUE (voucher_no, line)
);

CREATE INDEX ix_payment_tax_date ON payment (tax_date);

CREATE INDEX ix_payment_underpaid ON payment (due_id) WHERE remark = 'underpaid';

CREATE UNIQUE INDEX uq_payment_reversed_once ON payment (reverses, line) WHERE remark = 'reversed';

COMMENT ON COLUMN payment.id IS 'from the sequence payment_number';

COMMENT ON COLUMN payment.voucher_no IS '电子税票号';

COMMENT ON COLUMN payment.line IS 'of the voucher; a reversal''s: of what it undoes';

COMMENT ON COLUMN payment.reference IS 'null: what a school handed in beyond its list';

COMMENT ON COLUMN payment.due_id IS 'null: the reference is not ours';

COMMENT ON COLUMN payment.remark IS 'what was odd about it: overpaid, underpaid, unknown_reference, person, reversed, reversal_without_payment, refunded';

CREATE TABLE person (
    id BIGINT GENERATED BY DEFAULT AS IDENTITY,
    person_no TEXT,
    cert_type TEXT NOT NULL,
    cert_index BYTEA NOT NULL,
    cert_cipher BYTEA NOT NULL,
    name_cipher BYTEA,
    name_index BYTEA,
    birth_date DATE,
    CONSTRAINT pk_person PRIMARY KEY (id),
    CONSTRAINT uq_person_person_no UNIQUE (person_no),
    CONSTRAINT uq_person_cert_index UNIQUE (cert_index)
);

COMMENT ON COLUMN person.person_no IS 'the bureau''s number; null while known only from flags or accounts';

COMMENT ON COLUMN person.cert_index IS 'keyed hash of cert_type|cert_no';

COMMENT ON COLUMN person.name_cipher IS 'null while known only from a list without names';

COMMENT ON COLUMN person.name_index IS 'keyed hash of the name: tells that a name has changed';

CREATE TABLE season_clock (
    row INTEGER DEFAULT '1' NOT NULL,
    today DATE NOT NULL,
    CONSTRAINT pk_season_clock PRIMARY KEY (row),
    CONSTRAINT ck_season_clock_one_row CHECK ("row" = 1)
);

CREATE TABLE statement (
    id BIGSERIAL NOT NULL,
    area TEXT NOT NULL,
    side TEXT NOT NULL,
    period TEXT NOT NULL,
    day DATE NOT NULL,
    digest TEXT NOT NULL,
    lines INTEGER NOT NULL,
    total BIGINT NOT NULL,
    our_lines INTEGER NOT NULL,
    our_total BIGINT NOT NULL,
    matched INTEGER NOT NULL,
    compared_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_statement PRIMARY KEY (id),
    CONSTRAINT uq_statement_area_side_period_day UNIQUE (area, side, period, day),
    CONSTRAINT ck_statement_side CHECK (side IN ('tax', 'treasury')),
    CONSTRAINT ck_statement_period CHECK (period IN ('day', 'month'))
);

COMMENT ON COLUMN statement.side IS 'tax or treasury';

COMMENT ON COLUMN statement.period IS 'day, or month: totals only';

COMMENT ON COLUMN statement.day IS 'of a month its first';

COMMENT ON COLUMN statement.digest IS 'SHA-256 of the file, or of the totals as they were read';

COMMENT ON COLUMN statement.total IS 'fen as the rows add up: payments less what tax gave back';

COMMENT ON COLUMN statement.our_lines IS 'rows of our own book when it was compared';

COMMENT ON COLUMN statement.our_total IS 'fen, the same from our own book';

CREATE TABLE transfer (
    code TEXT NOT NULL,
    subject_id BIGINT NOT NULL,
    debit_id INTEGER NOT NULL,
    credit_id INTEGER NOT NULL,
    amount BIGINT NOT NULL,
    due_id BIGINT,
    business_date DATE NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_transfer PRIMARY KEY (code, subject_id),
    CONSTRAINT ck_transfer_amount CHECK (amount > 0),
    CONSTRAINT ck_transfer_two_accounts CHECK (debit_id <> credit_id)
);

COMMENT ON COLUMN transfer.code IS 'why the money moves';

COMMENT ON COLUMN transfer.subject_id IS 'due, payment, disbursement...';

COMMENT ON COLUMN transfer.due_id IS 'null where money came that belongs to no due of ours';

CREATE TABLE decision_assistance (
    decision_id INTEGER NOT NULL,
    ordinal SMALLINT NOT NULL,
    insurance TEXT NOT NULL,
    category TEXT NOT NULL,
    source TEXT NOT NULL,
    timing TEXT NOT NULL,
    amount BIGINT NOT NULL,
    on_application BOOLEAN NOT NULL,
    paid_by_area TEXT NOT NULL,
    rule TEXT NOT NULL,
    CONSTRAINT pk_decision_assistance PRIMARY KEY (decision_id, ordinal),
    CONSTRAINT fk_decision_assistance_decision_id FOREIGN KEY(decision_id) REFERENCES decision (id)
);

CREATE TABLE disbursement (
    id BIGINT NOT NULL,
    assistance_id BIGINT,
    refund_item_id BIGINT,
    attempt SMALLINT NOT NULL,
    bank_account_id BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    batch TEXT NOT NULL,
    state TEXT DEFAULT 'ordered' NOT NULL,
    code TEXT,
    settled_on DATE,
    CONSTRAINT pk_disbursement PRIMARY KEY (id),
    CONSTRAINT uq_disbursement_assistance_id_attempt UNIQUE (assistance_id, attempt),
    CONSTRAINT uq_disbursement_refund_item_id_attempt UNIQUE (refund_item_id, attempt),
    CONSTRAINT ck_disbursement_pays_one CHECK ((assistance_id IS NULL) <> (refund_item_id IS NULL)),
    CONSTRAINT ck_disbursement_state CHECK (state IN ('ordered', 'accepted', 'refused', 'paid', 'returned')),
    CONSTRAINT fk_disbursement_assistance_id FOREIGN KEY(assistance_id) REFERENCES assistance (id)
)
 WITH (fillfactor = 60);

CREATE INDEX ix_disbursement_batch ON disbursement (batch);

COMMENT ON COLUMN disbursement.id IS 'from disbursement_number; the reference';

COMMENT ON COLUMN disbursement.assistance_id IS 'what it pays out: assistance';

COMMENT ON COLUMN disbursement.refund_item_id IS 'or a refund';

COMMENT ON COLUMN disbursement.code IS 'why the treasury refused or the bank returned it';

CREATE TABLE held_row (
    id BIGSERIAL NOT NULL,
    feed TEXT NOT NULL,
    digest TEXT NOT NULL,
    reason TEXT NOT NULL,
    body BYTEA NOT NULL,
    job_id BIGINT NOT NULL,
    waits_for BIGINT,
    recorded_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    booked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_held_row PRIMARY KEY (id),
    CONSTRAINT uq_held_row_digest UNIQUE (digest),
    CONSTRAINT fk_held_row_job_id FOREIGN KEY(job_id) REFERENCES job (id)
);

COMMENT ON COLUMN held_row.feed IS 'tax.payments or treasury.results';

COMMENT ON COLUMN held_row.body IS 'what came over the wire, encrypted';

COMMENT ON COLUMN held_row.waits_for IS 'the refund case that has to end before it can be booked';

CREATE TABLE job_attempt (
    job_id BIGINT NOT NULL,
    fence INTEGER NOT NULL,
    worker TEXT NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    outcome TEXT NOT NULL,
    cause TEXT,
    status SMALLINT,
    reason TEXT,
    CONSTRAINT pk_job_attempt PRIMARY KEY (job_id, fence),
    CONSTRAINT fk_job_attempt_job_id FOREIGN KEY(job_id) REFERENCES job (id)
);

COMMENT ON COLUMN job_attempt.outcome IS 'done, later, rejected, unknown, parked, lost';

COMMENT ON COLUMN job_attempt.cause IS 'a word to count failures by';

COMMENT ON COLUMN job_attempt.status IS 'HTTP status of the neighbour''s reply';

COMMENT ON COLUMN job_attempt.reason IS 'a sentence; long numbers are masked';

CREATE TABLE message (
    key TEXT NOT NULL,
    job_id BIGINT NOT NULL,
    neighbour TEXT NOT NULL,
    payload_hash TEXT NOT NULL,
    body BYTEA,
    intended_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    answered_at TIMESTAMP WITH TIME ZONE,
    asked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_message PRIMARY KEY (key),
    CONSTRAINT uq_message_job_id UNIQUE (job_id),
    CONSTRAINT fk_message_job_id FOREIGN KEY(job_id) REFERENCES job (id)
);

COMMENT ON COLUMN message.key IS 'idempotency key on the wire; never reused for another body';

COMMENT ON COLUMN message.payload_hash IS 'SHA-256 of the bytes that go out, hexadecimal';

COMMENT ON COLUMN message.asked_at IS 'when the neighbour said it never saw it; nothing left since';

COMMENT ON COLUMN message.body IS 'the bytes, compressed and encrypted; kept until the answer is recorded';

CREATE TABLE quarantined_row (
    id BIGINT GENERATED BY DEFAULT AS IDENTITY,
    file_id BIGINT NOT NULL,
    line INTEGER NOT NULL,
    problems JSONB NOT NULL,
    row_cipher BYTEA NOT NULL,
    subject TEXT NOT NULL,
    state TEXT DEFAULT 'open' NOT NULL,
    closed_by TEXT,
    closed_at TIMESTAMP WITH TIME ZONE,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_quarantined_row PRIMARY KEY (id),
    CONSTRAINT uq_quarantined_row_file_id_line UNIQUE (file_id, line),
    CONSTRAINT ck_quarantined_row_state CHECK (state IN ('open', 'fixed', 'replaced', 'dismissed')),
    CONSTRAINT ck_quarantined_row_closed CHECK ((state = 'open') = (closed_at IS NULL)),
    CONSTRAINT fk_quarantined_row_file_id FOREIGN KEY(file_id) REFERENCES intake_file (id)
);

CREATE INDEX ix_quarantined_row_open ON quarantined_row (subject) WHERE state = 'open';

COMMENT ON COLUMN quarantined_row.line IS 'line of the file or row of the sheet, the first is 1';

COMMENT ON COLUMN quarantined_row.problems IS 'list of {field, code, detail}; no personal data in detail';

COMMENT ON COLUMN quarantined_row.row_cipher IS 'the row as read, JSON by our field names, encrypted';

COMMENT ON COLUMN quarantined_row.subject IS 'whom the row is about: a later list''s row about them replaces it';

COMMENT ON COLUMN quarantined_row.closed_by IS 'the correcting file, or who dismissed it and why';

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: a correction is another row', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON transfer
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- What is deleted of the log has to be covered by a stub: see 0001_audit.sql.
CREATE TRIGGER append_only BEFORE UPDATE OR TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR TRUNCATE ON audit_segment
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON job_attempt
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON correction
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payment
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON identity_flag
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A new key writes the encrypted columns and the index anew; what they say stays.
CREATE TRIGGER append_only BEFORE
    UPDATE OF id, person_id, bank, business_date, source_file, recorded_at OR DELETE OR TRUNCATE ON bank_account
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION refuse_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never deleted: other tables refer to them', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON intake_file
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_delete();

CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON quarantined_row
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_delete();

CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON person
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_delete();

CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON enrolment
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_delete();

CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON due
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_delete();

CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON assistance
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_delete();

CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON disbursement
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_delete();

CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON decision
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_delete();

CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON statement
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_delete();

CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON break_found
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_delete();

CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON audit_chain
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_delete();

CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON held_row
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_delete();

CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON job
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_delete();

CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON message
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_delete();
