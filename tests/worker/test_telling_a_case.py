"""A case in words: what happened, by which references, and how it stands now."""

from datetime import date
from typing import Any

import pytest

from worker.report.telling import now, told

_TAX = {"amount": 28000, "due": 317, "tax_no": "T1", "code": None}
_PAID = {"amount": 28000, "settles": 28000, "above": 0, "due": 317, "voucher": "V1", "channel": "bank_counter",
         "paid_at": "2020-12-31T16:05:57+08:00"}  # fmt: skip
_DUE = {"id": 317, "insured_year": 2021, "payer": "person", "amount": 28000, "paid": 28000, "state": "paid",
        "lowered": 0, "paid_on": date(2020, 12, 31), "deadline": date(2020, 12, 31), "reject_code": None}  # fmt: skip
_GRANT = {"category": "minimum_living_allowance", "amount": 12000, "state": "held", "held_because": "account_missing",
          "due_paid": True, "asked_back": False}  # fmt: skip


@pytest.mark.parametrize(
    ("action", "facts", "happened", "references"),
    [
        ("due.accepted", _TAX, "280.00 yuan accepted by tax 税务受理", "due 317, tax number T1"),
        ("payment.settled", _PAID, "280.00 yuan paid 到账 by bank counter on 2020-12-31 16:05", "due 317, voucher V1"),
        (
            "payment.overpaid",
            _PAID | {"above": 1000},
            "280.00 yuan paid 到账 by bank counter on 2020-12-31 16:05; 10.00 yuan of it above what was due",
            "due 317, voucher V1",
        ),
        (
            "allocation.made",
            {"allocation": 1, "amount": 5000, "due": 317, "voucher": "V1", "paid_on": "2020-10-15"},
            "50.00 yuan of nobody found to be for this due 认领, paid on 2020-10-15",
            "due 317, voucher V1",
        ),
        (
            "assistance.held",
            {"assistance": 9, "because": "no_account"},
            "assistance held 待更正: no bank account is known (no_account)",
            "assistance 9",
        ),
        (
            "sponsor.refused",
            {"due": 3, "source": "medical_assistance", "amount": 28000, "code": "not_ours"},
            "280.00 yuan refused by 医疗救助资金 medical assistance fund: not_ours",
            "due 3",
        ),
        ("person.corrected", {"name_changed": True, "was": None}, "person.corrected name changed True", ""),
    ],
)
def test_an_event_is_told_in_words(action: str, facts: dict[str, Any], happened: str, references: str) -> None:
    assert told(action, facts) == (happened, references)


def test_held_assistance_says_what_pays_it() -> None:
    paid, held = now([_DUE], [_GRANT], "due", known_account=True)
    assert paid == "2021: 280.00 yuan paid by the person on 2020-12-31"
    assert held == (
        "assistance of 120.00 yuan (低保 minimum living allowance) held, account_missing; a corrected account pays it"
    )
    assert now([_DUE], [_GRANT], "due", known_account=False)[1].endswith("an account, taken in, pays it")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"state": "accepted"}, "2021: 280.00 yuan unpaid, waits for the person, by 2020-12-31"),
        ({"state": "part_paid", "paid": 8000}, "2021: 80.00 of 280.00 yuan paid; the rest is due by 2020-12-31"),
        ({"state": "rejected", "reject_code": "R1"}, "2021: 280.00 yuan rejected by tax, R1"),
        ({"state": "void"}, "2021: 280.00 yuan was not paid in time and is withdrawn"),
    ],
)
def test_a_due_says_how_it_stands(change: dict[str, Any], sentence: str) -> None:
    assert now([_DUE | change], [], "due", known_account=False) == [sentence]


def test_who_owes_nothing_is_told_so_and_what_was_reversed_is_reclaimed() -> None:
    assert now([], [], "no_due", known_account=False) == ["nothing is due 免缴"]
    assert now([], [], None, known_account=False) == ["no due is open"]
    reclaimed = now([_DUE], [_GRANT | {"state": "paid", "due_paid": False}], "due", known_account=True)[1]
    assert "levy held reclaim" in reclaimed
    paid = _GRANT | {"state": "paid", "due_paid": False, "asked_back": True}
    assert "levy clawback list" in now([_DUE], [paid], "due", known_account=True)[1]


def test_a_case_between_areas_is_told_with_its_money_and_reason() -> None:
    happened, references = told(
        "handoff.refused", {"case": "c-1", "reason": "moved on", "by": "220281", "number": 2, "hash": "ab"}
    )
    assert (happened, references) == ("refused by the other area 不予转入: moved on", "case c-1")
    happened, _ = told("handoff.proposed", {"case": "c-1", "amount": 28000, "voucher": "V1"})
    assert happened.startswith("280.00 yuan paid in the wrong area")
