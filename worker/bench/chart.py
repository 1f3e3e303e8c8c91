"""What was measured as a picture: bars by group, each with its goal, as SVG that stands by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

_WIDTH, _LABEL, _VALUE, _ROW, _BAR, _TITLE = 860, 250, 190, 30, 16, 40
_PLOT = _WIDTH - _LABEL - _VALUE
_STYLE = (
    "text{font:13px system-ui,'Noto Sans',sans-serif;fill:#1c2733}.title{font-weight:600}.bar{fill:#2f6f9f}"
    ".short{fill:#b4552d}.goal{stroke:#1c2733;stroke-dasharray:3 3}"
    "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.bar{fill:#6cb0e0}.short{fill:#e08a63}.goal{stroke:#e6edf3}}"
)


class Bar(NamedTuple):
    """A value with its name, how it is written, and the goal: at least that, or at most, without ``more_is_better``."""

    name: str
    value: float
    shown: str
    goal: float | None = None
    more_is_better: bool = True

    @property
    def met(self) -> bool:
        """Whether the goal is reached; what has none is."""
        return self.goal is None or (self.value >= self.goal if self.more_is_better else self.value <= self.goal)


class Group(NamedTuple):
    """Bars of one scale under a title."""

    title: str
    bars: Sequence[Bar]


def draw(groups: Sequence[Group]) -> str:
    """The picture. A bar that misses its goal has another colour, and its text says so."""
    parts, y = [], 10
    for group in groups:
        most = max(max(bar.value, bar.goal or 0) for bar in group.bars) or 1.0
        parts.append(f'<text class="title" x="10" y="{y + 22}">{escape(group.title)}</text>')
        y += _TITLE
        for bar in group.bars:
            parts += _bar(bar, y, most)
            y += _ROW
        y += 10
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {y}" role="img" aria-label="Measured">'
    return "\n".join([head, f"<style>{_STYLE}</style>", *parts, "</svg>", ""])


def _bar(bar: Bar, y: int, most: float) -> list[str]:
    width = round(_PLOT * bar.value / most, 1)
    said = bar.shown if bar.goal is None else f"{bar.shown} ({'goal met' if bar.met else 'goal missed'})"
    parts = [
        f'<text x="10" y="{y + 13}">{escape(bar.name)}</text>',
        f'<rect class="{"bar" if bar.met else "short"}" x="{_LABEL}" y="{y}" width="{max(width, 1)}" height="{_BAR}"/>',
        f'<text x="{_LABEL + _PLOT + 8}" y="{y + 13}">{escape(said)}</text>',
    ]
    if bar.goal is not None:
        at = round(_LABEL + _PLOT * bar.goal / most, 1)
        parts.append(f'<line class="goal" x1="{at}" x2="{at}" y1="{y - 3}" y2="{y + _BAR + 3}"/>')
    return parts
