"""Statement files are asked for in runs of days, and each day is answered once, however much a reply holds."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from adapters.ports import MOST_DAYS
from tests.worker.flows.stage import ScriptedTax
from worker.reconciliation.sides import files

FIRST = date(2020, 9, 1)
DAYS = st.sets(st.integers(0, 150)).map(lambda found: [FIRST + timedelta(days=at) for at in sorted(found)])


class Office(ScriptedTax):
    """Has issued some days, and its replies hold a few files."""

    def __init__(self, issued: set[date], most: int) -> None:
        super().__init__()
        self.issued, self.most = issued, most

    def statements(self, first: date, last: date) -> dict[date, bytes]:
        assert 0 <= (last - first).days < MOST_DAYS
        found: dict[date, bytes] = {}
        while first <= last and first in self.issued and len(found) < self.most:
            found[first] = str(first).encode()
            first += timedelta(days=1)
        return found


@given(DAYS, DAYS, st.integers(1, 70))
def test_each_day_is_answered_once_in_order(asked: list[date], issued: list[date], most: int) -> None:
    found = list(files(Office(set(issued), most), asked))
    assert found == [(day, str(day).encode() if day in issued else None) for day in asked]
