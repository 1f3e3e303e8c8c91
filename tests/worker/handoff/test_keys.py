"""Keys between installations: made by a command, read from the home or the environment, never from the settings."""

import base64
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pydantic import ValidationError

from adapters.peer.keyring import Key, KeyringError
from config.peers import Door, Peer, PeerKey
from config.settings import Settings, load_settings
from worker.cli.peers import command
from worker.handoff.keys import load_keyring

PUBLIC = base64.b64encode(Key("x", "ed25519", secret=b"p" * 32).public_half()).decode()


def settings(home: Path, **peer: Any) -> Settings:
    keys = peer.pop("keys", [{"id": "theirs", "algorithm": "ed25519", "public": PUBLIC}])
    said = {"name": "蛟河", "url": "https://levy.jiaohe.example", "keys": keys, "sign_with": "ours", **peer}
    plain = load_settings({"LEVY_HOME": str(home)})
    return Settings.model_validate(plain.model_dump() | {"peers": {"220281": said}})


def test_a_key_is_made_once_readable_by_us_alone_and_its_public_half_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEVY_HOME", str(tmp_path))
    first, second = (CliRunner().invoke(command, ["key", "ours"]).output for _ in range(2))
    assert first == second
    kept = tmp_path / "peers" / "ours.key"
    assert kept.stat().st_mode & 0o777 == 0o600
    ring = load_keyring(settings(tmp_path), {})
    assert base64.b64encode(ring.signer("220281").public_half()).decode() in first
    assert kept.read_text().strip() not in first


def test_a_key_that_is_missing_or_too_short_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(KeyringError, match="levy peers key ours"):
        load_keyring(settings(tmp_path), {})
    with pytest.raises(KeyringError, match="shorter than 32 bytes"):
        load_keyring(settings(tmp_path), {"LEVY_PEER_KEYS": "ours:00ff"})
    with pytest.raises(KeyringError, match="hexadecimal"):
        load_keyring(settings(tmp_path), {"LEVY_PEER_KEYS": "ours:zz"})


def test_a_shared_secret_signs_and_opens_in_both_directions(tmp_path: Path) -> None:
    keys = [{"id": "both", "algorithm": "hmac-sha256"}]
    ring = load_keyring(settings(tmp_path, keys=keys, sign_with="both"), {"LEVY_PEER_KEYS": f"both:{'ab' * 32}"})
    mark = ring.signer("220281").sign(b"step")
    assert ring.proves("220281", "both", b"step", mark)
    assert ring.proves("610922", "both", b"step", mark)


def test_a_key_of_ours_that_is_retired_still_proves_our_old_steps(tmp_path: Path) -> None:
    given = {"LEVY_PEER_KEYS": f"ours:{'11' * 32},older:{'22' * 32}"}
    ring = load_keyring(settings(tmp_path), given)
    assert ring.proves("610922", "older", b"step", Key("older", "ed25519", secret=b"\x22" * 32).sign(b"step"))


@pytest.mark.parametrize("url", ["http://levy.jiaohe.example", "https://levy.jiaohe.example/api", "ftp://x", "levy"])
def test_people_cross_no_wire_in_clear_but_on_this_machine(url: str) -> None:
    with pytest.raises(ValidationError):
        Door(url=url)
    assert Door(url="http://127.0.0.1:8423").url == "http://127.0.0.1:8423"


def test_settings_hold_public_halves_only() -> None:
    with pytest.raises(ValidationError, match="never stands in the settings"):
        PeerKey(id="both", algorithm="hmac-sha256", public=PUBLIC)
    with pytest.raises(ValidationError, match="public half"):
        PeerKey(id="theirs", algorithm="ed25519")
    with pytest.raises(ValidationError):
        Peer(name="x", url="https://x.example", keys=(), sign_with="ours")
