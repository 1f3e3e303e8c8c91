"""What somebody may change past the service in what goes out: grants, refunds, claims on funds; and what names it."""

_ACCOUNT = "(SELECT id FROM account WHERE code = '{}' AND insurance = 'resident_medical' AND source = '{}')"

PLANTS = {
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
