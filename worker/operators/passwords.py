"""Passwords: what is accepted, how they are kept (argon2id), and how one that somebody else may see is made."""

from __future__ import annotations

import re
import secrets
from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 12, 128
_LEAST_REST = 6
"""Characters that must be left when names, common words and runs are taken out."""
_COMMON = (
    *("password", "passwort", "passwd", "secret", "geheim", "welcome", "letmein", "iloveyou", "monkey", "dragon"),
    *("master", "superman", "sunshine", "princess", "football", "baseball", "trustno", "changeme", "default", "login"),
    *("admin", "administrator", "root", "user", "guest", "test", "operator", "reviewer", "clerk", "auditor"),
    *("levybridge", "levy", "bridge", "console", "medical", "insurance", "zhengjiaoqiao", "yibao", "shuiwu", "shebao"),
    *("woaini", "wodemima", "mima", "nihao", "beijing", "shiquan", "shaanxi", "zhongguo", "china", "huanying"),
    *("qwert", "qwertz", "qwerty", "asdf", "zxcv", "qazwsx", "edcrfv", "onetwothree", "abcabc"),
)
_RUNS = ("01234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn")
_LIKE = str.maketrans("@4310$57", "aaeiosst")
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
# A hash takes 64 MiB and a moment of a core: who sends many logins at once must not take all of both.
_AT_ONCE = BoundedSemaphore(4)


class PasswordRefused(Exception):
    """A password that is not accepted; the sentence says why, and ``code`` for screens in other languages."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()  # argon2id, RFC 9106's second choice: 64 MiB, three passes


def refuse_weak(password: str, *own: str) -> None:
    """Raises ``PasswordRefused`` for a password that is tried first; ``own`` are login and name of whose it is."""
    if len(password) < SHORTEST:
        raise PasswordRefused("short", f"the password has {len(password)} characters: it needs at least {SHORTEST}")
    if len(password) > LONGEST:
        raise PasswordRefused("long", f"the password has {len(password)} characters: it may have at most {LONGEST}")
    rest = password.lower()
    names = [part for name in own for part in (name.lower(), *re.split(r"[\s._-]+", name.lower())) if len(part) > 2]
    if any(name in rest for name in names):
        raise PasswordRefused("own", "the password has login or name in it: choose what has nothing to do with you")
    for word in sorted(_COMMON, key=len, reverse=True):
        rest = rest.replace(word, " ") if word in rest else rest
        plain = rest.translate(_LIKE)
        rest = plain.replace(word, " ") if word in plain else rest
    rest = _without_runs(rest)
    if len(set(rest)) < _LEAST_REST:
        raise PasswordRefused(
            "common",
            "the password is of words, dates or rows of keys that are tried first: put together a few words that have"
            " nothing to do with one another",
        )


def _without_runs(word: str) -> str:
    """What is left without rows of keys, repeats, years and blanks."""
    word = re.sub(r"(.{1,4}?)\1{2,}", " ", word)
    for run in (*_RUNS, *(run[::-1] for run in _RUNS)):
        for at in range(len(run) - 2):
            longest = next((n for n in range(len(run) - at, 2, -1) if run[at : at + n] in word), 0)
            if longest:
                word = word.replace(run[at : at + longest], " ")
    return re.sub(r"(19|20)\d\d|\s", "", word)


def made_up() -> str:
    """A password for somebody else's first login: four groups of five letters and digits, 99 bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(4))


def hashed(password: str) -> str:
    """What is kept of a password."""
    with _AT_ONCE:
        return _hasher().hash(password)


def fits(kept: str | None, password: str) -> bool:
    """Whether ``password`` is the one of which ``kept`` was made; None takes as long and never fits."""
    with _AT_ONCE:
        try:
            return _hasher().verify(kept or _nobodys(), password) and kept is not None
        except (VerificationError, InvalidHashError):
            return False


def outdated(kept: str) -> bool:
    """Whether a newer version of the library would make the hash dearer: it is made anew at the next login."""
    return _hasher().check_needs_rehash(kept)


@cache
def _nobodys() -> str:
    return _hasher().hash(secrets.token_hex(16))
