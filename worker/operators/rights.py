"""Which act needs which role: the one table that the console and the command line go by."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

VIEWER, CLERK, REVIEWER, OPERATOR, AUDITOR, ADMIN = "viewer", "clerk", "reviewer", "operator", "auditor", "admin"
EVERYBODY = (VIEWER, CLERK, REVIEWER, OPERATOR, AUDITOR, ADMIN)


class Right(NamedTuple):
    """What an act is, in words for a refusal, and the roles of which one is needed."""

    what: str
    roles: tuple[str, ...]


RIGHTS = {
    # looking
    "overview.see": Right("see the overview", EVERYBODY),
    "acts.see": Right("see one's own acts", EVERYBODY),
    "password.change": Right("change one's own password", EVERYBODY),
    "jobs.see": Right("see jobs and failures", (VIEWER, CLERK, REVIEWER, OPERATOR, AUDITOR)),
    "dues.see": Right("see dues, assistance and batches", (VIEWER, CLERK, REVIEWER, OPERATOR, AUDITOR)),
    "quarantine.see": Right("see rows in quarantine", (VIEWER, CLERK, REVIEWER, OPERATOR, AUDITOR)),
    "refund.see": Right("see refunds", (VIEWER, CLERK, REVIEWER, AUDITOR)),
    "breaks.see": Right("see reconciliation and breaks", (VIEWER, CLERK, REVIEWER, OPERATOR, AUDITOR)),
    "funds.see": Right("see funds and statements of claim", (VIEWER, CLERK, REVIEWER, AUDITOR)),
    "handoff.see": Right("see cases between areas", (VIEWER, CLERK, REVIEWER, OPERATOR, AUDITOR)),
    "audit.see": Right("search the audit log and verify its chains", (AUDITOR,)),
    "policy.see": Right("see notices", (VIEWER, CLERK, REVIEWER, OPERATOR, AUDITOR)),
    "policy.try": Right("try changes of notices over the roster", (CLERK, REVIEWER, OPERATOR, AUDITOR)),
    "case.read": Right("read a person's case file", (CLERK, REVIEWER, AUDITOR)),
    # the work of clerks, and of those who review it: never the same person for one case
    "quarantine.mend": Right("take correction sheets, and take lists in", (CLERK,)),
    "dues.release": Right("release dues that a department refused", (CLERK,)),
    "refund.enter": Right("enter refunds and release held ones", (CLERK,)),
    "refund.review": Right("review refunds", (REVIEWER,)),
    "duplicate.decide": Right("decide duplicate enrolments", (CLERK,)),
    "duplicate.review": Right("review decisions on duplicate enrolments", (REVIEWER,)),
    "handoff.step": Right("open, accept and refuse cases between areas", (CLERK,)),
    "handoff.review": Right("review, decide and withdraw cases between areas", (REVIEWER,)),
    "breaks.own": Right("look after breaks", (CLERK, OPERATOR)),
    "clawback.book": Right("ask assistance back and book repayments", (CLERK,)),
    "clawback.review": Right("review what is asked back", (REVIEWER,)),
    "funds.book": Right("draw, settle and withdraw statements of claim", (CLERK,)),
    # running the exchange; what one asks for another confirms (worker/jobs/intervene.py)
    "jobs.intervene": Right("ask about, replay and discard jobs, and call for a round", (OPERATOR,)),
    "books.check": Right("check the books against one another", (CLERK, REVIEWER, OPERATOR, AUDITOR)),
    "doctor.see": Right("see what is wrong with the installation", (OPERATOR, ADMIN)),
    "keys.change": Right("rotate and retire keys", (ADMIN,)),
    "service_keys.manage": Right("manage keys of systems that call the API", (ADMIN,)),
    "audit.anchor": Right("anchor the heads of the audit chains", (AUDITOR,)),
    "audit.remove": Right("remove what was kept long enough of the audit log", (AUDITOR,)),
    "operators.manage": Right("manage accounts", (ADMIN,)),
}


def may(roles: Collection[str], act: str) -> bool:
    """Whether somebody with these roles may do ``act``, a key of ``RIGHTS``."""
    return not set(roles).isdisjoint(RIGHTS[act].roles)
