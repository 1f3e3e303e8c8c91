"""What somebody may change past the service in what was asked for and what came in, and the sentence that names it."""

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
    "a payment that no longer says it was too little": (
        "UPDATE payment SET remark = NULL WHERE due_id = 4",
        "due 4 is part_paid, and no payment of it was too little",
    ),
    "a due unpaid again without a reversal, its assistance at the bank": (
        "UPDATE due SET state = 'accepted', paid = 0, paid_on = NULL WHERE id = 1",
        "assistance 1 is paid and its due 1 accepted, which nobody ever paid",
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
}
