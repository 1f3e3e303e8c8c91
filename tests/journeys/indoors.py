"""Playing a season with no processes but the neighbours': the same rounds; the worker is a thread of the test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import text

from config.settings import load_settings
from tests.adapters.simulated import KEY, Simulated
from worker.house import House
from worker.report.figures import Report, read_report
from worker.report.show import total
from worker.season import mistakes
from worker.season.books import compare_books
from worker.season.conduct import conduct
from worker.season.desk import Desk
from worker.season.finance import FinanceBureau
from worker.season.ground import Script, write_files
from worker.season.hands import working
from worker.season.neighbours import Neighbours
from worker.season.place import Place, choose_place
from worker.season.timeline import season_days
from worker.wiring import build_house

KEYS = {
    "LEVY_DATA_KEYS": f"1:{'1' * 64}",
    "LEVY_INDEX_KEY": "2" * 64,
    "LEVY_AUDIT_KEY": "3" * 64,
    "LEVY_TAX_KEY": KEY,
    "LEVY_TREASURY_KEY": KEY,
    "LEVY_BROKER_URL": "redis://127.0.0.1:1/0",
    "LEVY_CLOCK": "season",
}
"""What must stand in the environment while one plays indoors."""


@dataclass(frozen=True)
class Indoors:
    """A season that was played: its script and report, and the house to look at what it left."""

    place: Place
    script: Script
    report: Report
    house: House

    @property
    def total(self) -> Any:
        """The figures of all towns together."""
        return total(self.report)

    def rows(self, statement: str) -> list[Any]:
        """Rows of its database."""
        with self.house.engine.connect() as connection:
            return list(connection.execute(text(statement)))


def play_indoors(
    notice: str, share: float, directory: Path, database_url: str, faults: Sequence[Mapping[str, object]] = mistakes.TAX
) -> Indoors:
    """Play a season of ``share`` of the notice's area in a database of its own; ``faults`` are those of tax, by default
    those of every season. In the insured year it is looked at in February and each quarter, and on days of the notice.
    """
    with indoors(notice, share, directory, database_url, faults) as (house, script, place):
        neighbours = Neighbours(house.settings)
        with working(house) as nudge:
            desk = Desk(house, 2021, neighbours, nudge)
            evening = (desk.work, FinanceBureau(house, 2021).pay)
            morning, days = (desk.ring_up,), _days(place, script)
            conduct(house.engine, nudge, place, script, neighbours, evening=evening, days=days, morning=morning)
        planned = {town["code"]: town["planned"] for town in script.manifest["towns"]}
        with house.engine.connect() as connection:
            report = read_report(connection, place.area, place.insured_year, planned, house.keychain)
            report = Report(**{**vars(report), "neighbour_problems": compare_books(connection, *neighbours.books())})
    return Indoors(place, script, report, house)


def _days(place: Place, script: Script) -> list[date]:
    """Without most of the monthly rounds of the insured year: they cost as much as the others and see the least."""
    turns, year = place.calendar.turns, place.insured_year
    days = season_days(year, script.drops, turns)
    return [day for day in days if (day.year, day.day) != (year, 1) or day.month in (1, 2, 4, 7, 10) or day in turns]


@contextmanager
def indoors(
    notice: str, share: float, directory: Path, database_url: str, faults: Sequence[Mapping[str, object]] = ()
) -> Iterator[tuple[House, Script, Place]]:
    """A house with its neighbours and the files of a season; nothing is played yet."""
    place = choose_place(notice, None, None, load_settings({"LEVY_HOME": str(directory)}))
    script = write_files(directory / "drop", place, 2021, share)
    with ExitStack() as stack:
        theirs = mistakes.TREASURY if faults else []
        payers = place.payers(script.manifest["taken_back"])
        own = {"tax": {"payers": payers, "faults": list(faults)}, "treasury": {"faults": theirs}}
        urls = {name: stack.enter_context(_neighbour(name, directory, own[name], script)) for name in own}
        environment = KEYS | {f"LEVY_{name.upper()}_URL": url for name, url in urls.items()}
        if over := place.goes_over(directory):
            (directory / "over.yaml").write_text(yaml.safe_dump(over, allow_unicode=True), "utf-8")
            environment["LEVY_CONFIG"] = str(directory / "over.yaml")
        environment |= {"LEVY_HOME": str(directory), "LEVY_DATABASE_URL": database_url}
        environment |= {"LEVY_AREA": place.area.code, "LEVY_INSURED_YEAR": str(place.insured_year)}
        yield build_house(load_settings(environment)), script, place


@contextmanager
def _neighbour(name: str, directory: Path, settings: dict[str, Any] | None, script: Script) -> Iterator[str]:
    home = directory / name
    home.mkdir()
    simulated = Simulated(name, home, settings=settings, today=script.drops[0].isoformat())
    try:
        yield simulated.url
    finally:
        simulated.stop()
