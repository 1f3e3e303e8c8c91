"""Whom a figure of a change counts: added up, the people behind it are the figure."""

import numpy as np
import pytest

from policies.change.impact import added_up, compare
from policies.change.report import impact_report
from policies.change.whom import NoSuchFigure, whom
from policies.load import load_notice
from policies.roster.drawn import draw_roster
from policies.roster.judged import judge


@pytest.mark.parametrize(("a", "b"), [("jilin-2021", "changchun-2022"), ("changchun-2022", "jilin-2023")])
def test_each_figure_of_a_change_is_the_sum_of_the_people_behind_it(a: str, b: str) -> None:
    before, after = load_notice(a), load_notice(b)
    roster = draw_roster(before, ("220106", "220182"), 400, np.random.default_rng(11))
    compared = compare(judge(roster, before, {}), after, {})
    told = impact_report(before, after, added_up(compared))
    figures = 0
    for group in ("outcomes", "money", "clause", "category", "source"):
        for row in told[group]:
            for side in ("before", "after"):
                behind = whom(compared, group, row["name"], side)
                amounts = behind.before if side == "before" else behind.after
                fen = 0 if group == "outcomes" else int(amounts.sum())
                assert {"people": len(behind.rows), "fen": fen} == row[side], (group, row["name"], side)
                figures += 1
    for move in told["moves"]:
        assert len(whom(compared, "moves", f"{move['from']} {move['to']}").rows) == move["people"]
    for name in ("affected", "cover_changed", "levied_once", "uncertain"):
        assert len(whom(compared, "people", name).rows) == told[name], name
    for name, sign in (("pay_more", 1), ("pay_less", -1)):
        behind = whom(compared, "people", name)
        fen = sign * int((behind.after - behind.before).sum())
        assert {"people": len(behind.rows), "fen": fen} == told[name]
    assert len(whom(compared, "people", "all").rows) == 400
    assert figures > 20
    for nobody in (("people", "tall"), ("towns", "all")):
        with pytest.raises(NoSuchFigure):
            whom(compared, *nobody)
