"""Personal data at rest: unreadable without the key, findable by keyed hash, readable after a new key came."""

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from worker.privacy import Keys, Vault, mask, mask_name

OLD = Keys({1: b"1" * 32}, b"i" * 32, b"a" * 32)
NEW = Keys({1: b"1" * 32, 2: b"2" * 32}, b"i" * 32, b"a" * 32)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
def test_what_was_encrypted_is_read_back(values: list[str]) -> None:
    assert Vault(OLD).decrypt(Vault(OLD).encrypt(values)) == values


def test_equal_texts_do_not_look_equal_but_are_found_by_index() -> None:
    vault = Vault(OLD)
    first, second = vault.encrypt(["610922200001010012"] * 2)
    assert first != second
    assert b"610922" not in first
    assert len(set(vault.index(["a", "a", "b"]))) == 2


def test_a_new_key_reads_the_old_and_writes_the_new() -> None:
    before = Vault(OLD).encrypt(["张三"])
    assert Vault(NEW).decrypt(before) == ["张三"]
    assert Vault(NEW).encrypt(["张三"])[0][0] == 2


def test_a_forged_value_is_refused() -> None:
    (value,) = Vault(OLD).encrypt(["28000"])
    with pytest.raises(InvalidTag):
        Vault(OLD).decrypt([value[:-1] + bytes([value[-1] ^ 1])])


def test_a_mask_shows_neither_birthday_nor_given_name() -> None:
    assert mask("610922199003075678") == "6109**********5678"
    assert mask("A123456") == "*******"
    assert mask_name("欧阳修") == "欧**"
