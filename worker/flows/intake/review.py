"""Looking at quarantined rows: which are open, what they said, and setting one aside for good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy import Connection, text

from adapters.bureau.columns import heading
from adapters.bureau.problems import Problem, reason
from worker.privacy import Vault, mask, mask_name

_ROWS = " FROM quarantined_row q JOIN intake_file f ON f.id = q.file_id"
_AMONG = (
    " WHERE q.state = 'open' AND (CAST(:file AS text) IS NULL OR strpos(f.name, :file) > 0)"
    " AND (CAST(:code AS text) IS NULL OR q.problems @> jsonb_build_array(jsonb_build_object('code', :code)))"
)
_OPEN = text(
    "SELECT q.id, q.file_id, f.name AS file, f.kind, f.business_date, q.line, q.problems, q.row_cipher"
    f"{_ROWS}{_AMONG} ORDER BY f.id, q.line LIMIT :limit"
)
_KINDS = text(f"SELECT f.kind, count(*) AS n{_ROWS}{_AMONG} GROUP BY 1 ORDER BY 2 DESC, 1")
_CODES = text(
    f"SELECT p->>'code' AS code, count(DISTINCT q.id) AS n{_ROWS} CROSS JOIN jsonb_array_elements(q.problems) AS p"
    f"{_AMONG} GROUP BY 1 ORDER BY 2 DESC, 1"
)
_DISMISS = text(
    "UPDATE quarantined_row SET state = 'dismissed', closed_by = :by, closed_at = :now"
    " WHERE id = ANY(:ids) AND state = 'open' RETURNING id"
)


@dataclass(frozen=True)
class HeldRow:
    """An open quarantined row in clear: not to be shown or logged as it is; ``masked`` is."""

    id: int
    file: str
    kind: str
    line: int
    cells: dict[str, str]
    problems: tuple[Problem, ...]

    def masked(self) -> str:
        """Whom the row is about, as far as a screen may show it."""
        name = self.cells.get("name") or self.cells.get("account_name") or ""
        return f"{mask_name(name[:8])} {mask(self.cells.get('cert_no', '')[:20])}".strip()

    def sentences(self, language: str = "en") -> list[str]:
        """Each thing that is wrong, beginning with the field."""
        return [_sentence(self.kind, problem, language) for problem in self.problems]


def count_open(connection: Connection, file: str | None, code: str | None) -> tuple[dict[str, int], dict[str, int]]:
    """How many open rows there are by kind of list, and by what is wrong with them; the most first."""
    values = {"file": file, "code": code}
    kinds, reasons = connection.execute(_KINDS, values), connection.execute(_CODES, values)
    return {row.kind: row.n for row in kinds}, {row.code: row.n for row in reasons}


def open_rows(
    connection: Connection, vault: Vault, file: str | None = None, code: str | None = None, limit: int | None = None
) -> list[HeldRow]:
    """Open rows by file and line; ``file`` is a part of the file's name, ``code`` a reason code."""
    found = connection.execute(_OPEN, {"file": file, "code": code, "limit": limit}).all()
    bodies = vault.decrypt_bytes(bytes(row.row_cipher) for row in found)
    return [
        HeldRow(
            row.id, row.file, row.kind, row.line, orjson.loads(body), tuple(Problem(**entry) for entry in row.problems)
        )
        for row, body in zip(found, bodies, strict=True)
    ]


def dismiss(connection: Connection, ids: Sequence[int], by: str, now: datetime) -> list[int]:
    """Close open rows that need no correction; the numbers of those that were open."""
    return sorted(connection.execute(_DISMISS, {"ids": list(ids), "by": by, "now": now}).scalars())


def _sentence(kind: str, problem: Problem, language: str) -> str:
    if language == "zh":
        field = heading(kind, problem.field) if problem.field else "本行"
        return f"{field}：{reason(problem, 'zh')}"
    field = f"{heading(kind, problem.field)} ({problem.field})" if problem.field else "the row"
    return f"{field} {reason(problem)}"
