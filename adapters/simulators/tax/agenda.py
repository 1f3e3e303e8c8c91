"""Which open due will be paid on which day: held in memory, rebuilt from the book at every start."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

Levy = str
"""Person, insurance and period: what is paid once, however many dues were presented for it."""


class Agenda:
    """Open dues by day and by levy. Of several open dues for one levy, the latest is paid and the others are let be."""

    def __init__(self) -> None:
        self._by_day: dict[int, list[int]] = {}
        self._open: dict[Levy, dict[int, int]] = {}

    def present(self, levy: Levy, due: int, day: int) -> None:
        """A due was presented; it will be paid on ``day`` (an ordinal, 0: not by itself)."""
        self._open.setdefault(levy, {})[due] = day
        if day:
            self._by_day.setdefault(day, []).append(due)

    def withdraw(self, levy: Levy, due: int, today: int) -> None:
        """A due was voided: the one presented before it, if still open, is the one to pay again."""
        dues = self._open.get(levy, {})
        dues.pop(due, None)
        if dues and (day := list(dues.values())[-1]):
            self._by_day.setdefault(max(day, today), []).append(list(dues)[-1])

    def settle(self, levy: Levy) -> None:
        """The levy was paid: what was presented for it so far is not paid again."""
        self._open.pop(levy, None)

    def is_latest(self, levy: Levy, due: int) -> bool:
        """Whether this is the due that the person holds in hand."""
        dues = self._open.get(levy)
        return dues is not None and next(reversed(dues), None) == due

    def until(self, day: int) -> Iterator[tuple[int, list[int]]]:
        """The days up to and including ``day`` with the dues to be paid on each, taken off the agenda."""
        for each in sorted(known for known in self._by_day if known <= day):
            yield each, self._by_day.pop(each)

    def rebuild(self, dues: Iterable[tuple[Levy, int, str, int]], today: int) -> None:
        """Start again from levy, due, state and day of every due, in the order in which they were presented."""
        self._by_day.clear()
        self._open.clear()
        for levy, due, state, day in dues:
            if state in ("paid", "reversed"):
                self.settle(levy)
            elif state == "open":
                self.present(levy, due, max(day, today) if day else 0)
