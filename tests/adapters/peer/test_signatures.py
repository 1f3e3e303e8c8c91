"""Signed messages between peers: the RFC's own vectors, and every way in which a message is not what it says."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from adapters.peer.keyring import Key, Keyring, KeyringError, PeerKeys
from adapters.peer.signatures import (
    BadSignature,
    Parts,
    Proven,
    check_reply,
    check_request,
    content_digest,
    sign_reply,
    sign_request,
    signature_base,
)

NOW, WINDOW = 1_600_000_000, 300
NONCE = "n" * 24
BODY = b'{"steps": []}'
SHIQUAN = Key("shiquan-a", "ed25519", secret=b"s" * 32)
SHARED = Key("shared-a", "hmac-sha256", secret=b"h" * 32)
STRANGER = Key("shiquan-a", "ed25519", secret=b"x" * 32)
keys = pytest.mark.parametrize("key", [SHIQUAN, SHARED], ids=["ed25519", "hmac"])


def rfc_request() -> Parts:
    """The request that the RFC's appendix B signs."""
    fields = {
        "date": "Tue, 20 Apr 2021 02:07:55 GMT",
        "content-type": "application/json",
        "content-length": "18",
    }
    return Parts(fields, "POST", "example.com", "/foo", "param=Value&Pet=dog")


def test_the_ed25519_vector_of_the_rfc_b_2_6_comes_out_to_the_byte() -> None:
    secret = base64.urlsafe_b64decode("n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU=")
    key = Key("test-key-ed25519", "ed25519", secret=secret)
    assert key.public_half() == base64.urlsafe_b64decode("JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs=")
    names = ("date", "@method", "@path", "@authority", "content-type", "content-length")
    base = signature_base(
        [(name, {}) for name in names], {"created": 1618884473, "keyid": "test-key-ed25519"}, rfc_request(), None
    )
    assert base.decode() == (
        '"date": Tue, 20 Apr 2021 02:07:55 GMT\n"@method": POST\n"@path": /foo\n"@authority": example.com\n'
        '"content-type": application/json\n"content-length": 18\n'
        '"@signature-params": ("date" "@method" "@path" "@authority" "content-type" "content-length")'
        ';created=1618884473;keyid="test-key-ed25519"'
    )
    expected = "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
    assert base64.b64encode(key.sign(base)).decode() == expected


def test_the_hmac_vector_of_the_rfc_b_2_5_comes_out_to_the_byte() -> None:
    secret = "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ=="
    names = ("date", "@authority", "content-type")
    parameters = {"created": 1618884473, "keyid": "test-shared-secret"}
    base = signature_base([(name, {}) for name in names], parameters, rfc_request(), None)
    key = Key("test-shared-secret", "hmac-sha256", secret=base64.b64decode(secret))
    assert base64.b64encode(key.sign(base)).decode() == "pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8="


def signed(key: Key, body: bytes = BODY, **other: Any) -> Parts:
    """A request of this wire, signed."""
    fields = {
        "content-type": "application/json",
        "idempotency-key": "handoff-1",
        "content-digest": content_digest(body),
        "user-agent": "levybridge",
    }
    parts = Parts(fields, "POST", "levy.luyuan.example", "/v1/offers")
    made = sign_request(parts, key, other.get("created", NOW), other.get("nonce", NONCE))
    return with_fields(parts, **{name.lower(): value for name, value in made.items()})


def with_fields(parts: Parts, **fields: str) -> Parts:
    return replace(parts, fields={**parts.fields, **{name.replace("_", "-"): value for name, value in fields.items()}})


def holder(*known: Key) -> Callable[[str], tuple[str, Key] | None]:
    named = {key.id: ("610922", key) for key in known}
    return named.get


def admitted(parts: Parts, body: bytes = BODY, key: Key = SHIQUAN, now: int = NOW) -> Proven:
    return check_request(parts, body, holder(key), now, WINDOW)


def refused(parts: Parts, body: bytes = BODY, key: Key = SHIQUAN, now: int = NOW) -> str:
    with pytest.raises(BadSignature) as refusal:
        admitted(parts, body, key, now)
    return refusal.value.code


@keys
def test_a_request_that_is_as_it_was_signed_comes_in(key: Key) -> None:
    assert admitted(signed(key), key=key) == Proven("610922", key.id, NONCE)


@keys
@pytest.mark.parametrize(
    "tampered",
    [
        lambda parts: replace(parts, method="PUT"),
        lambda parts: replace(parts, authority="levy.other.example"),
        lambda parts: replace(parts, path="/v1/heads"),
        lambda parts: replace(parts, query="all=1"),
        lambda parts: with_fields(parts, content_type="text/plain"),
        lambda parts: with_fields(parts, idempotency_key="handoff-2"),
        lambda parts: with_fields(parts, signature_input=parts.fields["signature-input"].replace(NONCE, "m" * 24)),
        lambda parts: with_fields(
            parts, signature_input=parts.fields["signature-input"].replace(str(NOW), str(NOW + 1))
        ),
        lambda parts: with_fields(parts, signature=parts.fields["signature"].replace(":", ":A", 1)),
    ],
    ids=["method", "authority", "path", "query", "type", "key", "nonce", "created", "signature"],
)
def test_whatever_is_changed_on_the_way_is_noticed(key: Key, tampered: Callable[[Parts], Parts]) -> None:
    assert refused(tampered(signed(key)), key=key) == "bad_signature"


@keys
def test_another_body_is_noticed_with_and_without_its_own_digest(key: Key) -> None:
    assert refused(signed(key), b"{}", key=key) == "bad_digest"
    assert refused(with_fields(signed(key), content_digest=content_digest(b"{}")), b"{}", key=key) == "bad_signature"


@pytest.mark.parametrize("part", ["@method", "@authority", "@path", "@query", "content-digest", "content-type"])
def test_a_signature_that_leaves_a_part_uncovered_is_refused_though_it_fits(part: str) -> None:
    whole = signed(SHIQUAN)
    covered = ("@method", "@authority", "@path", "@query", "content-digest", "content-type", "idempotency-key")
    names = [(name, {}) for name in covered if name != part]
    parameters = {"created": NOW, "nonce": NONCE, "keyid": SHIQUAN.id, "alg": "ed25519", "tag": "levybridge"}
    mark = base64.b64encode(SHIQUAN.sign(signature_base(names, parameters, whole, None))).decode()
    listed = whole.fields["signature-input"].replace(f'"{part}" ', "").replace(f' "{part}"', "")
    assert refused(with_fields(whole, signature_input=listed, signature=f"levy=:{mark}:")) == "not_covered"


def test_a_key_that_is_nobodys_or_anothers_opens_nothing() -> None:
    assert refused(signed(SHARED), key=SHIQUAN) == "unknown_key"
    assert refused(signed(STRANGER), key=SHIQUAN) == "bad_signature"
    public_as_secret = Key(SHIQUAN.id, "hmac-sha256", secret=SHIQUAN.public_half())
    assert refused(signed(public_as_secret), key=SHIQUAN) == "unknown_key", (
        "the algorithm is the key's, not the message's"
    )


@pytest.mark.parametrize(("off", "fits"), [(-301, False), (-300, True), (300, True), (301, False)])
def test_a_time_outside_the_window_is_stale_on_either_side(off: int, fits: bool) -> None:
    parts = signed(SHIQUAN, created=NOW + off)
    assert fits or refused(parts) == "stale"
    assert not fits or admitted(parts)


@pytest.mark.parametrize(
    "fields",
    [
        {"signature": ""},
        {"signature_input": ""},
        {"signature_input": "levy=(;"},
        {"signature_input": "levy=1", "signature": "levy=2"},
        {"signature_input": 'levy=("@method" "@method");keyid="shiquan-a";tag="levybridge"'},
        {"signature_input": "other=()", "signature": "other=:AA==:"},
        {"signature": "levy=:AA==:, more=:AA==:"},
    ],
)
def test_fields_that_are_no_signature_of_this_wire_are_refused(fields: dict[str, str]) -> None:
    assert refused(with_fields(signed(SHIQUAN), **fields)) == "bad_signature"


def test_a_short_nonce_is_refused() -> None:
    assert refused(signed(SHIQUAN, nonce="n" * 15)) == "bad_signature"


def replied(request: Parts, key: Key = SHIQUAN, status: int = 200, body: bytes = b"{}") -> Parts:
    fields = {"content-type": "application/json", "content-digest": content_digest(body)}
    made = sign_reply(Parts(fields, status=status), request, key, NOW)
    return with_fields(Parts(fields, status=status), **{name.lower(): value for name, value in made.items()})


def test_a_reply_answers_the_request_that_it_was_made_for_and_no_other() -> None:
    request, other = signed(SHARED), signed(SHARED, nonce="m" * 24)
    check_reply(replied(request), request, b"{}", holder(SHIQUAN), NOW, WINDOW)
    for wrong in (
        lambda: check_reply(replied(request), other, b"{}", holder(SHIQUAN), NOW, WINDOW),
        lambda: check_reply(replace(replied(request), status=409), request, b"{}", holder(SHIQUAN), NOW, WINDOW),
        lambda: check_reply(replied(request), request, b"[]", holder(SHIQUAN), NOW, WINDOW),
        lambda: check_reply(replied(request), replace(request, path="/v1/heads"), b"{}", holder(SHIQUAN), NOW, WINDOW),
        lambda: check_reply(replied(request), request, b"{}", holder(SHIQUAN), NOW + 301, WINDOW),
    ):
        with pytest.raises(BadSignature):
            wrong()


def test_keys_change_over_while_both_are_in_use_and_an_old_one_still_proves_what_it_sealed() -> None:
    old = Key("old", "ed25519", public=SHIQUAN.public_half(), until=date(2020, 12, 31))
    new = Key("new", "ed25519", public=STRANGER.public_half())
    ring = Keyring(
        "220106", (), {"610922": PeerKeys(Key("ours", "ed25519", secret=b"l" * 32), {"old": old, "new": new})}
    )
    assert ring.holder("old", date(2020, 12, 31)) == ("610922", old)
    assert ring.holder("old", date(2021, 1, 1)) is None
    assert ring.holder("new", date(2021, 1, 1)) == ("610922", new)
    assert ring.holder("ours", date(2021, 1, 1)) is None, "nobody may speak to us with our own key"
    assert ring.proves("610922", "old", b"step", SHIQUAN.sign(b"step"))
    assert not ring.proves("220106", "old", b"step", SHIQUAN.sign(b"step"))
    assert not ring.proves("610922", "new", b"step", SHIQUAN.sign(b"step"))


def test_two_peers_cannot_have_a_key_of_one_id() -> None:
    same = PeerKeys(Key("ours", "ed25519", secret=b"l" * 32), {"k": Key("k", "ed25519", public=SHIQUAN.public_half())})
    with pytest.raises(KeyringError, match="name keys apart"):
        Keyring("220106", (), {"610922": same, "610921": same})
