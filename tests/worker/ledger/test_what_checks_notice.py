"""What somebody changes in the books past the service is named by `levy check`, with its place."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection

from tests.worker.flows.stage import Stage
from worker.ledger import assistance, clawback, dues, funds, handoffs, refunds
from worker.ledger.chart import chart
from worker.ledger.check import CHECKS, check_ledger
from worker.ledger.pairs import PAIRS, RECEIVABLE

_GUARDED = (
    "payment",
    "transfer",
    "due",
    "assistance",
    "disbursement",
    "bank_account",
    "person",
    "refund_item",
    "fund_statement",
    "fund_statement_line",
    "fund_settlement",
)
_WITHOUT = "ALTER TABLE due DROP CONSTRAINT IF EXISTS ck_due_paid; DROP INDEX uq_due_current;"
_NEWER = (
    "INSERT INTO due SELECT (jsonb_populate_record(d, jsonb_build_object('id', 99, 'version', 2, 'current', {current},"
    " 'state', 'void'))).* FROM due d WHERE id = 5;"
)
_ACCOUNT = "(SELECT id FROM account WHERE code = '{}' AND insurance = 'resident_medical' AND source = '{}')"
_SPONSOR = _ACCOUNT.format("receivable_sponsor", "fiscal")
_VETERANS = _ACCOUNT.format("payable_person", "veterans_affairs")
_CASE = (
    "INSERT INTO handoff (case_id, kind, side, area, peer, insured_year, insurance, amount, voucher, first_paid_on,"
    " cert_index, identity, due_id, state, steps, head, turn, next_by, opened_on) VALUES ('c-1', 'wrong_area',"
    " 'origin', '610922', '220281', 2021, 'resident_medical', 28000, 'V1', '2020-10-15', '', '', 1, 'accepted', 1, 'h',"
    " '220281', '2020-12-01', '2020-10-20');"
    " INSERT INTO handoff_step SELECT id, 1, 'accepted', '220281', '2020-10-20', '2020-12-01', '{}', '', 'h', 'k', 's',"
    " now() FROM handoff;"
)

PLANTS = {
    "an accepted case whose money is not in transit": (
        _CASE,
        "610922 resident_medical: 280.00 yuan of open cases, 0.00 in in_transit_area",
    ),
    "an accepted case whose acceptance was not posted": (_CASE, "handoff.opened of "),
    "a case that stands elsewhere than its steps": (
        _CASE + "UPDATE handoff SET state = 'paid'",
        "case c-1 is paid after 1 steps, its last step is 1, accepted",
    ),
    "a case whose steps were rewritten": (_CASE, "case c-1: step 1 is not what its hash says"),
    "a step that the audit log does not know": (_CASE, "step 1 of case c-1 is not in both book and audit log"),
    "a payment dropped, its transfer left": (
        "DELETE FROM payment WHERE id = 1",
        "payment.settled of 1: there is no such payment",
    ),
    "a payment dropped with its transfer": (
        "DELETE FROM payment WHERE id = 1; DELETE FROM transfer WHERE code = 'payment.settled' AND subject_id = 1",
        "payment V1 is told of in the audit log and is not there",
    ),
    "an overpayment dropped, its transfer left": (
        "DELETE FROM payment WHERE id = 4",
        "payment.overpaid of 4: there is no such payment",
    ),
    "an overpayment dropped with its transfer": (
        "DELETE FROM payment WHERE id = 4; DELETE FROM transfer WHERE code = 'payment.overpaid'",
        "payment V4 is told of in the audit log and is not there",
    ),
    "money of nobody dropped with its transfer": (
        "DELETE FROM payment WHERE id = 6; DELETE FROM transfer WHERE code = 'payment.unidentified'",
        "payment V6 is told of in the audit log and is not there",
    ),
    "the transfer of a payment dropped": (
        "DELETE FROM transfer WHERE code = 'payment.settled' AND subject_id = 1",
        "payment V1 of 280.00 yuan for due 1 is booked with 0.00",
    ),
    "the transfer of a reversal dropped": (
        "DELETE FROM transfer WHERE code = 'payment.reversed'",
        "reversal V7 of 280.00 yuan for due 2 is booked with 0.00",
    ),
    "a payment made up": (
        'INSERT INTO payment SELECT (jsonb_populate_record(p, \'{"id": 99, "voucher_no": "V99"}\')).* FROM payment p'
        " WHERE id = 4; INSERT INTO transfer SELECT code, 99, debit_id, credit_id, amount, due_id, business_date FROM"
        " transfer WHERE code = 'payment.overpaid'",
        "payment V99 is not told of in the audit log",
    ),
    "a payment pointed at another due": (
        "UPDATE payment SET due_id = 5 WHERE id = 1",
        "payment V1 of 280.00 yuan for due 5 is booked with 280.00 for due 1",
    ),
    "a payment pointed at another due with its transfer": (
        "UPDATE payment SET due_id = 5 WHERE id = 4; UPDATE transfer SET due_id = 5 WHERE code = 'payment.overpaid'",
        "payment V4 is given to due 5, it came for another person",
    ),
    "a payment pointed at nobody": (
        "UPDATE payment SET due_id = NULL WHERE id = 4; UPDATE transfer SET due_id = NULL, credit_id ="
        f" {_ACCOUNT.format('unidentified', '')}, code = 'payment.unidentified' WHERE code = 'payment.overpaid'",
        "payment V4 is told otherwise in the audit log",
    ),
    "a payment's amount changed with its transfer": (
        "UPDATE payment SET amount = 1 WHERE id = 4; UPDATE transfer SET amount = 1 WHERE code = 'payment.overpaid'",
        "payment V4 is of 0.01 yuan, the audit log says 280.00",
    ),
    "a reversal pointed at another payment": (
        "UPDATE payment SET reverses = 'V1' WHERE id = 7",
        "reversal V7 of 280.00 yuan: payment V1 of its due is not there",
    ),
    "a due's receivable moved to a department": (
        f"UPDATE transfer SET debit_id = {_SPONSOR} WHERE code = 'due.assessed' AND subject_id = 5",
        "due.assessed of 5 debits 610922 receivable_sponsor resident_medical fiscal",
    ),
    "a payment's transfer moved to what is overpaid": (
        f"UPDATE transfer SET credit_id = {_ACCOUNT.format('overpaid', '')} WHERE code = 'payment.unidentified'",
        "payment.unidentified of 6 debits 610922 cleared_at_tax",
    ),
    "a grant's transfer moved to another fund": (
        f"UPDATE transfer SET credit_id = {_VETERANS} WHERE code = 'assistance.granted' AND subject_id = 3",
        "assistance.granted of 3 debits 610922 fund_claim resident_medical medical_assistance and credits",
    ),
    "a transfer turned round": (
        "UPDATE transfer SET debit_id = credit_id, credit_id = debit_id WHERE code = 'payment.overpaid'",
        "payment.overpaid of 4 debits 610922 overpaid",
    ),
    "a transfer for a reason of its own": (
        "UPDATE transfer SET code = 'payment.gift' WHERE code = 'payment.overpaid'",
        "payment.gift of 4: that is no reason",
    ),
    "a transfer about nothing": (
        "INSERT INTO transfer SELECT code, 99, debit_id, credit_id, amount, due_id, business_date FROM transfer"
        " WHERE code = 'assistance.granted' AND subject_id = 1",
        "assistance.granted of 99: there is no such assistance",
    ),
    "a transfer to an account that is not there": (
        "UPDATE transfer SET debit_id = 9999 WHERE code = 'due.assessed' AND subject_id = 5",
        "due.assessed of 5 names an account that is not there",
    ),
    "a grant of more than the premium": (
        "UPDATE assistance SET amount = 28001 WHERE id = 1",
        "enrolment 1 is assisted with 280.01 of a standard of 280.00",
    ),
    "a paid due called open": (
        "UPDATE due SET state = 'accepted' WHERE id = 1",
        "due 1 is accepted with 280.00 of 280.00 yuan paid",
    ),
    "an open due called paid": (
        "UPDATE due SET state = 'paid', paid = amount, paid_on = '2020-10-15' WHERE id = 5",
        "due 5 (paid) says 0.00 yuan are owed, the ledger says 280.00",
    ),
    "a void due called refused and its withdrawal dropped": (
        "DELETE FROM transfer WHERE code = 'due.withdrawn'",
        "due.withdrawn of due 6: the due says 280.00 yuan, the ledger 0.00",
    ),
    "an open due withdrawn in the ledger alone": (
        "INSERT INTO transfer SELECT 'due.withdrawn', 5, credit_id, debit_id, amount, 5, business_date FROM transfer"
        " WHERE code = 'due.assessed' AND subject_id = 5",
        "due.withdrawn of due 5: the due says 0.00 yuan, the ledger 280.00",
    ),
    "a due given to another person": (
        "UPDATE due SET person_id = 4 WHERE id = 5",
        "due 5 names person 4, the enrolment is of person 5",
    ),
    "a due given to another person with the enrolment": (
        "UPDATE due SET person_id = 4, enrolment_id = 4 WHERE id = 5",
        "due 5 is told otherwise in the audit log",
    ),
    "a due's amount changed with its transfer": (
        "UPDATE due SET amount = 100 WHERE id = 5;"
        " UPDATE transfer SET amount = 100 WHERE code = 'due.assessed' AND subject_id = 5",
        "due 5 is of 1.00 yuan, the audit log says 280.00",
    ),
    "the newest version of a due not current": (
        _NEWER.format(current="false"),
        "the due of enrolment 5 for resident_medical (person): 2 versions up to number 2, 1 current (number 1)",
    ),
    "two versions of a due current": (
        _NEWER.format(current="true"),
        "the due of enrolment 5 for resident_medical (person): 2 versions up to number 2, 2 current",
    ),
    "no version of a due current": (
        "UPDATE due SET current = false WHERE id = 5",
        "the due of enrolment 5 for resident_medical (person): 1 versions up to number 1, 0 current",
    ),
    "a grant made larger and another smaller by as much": (
        "UPDATE assistance SET amount = amount + 2000 WHERE id = 3; UPDATE assistance SET amount = amount - 2000"
        " WHERE id = 4",
        "assistance.granted of 3: the book says 140.00 yuan for due 3, the ledger 120.00",
    ),
    "both grants changed with their transfers and orders": (
        "UPDATE assistance SET amount = amount + CASE id WHEN 1 THEN 2000 ELSE -2000 END WHERE id IN (1, 3);"
        " UPDATE disbursement SET amount = amount + CASE id WHEN 1 THEN 2000 ELSE -2000 END WHERE id IN (1, 2);"
        " UPDATE transfer SET amount = amount + CASE subject_id WHEN 1 THEN 2000 ELSE -2000 END WHERE"
        " (code, subject_id) IN (('assistance.granted', 1), ('assistance.granted', 3), ('assistance.ordered', 1),"
        " ('assistance.ordered', 2), ('assistance.arrived', 1))",
        "assistance 1 is of 140.00 yuan, the audit log says 120.00",
    ),
    "a grant given to another person": (
        "UPDATE assistance SET person_id = 4 WHERE id = 1",
        "assistance 1 names person 4, its due is of person 1",
    ),
    "a grant given to another person's due": (
        "UPDATE assistance SET person_id = 4, due_id = 4, enrolment_id = 4 WHERE id = 1",
        "assistance.granted of 1: the book says 120.00 yuan for due 4, the ledger 120.00 for due 1",
    ),
    "a cancelled grant brought back to life": (
        "UPDATE assistance SET state = 'granted' WHERE id = 2",
        "assistance.cancelled of 2: the book says 0.00 yuan",
    ),
    "an ordered grant called paid": (
        "UPDATE assistance SET state = 'paid' WHERE id = 3",
        "assistance 3 of 120.00 yuan is paid; of its 1 orders 1 are open and 0 paid",
    ),
    "a pay-out's amount changed": (
        "UPDATE disbursement SET amount = 99900 WHERE id = 1",
        "assistance.ordered of 1: the book says 999.00 yuan for due 1, the ledger 120.00",
    ),
    "a pay-out's amount changed with its transfers": (
        "UPDATE disbursement SET amount = 99900 WHERE id = 1; UPDATE transfer SET amount = 99900"
        " WHERE code IN ('assistance.ordered', 'assistance.arrived') AND subject_id = 1",
        "assistance 1 of 120.00 yuan is paid; of its 1 orders 0 are open and 1 paid, of 999.00",
    ),
    "a pay-out sent to another person's account": (
        "UPDATE disbursement SET bank_account_id = 3 WHERE id = 1",
        "order 1 names an account of person 3, its assistance is of person 1",
    ),
    "an account given to another person": (
        "UPDATE bank_account SET person_id = 5 WHERE id = 1",
        "order 1 names an account of person 5",
    ),
    "a pay-out without its transfers": (
        "DELETE FROM transfer WHERE code IN ('assistance.ordered', 'assistance.arrived') AND subject_id = 1",
        "assistance.arrived of 1: the book says 120.00 yuan for due 1, the ledger 0.00",
    ),
    "a paid due lowered by hand": (
        "UPDATE due SET lowered = 100 WHERE id = 1",
        "due 1 was lowered by 1.00 yuan, its corrections or the ledger say 0.00",
    ),
    "a correction without a transfer": (
        "INSERT INTO correction SELECT 1, id, person_id, 100, decision_id, paid_on FROM due WHERE id = 1;"
        " UPDATE due SET lowered = 100 WHERE id = 1",
        "due 1 was lowered by 1.00 yuan, its corrections or the ledger say 0.00",
    ),
    "cover held for nothing": (
        "UPDATE enrolment SET held_from = '2021-01-01' WHERE id = 1",
        "the cover of enrolment 1 is held and 0 clawbacks that hold it are open",
    ),
    "a clawback that the ledger knows nothing of": (
        "INSERT INTO clawback (assistance_id, enrolment_id, person_id, area, insurance, source, category, amount,"
        " revoked_on, opened_on, holds_cover, decision) SELECT id, enrolment_id, person_id, area, insurance, source,"
        " category, amount, granted_on, granted_on, false, '{}' FROM assistance WHERE id = 1",
        "clawback.opened of 1: the book says 120.00 yuan, the other side 0.00",
    ),
    "money of nobody given to a due past the ledger": (
        "INSERT INTO allocation (id, payment_id, due_id, amount, reason, business_date)"
        " VALUES (1, 6, 5, 500, 'x', '2020-10-15')",
        "allocation.made of 1: the book says 5.00 yuan, the ledger nothing, the audit log nothing",
    ),
    "more money of nobody given to a due than came": (
        "INSERT INTO allocation (id, payment_id, due_id, amount, reason, business_date)"
        " VALUES (1, 6, 5, 501, 'x', '2020-10-15')",
        "5.01 yuan stand on dues out of voucher V6",
    ),
    "money of a due given to another": (
        "INSERT INTO allocation (id, payment_id, due_id, amount, reason, business_date)"
        " VALUES (1, 4, 5, 28000, 'x', '2020-10-15')",
        "280.00 yuan stand on dues out of voucher V4, which was booked for a due",
    ),
    "a due paid by money of nobody in the ledger alone": (
        f"INSERT INTO transfer SELECT 'allocation.made', 9, {_ACCOUNT.format('unidentified', '')}, debit_id, 500, 5,"
        " business_date FROM transfer WHERE code = 'due.assessed' AND subject_id = 5",
        "allocation.made of 9: there is no such allocation",
    ),
    "an allocation taken back that never was": (
        "INSERT INTO allocation (id, payment_id, due_id, amount, reason, business_date) VALUES (1, 6, 5, 500, 'x',"
        " '2020-10-15'); INSERT INTO allocation (id, payment_id, due_id, amount, undoes, reason, business_date)"
        " VALUES (2, 6, 4, 500, 1, 'x', '2020-10-15')",
        "allocation 2 takes back another than 1",
    ),
    "a returned pay-out called paid": (
        "UPDATE disbursement SET state = 'paid' WHERE id = 3",
        "order 3 is told otherwise in the audit log",
    ),
    "a refund made larger than what was too much": (
        "UPDATE refund_item SET amount = 28001 WHERE stood = 'overpaid'",
        "payment 4: 280.01 yuan are given back of 280.00 that were above what was due",
    ),
    "a refund of a payment that tax has reversed": (
        'INSERT INTO payment SELECT (jsonb_populate_record(p, \'{"id": 99, "voucher_no": "V99", "kind":'
        ' "reversal", "reverses": "V4", "remark": "reversed"}\')).* FROM payment p WHERE id = 4',
        "payment 4: 280.00 yuan are given back of 0.00 that were above what was due",
    ),
    "a refund's transfer dropped": (
        "DELETE FROM transfer WHERE code = 'refund.overpaid_approved'",
        "refund.overpaid_approved of 1: the book says 280.00 yuan for due 3, the ledger 0.00",
    ),
    "an approved refund called done by tax": (
        "UPDATE refund_item SET state = 'paid' WHERE stood = 'overpaid'",
        "the refunds say refund_payable is 0.00 yuan, the ledger 280.00",
    ),
    "a refund by the treasury called under way again": (
        "UPDATE refund_item SET state = 'ordered' WHERE stood = 'premium_levied'",
        "refund item 2 of 280.00 yuan is ordered; of its 2 orders 0 are open and 1 paid",
    ),
    "a refund given to another person": (
        "UPDATE refund_item SET person_id = 4 WHERE stood = 'premium_levied'",
        "refund item 2 names another person, due, area or insurance than its case 2",
    ),
    "a refunded due called paid": (
        "UPDATE due SET state = 'paid' WHERE id = 8",
        "refund case 2 (refunded) gives back 280.00 yuan of 280.00 decided; its due is paid with 280.00 paid",
    ),
    "a paid due called refunded": (
        "UPDATE due SET state = 'refunded' WHERE id = 1",
        "refund case unknown (None) gives back 0.00 yuan of 0.00 decided; its due is refunded with 280.00 paid",
    ),
    "another reviewer than the one who approved": (
        "UPDATE refund_case SET reviewed_by = 'somebody' WHERE id = 2",
        "refund case 2: approved are 280.00 yuan, the audit log says 280.00, or names another reviewer",
    ),
    "a line of a statement raised": (
        "UPDATE fund_statement_line SET amount = 13000 WHERE subject_id = 1",
        "statement 610922-2021-0001 claims 360.00 and deducts 0.00 yuan, its lines 370.00 and 0.00",
    ),
    "a line that counts no more, its statement left": (
        "UPDATE fund_statement_line SET live = false WHERE subject_id = 1",
        "statement 610922-2021-0001 claims 360.00 and deducts 0.00 yuan, its lines 360.00 and 0.00; 100.00 are settled,"
        " by vouchers 100.00; lines count that should not",
    ),
    "a claim for another person": (
        "UPDATE fund_statement_line SET person_id = 4 WHERE subject_id = 1",
        "statement 610922-2021-0001, claim 1 of 120.00 yuan: the book says 120.00 of person 1",
    ),
    "a claim for nobody": (
        "UPDATE fund_statement_line SET subject_id = 99 WHERE subject_id = 1",
        "statement 610922-2021-0001, claim 99 of 120.00 yuan: the book says nothing of it",
    ),
    "a settlement without its transfer": (
        "DELETE FROM transfer WHERE code = 'fund.settled'",
        "fund.settled of 1: the book says 100.00 yuan, the ledger 0.00",
    ),
    "a statement that asks for more": (
        "UPDATE fund_statement SET claimed = claimed + 100",
        "medical_assistance (resident_medical): statements and grants say fund_claim is 261.00 yuan, the ledger 260.00",
    ),
    "a settlement made larger with all that goes with it": (
        "UPDATE fund_settlement SET amount = 11000; UPDATE fund_statement SET settled = 11000;"
        " UPDATE transfer SET amount = 11000 WHERE code = 'fund.settled'",
        "funds.settled CZ-1: the book says 110.00, the audit log 100.00",
    ),
    "a statement dropped with its lines and settlement": (
        "DELETE FROM fund_settlement; DELETE FROM fund_statement_line; DELETE FROM fund_statement;"
        " DELETE FROM transfer WHERE code = 'fund.settled'",
        "funds.drawn 610922-2021-0001: the book says nothing, the audit log 360.00",
    ),
}


@contextmanager
def planting(county: Stage, statements: str) -> Iterator[Connection]:
    """A transaction in which nothing guards the tables, with this done in it; it is rolled back."""
    with county.house.engine.connect() as connection:
        for table in _GUARDED:
            connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        connection.exec_driver_sql(_WITHOUT)
        connection.exec_driver_sql(statements)
        yield connection
        connection.rollback()


def test_an_untouched_county_gives_no_sentence(county: Stage) -> None:
    county.assert_books_hold()


@pytest.mark.parametrize("plant", PLANTS)
def test_what_is_planted_is_named_with_its_place(county: Stage, plant: str) -> None:
    statements, named = PLANTS[plant]
    with planting(county, statements) as connection:
        found = check_ledger(connection)
    assert any(sentence.startswith(named) for sentence in found), found


def test_no_check_is_idle_each_notices_one_of_the_plants(county: Stage) -> None:
    idle = set(CHECKS)
    for statements, _ in PLANTS.values():
        with planting(county, statements) as connection:
            idle -= {check for check in idle if check(connection)}
    assert idle == set()


def test_many_wrong_rows_of_one_kind_are_counted(county: Stage) -> None:
    with planting(county, "DELETE FROM payment") as connection:
        assert "payment.settled of 1 and 5 more: there is no such payment" in check_ledger(connection)


def test_the_table_of_pairs_is_what_the_postings_do() -> None:
    """Accounts that are their own names tell what each posting debits and credits."""

    class Named(dict):  # type: ignore[type-arg]
        def __missing__(self, key: tuple[str, str, str]) -> str:
            return RECEIVABLE if key[0].startswith("receivable") else key[0]

    accounts = Named()
    about = (accounts, 1, 7, "resident_medical")
    posted = [
        dues.assessed(accounts, 7, "resident_medical", "fiscal", 1),
        dues.withdrawn(accounts, 7, "resident_medical", "person", 1),
        *dues.paid(*about, "person", 1, 1),
        *dues.reversed_payment(*about, "fiscal", 1, 1),
        dues.unidentified(accounts, 1, "resident_medical", 1),
        dues.unidentified_reversed(accounts, 1, "resident_medical", 1),
        *(step(*about, "fiscal", 1) for step in (
            assistance.granted, assistance.cancelled, assistance.ordered, assistance.arrived, assistance.came_back,
            refunds.ordered, refunds.arrived, refunds.came_back,
            assistance.applied, assistance.unapplied, clawback.opened, clawback.repaid,
        )),
        dues.allocated(*about, "person", 1),
        dues.unallocated(*about, "fiscal", 1),
        *(refunds.approved(*about, "", 1, stood) for stood in ("premium_levied", "overpaid", "unidentified")),
        refunds.approved(*about, "fiscal", 1, "premium_levied"),
        *(refunds.stopped(*about, "", 1, stood) for stood in ("premium_levied", "overpaid", "unidentified")),
        refunds.stopped(*about, "fiscal", 1, "premium_levied"),
        refunds.carried_out(*about, 1),
        dues.lowered(accounts, 1, 7, "resident_medical", 1),
        *(step(accounts, 1, "resident_medical", "fiscal", 1) for step in (
            funds.set_off, funds.set_off_undone, funds.settled, funds.given_back,
        )),
        dues.lowering_undone(accounts, 1, 7, "resident_medical", 1),
        handoffs.opened(accounts, 1, 7, "resident_medical", 1),
        handoffs.closed(accounts, 1, 7, "resident_medical", 1),
    ]  # fmt: skip
    assert {one.code: (one.debit_id, one.credit_id) for one in posted} == {
        code: (pair.debit, pair.credit) for code, pair in PAIRS.items()
    }
    assert {code for pair in PAIRS.values() for code in pair[1:]} - {RECEIVABLE} <= set(chart())
