-- Nobody is assisted both ways: of one premium (person, year, insurance), each fen is stood in for once.
--
-- What is granted with a premium is counted 1, 2, 3... whoever grants it, and no count is given twice. Two transactions
-- that grant at once, neither seeing the other, want the same number: one of them then waits for the other and fails.
-- Who takes a later number instead leaves a gap, and is refused. So whoever comes through has seen all.

-- Assistance that was clawed back to the last fen, or of which a refund gave the fund its share back, assists nobody.
CREATE FUNCTION fund_has_back(number BIGINT) RETURNS boolean STABLE LANGUAGE plpgsql AS $$
BEGIN
    RETURN EXISTS (SELECT FROM clawback c WHERE c.assistance_id = number AND c.repaid = c.amount)
        OR EXISTS (SELECT FROM assistance a JOIN refund_item i ON i.due_id = a.due_id AND i.source = a.source
            AND i.route = 'fund' AND i.state = 'paid' WHERE a.id = number);
END $$;

CREATE FUNCTION refuse_double_assistance() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
    twice RECORD;
BEGIN
    SELECT * INTO twice FROM (SELECT premium.*, given.n, given.last, CASE
        WHEN given.last <> given.n THEN 'what is granted is not counted without a gap: perhaps another is granting now'
        WHEN given.grounds > 1 AND (SELECT count(DISTINCT coalesce(enrolment_id, -handoff_id)) FROM assistance a
            WHERE a.person_id = premium.person_id AND a.insured_year = premium.insured_year
            AND a.insurance = premium.insurance AND a.state <> 'cancelled' AND NOT fund_has_back(a.id)) > 1 THEN 'as enrolled here and on a claim between areas, or on two of these'
        WHEN given.ways > 1 AND EXISTS (SELECT FROM assistance a JOIN assistance b USING (person_id, insured_year,
            insurance, source, category) WHERE a.person_id = premium.person_id
            AND a.insured_year = premium.insured_year AND a.insurance = premium.insurance
            AND a.timing < b.timing AND a.state <> 'cancelled' AND b.state <> 'cancelled'
            AND NOT fund_has_back(a.id) AND NOT fund_has_back(b.id))
            THEN 'by one fund for one identity both at the levy and after the payment'
        -- What is clawed back is between the person and the fund, and what the fund has back is nobody's.
        WHEN given.amount > coalesce(ceiling.amount, 0) AND given.amount > coalesce(ceiling.amount, 0)
            + (SELECT coalesce(sum(a.amount), 0) FROM assistance a
                WHERE a.person_id = premium.person_id AND a.insured_year = premium.insured_year
                AND a.insurance = premium.insurance AND a.state <> 'cancelled'
                AND (fund_has_back(a.id) OR EXISTS (SELECT FROM clawback c WHERE c.assistance_id = a.id)))
            THEN format('with %s fen of a premium of %s', given.amount, coalesce(ceiling.amount, 0))
        END AS how
    FROM (SELECT DISTINCT person_id, insured_year, insurance FROM fresh) AS premium
    CROSS JOIN LATERAL (SELECT count(*) AS n, max(ordinal) AS last,
        count(DISTINCT coalesce(enrolment_id, -handoff_id)) FILTER (WHERE state <> 'cancelled') AS grounds,
        count(DISTINCT timing) FILTER (WHERE state <> 'cancelled') AS ways,
        min(coalesce(enrolment_id, -handoff_id)) FILTER (WHERE state <> 'cancelled') AS ground,
        sum(amount) FILTER (WHERE state <> 'cancelled') AS amount
        FROM assistance a WHERE a.person_id = premium.person_id AND a.insured_year = premium.insured_year
        AND a.insurance = premium.insurance) AS given
    -- The premium: of the dues that stand, less what a sponsor has paid of it; netted to nothing: of the decision; on a
    -- claim: what both areas hold as granted.
    CROSS JOIN LATERAL (SELECT CASE WHEN given.grounds > 1 THEN (SELECT min(coalesce(enrolment_id, -handoff_id))
            FROM assistance a WHERE a.person_id = premium.person_id AND a.insured_year = premium.insured_year
            AND a.insurance = premium.insurance AND a.state <> 'cancelled' AND NOT fund_has_back(a.id))
        ELSE given.ground END AS ground) AS stands
    CROSS JOIN LATERAL (SELECT CASE WHEN stands.ground < 0 THEN (SELECT sum((share->>'amount')::bigint)
            FROM handoff_step s CROSS JOIN jsonb_array_elements(s.facts->'assisted') AS share
            WHERE s.handoff_id = -stands.ground AND s.what = 'granted')
        ELSE coalesce((SELECT max(standard) - coalesce(sum(paid - lowered) FILTER (WHERE payer <> 'person'
                AND state <> 'refunded'), 0) FROM due d WHERE d.enrolment_id = stands.ground AND d.current
                AND d.insurance = premium.insurance AND d.state NOT IN ('void', 'rejected')),
            (SELECT max((line->>'standard')::bigint) FROM enrolment e JOIN decision n ON n.id = e.decision_id
                CROSS JOIN jsonb_array_elements(n.body->'lines') AS line
                WHERE e.id = stands.ground AND line->>'insurance' = premium.insurance)) END AS amount) AS ceiling
    ) AS each_premium WHERE how IS NOT NULL LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'person % would be assisted twice with % of %: %', twice.person_id, twice.insurance,
            twice.insured_year, twice.how USING ERRCODE = CASE WHEN twice.last <> twice.n
            THEN 'serialization_failure' ELSE 'check_violation' END;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER assisted_once AFTER INSERT ON assistance REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_double_assistance();

CREATE FUNCTION refuse_other_assistance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what assistance is about never changes, and what is cancelled stays so: grant anew'
        USING ERRCODE = 'check_violation';
END $$;

CREATE TRIGGER stays_what_it_is BEFORE UPDATE OF id, enrolment_id, handoff_id, person_id, due_id, area, insured_year,
    insurance, category, source, timing, amount, rule, ordinal, granted_on ON assistance
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_other_assistance();

CREATE TRIGGER stays_cancelled BEFORE UPDATE ON assistance
    FOR EACH ROW WHEN (OLD.state = 'cancelled' AND NEW.state <> 'cancelled')
    EXECUTE FUNCTION refuse_other_assistance();
