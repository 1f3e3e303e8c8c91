-- What dashboards read: views without anybody in them, for a role that may read nothing else (worker/database/boards.py).

CREATE VIEW board_audit AS
    SELECT s.recorded_at, (o.origin ->> 'business_date')::date AS business_date, e.chain, e.position, e.action,
        split_part(o.origin ->> 'actor', ':', 1) AS who, (o.origin ->> 'job')::bigint AS job,
        f.facts ->> 'source' AS source, f.facts ->> 'channel' AS channel, f.facts ->> 'outcome' AS outcome,
        CASE WHEN jsonb_typeof(f.facts -> 'amount') = 'number' THEN (f.facts ->> 'amount')::bigint END AS amount
    FROM audit_segment s
    CROSS JOIN LATERAL (SELECT s.origin::jsonb AS origin) AS o
    JOIN audit_event e ON e.chain = s.chain AND e.segment = s.segment
    CROSS JOIN LATERAL (SELECT e.facts::jsonb AS facts) AS f;

COMMENT ON VIEW board_audit IS 'events of the audit log: not about whom, not by whom; amounts in fen';

CREATE VIEW board_money AS
    SELECT business_date, action, coalesce(channel, source, '') AS way, count(*) AS events, sum(amount)::bigint AS fen
    FROM board_audit WHERE action IN ('payment.settled', 'payment.underpaid', 'payment.overpaid', 'payment.refunded',
        'payment.reversed', 'payment.unknown_reference', 'assistance.granted', 'assistance.paid', 'assistance.returned',
        'refund.carried_out', 'refund.paid', 'refund.returned')
    GROUP BY 1, 2, 3;

COMMENT ON VIEW board_money IS 'money that moved, by business day, event and channel or funding source';

CREATE VIEW board_statements AS
    SELECT area, side, period, day, lines, total, our_lines, our_total, matched, compared_at FROM statement;

CREATE VIEW board_breaks AS
    SELECT area, side, kind, state, opened_on, count(*) AS breaks, count(*) FILTER (WHERE owner IS NULL) AS unowned
    FROM break_found GROUP BY 1, 2, 3, 4, 5;

CREATE VIEW board_stopped AS
    SELECT state, kind, coalesce(outcome ->> 'cause', '') AS cause, count(*) AS jobs, min(created_at) AS oldest
    FROM job WHERE state IN ('ready', 'running', 'unknown') OR state IN ('parked', 'rejected') GROUP BY 1, 2, 3;

COMMENT ON VIEW board_stopped IS 'jobs that are not over, and those that came to a stop, by cause';

CREATE VIEW board_files AS
    SELECT business_date, coalesce(kind, '') AS kind, state, count(*) AS files, sum(rows_read)::bigint AS rows,
        sum(rows_quarantined)::bigint AS quarantined FROM intake_file GROUP BY 1, 2, 3;
