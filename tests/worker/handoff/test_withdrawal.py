"""A case that the peer has not got can be withdrawn by a second person; one that it may hold, only when it says no."""

import pytest

from tests.worker.handoff.two_houses import CASE, JIAOHE, Pair
from worker.handoff.author import CannotStep
from worker.handoff.withdraw import withdraw


def take_back(pair: Pair, clerk: str = "zhou") -> None:
    withdraw(pair.origin.house, CASE.format(1), "the county has no installation any more", clerk)


def an_hour_passes(pair: Pair) -> None:
    """What was sent counts no more, as its signature says."""
    door = pair.origin.house.settings.peer_door.model_copy(update={"window_seconds": 0})
    pair.origin.house.settings = pair.origin.house.settings.model_copy(update={"peer_door": door})


def test_what_cannot_be_delivered_is_withdrawn_by_another_person_and_can_be_proposed_again(pair: Pair) -> None:
    pair.origin.loop.down = True
    pair.propose()
    with pytest.raises(CannotStep, match="another person"):
        take_back(pair, clerk=" Chen")
    take_back(pair)
    assert pair.origin.case() == ("withdrawn", 0, None)
    assert pair.origin.desk.one("SELECT state FROM job WHERE kind = 'handoff'") == "discarded"
    assert pair.origin.desk.facts("handoff.withdrawn")[0]["reason"] == "the county has no installation any more"
    pair.origin.assert_books_hold()
    with pytest.raises(CannotStep, match="nothing to withdraw"):
        take_back(pair)
    pair.origin.loop.down = False
    pair.settle()
    assert pair.intended.case() == ("unknown", 0, None), "it is never sent"
    pair.propose(2)
    assert pair.intended.case(2) == ("proposed", 1, JIAOHE)


def test_what_the_peer_holds_is_not_withdrawn_also_when_its_reply_was_lost(pair: Pair) -> None:
    pair.origin.loop.mishaps.append("slow")
    pair.propose()
    with pytest.raises(CannotStep, match="may still be on its way"):
        take_back(pair)
    an_hour_passes(pair)
    with pytest.raises(CannotStep, match="holds this case"):
        take_back(pair)
    pair.origin.again()
    assert pair.origin.case() == pair.intended.case() == ("proposed", 1, JIAOHE)
    with pytest.raises(CannotStep, match="only it can end it"):
        take_back(pair)


def test_after_an_unclear_reply_the_peer_is_asked_and_without_its_word_nothing_is_withdrawn(pair: Pair) -> None:
    pair.origin.loop.mishaps.append("lost")
    pair.propose()
    an_hour_passes(pair)
    pair.origin.loop.down = True
    with pytest.raises(CannotStep, match="cannot be asked"):
        take_back(pair)
    pair.origin.loop.down = False
    take_back(pair)
    assert (pair.origin.case(), pair.intended.case()) == (("withdrawn", 0, None), ("unknown", 0, None))
