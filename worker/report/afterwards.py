"""What became known after an amount was asked for, and how premiums were paid, as lines of a season's report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from policies.money import yuan
from worker.report.held import LISTS

AFTERWARDS: Final = {
    "dues_anew": "SELECT count(*) FROM due WHERE version > 1 AND part = 0",
    "dues_lowered": "SELECT count(*) FROM due WHERE lowered > 0",
    "lowered_fen": "SELECT coalesce(sum(lowered), 0) FROM due",
    "supplements": "SELECT count(*) FROM due WHERE part > 0",
    "on_application": "SELECT count(*) FROM assistance a WHERE a.state <> 'cancelled' AND EXISTS"
    " (SELECT FROM application p WHERE p.person_id = a.person_id AND p.category = a.category)",
    "clawbacks": "SELECT count(*) FROM clawback",
    "clawback_fen": "SELECT coalesce(sum(amount), 0) FROM clawback",
    "clawback_repaid_fen": "SELECT coalesce(sum(repaid), 0) FROM clawback",
    "taken_back": "SELECT count(*) FROM payment WHERE remark = 'reversed'",
    "taken_back_fen": "SELECT coalesce(sum(amount), 0) FROM payment WHERE remark = 'reversed'",
    "paid_again": "SELECT count(DISTINCT (n.enrolment_id, n.insurance)) FROM payment p JOIN due d ON d.id = p.due_id"
    " JOIN due n ON n.enrolment_id = d.enrolment_id AND n.insurance = d.insurance AND n.current AND n.state = 'paid'"
    " WHERE p.remark = 'reversed'",
    "reclaimable": f"SELECT count(*) FROM ({LISTS['reclaim'].sql}) AS h",
    "reclaimed": "SELECT count(*) FROM clawback WHERE revoked_on IS NULL",
    "special_paid": "SELECT count(*) FROM due WHERE channel = 'special' AND state = 'paid'",
    "school_students": "SELECT count(*) FROM payment WHERE channel = 'college_virtual_account' AND kind = 'payment'",
    "school_vouchers": "SELECT count(DISTINCT voucher_no) FROM payment WHERE channel = 'college_virtual_account'"
    " AND kind = 'payment'",
    "part_paid": "SELECT count(*) FROM due WHERE state = 'part_paid'",
    "allocations": "SELECT count(*) FROM allocation",
    "two_insurances": "SELECT count(*) FROM (SELECT FROM payment p JOIN due d ON d.id = p.due_id"
    " WHERE p.kind = 'payment' GROUP BY p.voucher_no, d.person_id HAVING count(DISTINCT d.insurance) > 1) AS s",
    "both_ways": "SELECT count(*) FROM (SELECT FROM assistance WHERE state <> 'cancelled' AND enrolment_id IS NOT NULL"
    " GROUP BY enrolment_id HAVING count(DISTINCT timing = 'at_levy') > 1) AS s",
}
"""Counts by name; those that end in ``_fen`` are sums in fen."""


def afterwards_told(counts: Mapping[str, int]) -> list[str]:
    """Three lines with these counts."""
    return [
        f"Known later 事后: {counts['dues_anew']:,} dues asked for anew, {counts['dues_lowered']:,} lowered after the"
        f" payment ({yuan(counts['lowered_fen'])}), {counts['supplements']:,} supplements; assisted on application"
        f" {counts['on_application']:,}; clawbacks {counts['clawbacks']:,} ({yuan(counts['clawback_fen'])}, of which"
        f" {yuan(counts['clawback_repaid_fen'])} repaid): `levy clawback list`.",
        f"Taken back by banks 退票冲正: {counts['taken_back']:,} payments ({yuan(counts['taken_back_fen'])}), of"
        f" {counts['paid_again']:,} premiums paid again; assistance asked back for it {counts['reclaimed']:,}, to"
        f" decide {counts['reclaimable']:,}: `levy held reclaim`.",
        f"Paid 缴费: by the special channel {counts['special_paid']:,}; {counts['school_students']:,} students on"
        f" {counts['school_vouchers']:,} vouchers of schools, money of nobody given to {counts['allocations']:,} dues,"
        f" {counts['part_paid']:,} dues paid in part; two insurances on one voucher {counts['two_insurances']:,};"
        f" assisted both at the levy and afterwards {counts['both_ways']:,} people.",
    ]
