"""``levy duplicates``: people enrolled twice: look at cases, add what is missing, or rule on them."""

from __future__ import annotations

from uuid import uuid4

import click

from config.logging import configure_logging
from config.settings import load_settings
from worker.audit.log import Origin
from worker.cli.listing import print_rows, rows_of
from worker.cli.who import who
from worker.duplicates.review import ask_to_undo, review
from worker.duplicates.rule import facts_of_both, rule
from worker.duplicates.tell import note_told, untold
from worker.jobs.queue import NewJob, enqueue
from worker.report.screen import json_line, shown
from worker.wiring import build_house

_LIST = (
    "SELECT c.id, p.person_no, c.found_by, c.other, c.state, c.outcome, (SELECT r.id || ' ' || r.state"
    "  FROM refund_case r WHERE r.enrolment_id = c.enrolment_id AND r.reason <> 'overpaid'"
    "  ORDER BY r.id DESC LIMIT 1) AS refund, c.review,"
    " (SELECT string_agg(m, ', ') FROM jsonb_array_elements_text(coalesce(c.decision->'missing', '[]')) AS m)"
    " AS missing"
    " FROM duplicate_case c JOIN person p ON p.id = c.person_id"
    " WHERE (CAST(:state AS text) IS NULL OR c.state = :state) AND (NOT :review OR c.review = 'asked')"
    " ORDER BY c.id LIMIT :limit"
)
_SHOW = "SELECT * FROM duplicate_case WHERE id = :id"


@click.group("duplicates", help="People enrolled twice: list, show, decide what the notice leaves open.")
def command() -> None:
    """Group of the commands below."""
    configure_logging("duplicates", level="warning")


@command.command("list")
@click.option("--state", type=click.Choice(["found", "suspected", "undetermined", "resolved"]))
@click.option("--review", is_flag=True, help="Only those that wait for a second person.")
@click.option("--limit", default=100, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="JSON lines.")
def list_(state: str | None, review: bool, limit: int, as_json: bool) -> None:
    """List cases: what ours stands beside, what was decided, what became of its premium, and what is missing."""
    rows = rows_of(_LIST, {"state": state, "review": review, "limit": limit})
    print_rows(rows, as_json, "No such case." if review or state else "Nobody is enrolled twice.")


@command.command("show")
@click.argument("case", type=int)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def show(case: int, as_json: bool) -> None:
    """Show one case: both enrolments as they were put to the notice, and the decision with its clauses."""
    found = rows_of(_SHOW, {"id": case})
    if not found:
        raise click.ClickException(f"there is no case {case}")
    row = found[0]
    if as_json:
        click.echo(json_line(row))
        return
    click.echo(f"case {case}: found by {row['found_by']}, beside {shown(row['other'])}; {row['state']}"
               + (f", ours: {row['outcome']}" if row["outcome"] else ""))  # fmt: skip
    if row["review"]:
        reviewed = f"; reviewed by {shown(row['reviewed_by'])}" if row["reviewed_by"] else ""
        asked = f"asked for by {shown(row['asked_by'])}: {shown(row['asked_because'])}"
        click.echo(f"  {row['asked_for']}: {row['review']}; {asked}{reviewed}")
    for whose, facts in zip(("ours", "other"), row["facts"], strict=False):
        known = (f"{name} {value}" for name, value in facts.items() if value is not None)
        click.echo(f"  {whose}: {shown(', '.join(known))}")
    for sentence in (row["decision"] or {}).get("why", ()):
        click.echo(f"  {shown(sentence)}")


@command.command("decide")
@click.argument("case", type=int)
@click.option("--usual-residence", type=click.Choice(["ours", "other"]), help="Where the person usually lives.")
@click.option("--months", type=click.IntRange(0, 1200), help="Months of continuous cover of the other enrolment.")
@click.option("--flexible/--not-flexible", default=None, help="Whether the other one is by flexible employment.")
@click.option("--entitled", type=click.Choice(["ours", "other"]), help="From which cover benefits can be drawn now.")
@click.option("--outcome", type=click.Choice(["keep", "terminate", "suspend"]), help="A ruling: what becomes of ours.")
@click.option("--by", required=True, help="Who decides, by name; kept in the audit log.")
@click.option("--reason", help="On what grounds; needed with --outcome.")
def decide(
    case: int,
    usual_residence: str | None,
    months: int | None,
    flexible: bool | None,
    entitled: str | None,
    outcome: str | None,
    by: str,
    reason: str | None,
) -> None:
    """Add facts, so that the notice decides anew, or rule where it has no rule; carried out at the next tick.

    That ours is terminated or suspended by a ruling is reviewed by a second person first.
    """
    ours, other = facts_of_both(usual_residence, months, flexible, entitled)
    if outcome is None and not ours and not other:
        raise click.UsageError("Give a fact that is missing, or a ruling with --outcome and --reason.")
    if outcome is not None and not reason:
        raise click.UsageError("A ruling needs its --reason.")
    house = build_house(load_settings())
    by, today = who(house.engine, by, "duplicate.decide"), house.clock.today()
    with house.engine.begin() as connection:
        events = rule(connection, house.law.area, case, by, today, outcome, reason, ours, other)
        house.audit.record(connection, Origin(f"clerk:{by}", house.law.area, today), events, house.clock.now())
    if outcome in ("terminate", "suspend"):
        click.echo(f"Case {case}: asked for; another person reviews it with `levy duplicates review {case}`.")
    else:
        click.echo(f"Case {case}: noted; the next `duplicates` tick carries it out.")


@command.command("tell")
@click.option("--dry-run", is_flag=True, help="Only say how many people there are.")
def tell(dry_run: bool) -> None:
    """Tell peers now of people enrolled here who may be enrolled there too, each once; the hourly tick does it too."""
    house = build_house(load_settings())
    law, peers, today = house.law, sorted(house.peers.ports), house.clock.today()
    if not peers:
        raise click.ClickException("no peers are set: docs/handoffs.md says how to name one")
    with house.engine.begin() as connection:
        people = untold(connection, peers, law.area, law.insured_year)
        if not dry_run:
            told = note_told(connection, peers, law.area, law.insured_year, f"{law.area}-{uuid4().hex[:12]}", today)
            enqueue(
                connection,
                [NewJob("notify", batch, {"peer": peer, "batch": batch}, today, law.area) for peer, batch in told],
            )
    for peer in peers:
        click.echo(f"{peer}: {people.get(peer, 0)} people to tell of" if dry_run else f"{peer}: {people.get(peer, 0)}")
    if not dry_run:
        click.echo("noted; workers that run send it")


@command.command("undo")
@click.argument("case", type=int)
@click.option("--by", required=True, help="Who asks, by name; kept in the audit log.")
@click.option("--reason", required=True, help="Why our enrolment counts after all.")
def undo_(case: int, by: str, reason: str) -> None:
    """Ask that an enrolment that was terminated or suspended counts again; a second person reviews it."""
    house = build_house(load_settings())
    by = who(house.engine, by, "duplicate.decide")
    origin = Origin(f"clerk:{by}", house.law.area, house.clock.today())
    with house.engine.begin() as connection:
        events = ask_to_undo(connection, house.law.area, case, by, reason)
        house.audit.record(connection, origin, events, house.clock.now())
    click.echo(f"Case {case}: kept; another person reviews it with `levy duplicates review {case}`.")


@command.command("review")
@click.argument("case", type=int)
@click.option("--approve/--reject", "approved", default=None, help="What the second person says.")
@click.option("--by", required=True, help="Who reviews, by name; never who asked.")
@click.option("--reason", required=True, help="On what grounds; kept in the audit log.")
def review_(case: int, approved: bool | None, by: str, reason: str) -> None:
    """Agree or not to what was ruled, or that it is undone: then the enrolment is open again and assessed next."""
    if approved is None:
        raise click.UsageError("Say --approve or --reject.")
    house = build_house(load_settings())
    by, today = who(house.engine, by, "duplicate.review"), house.clock.today()
    with house.engine.begin() as connection:
        events = review(connection, house.law.area, case, approved, by, reason, today)
        house.audit.record(connection, Origin(f"clerk:{by}", house.law.area, today), events, house.clock.now())
    if not approved:
        click.echo(f"Case {case}: it stays as it is.")
    elif events[0].action == "duplicate.ruled":
        click.echo(f"Case {case}: agreed; the next `duplicates` tick carries it out.")
    elif {event.action for event in events} & {"enrolment.opened", "cover.resumed"}:
        click.echo(f"Case {case}: undone; the next assessment follows.")
    else:
        click.echo(f"Case {case}: undone; something else closes the enrolment or holds its cover: see `levy why`.")
