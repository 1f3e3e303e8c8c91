"""Keys are numbered once and for all, whichever place of the table they ask for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies import numbering
from policies.numbering import Numbering

KEYS = st.integers(0, 2**64 - 2) | st.integers(0, 40)


@given(st.lists(st.lists(KEYS, max_size=60), max_size=8), st.sampled_from([1, 32]))
def test_a_key_keeps_its_number_and_no_two_share_one(columns: list[list[int]], room: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(numbering, "_ROOM", room)
        made, known = Numbering(), dict[int, int]()
        for column in columns:
            numbers, new = made.of(np.array(column, np.uint64))
            fresh = [column[row] for row in new]
            assert [numbers[row] for row in new] == list(range(len(known), len(made)))
            assert len(set(fresh)) == len(fresh)
            assert not known.keys() & set(fresh)
            known.update(zip(fresh, range(len(known), len(made)), strict=True))
            assert numbers.tolist() == [known[key] for key in column]


def test_more_keys_than_places_are_still_told_apart() -> None:
    made = Numbering()
    keys = np.arange(20_000, dtype=np.uint64) * np.uint64(1 << 33)
    assert len(made.of(keys)[1]) == 20_000
    assert len(np.unique(made.of(keys[::-1])[0])) == 20_000
    assert len(made) == 20_000
