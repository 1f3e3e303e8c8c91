"""Where personal data is kept: the encrypted columns, and the columns of keyed hashes with what they are made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from worker.indexed import account_key, document_key, subject_key, subjects
from worker.privacy import Seal, Vault


class Encrypted(NamedTuple):
    """A table with encrypted columns, and the number by which its rows are told apart."""

    table: str
    id: str
    columns: tuple[str, ...]


ENCRYPTED = (
    Encrypted("person", "id", ("cert_cipher", "name_cipher")),
    Encrypted("bank_account", "id", ("account_cipher", "account_name_cipher")),
    Encrypted("quarantined_row", "id", ("row_cipher",)),
    Encrypted("held_row", "id", ("body",)),
    Encrypted("handoff", "id", ("identity",)),
    Encrypted("peer_notice", "id", ("cert_cipher",)),
    Encrypted("message", "job_id", ("body",)),
)
"""Every encrypted column there is: a test compares this with the tables."""


@dataclass(frozen=True)
class Indexed:
    """A column of keyed hashes, what a row needs for its hash (``reads``, from ``source``), and how it is made."""

    table: str
    column: str
    type: str
    reads: str
    source: str
    hashes: Callable[[Vault, Seal, Sequence[Any]], Sequence[Any]]

    @property
    def next(self) -> str:
        """The column beside it that a new key fills, as long as that takes."""
        return f"{self.column}_next"


def _of_documents(vault: Vault, seal: Seal, rows: Sequence[Any]) -> list[bytes]:
    numbers = vault.decrypt(bytes(row.cert_cipher) for row in rows)
    return seal.index(document_key(row.cert_type, number) for row, number in zip(rows, numbers, strict=True))


def _of_names(vault: Vault, seal: Seal, rows: Sequence[Any]) -> list[bytes]:
    return seal.index(vault.decrypt(bytes(row.name_cipher) for row in rows))


def _of_accounts(vault: Vault, seal: Seal, rows: Sequence[Any]) -> list[bytes]:
    numbers = vault.decrypt(bytes(row.account_cipher) for row in rows)
    names = vault.decrypt(bytes(row.account_name_cipher) for row in rows)
    banks = [row.bank for row in rows]
    return seal.index(map(account_key, numbers, names, banks))


def _of_identities(vault: Vault, seal: Seal, rows: Sequence[Any]) -> list[bytes]:
    people = [orjson.loads(one) for one in vault.decrypt_bytes(bytes(row.identity) for row in rows)]
    return seal.index(document_key(one["cert_type"], one["cert_no"]) for one in people)


def _of_notices(vault: Vault, seal: Seal, rows: Sequence[Any]) -> list[bytes]:
    return seal.index(vault.decrypt(bytes(row.cert_cipher) for row in rows))


def _of_subjects(vault: Vault, seal: Seal, rows: Sequence[Any]) -> list[str]:
    cells = [orjson.loads(one) for one in vault.decrypt_bytes(bytes(row.row_cipher) for row in rows)]
    return [
        subjects(seal, row.kind, [subject_key(seal, row.kind, row.business_date, one)])[0]
        for row, one in zip(rows, cells, strict=True)
    ]


INDEXED = (
    Indexed("person", "cert_index", "bytea", "t.cert_type, t.cert_cipher", "person t", _of_documents),
    Indexed("person", "name_index", "bytea", "t.name_cipher", "person t", _of_names),
    Indexed(
        "bank_account", "account_index", "bytea", "t.account_cipher, t.account_name_cipher, t.bank", "bank_account t",
        _of_accounts,
    ),
    Indexed("handoff", "cert_index", "bytea", "t.identity", "handoff t", _of_identities),
    Indexed("peer_notice", "cert_index", "bytea", "t.cert_cipher", "peer_notice t", _of_notices),
    Indexed(
        "quarantined_row", "subject", "text", "t.row_cipher, f.kind, f.business_date",
        "quarantined_row t JOIN intake_file f ON f.id = t.file_id", _of_subjects,
    ),
)  # fmt: skip
"""Every column of keyed hashes there is: a test compares this with the tables."""
