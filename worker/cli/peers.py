"""``levy peers``: the installations of other areas, the keys between us, and the door they knock at."""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path

import click
import requests

from adapters.peer.keyring import Key
from config.settings import load_settings
from worker.cli.listing import print_rows
from worker.servers.home import Home, private_directory


@click.group("peers", help="Installations of other areas: the door they knock at, who they are, keys between us.")
def command() -> None:
    """Group of the commands below."""


@command.command("serve", help="Serve the door until a signal (`levy up` does it too when peers are set).")
@click.option("--port-file", type=click.Path(path_type=Path), help="Where to write the port once it listens.")
def serve_door(port_file: Path | None) -> None:
    """Listen as the settings' `peer_door` says."""
    from worker.peer_door.process import run  # noqa: PLC0415 - the other commands need no web server

    run(port_file)


@command.command("key", help="Make an ed25519 key of our own under the id NAME, and print what a peer needs of it.")
@click.argument("name")
def make_key(name: str) -> None:
    """Keep the secret in the home, readable by us alone; one that is there, or in LEVY_PEER_KEYS, is only shown."""
    settings = load_settings()
    given = dict(part.partition(":")[::2] for part in os.environ.get("LEVY_PEER_KEYS", "").split(",") if part)
    if name in given:
        _print_public(name, given[name])
        return
    if settings.embedded:
        Home(settings.home).make()  # marked as ours, or the servers would later take it for somebody else's
    directory = settings.home / "peers"
    private_directory(directory)
    path = directory / f"{Path(name).name}.key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32) + "\n", "ascii")
    _print_public(name, path.read_text("ascii").strip())


def _print_public(name: str, secret: str) -> None:
    key = Key(name, "ed25519", secret=bytes.fromhex(secret))
    public = base64.b64encode(key.public_half()).decode()
    click.echo(f'{{id: "{name}", algorithm: ed25519, public: "{public}"}}')


@command.command("list", help="List the peers and whether their doors answer.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines.")
def list_peers(as_json: bool) -> None:
    """Ask each peer's door how it is."""
    rows = [
        {"area": area, "name": peer.name, "url": peer.url, "door": _answers(peer.url), "we_sign_with": peer.sign_with}
        for area, peer in load_settings().peers.items()
    ]
    print_rows(rows, as_json, "No peers are set: docs/handoffs.md says how to name one.")


def _answers(url: str) -> str:
    try:
        reply = requests.get(f"{url}/health", timeout=3, allow_redirects=False)
    except requests.RequestException:
        return "does not answer"
    return "answers" if reply.status_code == 200 else f"answers {reply.status_code}"
