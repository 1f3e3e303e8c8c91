"""``levy policy schema``: what may stand in a notice file, for editors such as those with yaml-language-server."""

from __future__ import annotations

import click
import orjson

from policies.schema import local_schema, notice_schema


@click.command()
@click.option("--local", is_flag=True, help="The schema of files of local parameters instead.")
def command(local: bool) -> None:
    """Print the JSON Schema of notice files.

    Keep it beside your notices and write `# yaml-language-server: $schema=notice.schema.json` on their first line.
    """
    schema = local_schema() if local else notice_schema()
    click.echo(orjson.dumps(schema, option=orjson.OPT_INDENT_2).decode())
