"""The measured rules say the same three times: compiled, readable, and translated for OpenFisca-core."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from policies.assess import assess
from policies.calendar import day_of
from policies.compiled import CompiledNotice, Decisions, compile_pools
from policies.people import Int32s, People
from policies.person import question_of
from policies.vocabulary import CIRCUMSTANCES
from worker.bench.policy.compare import AS_OF, ours, theirs
from worker.bench.policy.people import draw
from worker.bench.policy.rules import local_parameters, notice

COUNT = 6_000
Measured = tuple[People, Int32s, Int32s, CompiledNotice, Decisions]


@pytest.fixture(scope="module")
def measured() -> Measured:
    """People of ten areas, and what the compiled rules decide for them."""
    people, pool, paid = draw(COUNT, seed=7)
    unenrolled = np.where(np.arange(COUNT) % 5, 0, 1 << CIRCUMSTANCES.index("found_unenrolled")).astype(np.uint32)
    people = replace(people, circumstances=people.circumstances | unenrolled)  # rare, and decides for the newly poor
    compiled = compile_pools(notice(), local_parameters())
    return people, pool, paid, compiled, compiled.assess(people, AS_OF, paid, pool)


def test_a_roster_of_ten_areas_is_decided_person_by_person_as_alone(measured: Measured) -> None:
    people, pool, paid, compiled, made = measured
    law, local = notice(), local_parameters()
    for row in range(0, COUNT, 4):
        area = str(pool[row])
        question = question_of(people, row, law.notice, area, AS_OF, day_of(int(paid[row])))
        assert compiled.answer(made, row, "x") == assess(law, local[area], question).answer("x")


def test_openfisca_core_answers_everybody_alike_to_the_fen(measured: Measured) -> None:
    pytest.importorskip("openfisca_core", reason="the extra `bench` is not installed")
    people, pool, paid, compiled, made = measured
    others, _ = theirs(people, pool, paid)
    mine = ours(compiled, made)
    assert mine.differing(others).tolist() == []
    assert {"due", "closed", "refer", "undetermined"} == set(mine.outcome.tolist())
    assert len(set(mine.assisted.tolist())) > 10


@pytest.mark.parametrize("name", ["outcome", "due", "assisted", "covered_from", "refer_to"])
def test_one_answer_that_differs_is_found(measured: Measured, name: str) -> None:
    *_, compiled, made = measured
    mine = ours(compiled, made)
    changed: Any = getattr(mine, name).copy()
    changed[17] = "none" if name == "outcome" else changed[17] + 1
    assert replace(mine, **{name: changed}).differing(mine).tolist() == [17]
