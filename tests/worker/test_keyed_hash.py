"""The keyed hash is HMAC-SHA-256 to the bit, for any key and any message."""

import hmac

from hypothesis import given
from hypothesis import strategies as st

from worker.keyed_hash import keyed_hash


@given(st.binary(max_size=200), st.lists(st.binary(max_size=300), max_size=5))
def test_it_is_what_the_standard_library_gives(key: bytes, messages: list[bytes]) -> None:
    digest = keyed_hash(key)
    assert [digest(message) for message in messages] == [hmac.digest(key, message, "sha256") for message in messages]


def test_sm3_is_what_the_standard_says() -> None:
    message, key = b"a" * 100, b"k" * 32
    expected = hmac.new(key, message, "sm3").digest()
    assert keyed_hash(key, "hmac-sm3")(message) == expected
