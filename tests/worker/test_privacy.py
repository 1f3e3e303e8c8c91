"""Personal data at rest: unreadable without the key, findable by keyed hash, readable after a new key came."""

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from tests.worker.conftest import KEYCHAIN, keychain
from worker.keys import KeysError
from worker.privacy import Seal, Vault, mask, mask_name

SM4 = keychain(("sm4-gcm",), ("hmac-sm3",))


def seal(keys=KEYCHAIN):  # type: ignore[no-untyped-def]
    return Seal(keys.newest("data"), keys.newest("index"))


@pytest.mark.parametrize("keys", [KEYCHAIN, SM4], ids=["aes-256-gcm", "sm4-gcm"])
@given(values=st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
def test_what_was_encrypted_is_read_back(keys, values: list[str]) -> None:  # type: ignore[no-untyped-def]
    assert Vault(keys).decrypt(seal(keys).encrypt(values)) == values


@pytest.mark.parametrize("keys", [KEYCHAIN, SM4], ids=["aes-256-gcm", "sm4-gcm"])
def test_equal_texts_do_not_look_equal_but_are_found_by_index(keys) -> None:  # type: ignore[no-untyped-def]
    first, second = seal(keys).encrypt(["610922200001010012"] * 2)
    assert first != second
    assert b"610922" not in first
    assert len(set(seal(keys).index(["a", "a", "b"]))) == 2


def test_a_new_key_of_another_algorithm_reads_the_old_and_writes_the_new() -> None:
    before = seal().encrypt(["张三"])
    both = keychain(("aes-256-gcm", "sm4-gcm"))
    after = seal(both).encrypt(["张三"])
    assert after[0][0] == 2
    assert Vault(both).decrypt([*before, *after, *before]) == ["张三"] * 3


@pytest.mark.parametrize("keys", [KEYCHAIN, SM4], ids=["aes-256-gcm", "sm4-gcm"])
def test_a_forged_value_is_refused(keys) -> None:  # type: ignore[no-untyped-def]
    (value,) = seal(keys).encrypt(["28000"])
    for forged in (value[:-1] + bytes([value[-1] ^ 1]), value[:13] + bytes([value[13] ^ 1]) + value[14:]):
        with pytest.raises(InvalidTag):
            Vault(keys).decrypt([forged])


def test_a_database_is_not_written_with_another_key_of_the_same_number(engine: Engine) -> None:
    with engine.begin() as connection:
        Vault(KEYCHAIN).sealing(connection)
    with engine.begin() as connection, pytest.raises(KeysError, match="data key 1 is not the one"):
        Vault(SM4).sealing(connection)


def test_a_mask_shows_neither_birthday_nor_given_name() -> None:
    assert mask("610922199003075678") == "6109**********5678"
    assert mask("A123456") == "*******"
    assert mask_name("欧阳修") == "欧**"
