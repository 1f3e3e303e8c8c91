"""Batches and results by files: whole or not at all, once, and nothing believed that does not add up."""

from __future__ import annotations

import hashlib
import os
import stat
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from adapters.ports import Acknowledgement, KeyConflict, NotYetAnswered, Refused, Unavailable
from adapters.tax.files.client import TaxFiles, Waits
from tests.adapters.office_by_hand import ACKNOWLEDGED, accepted, names, reasons, result, sealed
from tests.adapters.rows_made import due

AT_ONCE = Waits(answer=0, poll=60, longest_poll=900, settle=60)
KEY = "push-610922-1"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "drop"


@pytest.fixture
def tax(root: Path) -> TaxFiles:
    return TaxFiles(root, AT_ONCE)


def batch(tax: TaxFiles, count: int = 2) -> bytes:
    rows = [due(reference=f"r{at}", person_no=f"p{at}") for at in range(1, count + 1)]
    return tax.encode_due_batch(KEY, "610922", 2021, rows)


def put(root: Path, serial: str, body: bytes, room: str = "results") -> None:
    (root / room / f"dues-{KEY}.{serial}.csv").write_bytes(body)


def waits(tax: TaxFiles, body: bytes) -> NotYetAnswered:
    with pytest.raises(NotYetAnswered) as waiting:
        tax.submit_dues(KEY, body)
    return waiting.value


def test_a_batch_is_written_as_the_documentation_says(tax: TaxFiles, root: Path) -> None:
    row = due(reference="r1", person_no="p1", name="王,秀英", channel="special", collection_type="supplement")
    row |= {"special": {"notice_no": "N1", "type": "late"}, "supersedes": "r0"}
    body = tax.encode_due_batch(KEY, "610922", 2021, [row])
    waits(tax, body)
    lines = (
        f"HEAD,dues,{KEY},610922,2021,",
        "rsdt_clct_detl_id,psn_no,psn_name,psn_cert_type,certno,psn_type,town,insutype,psn_clct_amt,payer,sponsor,"
        "accrym_begn,accrym_end,deadline,channel,clct_type,notice_no,notice_type,collector,init_rsdt_clct_detl_id",
        'r1,p1,"王,秀英",01,610922197005010016,1501,610922100,390,280.00,person,,202101,202112,2020-12-31,special,30,'
        "N1,late,,r0",
    )
    assert (root / "out" / f"dues-{KEY}.csv").read_bytes() == sealed(*lines, fen=28000) == body


def test_what_nobody_has_answered_is_waited_for_and_not_written_again(tax: TaxFiles, root: Path) -> None:
    body, file = batch(tax), root / "out" / f"dues-{KEY}.csv"
    assert tax.ask_due_batch(KEY, body) is None
    first = waits(tax, body)
    assert (first.reference, first.retry_after) == (KEY, 60)
    written = file.stat()
    waits(tax, body)
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (written.st_ino, written.st_mtime_ns)
    with pytest.raises(NotYetAnswered):
        tax.ask_due_batch(KEY, body)
    assert names(root, "out") == [file.name]


@pytest.mark.parametrize(("hours", "seconds"), [(0.5, 450), (72, 900)])
def test_the_longer_it_takes_the_less_often_it_is_looked_for(
    tax: TaxFiles, root: Path, hours: float, seconds: float
) -> None:
    body = batch(tax)
    waits(tax, body)
    then = time.time() - hours * 3600
    os.utime(root / "out" / f"dues-{KEY}.csv", (then, then))
    assert waits(tax, body).retry_after == pytest.approx(seconds, abs=5)


def test_results_may_come_in_parts_in_any_order_and_more_than_once(tax: TaxFiles, root: Path) -> None:
    body = batch(tax, 3)
    waits(tax, body)
    last = result(KEY, body, "3,r3,280.00,0,,deceased,Registered as deceased.")
    put(root, "2", last)
    with pytest.raises(NotYetAnswered, match="1 of 3 rows"):
        tax.ask_due_batch(KEY, body)
    put(root, "again", last)
    put(root, "1", result(KEY, body, accepted(2, "r2"), accepted(1, "r1")))
    answers = tax.ask_due_batch(KEY, body)
    assert answers == [
        Acknowledgement("r1", True, "T1", None, None),
        Acknowledgement("r2", True, "T2", None, None),
        Acknowledgement("r3", False, None, "deceased", "Registered as deceased."),
    ]
    assert tax.submit_dues(KEY, body) == answers
    assert names(root, "refused") == []


def test_another_payload_under_the_same_key_is_never_written(tax: TaxFiles, root: Path) -> None:
    body, other = batch(tax), batch(tax, 3)
    waits(tax, body)
    for call in (tax.submit_dues, tax.ask_due_batch):
        with pytest.raises(KeyConflict):
            call(KEY, other)
    assert (root / "out" / f"dues-{KEY}.csv").read_bytes() == body


def test_a_batch_may_be_refused_as_a_whole(tax: TaxFiles, root: Path) -> None:
    body = batch(tax)
    waits(tax, body)
    head = f"HEAD,dues_refusal,{KEY},{hashlib.sha256(body).hexdigest()}"
    put(root, "1", sealed(head, "code,text", "not_by_contract,610922197005010016 is no deadline", fen=0))
    with pytest.raises(Refused) as refused:
        tax.ask_due_batch(KEY, body)
    assert refused.value.code == "not_by_contract"
    assert "610922197005010016" not in str(refused.value)


SPOILED: dict[str, Callable[[bytes], bytes]] = {
    "its trailer says 1 fen": lambda body: result(KEY, body, accepted(1, "r1"), fen=1),
    "its trailer counts 9 rows": lambda body: sealed(
        f"HEAD,dues_result,{KEY},{hashlib.sha256(body).hexdigest()}", ACKNOWLEDGED, accepted(1, "r1"), fen=28000, rows=9
    ),
    "its SHA-256": lambda body: result(KEY, body, accepted(1, "r1")).replace(b"T1", b"T7"),
    "a row that was not sent": lambda body: result(KEY, body, accepted(1, "r1"), accepted(3, "r3")),
    "another reference": lambda body: result(KEY, body, accepted(1, "r2")),
    "another amount": lambda body: result(KEY, body, "1,r1,280.01,1,T1,,", fen=28001),
    "another payload": lambda body: result(KEY, body, accepted(1, "r1"), sha256="0" * 64),
    "another batch": lambda body: result("push-2", body, accepted(1, "r1")),
    "none that we know": lambda body: result(KEY, body, "1,r1,280.00,yes,T1,,"),
    "no number to an acceptance": lambda body: result(KEY, body, "1,r1,280.00,1,,,"),
    "contradicts": lambda body: result(KEY, body, accepted(1, "r1"), "1,r1,280.00,0,,deceased,"),
    "not one in yuan": lambda body: result(KEY, body, "1,r1,2.8e2,1,T1,,", fen=28000),
    "full-width digits": lambda body: result(KEY, body, "1,r1,２８０.００,1,T1,,", fen=28000),
    "a control character": lambda body: result(KEY, body, "1,r1,280.00,1,T1,,a\x00b", fen=28000),
    "the columns": lambda body: result(KEY, body, accepted(1, "r1") + ",more"),
    "a cell over two lines": lambda body: result(KEY, body, '1,r1,280.00,1,T1,,"a', 'b"', fen=28000),
    "not the head": lambda body: result(KEY, body, accepted(1, "r1")).replace(b"HEAD", b"BODY"),
    "not the head of its kind": lambda body: result(KEY, body, accepted(1, "r1")).replace(b"dues_", b"voids_"),
    "other columns": lambda body: sealed(
        f"HEAD,dues_result,{KEY},{hashlib.sha256(body).hexdigest()}", "row,reference", "1,r1", fen=0
    ),
    "GBK": lambda body: result(KEY, body, "1,r1,280.00,0,,deceased,死亡").decode().encode("gb18030"),
    "its trailer alone": lambda _: sealed(fen=0, rows=0),
    "it has more than 100000 rows": lambda body: result(KEY, body, *[""] * 100_001),
    "a long line": lambda body: result(KEY, body, "1,r1,280.00,0,,deceased," + "x" * 5000),
}


@pytest.mark.parametrize("spoiled", SPOILED)
def test_a_wrong_result_is_refused_whole_with_a_reason_and_the_right_one_taken_later(
    tax: TaxFiles, root: Path, spoiled: str
) -> None:
    body = batch(tax)
    waits(tax, body)
    put(root, "1", SPOILED[spoiled](body))
    with pytest.raises(NotYetAnswered, match="nothing"):
        tax.ask_due_batch(KEY, body)
    [reason] = reasons(root)
    assert reason.startswith(f"dues-{KEY}.1.csv was refused: ")
    if spoiled.startswith(
        ("its trailer s", "its trailer c", "its SHA", "it has", "another", "a row", "contradicts", "not one", "none")
    ):
        assert spoiled in reason
    assert len(names(root, "refused")) == 2, "the file itself is kept"
    put(root, "1", result(KEY, body, accepted(1, "r1"), accepted(2, "r2")))
    assert [answer.number for answer in tax.ask_due_batch(KEY, body) or []] == ["T1", "T2"]


def test_what_contradicts_an_earlier_file_is_refused_and_the_earlier_one_stands(tax: TaxFiles, root: Path) -> None:
    body = batch(tax)
    waits(tax, body)
    put(root, "1", result(KEY, body, accepted(1, "r1")))
    put(root, "2", result(KEY, body, "1,r1,280.00,0,,deceased,", accepted(2, "r2")))
    with pytest.raises(NotYetAnswered, match="1 of 2 rows"):
        tax.ask_due_batch(KEY, body)
    assert "contradicts an earlier one" in reasons(root)[0]


def test_a_reason_names_rows_and_never_what_stands_in_them(tax: TaxFiles, root: Path) -> None:
    body = batch(tax)
    waits(tax, body)
    for at, line in enumerate(("1,610922197005010016,280.00,1,T1,,", "1,r1,280.00,610922197005010016,T1,,")):
        put(root, str(at), result(KEY, body, line))
    with pytest.raises(NotYetAnswered) as waiting:
        tax.ask_due_batch(KEY, body)
    assert len(reasons(root)) == 2
    assert "610922197005010016" not in "".join(reasons(root)) + str(waiting.value)


def test_a_file_that_is_still_being_written_is_left_alone_until_nobody_writes_any_more(
    tax: TaxFiles, root: Path
) -> None:
    body = batch(tax)
    waits(tax, body)
    whole = result(KEY, body, accepted(1, "r1"), accepted(2, "r2"))
    put(root, "1", whole[:150])
    waits(tax, body)
    assert reasons(root) == []
    then = time.time() - 61
    os.utime(root / "results" / f"dues-{KEY}.1.csv", (then, then))
    waits(tax, body)
    assert "no trailer" in reasons(root)[0]
    put(root, "1", whole)
    assert len(tax.submit_dues(KEY, body)) == 2


def test_what_is_no_plain_file_of_ours_is_not_opened(tax: TaxFiles, root: Path, tmp_path: Path) -> None:
    body = batch(tax)
    waits(tax, body)
    secret = tmp_path / "secret"
    secret.write_bytes(result(KEY, body, accepted(1, "r1"), accepted(2, "r2")))
    stem = root / "results" / f"dues-{KEY}"
    Path(f"{stem}.link.csv").symlink_to(secret)
    os.mkfifo(f"{stem}.pipe.csv")
    Path(f"{stem}.room.csv").mkdir()
    for ignored in (".1.csv.part", ".a.b.csv", "-2.1.csv", ".1.CSV", ".1.csv~"):
        Path(f"{stem}{ignored}").write_bytes(secret.read_bytes())
    waits(tax, body)
    assert len(reasons(root)) == 3
    assert secret.exists()
    assert len(names(root, "results")) == 5


def test_a_link_in_the_place_of_our_batch_is_not_written_through(tax: TaxFiles, root: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("theirs")
    (root / "out" / f"dues-{KEY}.csv").symlink_to(elsewhere)
    with pytest.raises(Unavailable):
        tax.submit_dues(KEY, batch(tax))
    assert elsewhere.read_text() == "theirs"


def test_directories_and_files_are_the_owners_alone(root: Path) -> None:
    mask = os.umask(0)
    try:
        tax = TaxFiles(root, AT_ONCE)
        waits(tax, batch(tax))
    finally:
        os.umask(mask)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (root, *root.iterdir())}
    assert modes == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (root / "out").iterdir()} == {0o600}


def test_a_writer_killed_before_the_end_leaves_nothing_to_be_read(
    tax: TaxFiles, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = batch(tax)

    class Killed(BaseException):
        pass

    def killed(*_: object, **__: object) -> None:
        raise Killed

    for step in ("fsync", "rename"):
        with monkeypatch.context() as patch:
            patch.setattr(os, step, killed)
            with pytest.raises(Killed):
                tax.submit_dues(KEY, body)
        assert names(root, "out") == []
    (root / "out" / ".dues-x.csv.123456.part").write_bytes(body[:20])
    os.utime(root / "out" / ".dues-x.csv.123456.part", (1, 1))
    TaxFiles(root, AT_ONCE)
    assert names(root, "out") == [], "what a killed writer left is swept away"
    waits(tax, body)
    assert (root / "out" / f"dues-{KEY}.csv").read_bytes() == body


def test_a_directory_that_is_gone_or_full_is_a_neighbour_that_cannot_be_reached(
    tax: TaxFiles, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = batch(tax)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        with pytest.raises(Unavailable, match="No space left"):
            tax.submit_dues(KEY, body)
    root.rename(root.with_name("moved"))
    for call in (tax.submit_dues, tax.ask_due_batch):
        with pytest.raises(Unavailable, match="drop directory"):
            call(KEY, body)


def test_two_workers_with_one_batch_write_one_file_and_hear_the_same(root: Path) -> None:
    taxes = [TaxFiles(root, Waits(answer=5, poll=60)) for _ in range(4)]
    body, together = batch(taxes[0]), threading.Barrier(5)

    def send(tax: TaxFiles) -> list[Acknowledgement]:
        together.wait(60)
        return tax.submit_dues(KEY, body)

    with ThreadPoolExecutor(4) as pool:
        heard = [pool.submit(send, tax) for tax in taxes]
        together.wait(60)
        put(root, "1", result(KEY, body, accepted(1, "r1"), accepted(2, "r2")))
        assert len({tuple(each.result()) for each in heard}) == 1
    assert names(root, "out") == [f"dues-{KEY}.csv"]
    assert (root / "out" / f"dues-{KEY}.csv").read_bytes() == body
