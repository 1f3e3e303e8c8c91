"""Good rows on their way into the roster: copied, personal data already encrypted, into a table of the transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, text

from adapters.bureau.checking import Checked
from worker.database.copy import Column, copy_columns
from worker.indexed import account_key, document_key
from worker.privacy import Seal, Vault

STAGED = "staged"

_PERSON = (
    "line int, reference bigint, person_no text, cert_type text, cert_index bytea, cert_cipher bytea,"
    " name_index bytea, name_cipher bytea, known boolean NOT NULL DEFAULT false,"
    " known_no text, news boolean, person_id bigint DEFAULT nextval(pg_get_serial_sequence('person', 'id'))"
)
_ACCOUNT = "account_index bytea, account_cipher bytea, account_name_cipher bytea, bank text"
_TABLES = {
    "enrolments": f"{_PERSON}, {_ACCOUNT}, birth_date date, insured_year smallint, area text, town text,"
    " person_type text, household_no text, student_stage text, school_area text, student_enrolled_on date,"
    " household_area text, residence_area text, registered_on date, circumstances text[], prior_scheme text,"
    " prior_area text, prior_months int, prior_ended_on date, enrolment_id bigint",
    "flags": f"{_PERSON}, category text, area text, recognised_on date, revoked_on date",
    "accounts": f"{_PERSON}, {_ACCOUNT}",
    "refunds": f"{_PERSON}, reason text, event_on date, applied_on date, benefits_used boolean, own_fault boolean",
    "other_cover": f"{_PERSON}, scheme text, area text, since date, months int, flexible_employment boolean,"
    " entitled boolean",
    "applications": f"{_PERSON}, insured_year smallint, area text, category text, applied_on date",
}
_PLAIN = {
    "enrolments": (
        *("birth_date", "insured_year", "area", "town", "person_type", "household_no", "student_stage", "school_area"),
        *("student_enrolled_on", "household_area", "residence_area", "registered_on", "circumstances"),
        *("prior_scheme", "prior_area", "prior_months", "prior_ended_on"),
    ),
    "flags": ("category", "area", "recognised_on", "revoked_on"),
    "accounts": (),
    "refunds": ("reason", "event_on", "applied_on", "benefits_used", "own_fault"),
    "other_cover": ("scheme", "area", "since", "months", "flexible_employment", "entitled"),
    "applications": ("insured_year", "area", "category", "applied_on"),
}


def open_stage(connection: Connection, kind: str) -> None:
    """Create the staging table; it goes with the transaction."""
    connection.execute(text(f"CREATE TEMPORARY TABLE {STAGED} ({_TABLES[kind]}) ON COMMIT DROP"))


def stage(connection: Connection, vault: Vault, kind: str, checked: Checked) -> None:
    """Copy a chunk's good rows into the staging table."""
    values, seal = checked.columns, vault.sealing(connection)
    columns: dict[str, Column] = {
        "line": checked.lines,
        "reference": values["quarantine_id"],
        "person_no": values["person_no"],
        "cert_type": values["cert_type"],
        **_documents(seal, values),
        **_names(seal, values.get("name"), indexed=kind == "enrolments"),
        **{name: values[name] for name in _PLAIN[kind]},
    }
    if "account_no" in values:
        columns |= _accounts(seal, values)
    given = {name: column for name, column in columns.items() if any(value is not None for value in column)}
    copy_columns(connection, STAGED, given)


def _documents(seal: Seal, values: Mapping[str, Sequence[Any]]) -> dict[str, Column]:
    keys = map(document_key, values["cert_type"], values["cert_no"])
    return {"cert_index": seal.index(keys), "cert_cipher": seal.encrypt(values["cert_no"])}


def _names(seal: Seal, names: Sequence[str | None] | None, indexed: bool) -> dict[str, Column]:
    """Names for the roster, with their index; a department's list only lends one to people who are not enrolled yet."""
    if names is None:
        return {}
    columns: dict[str, Column] = {"name_cipher": _optional(seal.encrypt, names)}
    return columns | {"name_index": _optional(seal.index, names)} if indexed else columns


def _accounts(seal: Seal, values: Mapping[str, Sequence[Any]]) -> dict[str, Column]:
    parts = zip(values["account_no"], values["account_name"], values["bank"], strict=True)
    keys = [None if account_no is None else account_key(account_no, name, bank) for account_no, name, bank in parts]
    return {
        "account_index": _optional(seal.index, keys),
        "account_cipher": _optional(seal.encrypt, values["account_no"]),
        "account_name_cipher": _optional(seal.encrypt, values["account_name"]),
        "bank": values["bank"],
    }


def _optional(transform: Any, texts: Sequence[str | None]) -> list[bytes | None]:
    """Transform the texts there are; None stays None."""
    if None not in texts:
        transformed: list[bytes | None] = transform(texts)
        return transformed
    known = iter(transform([text for text in texts if text is not None]))
    return [None if text is None else next(known) for text in texts]
