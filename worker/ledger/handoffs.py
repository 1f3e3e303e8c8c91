"""What happens to the money of a wrong-area case at the origin, as postings.

From the other side's acceptance until the refund has been carried out, or the case has ended without one, the money is
neither this area's premium nor anybody else's. The refund itself is posted where refunds are.
"""

from __future__ import annotations

from policies.money import Fen
from worker.ledger.chart import Accounts
from worker.ledger.post import Transfer


def opened(accounts: Accounts, handoff_id: int, due_id: int, insurance: str, amount: Fen) -> Transfer:
    """The intended place takes the person: the money is in transit between the two areas."""
    transit, cleared = accounts["in_transit_area", insurance, ""], accounts["cleared_at_tax", insurance, ""]
    return Transfer("handoff.opened", handoff_id, transit, cleared, amount, due_id)


def closed(accounts: Accounts, handoff_id: int, due_id: int, insurance: str, amount: Fen) -> Transfer:
    """The refund was carried out, or there will be none: nothing is in transit any more."""
    transit, cleared = accounts["in_transit_area", insurance, ""], accounts["cleared_at_tax", insurance, ""]
    return Transfer("handoff.closed", handoff_id, cleared, transit, amount, due_id)
