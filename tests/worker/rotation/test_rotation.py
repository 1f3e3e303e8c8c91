"""New keys while everybody works: nothing is unreadable, nobody is missed or met twice, old keys become needless."""

import threading
from collections.abc import Callable
from datetime import date

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import LargeBinary

from adapters.bureau.identity_number import check_character
from tests.adapters.bureau.reading import ACCOUNT, ENROLMENT, FLAG, lines_of
from tests.worker.flows.conftest import LI, WANG, desk, environment, stage
from tests.worker.flows.stage import Stage
from worker.audit.log import AuditLog, Event, Origin
from worker.audit.verify import verify
from worker.database.tables import metadata
from worker.jobs.queue import NewJob, enqueue
from worker.keys import Key, Keychain, KeysError
from worker.privacy import Vault
from worker.refunds.finding import NotFound, person_of
from worker.rotation.places import ENCRYPTED, INDEXED
from worker.rotation.rotate import retire_key, rotate
from worker.rotation.state import CannotRotate

__all__ = ["desk", "environment", "stage"]
OCTOBER = date(2020, 10, 15)
BAD = FLAG | {"recognised_on": "2019-13-01"}
NEW = {
    "data": Key(2, "sm4-gcm", b"n" * 16),
    "index": Key(2, "hmac-sm3", b"n" * 32),
    "audit": Key(2, "hmac-sm3", b"m" * 32),
}
_NOT_PERSONAL = {
    "sha256", "mac", "head", "seal", "fingerprint",
    "token_hash", "secret", "who",  # of random tokens; of a login name or an address, kept until it may try again
}  # fmt: skip


@pytest.fixture
def county(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Two people, an account, a row set aside; and the next keys are given to every process."""
    stage.desk.take(lines_of(BAD), "bad.csv")
    monkeypatch.setenv("LEVY_DATA_KEYS", "given")
    know(stage, NEW)
    return stage


def know(stage: Stage, new: dict[str, Key]) -> None:
    house = stage.house
    rings = {purpose: dict(house.keychain.ring(purpose)) for purpose in ("data", "index", "audit")}  # type: ignore[arg-type]
    for purpose, key in new.items():
        rings[purpose][key.number] = key
    house.keychain = Keychain(rings)  # type: ignore[arg-type]
    house.vault, house.audit = Vault(house.keychain), AuditLog(house.keychain)


def found(stage: Stage, cert_no: str) -> int | None:
    with stage.house.engine.begin() as connection:
        try:
            return person_of(connection, stage.house.vault, cert_no)
        except NotFound:
            return None


def assert_everybody_is_found_and_nobody_met_twice(stage: Stage) -> None:
    """By identity number, by lists of the same people (each another file by its empty lines), by the same account."""
    assert (found(stage, ENROLMENT["cert_no"]), found(stage, LI["cert_no"])) == (1, 2)
    counts, blank = stage.desk.counts(), "\n" * int(stage.desk.one("SELECT count(*) FROM intake_file"))
    listed = stage.desk.take(lines_of(ENROLMENT) + blank, "again.csv")
    assert (listed.outcome, listed.added, listed.changed) == ("taken", 0, 0)
    assert stage.desk.take(lines_of(ACCOUNT) + blank, "again.csv").added == 0
    assert stage.desk.counts() == counts


def states(stage: Stage) -> dict[tuple[str, int], str]:
    return {(row[0], row[1]): row[2] for row in stage.desk.rows("SELECT purpose, number, state FROM crypto_key")}


def test_every_encrypted_and_every_indexed_column_is_known_to_the_rotation() -> None:
    known = {(place.table, column) for place in ENCRYPTED for column in place.columns}
    known |= {(place.table, place.column) for place in INDEXED}
    kept = {
        (table.name, column.name)
        for table in metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary) and column.name not in _NOT_PERSONAL
    }
    assert kept | {("quarantined_row", "subject")} == known


def test_values_are_encrypted_anew_beside_other_work_and_the_old_key_is_retired(county: Stage) -> None:
    assert rotate(county.house, "data", "lin").before == 1
    assert states(county)["data", 1] == "former"
    with pytest.raises(CannotRotate, match="data key 1 still reads values: 4 in person, 2 in bank_account"):
        retire_key(county.house, "data", 1, "lin")
    assert county.desk.take(lines_of(ENROLMENT | WANG)).added == 1, "written with the new key, found beside the old"
    county.tick(OCTOBER, "keys", "keys")
    for place in ENCRYPTED:
        for column in place.columns:
            query = f"SELECT DISTINCT get_byte({column}, 0) FROM {place.table} WHERE {column} IS NOT NULL"
            assert county.desk.rows(query) in ([], [(2,)]), place
    assert county.desk.held()[0].cells["cert_no"] == FLAG["cert_no"]
    assert states(county)["data", 1] == "unused"
    retire_key(county.house, "data", 1, "lin")
    county.house.vault = Vault(
        Keychain({"data": {2: NEW["data"]}, "index": {1: county.house.keychain.ring("index")[1]}, "audit": {}})
    )
    assert_everybody_is_found_and_nobody_met_twice(county)
    told = [(facts["purpose"], facts["key"]) for facts in county.desk.facts("keys.rotated")]
    assert told == [("data", 2)]


def test_a_new_index_is_right_at_every_moment(county: Stage) -> None:
    def right() -> None:
        assert_everybody_is_found_and_nobody_met_twice(county)

    rotate(county.house, "index", "lin")
    right()
    assert county.desk.take(lines_of(ENROLMENT | WANG)).added == 1
    jobs(county, "tick.keys")
    right()
    renamed = ENROLMENT | LI | {"name": "李斯"}
    for _ in range(3):  # some columns are made, others are not
        jobs(county, "reindex", at_most=2)
        right()
    assert county.desk.take(lines_of(renamed), day=OCTOBER).changed == 1
    assert county.desk.one("SELECT name_index_next FROM person WHERE id = 2") is None
    county.tick(OCTOBER, "keys", "keys")
    assert states(county) == {("data", 1): "current", ("index", 1): "unused", ("index", 2): "current"}
    for place in INDEXED:
        first = "left({0}, 2)" if place.type == "text" else "get_byte({0}, 0)"
        query = f"SELECT DISTINCT {first.format(place.column)} FROM {place.table} WHERE {place.column} IS NOT NULL"
        assert county.desk.rows(query) in ([], [("02",)], [(2,)]), place
    right()
    assert found(county, WANG["cert_no"]) is not None
    assert county.desk.take(lines_of(renamed) + "\n\n\n", day=OCTOBER).changed == 0
    fixed = county.desk.take(lines_of(FLAG) + "\n\n", "good.csv", day=OCTOBER)
    assert fixed.closed == 1, "the row that was set aside is known by the new index too"
    with county.house.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    retire_key(county.house, "index", 1, "lin")


def test_people_are_met_once_while_lists_come_in_and_both_keys_change(county: Stage) -> None:
    numbers = [
        with_check_character(f"6109221980{month:02}{day:02}001") for month in range(1, 11) for day in range(10, 14)
    ]
    people = [
        ENROLMENT | {"person_no": f"61092200000010{at:02}", "cert_no": number, "birth_date": birth_date(number)}
        for at, number in enumerate(numbers)
    ]
    failures: list[BaseException] = []

    def lists() -> None:
        try:
            for at in range(0, 24):
                county.desk.take(lines_of(*people[at : at + 16]), f"{at}.csv")
        except BaseException as error:
            failures.append(error)

    taking = threading.Thread(target=lists)
    taking.start()
    rotate(county.house, "data", "lin")
    rotate(county.house, "index", "lin")
    while taking.is_alive() or states(county)["index", 2] != "current":
        county.tick(OCTOBER, "keys")
        county.drain()
    taking.join()
    county.tick(OCTOBER, "keys", "keys")
    county.drain()
    assert failures == []
    assert county.desk.one("SELECT count(*) FROM person") == 2 + 39
    assert states(county)["data", 1] == "unused"
    assert all(found(county, number) is not None for number in numbers[:39])


@pytest.mark.parametrize(("held", "wanted"), [("bank_account", "person"), ("person", "bank_account")])
def test_nobody_is_kept_from_one_table_by_who_waits_for_another(county: Stage, held: str, wanted: str) -> None:
    at_work = threading.Thread(target=rotate, args=(county.house, "index", "lin"))
    with county.house.engine.connect() as reader:
        reader.exec_driver_sql(f"SELECT 1 FROM {held}").all()
        at_work.start()
        at_work.join(0.5)
        assert at_work.is_alive()
        reader.exec_driver_sql("SET LOCAL lock_timeout = '300ms'")
        assert reader.exec_driver_sql(f"SELECT 1 FROM {wanted}").all()
    at_work.join()
    county.tick(OCTOBER, "keys", "keys")
    assert states(county)["index", 2] == "current"


def test_a_process_without_the_new_key_waits_and_says_which(county: Stage) -> None:
    old = Keychain({p: {1: county.house.keychain.ring(p)[1]} for p in ("data", "index", "audit")})
    rotate(county.house, "data", "lin")
    with county.house.engine.begin() as connection, pytest.raises(KeysError, match="give it in LEVY_DATA_KEYS"):
        Vault(old).sealing(connection)
    county.house.vault = Vault(old)
    county.pay(1, OCTOBER)
    county.tick(OCTOBER, "pull_payments", "disburse")
    state, reason = county.desk.rows("SELECT state, outcome->>'reason' FROM job WHERE kind = 'disburse'")[0]
    assert (state, "data key 2 is in use" in reason) == ("ready", True)
    county.house.vault = Vault(county.house.keychain)
    county.drain()
    assert list(county.treasury.orders) == ["610922-1"]


def test_the_audit_log_goes_on_under_a_new_key_and_an_older_one_proves_nothing_after_it(county: Stage) -> None:
    rotate(county.house, "audit", "lin")
    county.pay(1, OCTOBER)
    county.tick(OCTOBER, "pull_payments")
    county.assert_books_hold()
    thief = AuditLog(Keychain({"data": {}, "index": {}, "audit": {1: county.house.keychain.ring("audit")[1]}}))
    with county.house.engine.connect() as connection, connection.begin() as forged:
        connection.exec_driver_sql("UPDATE audit_chain SET key = 1")
        thief.record(connection, Origin("x", "610922", OCTOBER), [Event("x", 1, {})], county.house.clock.now())
        sentences = [flaw.sentence for flaw in verify(connection, county.house.keychain)[1]]
        forged.rollback()
    assert any("written with audit key 1, what stands before it with a later one" in one for one in sentences)


def test_keys_are_not_changed_out_of_order(county: Stage) -> None:
    with pytest.raises(CannotRotate, match="was never in use"):
        retire_key(county.house, "index", 2, "lin")
    with pytest.raises(CannotRotate, match="is in use"):
        retire_key(county.house, "data", 1, "lin")
    rotate(county.house, "index", "lin")
    with pytest.raises(CannotRotate, match="levy keys make index"):
        rotate(county.house, "index", "lin")
    rotate(county.house, "data", "lin")
    with pytest.raises(CannotRotate, match="levy keys make data"):
        rotate(county.house, "data", "lin")
    with pytest.raises(CannotRotate, match="keep it as well"):
        retire_key(county.house, "audit", 1, "lin")


def with_check_character(first17: str) -> str:
    return first17 + check_character(first17)


def birth_date(number: str) -> str:
    return f"{number[6:10]}-{number[10:12]}-{number[12:14]}"


def jobs(county: Stage, kind: str, at_most: int = 100) -> None:
    """Do jobs of one kind only; the tick's job is made where it is asked for."""
    if kind == "tick.keys":
        with county.house.engine.begin() as connection:
            enqueue(connection, [NewJob("tick.keys", "by hand", {}, OCTOBER, "610922")])
    query = f"SELECT id FROM job WHERE kind = '{kind}' AND state = 'ready' ORDER BY id LIMIT {at_most}"
    run: Callable[[int], str] = county._runner.run
    for (job,) in county.desk.rows(query):
        run(job)
