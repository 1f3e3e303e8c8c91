"""Starting, refusing to start, and the levers: whatever is wrong is said in a sentence."""

from __future__ import annotations

import gzip
import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import requests

from adapters.simulators.book import BookMismatch
from adapters.simulators.tax.book import TaxBook
from adapters.simulators.tax.settings import PayerSettings
from adapters.tax.client import TaxClient
from tests.adapters.rows_made import due, fresh
from tests.adapters.simulated import KEY, Simulated


def start(directory: Path, *arguments: str, key: str = KEY) -> tuple[int, str]:
    """Exit code and standard error of a tax simulator that is expected to end at once."""
    command = [sys.executable, "-m", "adapters.simulators.tax", "--book", str(directory), *arguments]
    environment = os.environ | {"LEVY_TAX_KEY": key}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=90, check=False)
    return ended.returncode, ended.stderr


def settings(directory: Path, text: str) -> str:
    path = directory / "settings.json"
    path.write_text(text, "utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('{"payer": {}}', "payer"),
        ('{"payers": {"share": 1}}', "share"),
        ('{"faults": [{"kind": "earthquake"}]}', "earthquake"),
        ("{", "JSON|Expecting"),
    ],
)
def test_settings_that_are_not_understood_stop_the_start(tmp_path: Path, text: str, named: str) -> None:
    code, said = start(tmp_path, "--settings", settings(tmp_path, text))
    assert code == 1
    assert "Traceback" not in said
    assert any(name in said for name in named.split("|"))


def test_a_simulator_without_a_key_does_not_start(tmp_path: Path) -> None:
    code, said = start(tmp_path, key="")
    assert (code, "LEVY_TAX_KEY" in said) == (1, True)


def test_two_simulators_never_share_a_book(start_tax: Callable[..., Simulated]) -> None:
    running = start_tax()
    book = running.command[running.command.index("--book") + 1]
    code, said = start(Path(book))
    assert (code, "another simulator" in said) == (1, True)


def test_the_key_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from a file\n", "utf-8")
    code, said = start(tmp_path, "--key-file", str(tmp_path / "key"), "--settings", settings(tmp_path, "[]"), key="")
    assert code == 1
    assert "LEVY_TAX_KEY" not in said


@pytest.mark.parametrize(
    "wanted",
    [
        {"kind": "earthquake"},
        {"kind": "drip", "often": 1},
        {"kind": "drip", "count": "1"},
        {"kind": "drip", "skip": None},
    ],
    ids=str,
)
def test_a_fault_that_does_not_exist_cannot_be_ordered(tax_simulator: Simulated, wanted: dict[str, object]) -> None:
    headers = {"Authorization": f"Bearer {KEY}"}
    url = f"{tax_simulator.url}/simulator/faults"
    assert requests.post(url, json={"faults": [wanted]}, headers=headers, timeout=60).status_code == 422


@pytest.mark.parametrize("lever", ["advance", "faults", "reverse", "reissue"])
def test_no_lever_moves_without_the_key(tax_simulator: Simulated, lever: str) -> None:
    assert requests.post(f"{tax_simulator.url}/simulator/{lever}", json={}, timeout=60).status_code == 401


@pytest.mark.parametrize(
    ("path", "status"), [("statements?from=0001-01-01&to=0001-01-02", 200), ("monthly/9999-12", 404)]
)
def test_the_first_and_the_last_day_that_there_is_may_be_asked_for(
    tax_simulator: Simulated, path: str, status: int
) -> None:
    headers = {"Authorization": f"Bearer {KEY}"}
    assert requests.get(f"{tax_simulator.url}/v1/{path}", headers=headers, timeout=60).status_code == status


def post(simulated: Simulated, body: bytes, key: str, **headers: str) -> int:
    named = {"Authorization": f"Bearer {KEY}", "Idempotency-Key": key, **headers}
    return requests.post(f"{simulated.url}/v1/due-batches", data=body, headers=named, timeout=60).status_code


def test_requests_below_the_contract_are_refused(tax: TaxClient, tax_simulator: Simulated) -> None:
    key = fresh("batch")
    body = tax.encode_due_batch(key, "610922", 2021, [due()])
    digest = hashlib.sha256(body).hexdigest()
    assert post(tax_simulator, body, key) == 400
    assert post(tax_simulator, body, key, **{"Content-SHA256": "0" * 64}) == 400
    assert post(tax_simulator, body, "no such key!", **{"Content-SHA256": digest}) == 400
    assert post(tax_simulator, body, fresh("other"), **{"Content-SHA256": digest}) == 422
    assert post(tax_simulator, body[:-1], key, **{"Content-SHA256": hashlib.sha256(body[:-1]).hexdigest()}) == 400
    zipped = {"Content-SHA256": digest, "Content-Encoding": "gzip"}
    assert post(tax_simulator, body, key, **zipped) == 400
    assert post(tax_simulator, gzip.compress(body)[:-9], key, **zipped) == 400
    assert post(tax_simulator, gzip.compress(b" " * 40_000_000), key, **zipped) == 413
    assert tax.ask_due_batch(key, body) is None
    assert post(tax_simulator, gzip.compress(body), key, **zipped) == 200


def test_a_book_keeps_the_seed_that_it_was_begun_with(tmp_path: Path) -> None:
    def opened(seed: int | None) -> int:
        book = TaxBook(tmp_path / "tax.sqlite", seed, date(2020, 8, 31), PayerSettings())
        book.close()
        return book.seed

    assert (opened(77), opened(None), opened(77)) == (77, 77, 77)
    with pytest.raises(BookMismatch, match="begun with seed 77"):
        opened(2021)


def test_a_request_that_fails_half_way_leaves_nothing_behind(tmp_path: Path) -> None:
    book = TaxBook(tmp_path / "tax.sqlite", 1, date(2020, 8, 31), PayerSettings(rejection_share=0))
    content = {"batch": "b", "area": "610922", "insured_year": 2021, "rows": [due(), due()]}

    def fail() -> None:
        with book.transaction():
            book.present(content)
            book.move_to(date(2020, 9, 5))
            raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError):
        fail()
    assert book.today == date(2020, 8, 31)
    assert book.dues([row["reference"] for row in content["rows"]]) == {}
    assert [dues for _, dues in book.agenda.until(date(2021, 12, 31).toordinal())] == []
    with book.transaction():
        answers = book.present(content)["acknowledgements"]
    assert [answer["number"] for answer in answers] == ["20210000000001", "20210000000002"]
    book.close()
