"""The bars of a running season on a terminal of 80 columns."""

from io import StringIO

from rich.cells import cell_len
from rich.console import Console

from worker.season.watch import Bars


def _seen(bars: Bars) -> list[str]:
    screen = StringIO()
    console = Console(file=screen, width=80)
    for part in bars.get_renderables():
        console.print(part)
    return [line.rstrip() for line in screen.getvalue().splitlines()]


def test_counts_of_a_whole_county_are_shown_in_full() -> None:
    bars = Bars(Console(file=StringIO(), width=80, force_terminal=True))
    bars.label = "2021-03-01 (181/491)"
    for label in ("statements compared 对账", "payments settled 到账"):
        bars.update(bars.add_task(label, total=209_856), completed=208_139)
    lines = _seen(bars)
    assert lines[0] == "2021-03-01 (181/491)"
    for line in lines[1:]:
        assert "208,139 of 209,856" in line
        assert cell_len(line) <= 80


def test_the_rate_is_that_of_the_whole_time_and_stays_when_all_are_done() -> None:
    now = [100.0]
    bars = Bars(Console(file=StringIO(), width=80, force_terminal=True))
    bars.get_time = lambda: now[0]
    task = bars.add_task("rows taken in 收入", total=10_000)
    now[0] = 104.0
    bars.update(task, completed=8_000)
    assert "2,000/s" in _seen(bars)[0]
    assert "0:01 left" in _seen(bars)[0]
    now[0] = 110.0
    bars.update(task, completed=10_000)
    now[0] = 200.0
    assert "1,000/s" in _seen(bars)[0]
