"""One life of a few people, in steps; what is in all books after each; and how a step is repeated from a copy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import text

from config.settings import load_settings
from tests.adapters.bureau.reading import ACCOUNT, ENROLMENT, FLAG, lines_of
from tests.faults.points import Office, Points, instrument
from tests.worker.flows.conftest import LI, WANG
from tests.worker.flows.refunding import asked_back, reviewed
from tests.worker.flows.stage import Stage
from tests.worker.intake.conftest import Desk
from worker.wiring import build_house, build_runner

SEPTEMBER, OCTOBER, NOVEMBER = date(2020, 9, 2), date(2020, 10, 15), date(2020, 11, 1)
_HAN = {"person_no": "6109220000000004", "cert_no": "610922196907070014", "name": "韩六", "birth_date": "1969-07-07"}
_POOR = FLAG | {"cert_no": _HAN["cert_no"], "name": "韩六", "category": "特困"}
_LIS_ACCOUNT = ACCOUNT | {"cert_no": LI["cert_no"], "account_name": "李四", "account_no": "6217001000000000002"}


@dataclass(frozen=True)
class Step:
    """What the world does first (nothing of ours is struck there), and the scheduled work that then runs."""

    name: str
    day: date
    ticks: tuple[str, ...]
    before: Callable[[Stage], None] = lambda _: None


def lists(stage: Stage) -> None:
    for rows in (
        [ENROLMENT, ENROLMENT | LI, ENROLMENT | WANG, ENROLMENT | _HAN],
        [FLAG, _POOR],
        [ACCOUNT, _LIS_ACCOUNT],
    ):
        stage.desk.take(lines_of(*rows))


def _a_list_is_dropped(stage: Stage) -> None:
    folder = stage.house.settings.drop / "2020-09-01"
    folder.mkdir(parents=True, exist_ok=True)
    newcomer = ENROLMENT | {"person_no": "6109220000000009", "cert_no": "610922199001010019", "name": "钱七"}
    bad = newcomer | {"person_no": "6109220000000010", "cert_no": "610922199001010018"}
    (folder / "enrolments.csv").write_text(lines_of(newcomer | {"birth_date": "1990-01-01"}, bad), "utf-8")


def _two_pay_one_twice(stage: Stage) -> None:
    for due in _dues_of(stage, 1) + _dues_of(stage, 2) * 2:
        stage.pay(due, OCTOBER)


def _the_bank_pays_and_returns(stage: Stage) -> None:
    for at, reference in enumerate(list(stage.treasury.orders)):
        stage.result(reference, *(("returned", "account_closed") if at % 2 else ("paid", None)))


def _wang_is_recognised(stage: Stage) -> None:
    flag = FLAG | {"cert_no": WANG["cert_no"], "name": "王五", "category": "特困", "recognised_on": "2020-10-20"}
    stage.desk.take(lines_of(flag), day=date(2020, 10, 20))


def _a_payment_is_undone(stage: Stage) -> None:
    first = next(row for row in stage.tax.feed.rows if isinstance(row, dict))
    stage.reverse(first["voucher_no"], _dues_of(stage, 1)[0], NOVEMBER)


def _li_asks_back(stage: Stage) -> None:
    asked_back(stage, _people(stage)[1], "joined_employee_scheme", NOVEMBER, event_on=date(2020, 9, 20))
    for (case,) in stage.desk.rows("SELECT id FROM refund_case WHERE state = 'decided' ORDER BY id"):
        reviewed(stage, case, NOVEMBER)


def _both_carry_out(stage: Stage) -> None:
    for reference in list(stage.tax.refunds):
        stage.refund(reference, NOVEMBER)
    told = {row["reference"] for row in stage.treasury.feed.rows if isinstance(row, dict)}
    for reference in [one for one in stage.treasury.orders if one not in told]:
        stage.result(reference)


STEPS = (
    Step("a list is taken in", date(2020, 9, 1), ("intake",), _a_list_is_dropped),
    Step("dues are assessed and presented", SEPTEMBER, ("assess",)),
    Step("a department declares", SEPTEMBER, ("sponsor",)),
    Step("payments come", OCTOBER, ("pull_payments",), _two_pay_one_twice),
    Step("assistance is ordered", OCTOBER, ("disburse",)),
    Step("the bank answers", OCTOBER, ("pull_results",), _the_bank_pays_and_returns),
    Step("a due is withdrawn and asked for anew", date(2020, 10, 21), ("assess",), _wang_is_recognised),
    Step("a payment is undone", NOVEMBER, ("pull_payments", "assess"), _a_payment_is_undone),
    Step("refunds are ordered", NOVEMBER, ("refunds", "disburse"), _li_asks_back),
    Step("refunds are carried out", NOVEMBER, ("pull_payments", "pull_results"), _both_carry_out),
)


def _people(stage: Stage) -> list[int]:
    return [row[0] for row in stage.desk.rows("SELECT id FROM person ORDER BY person_no")]


def _dues_of(stage: Stage, place: int) -> list[int]:
    person = _people(stage)[place - 1]
    return [row[0] for row in stage.desk.rows(f"SELECT id FROM due WHERE person_id = {person} AND current ORDER BY id")]


class World:
    """The neighbours: what they hold outlives our processes."""

    def __init__(self, kept: dict[str, Any] | None = None) -> None:
        self.kept = deepcopy(kept or {"tax": {}, "treasury": {}, "replies": ({}, {})})

    def house(self, points: Points, end_backend: Callable[[int], None] = lambda _: None) -> Stage:
        """A process of ours that starts: whatever it had in memory before is gone."""
        stage = Stage(Desk(build_house(load_settings())))
        for name, scripted in (("tax", stage.tax), ("treasury", stage.treasury)):
            vars(scripted).update(self.kept[name])
            self.kept[name] = {key: value for key, value in vars(scripted).items() if not key.startswith("_")}
        tax, treasury = self.kept["replies"]
        stage.house.tax = Office(stage.tax, tax, points)  # type: ignore[assignment]
        stage.house.treasury = Office(stage.treasury, treasury, points)  # type: ignore[assignment]
        instrument(stage.house, points, end_backend)
        stage._runner = build_runner(stage.house, lambda _: None)
        return stage


def drain(stage: Stage) -> None:
    """What a sweep does once the leases of the dead have run out, until nothing is left to do."""
    for _ in range(40):
        with stage.house.engine.begin() as connection:
            connection.execute(
                text(
                    "UPDATE job SET next_attempt_at = now(), lease_until = now() - interval '1 second'"
                    " WHERE state IN ('ready', 'unknown', 'running')"
                )
            )
        found = stage.desk.rows("SELECT id FROM job WHERE state IN ('ready', 'unknown', 'running') ORDER BY id")
        if not found:
            return
        for (job,) in found:
            stage._runner.run(job)
    raise AssertionError(stage.desk.rows("SELECT kind, state, outcome FROM job WHERE ended_at IS NULL"))


_BOOKS = {
    "dues": "SELECT p.person_no, d.insurance, d.payer, d.part, d.version, d.amount, d.paid, d.state, d.current"
    " FROM due d JOIN person p ON p.id = d.person_id",
    "covers": "SELECT p.person_no, e.benefit_start, e.benefit_end, e.closed_because, e.stale FROM enrolment e"
    " JOIN person p ON p.id = e.person_id",
    "payments": "SELECT voucher_no, line, amount, kind, remark FROM payment",
    "transfers": "SELECT code, count(*), sum(amount) FROM transfer GROUP BY code",
    "assistance": "SELECT person_id, category, source, timing, amount, state FROM assistance",
    "orders": "SELECT amount, state, code, attempt FROM disbursement",
    "refunds": "SELECT person_id, reason, state FROM refund_case",
    "jobs": "SELECT kind, state, count(*) FROM job GROUP BY kind, state",
    "events": "SELECT action, person_id, count(*) FROM audit_event GROUP BY action, person_id",
    "held": "SELECT feed, count(*) FROM held_row GROUP BY feed",
    "quarantined": "SELECT count(*) FROM quarantined_row",
}


def books(stage: Stage, world: World) -> dict[str, Any]:
    """All that must be the same whatever struck, numbers of our own aside; and the checks of the house."""
    stage.assert_books_hold()
    ours = {name: Counter(stage.desk.rows(statement)) for name, statement in _BOOKS.items()}
    tax, treasury = world.kept["tax"], world.kept["treasury"]
    theirs = {
        "presented": Counter((row["person_no"], row["amount"], row["payer"]) for row in tax["dues"].values()),
        "withdrawn": Counter(tax["dues"][one]["person_no"] for one in tax["voided"]),
        "refunds": Counter(row["amount"] for row in tax["refunds"].values()),
        "orders": Counter((row["amount"], row["fund"]) for row in treasury["orders"].values()),
        "batches": [len(replies) for replies in world.kept["replies"]],
    }
    return {**ours, "theirs": theirs}
