"""What a process of the service is made of. Flows are given one; ``worker.wiring`` builds it."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Engine

from adapters.ports import TaxPort, TreasuryPort
from config.settings import Settings
from worker.audit.log import AuditLog
from worker.clock import Clock
from worker.handoff.parties import Peers
from worker.keys import Keychain
from worker.law import Law
from worker.ledger.chart import Accounts, open_accounts
from worker.privacy import Vault


@dataclass
class House:
    """Settings, the database, the vault, the audit log, the keys, the clock, the law in force, and the neighbours."""

    settings: Settings
    engine: Engine
    vault: Vault
    audit: AuditLog
    keychain: Keychain
    clock: Clock
    law: Law
    tax: TaxPort
    treasury: TreasuryPort
    peers: Peers
    _accounts: dict[str, Accounts] = field(default_factory=dict)

    def accounts(self, area: str) -> Accounts:
        """The area's ledger accounts by (code, insurance, source)."""
        if area not in self._accounts:
            self._accounts[area] = open_accounts(self.engine, area)
        return self._accounts[area]
