"""The links above each page, by what one wants to look at; each person has those that they may open."""

from __future__ import annotations

from worker.operators.accounts import Operator

MENU = (
    ("menu_day", (("/", "overview.see", "overview"), ("/people", "case.read", "people_page"))),
    ("menu_levy", (("/enrolments", "dues.see", "enrolments"), ("/dues", "dues.see", "dues"),
                   ("/assistance", "dues.see", "assistance_page"),
                   ("/quarantine", "quarantine.see", "quarantine_page"),
                   ("/duplicates", "refund.see", "duplicates"))),
    ("menu_work", (("/failures", "jobs.see", "failures"), ("/unknown", "jobs.see", "unknown_page"),
                   ("/requests", "jobs.see", "requests"), ("/batches", "dues.see", "batches"),
                   ("/schedule", "jobs.see", "schedule"), ("/doctor", "doctor.see", "doctor"))),
    ("menu_money", (("/refunds", "refund.see", "refunds"), ("/clawbacks", "funds.see", "clawbacks"),
                    ("/held", "dues.see", "held"),
                    ("/reconciliation", "breaks.see", "reconciliation"), ("/funds", "funds.see", "funds"),
                    ("/handoffs", "handoff.see", "handoffs"), ("/check", "books.check", "check"))),
    ("menu_rules", (("/policies", "policy.see", "policies"), ("/audit", "audit.see", "audit"),
                    ("/operators", "operators.manage", "operators"),
                    ("/keys", "keys.change", "keys"), ("/service-keys", "service_keys.manage", "service_keys"),
                    ("/acts", "acts.see", "own_acts"))),
)  # fmt: skip
"""Name of a group, and of each link: where, the act that one must be allowed, its word."""


def menu_of(who: Operator | None) -> list[tuple[str, list[tuple[str, str]]]]:
    """The groups of which this person may open a page, with those pages; nothing before the password is one's own."""
    if who is None or who.must_change:
        return []
    groups = [(name, [(link, word) for link, act, word in links if who.may(act)]) for name, links in MENU]
    return [(name, links) for name, links in groups if links]
