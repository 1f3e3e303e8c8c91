"""Dense numbers for 64-bit keys, by the column: what has been numbered once keeps its number."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Keys = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int32]

BITS: Final = 31
"""A number is below 2 ** 31."""
NO_KEY: Final = np.uint64(2**64 - 1)
"""Marks an empty place; never a key."""
_SPREAD: Final = np.uint64(0x9E3779B97F4A7C15)
"""2 ** 64 divided by the golden ratio: multiplied by it, keys that are near one another end up far apart."""
_ROOM: Final = 32
"""Places for each key, so that hardly two keys want the same one."""


class Numbering:
    """Numbers keys 0, 1, 2... in the order in which they are first met.

    A key is looked for in the one place its bits choose. What is not there is looked up one by one in ``_number``:
    new keys, and the few whose place was taken by an earlier one.
    """

    def __init__(self) -> None:
        self._number: dict[int, int] = {}
        self._place_for(1 << 7)

    def __len__(self) -> int:
        return len(self._number)

    def of(self, keys: Keys) -> tuple[Numbers, npt.NDArray[np.int64]]:
        """The number of every key, and a row for each number that is new, in the order of the numbers."""
        place = self._place(keys)
        numbers: Numbers = self._number_at.take(place, mode="clip")
        missed = np.flatnonzero(self._key_at.take(place, mode="clip") != keys)
        if not len(missed):
            return numbers, missed
        before = len(self)
        kinds, first, kind = np.unique(keys[missed], return_index=True, return_inverse=True)
        found = [self._number.setdefault(key, len(self._number)) for key in kinds.tolist()]
        numbers[missed] = np.array(found, np.int32)[kind]
        if len(self) == before:
            return numbers, missed[:0]
        fresh = np.array(found, np.int32) >= before
        self._settle(kinds[fresh], np.array(found, np.int32)[fresh])
        return numbers, missed[first[fresh]]

    def _place(self, keys: Keys) -> npt.NDArray[np.int64]:
        place = keys * _SPREAD
        place >>= self._shift
        return place.view(np.int64)

    def _settle(self, keys: Keys, numbers: Numbers) -> None:
        """Give new keys their places, the first come first; all of them again in a wider table when it gets narrow."""
        if len(self) * _ROOM > len(self._key_at):
            self._place_for(len(self) * _ROOM * 2)
            keys = np.fromiter(self._number, np.uint64, len(self))
            numbers = np.arange(len(self), dtype=np.int32)
        place = self._place(keys)
        free, first = np.unique(place, return_index=True)
        first = first[self._key_at[free] == NO_KEY]
        self._key_at[place[first]], self._number_at[place[first]] = keys[first], numbers[first]

    def _place_for(self, room: int) -> None:
        bits = (room - 1).bit_length()
        self._shift = np.uint64(64 - bits)
        self._key_at = np.full(1 << bits, NO_KEY)
        self._number_at = np.zeros(1 << bits, np.int32)
