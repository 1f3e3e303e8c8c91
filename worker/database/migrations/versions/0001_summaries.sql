-- Revision 0001: figures that take a look at everybody, and what people are found by.

CREATE TABLE season_summary (
    area TEXT NOT NULL,
    insured_year SMALLINT NOT NULL,
    read_at TIMESTAMP WITH TIME ZONE NOT NULL,
    seconds DOUBLE PRECISION NOT NULL,
    body JSONB NOT NULL,
    CONSTRAINT pk_season_summary PRIMARY KEY (area, insured_year)
);

COMMENT ON COLUMN season_summary.read_at IS 'as of when';

COMMENT ON COLUMN season_summary.seconds IS 'that the reading took: the longer, the more seldom it is done';

COMMENT ON COLUMN season_summary.body IS 'towns, money by state, funds; people and fen, nobody by name';

CREATE INDEX ix_person_name_index ON person (name_index);

CREATE INDEX ix_due_person_id ON due (person_id);

CREATE INDEX ix_due_amount ON due (amount, id) WHERE current;

CREATE INDEX ix_assistance_amount ON assistance (amount, id);

CREATE INDEX ix_payment_due_id ON payment (due_id);

CREATE INDEX ix_job_stopped ON job (state, kind) WHERE state IN ('parked', 'rejected');

CREATE INDEX ix_message_open ON message (intended_at) WHERE answered_at IS NULL;
