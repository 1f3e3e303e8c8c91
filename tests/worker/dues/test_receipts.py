"""Payments against dues: to the fen, whatever comes in whatever order."""

from hypothesis import given
from hypothesis import strategies as st

from adapters.rows import PaymentRow
from worker.dues.receipts import OpenDue, Receipt, Split, apply_payments, transfers
from worker.dues.reference import due_reference
from worker.ledger.chart import Accounts

ACCOUNTS: Accounts = {
    ("receivable_person", "resident_medical", ""): 1,
    ("cleared_at_tax", "resident_medical", ""): 2,
    ("overpaid", "resident_medical", ""): 3,
    ("unidentified", "resident_medical", ""): 4,
}


def due(amount: int = 28000, state: str = "accepted") -> OpenDue:
    return OpenDue(5, 50, 500, "P1", "610922", 2021, "resident_medical", "person", 0, amount, 0, state)


def row(voucher: str, amount: int, reverses: str | None = None, person: str = "P1", due_id: int = 5) -> PaymentRow:
    return {
        "sequence": 1,
        "voucher_no": voucher,
        "line": 1,
        "reference": due_reference("610922", 2021, due_id),
        "person_no": person,
        "amount": amount,
        "channel": "app",
        "paid_at": "2020-10-01T09:00:00+08:00",
        "treasury_received_on": None,
        "kind": "reversal" if reverses else "payment",
        "reverses": reverses,
        "refund": None,
    }


def apply(asked: OpenDue, *rows: PaymentRow) -> list[Receipt]:
    return apply_payments(rows, range(1, len(rows) + 1), {asked.id: asked}, {})


def test_the_right_amount_settles_the_due() -> None:
    asked = due()
    (receipt,) = apply(asked, row("v1", 28000))
    assert (receipt.settles, receipt.above, receipt.remark, asked.state) == (28000, 0, None, "paid")
    assert asked.paid_on == "2020-10-01"


def test_a_second_payment_is_owed_back_in_full() -> None:
    asked = due()
    _, second = apply(asked, row("v1", 28000), row("v2", 28000))
    assert (second.settles, second.above, second.remark) == (0, 28000, "overpaid")


def test_too_little_leaves_the_rest_owed() -> None:
    asked = due()
    (receipt,) = apply(asked, row("v1", 27999))
    assert (asked.state, asked.amount - asked.paid, receipt.remark) == ("part_paid", 1, "underpaid")


def test_money_for_a_withdrawn_due_is_owed_back() -> None:
    asked = due(state="void")
    (receipt,) = apply(asked, row("v1", 28000))
    assert (receipt.settles, receipt.above, asked.state) == (0, 28000, "void")


def test_a_foreign_reference_and_another_person_are_kept_apart() -> None:
    asked = due()
    foreign, other = apply(asked, row("v1", 28000, due_id=99), row("v2", 28000, person="P2"))
    assert (foreign.due, foreign.remark) == (None, "unknown_reference")
    assert (other.due, other.remark) == (None, "person")
    assert asked.paid == 0


def test_a_reversal_takes_back_just_what_its_voucher_brought() -> None:
    asked = due()
    apply(asked, row("v1", 28000), row("v2", 28000), row("r2", 28000, reverses="v2"))
    assert asked.state == "paid", "the second payment had settled nothing"
    asked = due()
    apply(asked, row("v1", 28000), row("r1", 28000, reverses="v1"))
    assert (asked.state, asked.paid) == ("accepted", 0)


def test_only_a_payment_of_this_very_due_can_be_reversed() -> None:
    asked, splits = due(), {("v1", 1): Split(due_id=6, settles=28000, above=0)}
    asked.paid, asked.state = 28000, "paid"
    (receipt,) = apply_payments([row("r1", 28000, reverses="v1")], [1], {5: asked}, splits)
    assert (receipt.due, receipt.remark, asked.state) == (None, "reversal_without_payment", "paid")


amounts = st.integers(1, 60000)
steps = st.lists(st.tuples(amounts, st.booleans()), max_size=8)


@given(st.integers(1, 60000), steps)
def test_no_fen_appears_or_vanishes(asked_for: int, taken: list[tuple[int, bool]]) -> None:
    asked, rows = due(asked_for), []
    for at, (amount, reverse) in enumerate(taken):
        rows.append(row(f"v{at}", amount))
        if reverse:
            rows.append(row(f"r{at}", amount, reverses=f"v{at}"))
    receipts = apply(asked, *rows)
    balance = dict.fromkeys(range(1, 5), 0)
    for transfer in transfers(ACCOUNTS, receipts, "resident_medical"):
        assert transfer.amount > 0
        balance[transfer.debit_id] += transfer.amount
        balance[transfer.credit_id] -= transfer.amount
    received = sum(r["amount"] if r["kind"] == "payment" else -r["amount"] for r in rows)
    assert balance[2] == received, "what tax has received"
    assert -balance[1] == asked.paid, "what cleared the receivable"
    assert -balance[3] == received - asked.paid, "what is owed back"
    assert 0 <= asked.paid <= asked.amount
