"""All checks of the books against one another: a tuple of same-shaped functions, each a list of sentences.

They look at everything in a few statements each, and are for changes that went past the service: whatever its own
transactions write keeps every one of them.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

from worker.ledger.checks_allocations import allocations_agree, allocations_are_covered
from worker.ledger.checks_assistance import (
    assistance_agrees,
    assistance_belongs,
    assistance_is_posted,
    nothing_above_standard,
    orders_fit,
    payments_came_first,
)
from worker.ledger.checks_clawbacks import clawbacks_agree, held_cover_fits
from worker.ledger.checks_dues import (
    corrections_agree,
    dues_agree,
    dues_are_posted,
    dues_belong,
    one_version_counts,
    parts_are_known,
    states_fit,
)
from worker.ledger.checks_funds import (
    funds_are_posted,
    funds_owe,
    lines_are_grants,
    statements_add_up,
    statements_are_told,
)
from worker.ledger.checks_handoffs import (
    cases_stand_as_told,
    handoffs_are_posted,
    histories_are_whole,
    steps_are_told,
    transit_is_open_cases,
)
from worker.ledger.checks_payments import payments_agree, payments_belong, reversals_belong
from worker.ledger.checks_refunds import (
    approvals_are_told,
    refund_cases_fit,
    refund_orders_fit,
    refunds_agree,
    refunds_are_posted,
    refunds_belong,
    refunds_within_payments,
)
from worker.ledger.checks_told import dues_are_told, grants_are_told, orders_are_told, payments_are_told
from worker.ledger.checks_transfers import accounts_fit, nothing_dangles

CHECKS: tuple[Callable[[Connection], list[str]], ...] = (
    nothing_dangles,
    accounts_fit,
    dues_belong,
    dues_are_posted,
    dues_agree,
    states_fit,
    parts_are_known,
    corrections_agree,
    one_version_counts,
    payments_agree,
    payments_belong,
    reversals_belong,
    allocations_agree,
    allocations_are_covered,
    assistance_belongs,
    assistance_is_posted,
    assistance_agrees,
    orders_fit,
    payments_came_first,
    nothing_above_standard,
    clawbacks_agree,
    held_cover_fits,
    dues_are_told,
    payments_are_told,
    grants_are_told,
    orders_are_told,
    refunds_belong,
    refunds_within_payments,
    refunds_are_posted,
    refunds_agree,
    refund_cases_fit,
    refund_orders_fit,
    approvals_are_told,
    statements_add_up,
    lines_are_grants,
    funds_are_posted,
    funds_owe,
    statements_are_told,
    transit_is_open_cases,
    handoffs_are_posted,
    cases_stand_as_told,
    histories_are_whole,
    steps_are_told,
)
"""All checks; each answers with what is wrong, nothing when all is well."""


def check_ledger(connection: Connection) -> list[str]:
    """Every sentence of every check."""
    return [sentence for check in CHECKS for sentence in check(connection)]
