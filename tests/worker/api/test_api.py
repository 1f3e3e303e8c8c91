"""The API over real HTTP: lists are taken in as files are, decisions are those of the engine, changes miss nothing."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner
from sqlalchemy import event, text

from adapters.api import contract
from adapters.bureau.identity_number import check_character
from config.settings import load_settings
from tests.adapters.bureau.reading import ACCOUNT, ENROLMENT, FLAG
from tests.worker.api.conftest import DAY, Door, scalar
from worker.api.keys import admit
from worker.audit.log import Event, Origin
from worker.audit.verify import verify
from worker.cli import decide, service_keys
from worker.clock import SystemClock

QUESTION: dict[str, Any] = {
    "question": "assess", "notice": "shiquan-2021", "pooling_area": "610922", "as_of": "2020-09-03",
    "birth_date": "2009-11-07", "household_area": "610922",
    "flags": [{"category": "minimum_living_allowance", "area": "610922", "recognised_on": "2014-09-28"}],
}  # fmt: skip


def people(first: int, how_many: int) -> list[dict[str, str]]:
    rows = []
    for at in range(first, first + how_many):
        number = f"610922{1950 + at // 300}0{1 + at % 300 // 34}{10 + at % 17}{100 + at % 800}"
        rows.append(ENROLMENT | {"person_no": f"61092299{at:08d}", "cert_no": number + check_character(number),
                                 "birth_date": f"{number[6:10]}-{number[10:12]}-{number[12:14]}"})  # fmt: skip
    return rows


def test_a_batch_is_taken_in_as_a_file_is_row_by_row(door: Door) -> None:
    bad = ENROLMENT | {"person_no": "6109220000000009", "cert_no": "610922199003078510", "name": "李\n四"}
    answer = door.push("enrolments", ENROLMENT, bad, once="first").json()
    assert contract().fault("Taken", answer) is None
    assert (answer["outcome"], answer["added"], answer["quarantined"], answer["left_out"]) == ("taken", 1, 1, 0)
    [aside] = answer["set_aside"]
    assert aside["row"] == 2
    assert {(one["field"], one["code"]) for one in aside["problems"]} == {
        ("cert_no", "cert_checksum"), ("name", "control_character"),
    }  # fmt: skip
    assert door.push("enrolments", ENROLMENT, bad, once="first").json() == answer, "the stored answer"
    assert door.push("enrolments", ENROLMENT, once="first").json()["code"] == "key_conflict"
    again = door.push("enrolments", ENROLMENT, bad, once="another").json()
    assert (again["outcome"], again["added"], again["set_aside"]) == ("repeated", 0, answer["set_aside"])
    mended = bad | {"cert_no": "11010519491231002X", "birth_date": "1949-12-31", "name": "李四"}
    fixed = door.push("enrolments", mended | {"quarantine_id": aside["quarantine_id"]}).json()
    assert (fixed["added"], fixed["quarantined"]) == (1, 0)
    assert scalar(door, "SELECT state FROM quarantined_row WHERE id = :id", id=int(aside["quarantine_id"])) == "fixed"
    assert door.push("flags", FLAG).json()["added"] == 1
    assert (
        door.push("accounts", ACCOUNT | {"account_name": '张;三,"', "bank": ";;;;;;,,,,\t"}).json()["quarantined"] == 1
    )
    assert door.push("accounts", ACCOUNT).json()["added"] == 1


def test_a_batch_is_one_event_in_the_name_of_its_key_and_the_chain_holds(door: Door) -> None:
    door.push("flags", FLAG | {"category": "重度残疾人"}, once="audited")
    said = scalar(door, "SELECT origin FROM audit_segment WHERE batch = 'audited'")
    assert f"client:civil-affairs/{door.key.split('_')[1]}" in said
    with door.desk.engine.connect() as connection:
        assert verify(connection, door.desk.house.keychain)[1] == []


def test_two_thousand_rows_take_as_many_statements_as_two(door: Door) -> None:
    statements: list[str] = []

    def note(*given: Any) -> None:
        statements.append(given[2])

    door.push("enrolments", *people(0, 2))
    event.listen(door.desk.engine, "before_cursor_execute", note)
    try:
        assert door.push("enrolments", *people(10, 2)).json()["added"] == 2
        few = len(statements)
        statements.clear()
        assert door.push("enrolments", *people(100, 2000)).json()["rows"] == 2000
    finally:
        event.remove(door.desk.engine, "before_cursor_execute", note)
    assert len(statements) <= few + 5


def test_decisions_are_those_of_levy_decide(door: Door, tmp_path: Path) -> None:
    questions = [QUESTION, QUESTION | {"case": "七"}, {"question": "assess"}, QUESTION | {"local": "../../etc/passwd"}]
    file = tmp_path / "questions.jsonl"
    file.write_bytes(b"\n".join(orjson.dumps(one) for one in questions[:3]))
    told = CliRunner().invoke(decide.command, [str(file)])
    answers = door.call("POST", "/v1/decisions", {"questions": questions}).json()["answers"]
    assert answers[:3] == [orjson.loads(line) for line in told.stdout.splitlines()]
    assert answers[0]["outcome"] == "due"
    assert answers[3]["error"]["field"] == "local"


def test_a_person_is_masked_unless_the_key_may_see_and_looking_is_an_event(door: Door) -> None:
    door.push("enrolments", ENROLMENT)
    who = {"cert_type": "01", "cert_no": ENROLMENT["cert_no"]}
    masked = door.call("POST", "/v1/people/state", who).json()
    assert contract().fault("State", masked) is None
    assert (masked["cert_no"], masked["name"], masked["birth_date"]) == ("6109**********8519", "张*", None)
    assert [cover["insured_year"] for cover in masked["covers"]] == [2021]
    clear = door.call("POST", "/v1/people/state", who, door.new_key("counter", "read_clear")).json()
    assert (clear["cert_no"], clear["name"]) == (ENROLMENT["cert_no"], "张三")
    looks = door.desk.facts("case.read")
    assert [look["revealed"] for look in looks[-2:]] == [False, True]
    assert door.call("POST", "/v1/people/state", who | {"cert_no": "11010519491231003X"}).status_code == 404


def test_changes_are_whole_while_others_write(door: Door) -> None:
    """Writers commit in any order; a reader who follows the cursor meanwhile has seen each event once, in order."""
    house = door.desk.house
    door.push("enrolments", ENROLMENT)
    person = scalar(door, "SELECT min(id) FROM person")
    start = door.changes(limit=1000)
    while start["more"]:
        start = door.changes(start["next"], 1000)
    seen: list[int] = []
    page, after = start, start["next"]

    def write(writer: int) -> None:
        for at in range(15):
            with house.engine.begin() as connection:
                events = [Event("test.changed", person, {"writer": writer, "at": at})] * (1 + at % 3)
                house.audit.record(connection, Origin("test", "610922", DAY), events, house.clock.now())

    writers = [threading.Thread(target=write, args=(writer,)) for writer in range(3)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers) or page["more"]:
        page = door.changes(after, 7)
        seen += [item["position"] for item in page["items"] if item["action"] == "test.changed"]
        after = page["next"]
    page = door.changes(after, 1000)
    seen += [item["position"] for item in page["items"] if item["action"] == "test.changed"]
    query = "SELECT position FROM audit_event WHERE action = 'test.changed' ORDER BY position"
    assert seen == [row[0] for row in door.desk.rows(query)]
    assert len(seen) == 90
    assert contract().fault("Changes", page) is None
    assert door.call("GET", "/v1/changes?after=999999999").json()["code"] == "cursor_gone"
    assert door.changes(page["next"])["items"] == [], "that a page was read is no news"


def test_news_of_tax_call_for_one_pull_however_often_they_come(door: Door) -> None:
    before = scalar(door, "SELECT count(*) FROM job WHERE kind = 'tick.pull_payments'")
    for _ in range(5):
        assert door.call("POST", "/v1/tax/news", {"forged": [1, 2]}).json() == {"noted": True}
    assert scalar(door, "SELECT count(*) FROM job WHERE kind = 'tick.pull_payments'") == before + 1
    assert len(door.nudged) == 1


def test_keys_that_do_not_open_look_alike_and_roles_are_kept_apart(door: Door) -> None:
    key = door.new_key("old-system", "ask")
    number, secret = key.split("_")[1:]
    assert door.push("flags", FLAG, key=key).json()["code"] == "other_role"
    with door.desk.engine.begin() as connection:
        connection.execute(
            text("UPDATE service_key SET revoked_at = now(), revoked_by = 'x' WHERE id = :id"), {"id": number}
        )
    expired = door.new_key("older-system", "ask")
    with door.desk.engine.begin() as connection:
        connection.execute(
            text("UPDATE service_key SET expires_on = '2020-01-01' WHERE id = :id"), {"id": expired.split("_")[1]}
        )
    wrong = f"levy_{door.key.split('_')[1]}_{secret}"
    answers = [
        door.call("POST", "/v1/decisions", {"questions": [QUESTION]}, bad)
        for bad in (key, expired, wrong, "levy_0000_1", "x", f"levy_{'0' * 12}_{'0' * 64}")
    ]
    assert {(answer.status_code, answer.text) for answer in answers} == {(401, answers[0].text)}
    assert scalar(door, "SELECT count(*) FROM service_key WHERE encode(secret, 'hex') = :secret", secret=secret) == 0


def test_a_key_has_so_many_calls_a_minute_over_all_processes(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = door.desk.house.settings
    few = settings.model_copy(update={"api": settings.api.model_copy(update={"calls_a_minute": 3})})
    monkeypatch.setattr(door.desk.house, "settings", few)
    key = door.new_key("busy", "ask")
    answers = [door.call("POST", "/v1/decisions", {"questions": [{}]}, key) for _ in range(12)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(refused) >= 12 - 2 * 3, "a minute may have turned meanwhile, but not three"
    assert refused[0].headers["Retry-After"] == "60"
    now = SystemClock().now()
    counted = []
    for later in (0, 0, 61):
        with door.desk.engine.begin() as connection:  # each like another process
            moment = now + timedelta(hours=1, seconds=later)
            counted.append(admit(connection, f"Bearer {key}", "610922", now.date(), moment).calls)
    assert counted == [1, 2, 1]


def test_what_is_too_large_or_of_another_area_is_refused(door: Door) -> None:
    big = door.call("POST", "/v1/flags", b"[" + b" " * 4_300_000 + b"]", Idempotency_Key="k")
    assert (big.status_code, big.json()["code"]) == (413, "too_large")
    assert door.push("flags", FLAG | {"area": "220106"}).json()["code"] == "other_area"
    assert door.call("POST", "/v1/flags", {"rows": [FLAG]}).json()["code"] == "bad_key"
    assert door.push("flags", FLAG | {"area": 610922}).status_code == 400  # type: ignore[arg-type]


def test_levy_service_keys_shows_a_key_once_and_lets_two_of_a_client_be_valid(door: Door) -> None:
    def levy(*arguments: str) -> Any:
        return CliRunner().invoke(service_keys.command, arguments, catch_exceptions=False)

    assert load_settings().area == "610922"
    keys = [levy("add", "school", "--role", "push", "--by", "chen").stdout.splitlines()[-1] for _ in range(2)]
    assert all(door.push("flags", FLAG, key=key).status_code == 200 for key in keys)
    refused = levy("add", "school", "--role", "push", "--by", "chen")
    assert (refused.exit_code, "two valid keys" in refused.output) == (1, True)
    listed = levy("list", "--json").stdout
    assert all(key.split("_")[2] not in listed and key.split("_")[1] in listed for key in keys)
    assert levy("revoke", keys[0].split("_")[1], "--by", "chen").exit_code == 0
    assert [door.push("flags", FLAG, key=key).status_code for key in keys] == [401, 200]
    assert {"service_key.added", "service_key.revoked"} <= set(door.desk.events())
