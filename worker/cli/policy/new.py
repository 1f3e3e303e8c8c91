"""``levy policy new``: a commented file for a notice that nobody has written down yet."""

from __future__ import annotations

from pathlib import Path

import click
import orjson

from policies.rulefile import blanks_in
from policies.skeleton import skeleton
from worker.cli.policy.blank import told_blanks


@click.command()
@click.argument("name")
@click.option(
    "--to", "folder", type=click.Path(path_type=Path, file_okay=False), default=Path(), help="Where to write."
)
@click.option("--json", "as_json", is_flag=True, help="The path and the blanks as JSON.")
def command(name: str, folder: Path, as_json: bool) -> None:
    """Write NAME.yaml, a notice called NAME: place and insured year, such as changchun-2027.

    What follows from the name is written; everything else is a blank such as <document number>. An existing file is
    never overwritten.
    """
    text, path = skeleton(name), folder / f"{name}.yaml"
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise click.ClickException(f"{path} exists already; `levy policy check {path}` says what it lacks") from None
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}") from None
    blanks = blanks_in(path)
    if as_json:
        named = [{"line": line, "field": field, "wanted": wanted} for line, field, wanted in blanks]
        click.echo(orjson.dumps({"file": str(path), "blanks": named}).decode())
        return
    click.echo(f"已写入 {path}，尚有 {len(blanks)} 处待填 / written, with {len(blanks)} blanks to fill:")
    click.echo("\n".join(told_blanks(blanks)))
    click.echo(f"填好后运行 / when they are filled: levy policy check {path}")
