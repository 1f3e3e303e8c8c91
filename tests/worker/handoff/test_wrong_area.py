"""A premium paid in the wrong area: from proposal to completion, with every other end that it may come to."""

from datetime import date

import pytest

from tests.worker.handoff.two_houses import CASE, LUYUAN, NOVEMBER, OCTOBER, SHIQUAN, Pair
from worker.handoff import acts
from worker.handoff.author import CannotStep


def test_a_case_goes_from_the_wrong_payment_to_completion(pair: Pair) -> None:
    pair.propose()
    assert pair.origin.case() == pair.intended.case() == ("proposed", 1, LUYUAN)
    assert pair.origin.in_transit() == 0
    pair.accept()
    assert pair.origin.case() == pair.intended.case() == ("accepted", 2, LUYUAN)
    assert pair.origin.in_transit() == 28000
    pair.pay_there()
    assert pair.origin.case() == pair.intended.case() == ("paid", 3, SHIQUAN)
    pair.approve()
    assert pair.origin.case() == ("approved", 4, SHIQUAN)
    assert pair.origin.in_transit() == 28000
    pair.hold()
    pair.origin.refund_carried_out()
    pair.origin.tick(date(2020, 12, 1), "handoffs")
    assert pair.origin.case() == ("refunded", 5, LUYUAN)
    assert pair.origin.in_transit() == 0
    pair.intended.tick(date(2020, 12, 2), "handoffs")
    assert pair.origin.case() == pair.intended.case() == ("completed", 6, None)
