"""Two installations side by side: Shiquan, where somebody paid by mistake, and Jiaohe, where they meant to."""

from __future__ import annotations

import base64
import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest

from adapters.http import Limits
from adapters.peer.client import PeerClient
from adapters.peer.keyring import Key, Keyring, PeerKeys
from adapters.ports import Acknowledgement
from config.settings import load_settings
from tests.adapters.bureau.reading import ENROLMENT, lines_of
from tests.databases import as_superuser
from tests.worker.flows.stage import ScriptedTax, Stage
from tests.worker.handoff.looped import Loop
from tests.worker.intake.conftest import KEYS, NEIGHBOURS, Desk
from worker.clock import SystemClock
from worker.dues.reference import due_reference
from worker.handoff import acts
from worker.handoff.parties import Peers
from worker.handoff.propose import Mistake, propose
from worker.jobs.queue import NewJob, enqueue
from worker.peer_door.app import application
from worker.servers import Servers
from worker.wiring import build_house

SHIQUAN, JIAOHE = "610922", "220281"
SECRETS = {
    area: area.encode().ljust(32, b"-") for area in (SHIQUAN, JIAOHE, "220104", "220106", "220122", "220183", "430124")
}
CASE = "00000000-0000-4000-8000-00000000000{}"
ZHANG_THERE = ENROLMENT | {
    "person_no": "2202810000000001", "area": JIAOHE, "town": "民主街道", "household_area": JIAOHE,
}  # fmt: skip
SEPTEMBER, OCTOBER, NOVEMBER = date(2020, 9, 2), date(2020, 10, 15), date(2020, 11, 20)


class House(Stage):
    """One of the two, with its clerks, its door, and the way to the other's."""

    def __init__(self, desk: Desk, area: str) -> None:
        super().__init__(desk)
        self.area, self.day = area, SEPTEMBER
        self.tax = self.house.tax = RefundingTax()

    def meet(self, other: House) -> None:
        """Come to know the other, as the settings of both would have it."""
        ours, theirs = (Key(f"{area}-a", "ed25519", secret=SECRETS[area]) for area in (self.area, other.area))
        public = Key(theirs.id, "ed25519", public=theirs.public_half())
        keyring = Keyring(self.area, (), {other.area: PeerKeys(ours, {public.id: public})})
        self.house.peers = Peers(keyring)
        self.house.clock = FixedClock(self)  # type: ignore[assignment]
        self.door = application(self.house)

    def reach(self, other: House) -> None:
        """Take up the way to the other's door."""
        self.loop = Loop(other.door)
        url, keyring = self.house.settings.peer_door.url, self.house.peers.keyring
        limits = Limits(attempts=1)
        client = PeerClient(other.area, url, keyring, 300, limits, random.Random(1), carrier=self.loop)
        self.house.peers = Peers(keyring, {other.area: client})

    def act(self, act: Callable[..., Any], *given: Any, clerk: str = "chen") -> Any:
        """A clerk's act, and all that it calls for."""
        with self.house.engine.begin() as connection:
            done = act(connection, self.house, *given, self.day, clerk)
        self.work()
        return done

    def work(self) -> None:
        """Do all jobs that are due."""
        while found := self.desk.rows(
            "SELECT id FROM job WHERE state IN ('ready', 'unknown') AND next_attempt_at <= now() ORDER BY id LIMIT 1"
        ):
            self._runner.run(found[0][0])

    def again(self) -> None:
        """Let the time pass that jobs wait for another attempt, and do them."""
        with self.house.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE job SET next_attempt_at = now() WHERE state IN ('ready', 'unknown')")
        self.work()

    def tick(self, day: date, *names: str) -> None:
        self.day = day
        for name in names:
            self._ticks += 1
            with self.house.engine.begin() as connection:
                enqueue(connection, [NewJob(f"tick.{name}", f"{day}-{self._ticks}", {}, day, self.area)])
            self.work()

    def case(self, number: int = 1) -> tuple[Any, ...]:
        """State, number of steps, whose turn."""
        found = self.desk.rows(f"SELECT state, steps, turn FROM handoff WHERE case_id = '{CASE.format(number)}'")
        return found[0] if found else ("unknown", 0, None)

    def history(self) -> list[tuple[Any, ...]]:
        """All steps of all cases."""
        return self.desk.rows(
            "SELECT h.case_id, s.number, s.what, s.by, s.hash, s.seal FROM handoff_step s"
            " JOIN handoff h ON h.id = s.handoff_id ORDER BY 1, 2"
        )

    def backed_up(self, servers: Servers) -> str:
        """Copy the database as it is; returns the copy's name."""
        name = f"{self._database}_copy{self._ticks}"
        self.house.engine.dispose()
        as_superuser(servers, f"CREATE DATABASE {name} TEMPLATE {self._database} OWNER levy")
        return name

    def restored(self, servers: Servers, copy: str) -> None:
        """Put the database back to the copy, which is used up by it."""
        self.house.engine.dispose()
        as_superuser(servers, f"DROP DATABASE {self._database} WITH (FORCE)")
        as_superuser(servers, f"ALTER DATABASE {copy} RENAME TO {self._database}")

    @property
    def _database(self) -> str:
        return str(self.house.engine.url.database)

    def in_transit(self) -> int:
        """Fen in the account of money between areas."""
        return int(
            self.desk.one(
                "SELECT coalesce(sum(CASE WHEN t.debit_id = a.id THEN t.amount ELSE -t.amount END), 0) FROM transfer t"
                " JOIN account a ON a.code = 'in_transit_area' AND a.id IN (t.debit_id, t.credit_id)"
            )
        )

    def refund_carried_out(self, day: date = date(2020, 12, 1)) -> None:
        """The refund is ordered at tax, which carries it out and says so in its feed."""
        self.tick(day, "refunds")
        for reference, row in self.tax.refunds.items():  # type: ignore[attr-defined]
            done = {known.get("refund") for known in self.tax.feed.rows if isinstance(known, dict)}
            if reference not in done:
                due = int(row["due_reference"].split("-")[2])
                self.pay(due, day, row["amount"], kind="refund", reverses=row["voucher_no"], refund=reference)
        self.tick(day, "pull_payments")


class RefundingTax(ScriptedTax):
    """Takes every order of a refund, and remembers it by its reference."""

    def __init__(self) -> None:
        super().__init__()
        self.refunds: dict[str, dict[str, Any]] = {}

    def submit_refunds(self, key: str, body: bytes) -> list[Acknowledgement]:
        rows = orjson.loads(body)["rows"]
        self.refunds |= {row["reference"]: row for row in rows}
        return [Acknowledgement(row["reference"], True, f"R{at}", None, None) for at, row in enumerate(rows)]


class FixedClock:
    """The day of the house's test, the moment of the machine."""

    def __init__(self, house: House) -> None:
        self._house, self.now = house, SystemClock().now

    def today(self) -> date:
        return self._house.day


class Pair:
    """Both houses, and what is to hold between them."""

    def __init__(self, origin: House, intended: House) -> None:
        self.origin, self.intended = origin, intended
        origin.meet(intended)
        intended.meet(origin)
        origin.reach(intended)
        intended.reach(origin)

    def pay_here(self) -> None:
        """Zhang pays in Shiquan, by mistake."""
        self.origin.pay(1, OCTOBER)
        self.origin.tick(OCTOBER, "pull_payments")

    def propose(self, number: int = 1, clerk: str = "chen") -> None:
        """Zhang paid in Shiquan by mistake: propose the case."""
        mistake = Mistake("6109220000000001", JIAOHE, False, False, self.origin.day)
        self.origin.act(lambda c, h, d, k: propose(c, h, mistake, UUID(CASE.format(number)), d, k), clerk=clerk)

    def accept(self, number: int = 1) -> None:
        self.intended.act(lambda c, h, d, k: acts.accept(c, h, CASE.format(number), d, k))

    def approve(self, number: int = 1, clerk: str = "zhou") -> None:
        self.origin.act(lambda c, h, d, k: acts.approve(c, h, CASE.format(number), d, k), clerk=clerk)

    def pay_there(self, day: date = NOVEMBER) -> None:
        """Zhang pays in Jiaohe; its feed tells, its tick says so."""
        due = self.intended.desk.one("SELECT id FROM due WHERE current ORDER BY id LIMIT 1")
        self.intended.pay(due, day, reference=reference(due), person_no=ZHANG_THERE["person_no"])
        self.intended.tick(day, "pull_payments", "handoffs")

    def finish(self) -> None:
        """From the review to the last word."""
        self.approve()
        self.origin.refund_carried_out()
        self.origin.tick(date(2020, 12, 1), "handoffs")
        self.intended.tick(date(2020, 12, 2), "handoffs", "assess")

    def settle(self) -> None:
        """Let both come to rest: until a round in which nothing is said and nothing is left to do."""
        for _ in range(3):
            said = self.said()
            for house in self.both:
                house.again()
                house.tick(house.day, "handoffs")
            if said == self.said() and not any(left for ((_, left),) in said):
                return

    def said(self) -> list[list[Any]]:
        """On each side: how much the audit log says, and how many jobs are left."""
        return [house.desk.rows(_SAID) for house in self.both]

    def hold(self) -> None:
        """The invariants: books agree on each side, histories on both, money in transit is that of open cases."""
        self.origin.assert_books_hold()
        self.intended.assert_books_hold()
        assert self.origin.history() == self.intended.history()
        turn = "SELECT case_id, turn FROM handoff WHERE state <> 'withdrawn' ORDER BY 1"
        turns = [house.desk.rows(turn) for house in self.both]
        assert turns[0] == turns[1], "at every moment one side owns the next step, and both say which"
        open_cases = self.origin.desk.one(
            "SELECT coalesce(sum(amount), 0) FROM handoff WHERE side = 'origin' AND state IN"
            " ('accepted', 'paid', 'approved') AND kind = 'wrong_area'"
        )
        assert self.origin.in_transit() == int(open_cases)
        assert self.intended.in_transit() == 0

    @property
    def both(self) -> tuple[House, House]:
        return self.origin, self.intended


_SAID = (
    "SELECT (SELECT count(*) FROM audit_event),"
    " (SELECT count(*) FROM job WHERE state IN ('ready', 'running', 'unknown'))"
)


def reference(due: int) -> str:
    return due_reference(JIAOHE, 2021, due)


@contextmanager
def two_houses(
    new_database: Callable[[], AbstractContextManager[str]],
    home: Path,
    environment: pytest.MonkeyPatch,
    areas: tuple[str, str] = (SHIQUAN, JIAOHE),
    insured_year: int = 2021,
    paid: bool | None = True,
) -> Iterator[Pair]:
    """Zhang has paid 280 yuan in Shiquan on 15 October; in Jiaohe they are enrolled and asked for its premium.

    ``paid`` False: they have not paid yet; None: nobody is enrolled anywhere.
    """
    with ExitStack() as stack:
        houses = []
        for area in areas:
            url = stack.enter_context(new_database())
            places = {"LEVY_DATABASE_URL": url, "LEVY_BROKER_URL": "redis://127.0.0.1:1/0", "LEVY_AREA": area}
            places["LEVY_INSURED_YEAR"] = str(insured_year)
            for name, value in {**places, "LEVY_HOME": str(home / area), **KEYS, **NEIGHBOURS}.items():
                environment.setenv(name, value)
            house = House(Desk(build_house(load_settings())), area)
            stack.callback(house.house.engine.dispose)
            houses.append(house)
        pair = Pair(*houses)
        if paid is None:
            yield pair
            return
        assert pair.origin.desk.take(lines_of(ENROLMENT)).outcome == "taken"
        assert pair.intended.desk.take(lines_of(ZHANG_THERE)).quarantined == 0
        pair.origin.tick(SEPTEMBER, "assess")
        if paid:
            pair.pay_here()
        pair.intended.tick(NOVEMBER, "assess")
        yield pair


def public_text(area: str) -> str:
    """The public half of an area's key, as it stands in the settings."""
    return base64.b64encode(Key("x", "ed25519", secret=SECRETS[area]).public_half()).decode()


@contextmanager
def lasting_houses(new_database: Callable[[], AbstractContextManager[str]], home: Path) -> Iterator[Pair]:
    """``two_houses`` for a whole module: what they set in the environment ends with the block."""
    with pytest.MonkeyPatch.context() as environment, two_houses(new_database, home, environment) as pair:
        yield pair
