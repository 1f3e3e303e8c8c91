"""Which passwords are accepted, and how they are kept."""

import pytest

from worker.operators.passwords import PasswordRefused, fits, hashed, made_up, outdated, refuse_weak

TRIED_FIRST = [
    "password1234", "Password1234!", "P@ssw0rd2026!", "Administrator1", "qwertyuiop123", "1qaz2wsx3edc", "123456789012",
    "aaaaaaaaaaaa", "abcabcabcabc", "abcdefghijkl", "woaini5201314", "Welcome2026!!", "levybridge2021", "yibao12345678",
    "zaq1zaq1zaq1", "20211231 2022", "            ",
]  # fmt: skip
"""As they stand at the head of lists, with what people put behind them when a rule asks for it."""


@pytest.mark.parametrize("password", TRIED_FIRST)
def test_a_password_that_is_tried_first_is_refused(password: str) -> None:
    with pytest.raises(PasswordRefused, match="tried first"):
        refuse_weak(password, "chen", "陈静")


@pytest.mark.parametrize(
    "password", ["wangfang-hill-over", "WANG.FANG.over.hill", "over the hill wang", "over the hill 王芳芳"]
)
def test_a_password_with_ones_own_name_in_it_is_refused(password: str) -> None:
    with pytest.raises(PasswordRefused, match="has nothing to do with you"):
        refuse_weak(password, "wang.fang", "王芳芳")


@pytest.mark.parametrize(("password", "word"), [("short-of-it", "11 characters"), ("ab" * 65, "at most 128")])
def test_the_length_is_told(password: str, word: str) -> None:
    with pytest.raises(PasswordRefused, match=word):
        refuse_weak(password)


@pytest.mark.parametrize("password", ["correct horse battery", "柳暗花明又一村前度刘郎今又来", "tin-Ferry_09-lamp"])
def test_what_nobody_tries_first_is_accepted(password: str) -> None:
    refuse_weak(password, "chen", "陈静")


def test_what_is_made_up_would_be_accepted_and_is_never_the_same() -> None:
    made = {made_up() for _ in range(50)}
    assert len(made) == 50
    for password in made:
        refuse_weak(password, "chen", "陈静")


def test_a_password_is_kept_as_argon2id_and_fits_itself_alone() -> None:
    kept = hashed("correct horse battery")
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert kept != hashed("correct horse battery")
    assert fits(kept, "correct horse battery")
    assert not fits(kept, "correct horse batterY")
    assert not fits(None, "correct horse battery")
    assert not fits("no hash at all", "correct horse battery")
    assert not outdated(kept)
    assert outdated(kept.replace("t=3", "t=2"))
