"""Random lives of a few people against real databases and simulators; the books are held against each other."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from adapters.tax.client import TaxClient
from adapters.treasury.client import TreasuryClient
from tests.adapters.bureau.reading import FLAG, OTHER_COVER, lines_of
from tests.adapters.simulated import KEY
from tests.journeys.lives_books import Chains, differing
from tests.journeys.lives_clerks import Clerks
from tests.journeys.lives_mistakes import ENDS, End, led
from tests.journeys.lives_next_door import PEERS, NextDoor
from tests.journeys.lives_places import FAULTS, PLACES, payers, settings_of, simulated
from tests.worker.flows.town import Town, cert
from tests.worker.handoff.looped import Mishap
from tests.worker.handoff.two_houses import SHIQUAN
from tests.worker.intake.conftest import KEYS, NEIGHBOURS
from worker.jobs.queue import NewJob, enqueue
from worker.ledger.check import check_ledger
from worker.rounds import PHASES
from worker.season.desk import Desk as Evening

PEOPLE = 3
CATEGORIES = ("低保", "特困", "建档立卡", "返贫致贫", "重度残疾")
DAYS = st.integers(0, 25)
"""Days that pass after a step; none: the next one comes before anything is done about it."""
REASONS = ("wrong_tier", "joined_employee_scheme", "enrolled_elsewhere", "conscription", "death", "duplicate_payment")
MISHAPS: tuple[Mishap, ...] = ("down", "lost", "slow", "twice")


class Lives(RuleBasedStateMachine):
    """What may happen to people of one town in any order; after each step every check of the books holds."""

    new_database: Callable[[], AbstractContextManager[str]]
    reached: Counter[str]
    """How often a payment in the wrong area came to each state of its case, or was not made."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.lists = self.rounds = 0
        self.next_door: NextDoor | None = None

    @initialize(
        place=st.sampled_from(PLACES), seed=st.integers(0, 999), students=st.booleans(), days=st.integers(0, 80),
        known=st.lists(st.sampled_from(CATEGORIES), max_size=PEOPLE),
        switches=st.one_of(st.none(), st.integers(20, 80)),
    )  # fmt: skip
    def settle_down(
        self,
        place: tuple[str, int, date, date],
        seed: int,
        students: bool,
        days: int,
        known: list[str],
        switches: int | None,
    ) -> None:
        """People of one town move in: perhaps they are students of one college, perhaps the county changes its flow."""
        area, year, opens, closes = place
        self.home = home = Path(self.stack.enter_context(TemporaryDirectory()))
        url = self.stack.enter_context(type(self).new_database())
        patch = self.stack.enter_context(pytest.MonkeyPatch.context())
        places = {"LEVY_DATABASE_URL": url, "LEVY_BROKER_URL": "redis://127.0.0.1:1/0", "LEVY_HOME": str(home)}
        for name, value in {**places, **KEYS, **NEIGHBOURS}.items():
            patch.setenv(name, value)
        self.today = self.opens = opens
        self.last = date(year, 12, 31)
        self.town = Town.of(patch, area, year, settings_of(home, area, opens, switches))
        self.chains, self.clerks = Chains(self.town.house.keychain), Clerks(self.town.house)
        self.stack.callback(self.town.house.engine.dispose)
        college = [opens + timedelta(days=day) for day in (20, 45, 70)]
        self.tax = simulated(self.stack, "tax", home, seed, opens, payers(opens, closes, 0.1, college))
        self.treasury = simulated(self.stack, "treasury", home, seed, opens)
        house = self.town.house
        house.tax = TaxClient(self.tax.url, KEY, rng=random.Random(seed))
        house.treasury = TreasuryClient(self.treasury.url, KEY, rng=random.Random(seed))
        self.evening = Evening(house, seed)
        student = {"person_type": "1404", "student_stage": "college", "school_area": area}
        self.town.enrol(PEOPLE, opens, **(student if students else {}))
        for person, category in enumerate(known, 1):
            self.hear_of(person, category, opens - timedelta(days=200), None)
        self.round()
        self.pass_days(days)

    def neighbour(self) -> NextDoor:
        """The installation next door, from the first time that somebody has to do with it."""
        if self.next_door is None:
            places = self.town, self.stack, type(self).new_database, self.home
            self.next_door = NextDoor(*places, self.opens, self.today)
        return self.next_door

    @rule(days=st.integers(1, 45))
    def pass_days(self, days: int) -> None:
        """Days pass, people pay, and all scheduled work is done."""
        if not days:
            return
        self.today = min(self.today + timedelta(days=days), self.last)
        self.tax.advance(str(self.today))
        self.treasury.advance(str(self.today))
        self.round()

    @rule(
        days=DAYS,
        person=st.integers(1, PEOPLE),
        category=st.sampled_from(CATEGORIES),
        since=st.integers(0, 120),
        ended=st.one_of(st.none(), st.integers(0, 60)),
    )
    def hear_of_an_identity(self, person: int, category: str, since: int, ended: int | None, days: int) -> None:
        recognised = self.today - timedelta(days=since)
        revoked = max(recognised + timedelta(days=1), self.today - timedelta(days=ended)) if ended is not None else None
        self.hear_of(person, category, recognised, revoked)
        self.pass_days(days)

    def hear_of(self, person: int, category: str, recognised: date, revoked: date | None) -> None:
        """A department's list of today says that an identity was recognised, and perhaps that it ended."""
        row = {"cert_no": cert(person), "category": category, "area": self.town.area, "memo": f"list {self.lists}"}
        dates = {"recognised_on": str(recognised), "revoked_on": str(revoked or "")}
        self.lists += 1
        self.town.desk.take(lines_of(FLAG | row | dates), day=self.today)

    @rule(days=DAYS, person=st.integers(1, PEOPLE), category=st.sampled_from(CATEGORIES))
    def apply(self, person: int, category: str, days: int) -> None:
        self.town.apply_once(person, category, self.today)
        self.pass_days(days)

    @precondition(lambda self: self.paid())
    @rule(
        days=DAYS,
        person=st.integers(1, PEOPLE),
        reason=st.sampled_from(REASONS),
        ago=st.integers(0, 30),
        fault=st.sampled_from([None, True, False]),
        used=st.sampled_from([None, True, False]),
    )
    def ask_back(self, person: int, reason: str, ago: int, fault: bool | None, used: bool | None, days: int) -> None:
        """They ask their premium back; the clerk enters it, and it is decided at once."""
        self.clerks.ask_back(self.today, person, reason, self.today - timedelta(days=ago), fault, used)
        self.pass_days(days)

    @rule()
    def turn_down(self) -> None:
        """The second person rejects what waits for a review."""
        self.clerks.turn_down(self.today)

    @rule(
        days=DAYS,
        person=st.integers(1, PEOPLE), scheme=st.sampled_from(["职工", "居民"]), since=st.integers(0, 200),
        months=st.sampled_from(["", "14", "3"]), entitled=st.sampled_from(["", "是", "否"]),
    )  # fmt: skip
    def hear_of_another_cover(
        self, person: int, scheme: str, since: int, months: str, entitled: str, days: int
    ) -> None:
        row = OTHER_COVER | {
            "cert_no": cert(person),
            "scheme": scheme,
            "since": str(self.today - timedelta(days=since)),
        }
        self.town.desk.take(lines_of(row | {"months": months, "entitled": entitled}), day=self.today)
        self.pass_days(days)

    @rule(
        days=DAYS, outcome=st.sampled_from(["keep", "terminate", "suspend"]), undo=st.booleans(), agreed=st.booleans()
    )
    def judge_duplicates(self, outcome: str, undo: bool, agreed: bool, days: int) -> None:
        """A clerk rules on what the notice leaves open, or asks to undo what was done, which a second one reviews."""
        if undo:
            self.clerks.undo_duplicates(self.today, agreed)
        else:
            self.clerks.rule_on_duplicates(self.today, outcome, agreed)
        self.pass_days(days)

    @rule(
        days=DAYS,
        person=st.integers(1, PEOPLE),
        category=st.sampled_from((None, "低保", "特困")),
        kind=st.sampled_from((None, "wrong_area", "claim")),
        side=st.integers(0, 1),
        mishap=st.sampled_from(MISHAPS),
    )
    def live_next_door(
        self, person: int, category: str | None, kind: str | None, side: int, mishap: Mishap, days: int
    ) -> None:
        """They turn up on the roster next door, or are recognised there; a clerk of either area opens a case."""
        there = self.neighbour()
        there.befall(mishap)
        if category is None:
            there.enrol(person)
        else:
            there.recognise(person, category)
        if kind is not None:
            there.open(kind, side, person)
        self.pass_days(days)

    @precondition(lambda self: self.next_door)
    @rule(days=DAYS, agreeing=st.booleans())
    def answer_cases(self, agreeing: bool, days: int) -> None:
        """Clerks take the steps that wait for a person."""
        assert self.next_door is not None
        self.next_door.answer(agreeing)
        self.pass_days(days)

    @precondition(lambda self: SHIQUAN in (self.town.area, PEERS[self.town.area]))
    @rule(
        days=st.integers(1, 20),
        person=st.integers(1, PEOPLE), end=st.sampled_from(ENDS), mishap=st.sampled_from(MISHAPS),
    )  # fmt: skip
    def pay_in_the_wrong_area(self, person: int, end: End, mishap: Mishap, days: int) -> None:
        """A premium paid by mistake goes from step to step to one of its ends; after each step everything holds."""
        there = self.neighbour()
        for state in led(there, person, end):
            there.befall(mishap)
            self.pass_days(days)
            self.the_books_hold()
            self.reached[state] += 1

    @rule(days=DAYS, fault=st.sampled_from(FAULTS))
    def go_wrong(self, fault: tuple[str, str, dict[str, int]], days: int) -> None:
        kind, operation, more = fault
        (self.treasury if operation == "submit_orders" else self.tax).fault(kind, operation, count=1, **more)
        self.pass_days(days)

    @precondition(lambda self: self.paid())
    @rule(days=DAYS, choice=st.integers(0, 99))
    def reverse_at_tax(self, choice: int, days: int) -> None:
        vouchers = self.paid()
        self.tax.pull("reverse", voucher_no=vouchers[choice % len(vouchers)])
        self.pass_days(days)

    @rule(days=DAYS)
    def work_at_the_desk(self, days: int) -> None:
        self.evening.work(self.today)
        self.pass_days(days)

    @rule()
    def round(self) -> None:
        """All scheduled work, until nothing is left; then the far sides' own books must be as ours, item by item."""
        for phase in PHASES:
            self.do(*phase)
        self.do("pull_payments")  # what a sponsor has declared meanwhile
        if self.next_door is not None:
            self.next_door.round(self.today, self.do)
            flaws = self.next_door.flaws()
            assert flaws == [], flaws
        tax, treasury = self.tax.book(), self.treasury.book()
        with self.town.house.engine.connect() as connection:
            differences = differing(connection, tax, treasury)
        assert differences == [], differences
        assert all(key["effects"] == 1 for book in (tax, treasury) for key in book["keys"])

    def do(self, *ticks: str) -> None:
        """This scheduled work and all that it calls for."""
        self.rounds += 1
        with self.town.house.engine.begin() as connection:
            jobs = [NewJob(f"tick.{name}", f"{self.rounds}", {}, self.today, self.town.area) for name in ticks]
            enqueue(connection, jobs)
        self.town.drain()

    @invariant()
    def the_books_hold(self) -> None:
        """After each step: the ledger, the log since the step before, money in transit, and no job given up."""
        if hasattr(self, "town"):
            with self.town.house.engine.connect() as connection:
                assert check_ledger(connection) == []
                assert self.chains.flaws(connection) == []
            stopped = "SELECT kind, outcome FROM job WHERE state IN ('parked', 'rejected')"
            assert self.town.desk.rows(stopped) == []
            unsaid = "SELECT id FROM quarantined_row WHERE jsonb_array_length(problems) = 0"
            assert self.town.desk.rows(unsaid) == [], "what was refused says why"

    def teardown(self) -> None:
        self.stack.close()

    def paid(self) -> list[str]:
        """Vouchers that tax could reverse: of payments that were neither reversed nor given back."""
        return [
            row[0]
            for row in self.town.desk.rows(
                "SELECT DISTINCT voucher_no FROM payment p WHERE kind = 'payment' AND due_id IS NOT NULL"
                " AND NOT EXISTS (SELECT FROM payment r WHERE r.reverses = p.voucher_no)"
                " AND NOT EXISTS (SELECT FROM refund_item i JOIN payment q ON q.id = i.payment_id"
                "  WHERE q.voucher_no = p.voucher_no) ORDER BY voucher_no"
            )
        ]
