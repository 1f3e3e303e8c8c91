"""``python -m adapters.simulators.bureau``: write a season's files."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from adapters.simulators.bureau.season import LARGEST_SHARE, synthesize
from config.areas import load_areas

_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command(help="Write the files that a synthetic bureau drops over one season.")
@click.option("--area", "code", default="610922", show_default=True, help="Six-digit area code in config/areas.yaml.")
@click.option("--year", default=2021, show_default=True, help="Insured year.")
@click.option("--opens", type=_DAY, help="First day of the notice's window. Default: 1 September of the year before.")
@click.option("--closes", type=_DAY, help="Its last day. Default: 31 December.")
@click.option("--seed", default=2021, show_default=True, help="The same seed gives the same files.")
@click.option("--share", default=1.0, show_default=True, help="Part of the county: 0.1 is a tenth, 10 ten times it.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Directory to write into.")
def main(
    code: str, year: int, opens: datetime | None, closes: datetime | None, seed: int, share: float, out: Path
) -> None:
    """Write the files and say what they are."""
    areas = load_areas()
    if code not in areas:
        raise click.ClickException(f"Area {code} is not in config/areas.yaml; known are {', '.join(areas)}.")
    if not areas[code].planned(year):
        raise click.ClickException(f"config/areas.yaml has no plan for {code} in {year}.")
    if not 0 < share <= LARGEST_SHARE:
        raise click.ClickException(f"The share must be above 0 and at most {LARGEST_SHARE:g}.")
    window = (opens.date() if opens else date(year - 1, 9, 1), closes.date() if closes else date(year - 1, 12, 31))
    manifest = synthesize(areas[code], year, seed, share, out, window)
    rows = sum(entry.get("rows", 0) for entry in manifest["files"])
    click.echo(f"{len(manifest['files'])} files with {rows:,} rows below {out}; manifest.json says what is in them.")


if __name__ == "__main__":
    main()
