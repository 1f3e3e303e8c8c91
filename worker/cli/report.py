"""``levy report``: the season's report, as of now."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from config.areas import load_areas
from config.settings import Settings, load_settings
from worker.database.engine import open_engine
from worker.keys import load_keys
from worker.report.figures import Report, planned_for, read_report
from worker.report.show import show, write_csv, write_json
from worker.servers import open_servers


@click.command("report", help="Show the season's report by town and funding source, read from the books now.")
@click.option("--csv", "csv_path", type=click.Path(path_type=Path), help="Also write the towns as CSV, in yuan.")
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Also write everything as JSON, in fen.")
def command(csv_path: Path | None, json_path: Path | None) -> None:
    """Read and show."""
    report = current_report(load_settings())
    show(report, Console(highlight=False))
    if csv_path:
        write_csv(report, csv_path)
    if json_path:
        write_json(report, json_path)


def current_report(settings: Settings) -> Report:
    """The report of the settings' area and year."""
    area = load_areas()[settings.area]
    engine = open_engine(open_servers(settings).ensure().database)
    key = load_keys(settings)
    with engine.connect() as connection:
        return read_report(connection, area, settings.insured_year, planned_for(settings), key)
