"""All that one run of the bench has measured, and what it says about the goals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from worker.bench.chart import Bar, Group
from worker.bench.measure import Measured
from worker.bench.payouts import PaidOut
from worker.bench.replay import Replayed

# What two cores are to do (people a second end to end, times plain COPY, times one task per person, MiB, growth of the
# time per person, pay-outs a second, SQL statements for each).
PEOPLE, TIMES_FLOOR, TIMES_SINGLE, LARGEST, GROWTH, PAYOUTS, STATEMENTS = 5_000, 3.0, 30.0, 1024, 1.3, 10_000, 0.05


@dataclass(frozen=True)
class Findings:
    """``county`` is the main run with its floor, ``others`` the same at other sizes, ``batched`` and ``single`` the
    same sample in batches and person by person.
    """

    county: Measured
    others: Sequence[Measured]
    batched: Measured
    single: Measured
    paid_out: PaidOut
    replayed: Replayed

    @property
    def times_floor(self) -> float:
        """How many times as long the season takes as plain COPY of what it leaves."""
        assert self.county.floor is not None
        return self.county.seconds / self.county.floor.seconds

    @property
    def times_single(self) -> float:
        """How many times as fast the season is, per person, as one task per person."""
        return self.county.per_second / self.single.per_second

    def growth(self) -> list[float]:
        """Time per person of each larger run, in terms of the main one's."""
        mine = 1 / self.county.per_second
        return [1 / other.per_second / mine for other in self.others if other.people > self.county.people]

    def groups(self) -> list[Group]:
        """The picture: one group for each kind of measure."""
        largest = max(run.largest_mib for run in (self.county, *self.others))
        runs = sorted((self.county, *self.others), key=lambda run: run.people)
        return [
            Group("People a second, a whole season", [_speed(run) for run in runs]),
            Group(
                "Seconds of the season, beside plain COPY of what it leaves",
                [
                    Bar("season", self.county.seconds, f"{self.county.seconds:.1f} s"),
                    Bar("plain COPY", self._floor, f"{self._floor:.1f} s"),
                ],
            ),
            Group(
                "Times",
                [
                    Bar("as long as plain COPY", self.times_floor, f"{self.times_floor:.1f}", TIMES_FLOOR, False),
                    Bar("as fast as a task each", self.times_single, f"{self.times_single:.0f}", TIMES_SINGLE),
                    *(Bar("time per person, larger", one, f"{one:.2f}", GROWTH, False) for one in self.growth()),
                ],
            ),
            Group("MiB of the largest process", [Bar("", largest, f"{largest:,}", LARGEST, False)]),
            Group(
                "Pay-outs a second", [Bar("", self.paid_out.per_second, f"{self.paid_out.per_second:,.0f}", PAYOUTS)]
            ),
            Group(
                "SQL statements for each pay-out",
                [Bar("", self.paid_out.statements_each, f"{self.paid_out.statements_each:.4f}", STATEMENTS, False)],
            ),
        ]

    @property
    def _floor(self) -> float:
        assert self.county.floor is not None
        return self.county.floor.seconds

    def sentences(self) -> Iterator[str]:
        """What was measured, in sentences, the goals with it."""
        floor, paid, again = self.county.floor, self.paid_out, self.replayed
        assert floor is not None
        yield (
            f"Floor: plain COPY of the season's {floor.rows:,} rows ({floor.mib:,.0f} MiB) takes {floor.seconds:.1f} s;"
            f" the season takes {self.times_floor:.1f} times as long."
        )
        yield (
            f"On the same {self.single.people:,} people, batches take {self.batched.seconds:.1f} s and one task per"
            f" person {self.single.seconds:.1f} s; per person, the county is {self.times_single:.0f} times as fast."
        )
        yield (
            f"Pay-outs: {paid.count:,} ordered in {paid.ordering:.1f} s and booked in {paid.booking:.1f} s,"
            f" {paid.per_second:,.0f} a second, with {paid.statements_each:.4f} SQL statements each."
        )
        yield (
            f"Replay of {again.count:,} parked jobs: looked at in {again.dry_run:.2f} s, asked for, confirmed and told"
            f" in {again.confirmed:.2f} s, done by the workers in {again.done:.1f} s, each taken up once."
        )
        yield from (f"Time per person of a larger run: {one:.2f} times the main one's." for one in self.growth())
        missed = [
            f"{group.title}: {bar.name}".rstrip(": ") for group in self.groups() for bar in group.bars if not bar.met
        ]
        yield "All goals are met." if not missed else f"Goals missed: {'; '.join(missed)}."


def _speed(run: Measured) -> Bar:
    return Bar(
        f"{run.people:,} people", run.per_second, f"{run.per_second:,.0f}", PEOPLE if run.people >= 100_000 else None
    )
