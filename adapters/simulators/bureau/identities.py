"""Identity numbers for a whole population at once, all different, check digits right (GB 11643)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

_WEIGHTS = [(1 << (17 - position)) % 11 for position in range(17)]
_CHECK_CHARACTERS = "10X98765432"
EPOCH = date(1970, 1, 1)

Days = np.ndarray


def to_day(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def iso_dates(days: np.ndarray) -> list[str]:
    """ISO texts of days since 1970-01-01; equal days share one text, since a county has far fewer days than people."""
    known, at = np.unique(days, return_inverse=True)
    return words_at(np.datetime_as_string(known.astype("datetime64[D]")).tolist(), at)


def words_at(words: Sequence[str], at: np.ndarray) -> list[str]:
    """The word at each place, each word one object however often it stands there."""
    texts: list[str] = np.array(words, dtype=object)[at].tolist()
    return texts


def make_numbers(
    rng: np.random.Generator,
    born: np.ndarray,
    male: np.ndarray,
    area: str,
    before: tuple[np.ndarray, np.ndarray] | None = None,
) -> list[str]:
    """An identity number for each person born in ``area`` or nearby; all differ up to 499 births a day and sex.

    ``before`` holds days of birth and sex of people who have theirs already; the new ones differ from them.
    """
    days = born.astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    years = days.astype("datetime64[Y]").astype(np.int64) + 1970
    month = months.astype(np.int64) % 12 + 1
    day_of_month = (days - months).astype(np.int64) + 1
    ymd = years * 10_000 + month * 100 + day_of_month
    first17 = _prefixes(rng, years, int(area)) * 10**11 + ymd * 1000 + _sequence(born, male, before)
    remainder = np.zeros(len(born), dtype=np.int64)
    rest = first17.copy()
    for weight in reversed(_WEIGHTS):
        remainder += rest % 10 * weight
        rest //= 10
    return [
        f"{number}{_CHECK_CHARACTERS[check]}"
        for number, check in zip(first17.tolist(), (remainder % 11).tolist(), strict=True)
    ]


def _prefixes(rng: np.random.Generator, years: np.ndarray, area: int) -> np.ndarray:
    """Area codes at birth: the area's own, before 2001 its predecessor's, for a few a neighbour's."""
    own = np.where(years < 2001, area // 10_000 * 10_000 + 2400 + area % 100, area)
    neighbour = area // 100 * 100 + rng.integers(21, 29, len(years))
    return np.where(rng.random(len(years)) < 0.08, neighbour, own)


def _sequence(born: np.ndarray, male: np.ndarray, before: tuple[np.ndarray, np.ndarray] | None) -> np.ndarray:
    """Three digits, odd for men, different for all who share a birthday, those before among them."""
    if before is not None:
        everybody = np.concatenate([before[0], born]), np.concatenate([before[1], male])
        return _sequence(*everybody, None)[len(before[0]) :]
    key = born * 2 + male
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    rank = np.arange(len(key)) - np.repeat(starts, np.diff(np.r_[starts, len(key)]))
    sequence = np.empty(len(key), dtype=np.int64)
    sequence[order] = rank * 2 + 1 + (1 - male[order])
    return sequence
