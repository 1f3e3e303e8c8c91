"""``levy season``: a county's whole season, from the bureau's files to reconciled books."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import orjson
import yaml
from rich.console import Console
from sqlalchemy import Engine

from adapters.simulators.bureau.season import LARGEST_SHARE
from config.settings import PLACE, Schedule, Settings, load_settings
from config.yaml_text import read_yaml
from worker.cli.report import current_report
from worker.report.screen import shown
from worker.report.show import show, write_csv, write_json
from worker.season import mistakes
from worker.season.books import compare_books
from worker.season.conduct import Duty, again, conduct
from worker.season.desk import Desk
from worker.season.finance import FinanceBureau
from worker.season.ground import Script, clear_ground, clear_neighbours, write_files
from worker.season.neighbours import Neighbours
from worker.season.next_door import NextDoor, Site, prepare
from worker.season.next_door import children as next_door_children
from worker.season.place import NoSuchSeason, Place, choose_place
from worker.season.watch import Watch
from worker.servers import open_servers
from worker.servers.home import private_directory
from worker.service import Simulation, engine_room, neighbour_ports, service_environment, simulated_drop
from worker.service import neighbours as neighbour_children
from worker.supervisor import Event, Supervisor
from worker.wiring import build_house

_PACE = {
    "clock": "season",
    "schedule": dict.fromkeys(Schedule.model_fields, 10),
    "sweep_seconds": 1,
    "lease_seconds": 20,
    "nudge_grace_seconds": 2,
    "breaker": {"failures": 5, "seconds": 1, "longest_seconds": 5},
    "tax": {"connect_seconds": 2, "read_seconds": 4, "wait_seconds": 1, "poll_seconds": 0.5, "settle_seconds": 5},
    "treasury": {"connect_seconds": 2, "read_seconds": 4},
}
"""A season of sixteen months passes in a minute: waits are as much shorter."""

_PACE_FILE = "season.yaml"


@click.command(
    "season", help="Play a county's season with real servers, workers and simulated neighbours; then report."
)
@click.option("--notice", help="Whose season: such as changchun-2022. Default: that of the settings, shiquan-2021.")
@click.option("--area", "code", help="Or by area: a six-digit code of config/areas.yaml.")
@click.option("--year", type=int, help="Or by insured year.")
@click.option("--share", default=1.0, show_default=True, help="Part of the county: 0.1 is a tenth, 10 is ten times it.")
@click.option("--seed", default=2021, show_default=True, help="The same seed gives the same people and payments.")
@click.option("--attach", is_flag=True, help="Workers, beat and simulators run elsewhere already: only conduct.")
@click.option(
    "--faults", type=click.Path(path_type=Path, exists=True), help="Settings of the simulated tax system, JSON."
)
@click.option("--tax", type=click.Choice(["http", "files"]), help="How tax is spoken to; else as the settings say.")
def command(
    notice: str | None,
    code: str | None,
    year: int | None,
    share: float,
    seed: int,
    attach: bool,
    faults: Path | None,
    tax: str | None,
) -> None:
    """Prepare the ground, run, report; exits 1 when the books do not agree."""
    if not 0 < share <= LARGEST_SHARE:
        raise click.UsageError(f"--share must be above 0 and at most {LARGEST_SHARE:,}.")
    console = Console(highlight=False)
    place = _chosen(notice, code, year, attach)
    settings = _season_settings(place, attach, tax)
    engine = build_house(settings).engine  # says at once what is missing, keys above all
    clear_ground(engine, settings)
    script = write_files(settings.drop, place, seed, share)
    _remember(settings, script)
    console.print(
        f"Season {place.insured_year} of {place.area.name} ({place.area.code}, {place.notice}): {script.rows:,} rows in"
        f" {len(script.manifest['files'])} files for {script.planned:,} planned residents, seed {seed}."
        f" Data and logs: {shown(settings.home)}",
        soft_wrap=True,
    )
    site = _next_door(engine, settings, place, script, attach)
    with ExitStack() as stack:
        if not attach:
            settings = stack.enter_context(_house_running(settings, place, script, seed, faults, site, console))
        from worker.app import nudge  # noqa: PLC0415 - reads the environment that was just prepared

        watch = Watch(engine, console, _totals(script))
        house, neighbours = build_house(settings), Neighbours(settings)
        desk = Desk(house, seed, neighbours, nudge)
        evening: list[Duty] = [desk.work, FinanceBureau(house, seed).pay]
        morning: list[Duty] = [desk.ring_up]
        if site:
            there = NextDoor(site, house, nudge, script.drops[0])
            stack.enter_context(there.working())
            evening.append(there.evening)
            morning.append(there.morning)
        with watch.showing():
            seconds = conduct(engine, nudge, place, script, neighbours, watch.day, evening, morning=morning)
        differing = again(_compared, engine, neighbours) + (again(there.problems) if site else [])
    _finish(settings, console, seconds, differing)


def _compared(engine: Engine, neighbours: Neighbours) -> list[str]:
    with engine.connect() as connection:
        return compare_books(connection, *neighbours.books())


def _chosen(notice: str | None, code: str | None, year: int | None, attach: bool) -> Place:
    """Whose season; what an earlier season played in this home does not matter."""
    settings = load_settings(placed=attach)
    try:
        place = choose_place(notice, code, year, settings)
    except NoSuchSeason as error:
        raise click.UsageError(str(error)) from None
    if attach and (place.area.code, place.insured_year) != (settings.area, settings.insured_year):
        raise click.UsageError(
            f"The workers that run elsewhere are set to {settings.area} and {settings.insured_year}: set LEVY_AREA and"
            " LEVY_INSURED_YEAR for all services instead."
        )
    return place


def _season_settings(place: Place, attach: bool, tax: str | None) -> Settings:
    os.environ |= {"LEVY_AREA": place.area.code, "LEVY_INSURED_YEAR": str(place.insured_year)}
    settings = load_settings()
    open_servers(settings).ensure()
    private_directory(settings.home)  # nobody has made it yet where database and broker are elsewhere
    if attach:
        return settings
    pace = settings.home / _PACE_FILE
    given = os.environ.get("LEVY_CONFIG")
    own = read_yaml(Path(given)) if given else {}
    content: dict[str, Any] = _PACE | place.goes_over(settings.home) | own
    if tax:
        content["tax"] = {**content["tax"], "kind": tax}
    pace.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    os.environ["LEVY_CONFIG"] = str(pace)
    return load_settings()


def _next_door(engine: Engine, settings: Settings, place: Place, script: Script, attach: bool) -> Site | None:
    """The neighbouring county, where the season starts everything itself and nobody has named peers of their own."""
    plan = script.manifest["next_door"]
    if attach or not plan or not settings.embedded or settings.peers:
        return None
    return prepare(engine, settings, settings.home / _PACE_FILE, place, plan, script.manifest["seed"])


def _remember(settings: Settings, script: Script) -> None:
    """What this home holds from now on, for the commands that look at it later."""
    (settings.home / "season.json").write_bytes(orjson.dumps(script.manifest))
    held = {"area": settings.area, "insured_year": settings.insured_year}
    (settings.home / PLACE).write_text(yaml.safe_dump(held), "utf-8")


@contextmanager
def _house_running(
    settings: Settings,
    place: Place,
    script: Script,
    seed: int,
    faults: Path | None,
    site: Site | None,
    console: Console,
) -> Iterator[Settings]:
    """Workers, beat and simulators, for as long as the block lasts; yields the settings that find them."""
    clear_neighbours(settings)
    ports = neighbour_ports(settings.home)
    os.environ.update(service_environment(settings, ports))
    settings = load_settings()
    tax = settings.home / "tax-settings.json"
    tax.write_bytes(_tax_settings(place, script, faults))
    treasury = settings.home / "treasury-settings.json"
    treasury.write_bytes(orjson.dumps({"faults": [] if faults else mistakes.TREASURY}))
    own = {"tax": tax, "treasury": treasury}
    simulation = Simulation(seed, script.drops[0], own, simulated_drop(settings))
    children = [*neighbour_children(settings.home, ports, simulation), *engine_room(settings, dict(os.environ))]
    children += next_door_children(site, settings, script.drops[0]) if site else []

    def tell(event: Event) -> None:
        if event.what in ("ended", "killed", "trouble"):
            detail = "\n".join(map(shown, event.detail.splitlines()))
            console.print(f"[yellow]{event.name}: {event.what} {detail}[/yellow]", soft_wrap=True)

    with Supervisor(children, open_servers(settings), tell):
        yield settings


def _tax_settings(place: Place, script: Script, given: Path | None) -> bytes:
    """Settings of the simulated tax system: its payers keep to the notice's window; what is given goes before that.

    Where nothing is given, what goes wrong is what always does.
    """
    own: dict[str, Any] = orjson.loads(given.read_bytes()) if given else {"faults": mistakes.TAX}
    return orjson.dumps(own | {"payers": {**place.payers(script.manifest["taken_back"]), **own.get("payers", {})}})


def _totals(script: Script) -> dict[str, int]:
    people = sum(sum(town[kind] for kind in ("planned", "sponsored", "movers")) for town in script.manifest["towns"])
    return {"rows": script.rows, "dues": people, "payments": people, "statements": 480}


def _finish(settings: Settings, console: Console, seconds: float, differing: list[str]) -> None:
    report = replace(current_report(settings), neighbour_problems=differing, seconds=round(seconds, 2))
    show(report, console)
    write_csv(report, settings.home / "report.csv")
    write_json(report, settings.home / "report.json")
    people = sum(town.enrolled for town in report.towns)
    console.print(
        f"\n{people:,} people in {seconds:.1f} s, from files on disk to reconciled: {people / seconds:,.0f} a second.",
        highlight=False,
    )
    console.print(
        f"The report as CSV and JSON: {shown(settings.home / 'report.csv')}, {shown(settings.home / 'report.json')}\n"
        "Next: `levy quarantine list`, `levy held`, `levy breaks`, `levy why PERSON_NO`, `levy check`; `levy up` keeps"
        " the house running.",
        soft_wrap=True,
        highlight=False,
    )
    if report.ledger_problems or differing or report.audit_flaws or report.counts["jobs_stuck"]:
        sys.exit(1)
