"""``levy held``: money that waits for a person to look, by what holds it."""

from __future__ import annotations

import getpass

import click

from config.settings import load_settings
from policies.money import yuan
from worker.audit.log import Origin
from worker.cli.listing import print_rows, rows_of
from worker.dues.release import release
from worker.report.breaks import TODAY
from worker.wiring import build_house

_PERSON = " JOIN person p ON p.id = x.person_id"
_LISTS = {
    "assistance": (
        "SELECT x.id AS assistance, p.person_no, x.category, x.amount AS yuan, x.held_because AS because"
        f" FROM assistance x{_PERSON} WHERE x.state = 'held' ORDER BY x.held_because, x.id LIMIT :limit",
        "No assistance is held.",
    ),
    "sponsors": (
        "SELECT x.id AS due, p.person_no, x.payer, x.amount AS yuan, x.reject_code AS because"
        f" FROM due x{_PERSON} WHERE x.payer <> 'person' AND x.state = 'accepted' AND x.reject_code IS NOT NULL"
        " ORDER BY x.payer, x.id LIMIT :limit",
        "No department has refused anybody.",
    ),
    "reclaim": (
        "SELECT x.id AS assistance, p.person_no, x.source, x.amount AS yuan, x.state"
        f" FROM assistance x{_PERSON} JOIN due d ON d.id = x.due_id"
        " WHERE x.state IN ('ordered', 'paid') AND d.state NOT IN ('paid', 'refunded') AND NOT EXISTS"
        "  (SELECT FROM due n WHERE n.enrolment_id = x.enrolment_id AND n.insurance = x.insurance AND n.current"
        "  AND n.state = 'paid')"
        " ORDER BY x.id LIMIT :limit",
        "Nothing was paid out for a payment that has been reversed.",
    ),
    "twice": (
        "SELECT x.id AS assistance, p.person_no, x.source, x.amount AS yuan, h.case_id AS claim"
        f" FROM assistance x{_PERSON} JOIN enrolment e ON e.id = x.enrolment_id JOIN handoff h"
        " ON h.kind = 'assistance_claim' AND h.person_id = x.person_id AND h.insured_year = e.insured_year"
        " AND h.insurance = x.insurance AND h.state IN ('granted', 'assisted', 'closed')"
        " WHERE x.state NOT IN ('cancelled', 'granted', 'held') ORDER BY x.id LIMIT :limit",
        "Nobody was assisted both here and, on a claim, by another area.",
    ),
    "overpaid": (
        "SELECT x.id AS due, p.person_no, sum(CASE WHEN t.credit_id = a.id THEN t.amount ELSE -t.amount END) AS yuan"
        " FROM transfer t JOIN account a ON a.code = 'overpaid' AND a.id IN (t.debit_id, t.credit_id)"
        f" JOIN due x ON x.id = t.due_id{_PERSON} GROUP BY x.id, p.person_no"
        " HAVING sum(CASE WHEN t.credit_id = a.id THEN t.amount ELSE -t.amount END) <> 0 ORDER BY x.id LIMIT :limit",
        "Nobody has paid more than was due.",
    ),
    "refunds": (
        "SELECT c.id AS case, p.person_no, c.reason, x.amount AS yuan, x.route, CASE WHEN x.reversed_on IS NULL THEN"
        " x.held_because ELSE concat_ws(', ', x.held_because, CASE x.state WHEN 'held' THEN NULL ELSE x.state END,"
        " 'tax took the payment back on ' || x.reversed_on) END AS because"
        " FROM refund_item x JOIN refund_case c ON c.id = x.case_id LEFT JOIN person p ON p.id = x.person_id"
        " WHERE x.state = 'held' OR x.state IN ('ordered', 'paid') AND x.reversed_on IS NOT NULL"
        " ORDER BY x.held_because, x.id LIMIT :limit",
        "No refund is held.",
    ),
    "short": (
        "SELECT DISTINCT ON (x.person_id) p.person_no, (x.facts::jsonb->>'missing')::bigint AS yuan,"
        " x.facts::jsonb->>'payer' AS payer, x.facts::jsonb->>'decision' AS decision"
        f" FROM audit_event x{_PERSON} WHERE x.action = 'levy.short'"
        " ORDER BY x.person_id, x.position DESC LIMIT :limit",
        "Nobody owes more than they could still be asked for.",
    ),
    "part_paid": (
        "SELECT x.id AS due, p.person_no, x.payer, (x.amount - x.paid) AS yuan, x.deadline, 'let tax reverse it: it is"
        " then asked for anew where that is still possible; or allocate money of nobody' AS because"
        f" FROM due x{_PERSON} WHERE x.state = 'part_paid' AND x.current AND x.deadline < {TODAY}"
        " ORDER BY x.deadline, x.id LIMIT :limit",
        "Nobody has paid only a part of what had to be paid by now.",
    ),
    "closed": (
        "SELECT c.id AS case, p.person_no, e.closed_because, x.paid - x.lowered AS yuan, 'rejected by ' ||"
        " c.reviewed_by || ': ' || c.review_reason || coalesce('; levy duplicates undo ' || k.id, '')"
        " AS because FROM enrolment e"
        " JOIN due x ON x.enrolment_id = e.id AND x.current AND x.state = 'paid' AND x.paid > x.lowered"
        " JOIN LATERAL (SELECT * FROM refund_case r WHERE r.due_id = x.id AND r.reason <> 'overpaid'"
        "  ORDER BY r.id DESC LIMIT 1) AS c ON c.state = 'rejected_by_review' LEFT JOIN LATERAL (SELECT d.id"
        "  FROM duplicate_case d WHERE d.enrolment_id = e.id AND d.outcome = 'terminate' AND d.carried_out"
        f"  ORDER BY d.id LIMIT 1) AS k ON true{_PERSON} WHERE e.closed_because IS NOT NULL ORDER BY c.id LIMIT :limit",
        "No enrolment is closed whose premium was to go back and stays paid.",
    ),
    "tiers": (
        "SELECT DISTINCT ON (x.person_id) p.person_no, (x.facts::jsonb->>'standard')::bigint AS yuan,"
        " x.facts::jsonb->>'decision' AS decision"
        f" FROM audit_event x{_PERSON} WHERE x.action = 'levy.tier_differs'"
        " ORDER BY x.person_id, x.position DESC LIMIT :limit",
        "Nobody has paid by another tier than what is known now.",
    ),
    "rulings": (
        "SELECT DISTINCT ON (x.person_id) p.person_no, x.facts::jsonb->>'category' AS category,"
        " x.facts::jsonb->>'revoked_on' AS revoked_on, x.facts::jsonb->>'reason' AS because"
        f" FROM audit_event x{_PERSON} WHERE x.action = 'revocation.undetermined'"
        " ORDER BY x.person_id, x.position DESC LIMIT :limit",
        "No identity has ended of which the notice does not say what becomes.",
    ),
    "rows": (
        "SELECT id, feed, recorded_at::timestamp(0) AS came, reason FROM held_row WHERE booked_at IS NULL"
        " ORDER BY id LIMIT :limit",
        "Every row of the feeds was booked.",
    ),
}


@click.command("held")
@click.argument("what", type=click.Choice(list(_LISTS)), default="assistance")
@click.option("--release", "released", multiple=True, type=int, help="A due of `sponsors`: declare it once more.")
@click.option("--reason", help="Why it is released; kept in the audit log.")
@click.option("--limit", default=100, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="JSON lines, amounts in fen.")
def command(what: str, released: tuple[int, ...], reason: str | None, limit: int, as_json: bool) -> None:
    """List what is held or owed back, and why.

    WHAT is assistance that could not be paid out (a corrected account, taken in, pays it again; so does a cover that
    runs again), dues that a department refused (sponsors), assistance to reclaim since its payment was reversed, or
    given both here and by another area (twice), money overpaid, refunds that came back (`levy refund release`) or that
    tax has given back as well, people who owe more but cannot be asked now (short), dues paid only in part after their
    last day (part_paid), enrolments that are closed although the refund of their premium was rejected (closed), who
    paid by another tier than what is known now (tiers), whose identity ended and the notice does not say what follows
    (rulings), or rows of feeds that could not be booked.
    """
    if released:
        _release(what, released, reason)
        return
    query, none = _LISTS[what]
    rows = rows_of(query, {"limit": limit})
    if not as_json:
        rows = [row | ({"yuan": yuan(int(row["yuan"]))} if "yuan" in row else {}) for row in rows]
    print_rows(rows, as_json, none)


def _release(what: str, dues: tuple[int, ...], reason: str | None) -> None:
    if what != "sponsors" or not reason:
        raise click.UsageError("--release goes with `sponsors` and a --reason.")
    house = build_house(load_settings())
    origin = Origin(f"clerk:{getpass.getuser()}", house.settings.area, house.clock.today())
    with house.engine.begin() as connection:
        done = release(connection, house.audit, origin, dues, reason, house.clock.now())
    click.echo(f"{len(done)} of {len(set(dues))} will be declared again at the next sponsor tick.")
    if missing := sorted(set(dues) - set(done)):
        raise click.ClickException(f"Not refused, or no such due: {', '.join(map(str, missing))}.")
