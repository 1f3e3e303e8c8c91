"""``levy jobs``: work by state and cause; what came to a stop is looked at, asked about, replayed or discarded."""

from __future__ import annotations

from typing import Any

import click

from worker.cli.jobs import answering, asking, listing
from worker.cli.jobs.choosing import choosing


@click.group(
    "jobs",
    invoke_without_command=True,
    help="List jobs that are not done, or those described, with what the last attempt came to; see into one; ask about,"
    " replay or discard those that came to a stop.",
)
@choosing
@listing.listing
@click.pass_context
def command(context: click.Context, /, limit: int, grouped: bool, as_json: bool, **described: Any) -> None:
    """List jobs, newest first, unless a command below is named."""
    if context.invoked_subcommand is None:
        listing.list_(limit, grouped, as_json, described)


for each in (
    listing.list_jobs,
    listing.show,
    asking.ask,
    asking.replay,
    asking.discard,
    answering.requests,
    answering.progress,
    answering.confirm,
    answering.decline,
    listing.probe,
):
    command.add_command(each)
