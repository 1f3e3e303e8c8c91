"""Files as an office writes them, put together by hand: as the documentation says, not as our own writer does it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

ACKNOWLEDGED = "row,reference,psn_clct_amt,accepted,number,code,text"
PAID = (
    "sequence,elec_taxrpt_no,line,rsdt_clct_detl_id,psn_no,psn_clct_amt,clct_way,paid_at,intsury_time,kind,"
    "init_elec_taxrpt_no,refund_no"
)


def sealed(*lines: str, fen: int, rows: int | None = None) -> bytes:
    """The lines with their trailer."""
    before = "".join(f"{line}\n" for line in lines).encode()
    count = len(lines) - 2 if rows is None else rows
    return before + f"TOTAL,{count},{fen},{hashlib.sha256(before).hexdigest()}\n".encode()


def result(key: str, body: bytes, *rows: str, fen: int | None = None, sha256: str | None = None) -> bytes:
    """A result file for a batch of dues of 280.00 yuan each."""
    digest = sha256 or hashlib.sha256(body).hexdigest()
    return sealed(
        f"HEAD,dues_result,{key},{digest}", ACKNOWLEDGED, *rows, fen=28000 * len(rows) if fen is None else fen
    )


def accepted(row: int, reference: str) -> str:
    """The line that accepts a row of 280.00 yuan."""
    return f"{row},{reference},280.00,1,T{row},,"


def payments(number: int, day: str, *rows: str, fen: int | None = None) -> bytes:
    """A file of payments of 280.00 yuan each."""
    return sealed(f"HEAD,payments,{number},{day}", PAID, *rows, fen=28000 * len(rows) if fen is None else fen)


def paid(sequence: int, reference: str = "due-1", channel: str = "app") -> str:
    """The line of a payment of 280.00 yuan."""
    return (
        f"{sequence},V{sequence},1,{reference},person-1,280.00,{channel},2020-09-01T10:00:00+08:00,2020-09-02,payment,,"
    )


def reasons(root: Path) -> list[str]:
    """Why files were refused."""
    return [path.read_text("utf-8") for path in sorted((root / "refused").glob("*.reason.txt"))]


def names(root: Path, room: str) -> Sequence[str]:
    """What lies in a room."""
    return sorted(path.name for path in (root / room).iterdir())
