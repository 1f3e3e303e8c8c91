"""How long each page takes on the server with a million people: ``python -m tests.worker.console.million 1000000``.

The people are made by statements, not taken in: a due each, most of them paid, assistance for some, events, batches.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import time

from sqlalchemy import Connection, text

from config.settings import load_settings
from tests.worker.console.site import Browser, Hands, Site, hire, opened
from tests.worker.intake.conftest import KEYS, NEIGHBOURS, Desk
from worker.clock import SystemClock
from worker.database.engine import migrate
from worker.report.held import LISTS
from worker.report.summary import renew
from worker.servers import open_servers
from worker.wiring import build_house

_RUNS = 7
_FILL = (
    "INSERT INTO intake_file (sha256, name, kind, business_date, state, recorded_at)"
    " VALUES ('x', 'list.csv', 'enrolments', '2020-08-31', 'taken', now())",
    "INSERT INTO decision (digest, notice, body) VALUES ('d', 'shiquan-2021',"
    ' \'{"outcome": "due", "clauses": ["一"], "why": ["一：280元"]}\'), (\'f\', \'shiquan-2021\','
    ' \'{"outcome": "no_due", "clauses": ["一"], "why": ["一：免缴"]}\')',
    "INSERT INTO person (person_no, cert_type, cert_index, cert_cipher, name_cipher, name_index, birth_date)"
    " SELECT lpad(n::text, 16, '6109220000000000'), '01', sha256(n::text::bytea), :number, :name,"
    " sha256((n % 50000)::text::bytea), '1990-03-07' FROM generate_series(1, :people) AS n",
    "INSERT INTO enrolment (person_id, insured_year, area, town, person_type, business_date, source_file, stale,"
    " recorded_at, decision_id, free_since, assessed_on, benefit_start, benefit_end) SELECT n, 2021, '610922',"
    " (ARRAY['610922100','610922101','610922102','610922103','610922104'])[1 + n % 5], '1501', '2020-08-31', 1, false,"
    " now(), CASE WHEN n % 400 = 3 THEN 2 ELSE 1 END, CASE WHEN n % 400 = 3 THEN DATE '2020-09-01' END,"
    " '2020-09-01', '2021-01-01', '2021-12-31'"
    " FROM generate_series(1, :people) AS n",
    "INSERT INTO due (id, enrolment_id, person_id, area, insured_year, insurance, payer, version, decision_id,"
    " standard, amount, channel, assessed_on, deadline, batch, state, paid, paid_on) SELECT n, n, n, '610922', 2021,"
    " 'resident_medical', CASE WHEN n % 50 = 2 THEN 'medical_assistance' ELSE 'person' END, 1, 1,"
    " 28000, 28000, 'ordinary', '2020-09-01', '2020-12-31', 'b-' || n / 2000,"
    " CASE WHEN n % 2000 = 15 THEN 'accepted' WHEN n % 10 < 7 THEN 'paid' WHEN n % 5000 = 9 THEN 'rejected'"
    "  WHEN n % 1000 = 8 THEN 'part_paid' ELSE 'accepted' END,"
    " CASE WHEN n % 2000 = 15 THEN 0 WHEN n % 10 < 7 THEN 28000 WHEN n % 1000 = 8 THEN 10000 ELSE 0 END,"
    " CASE WHEN n % 10 < 7 AND n % 2000 <> 15 OR n % 1000 = 8 THEN DATE '2020-10-01' END"
    " FROM generate_series(1, :people) AS n WHERE n % 400 <> 3",
    "INSERT INTO payment (id, voucher_no, due_id, reference, amount, channel, kind, paid_at, tax_date, area,"
    " insured_year, remark) SELECT id, 'v' || id, id, 'r' || id, paid, 'pos', 'payment', now(), '2020-10-01', '610922',"
    " 2021, CASE state WHEN 'part_paid' THEN 'underpaid' END FROM due WHERE paid > 0",
    "INSERT INTO payment (id, voucher_no, reverses, due_id, reference, amount, channel, kind, paid_at, tax_date, area,"
    " insured_year, remark) SELECT :people + id, 'w' || id, 'v' || id, id, 'r' || id, amount, 'pos', 'reversal', now(),"
    " '2020-10-02', '610922', 2021, 'reversed' FROM due WHERE id % 2000 = 15",
    "INSERT INTO assistance (id, enrolment_id, person_id, due_id, area, insured_year, insurance, category, source,"
    " amount, rule, state, ordinal, granted_on) SELECT id, id, id, id, '610922', 2021, 'resident_medical',"
    " 'registered_poor', 'fiscal', 7000, 'r', CASE WHEN id % 5000 = 5 THEN 'held' WHEN id % 100 = 15 THEN 'ordered'"
    " ELSE 'paid' END, 1, '2020-10-02' FROM due WHERE id % 10 = 5",
    "INSERT INTO job (kind, key, payload, area, business_date, max_attempts, state, ended_at, worker) SELECT"
    " (ARRAY['push','assess','tick.intake','tick.assess'])[1 + n % 4], 'k' || n, jsonb_build_object('batch', 'b-' ||"
    " n / 4, 'first', n / 4 * 2000, 'last', n / 4 * 2000 + 1999), '610922', '2020-09-01', 8, CASE WHEN n % 1000 = 0"
    " THEN 'parked' ELSE 'done' END, now(), 'host/1/1.0' FROM generate_series(1, :people / 20) AS n",
    "INSERT INTO message (key, job_id, neighbour, payload_hash, answered_at) SELECT 'm' || id, id, 'tax', 'x',"
    " CASE WHEN state = 'done' THEN now() END FROM job WHERE kind = 'push'",
    "INSERT INTO audit_segment (chain, segment, batch, recorded_at, origin) SELECT 'made', n, 'b-' || n, now(),"
    " json_build_object('actor', 'worker', 'business_date', DATE '2020-09-01' + n / 10, 'job', n,"
    "  'recorded_at', now())::text"
    " FROM generate_series(1, :people / 1000) AS n",
    "INSERT INTO audit_event (chain, position, segment, action, person_id, facts, mac) SELECT 'made', n,"
    " 1 + (n - 1) / 3000, CASE n % 3 WHEN 0 THEN 'due.accepted' ELSE 'account.changed' END, 1 + (n - 1) / 3,"
    " json_build_object('due', n, 'amount', 28000, 'tax_no', 'T')::text, 'x' FROM generate_series(1, :people * 3) AS n",
    "SELECT brin_summarize_new_values(name) FROM unnest(ARRAY['ix_audit_event_segment', 'ix_audit_event_action',"
    " 'ix_due_state', 'ix_enrolment_town']) AS name",
    "ANALYZE",
)
PAGES = (
    "/", "/enrolments", "/enrolments?town=610922102&stands=outside", "/enrolments?town=610922104&stands=free",
    "/enrolments?town=610922102&stands=unpaid", "/enrolments?stands=rejected",
    "/dues", "/dues?state=rejected", "/dues?town=610922102&sort=id", "/assistance", "/dues?state=voiding",
    "/dues?by=2019-01-01", "/dues?town=610922109", "/dues?state=voiding&town=610922104", "/assistance?town=610922109",
    "/dues?sort=-amount", "/dues?sort=amount&state=accepted", "/assistance?sort=-amount", "/assistance?state=held",
    "/batches", "/batches/4", "/failures", "/jobs", "/unknown", "/quarantine", "/requests", "/schedule", "/workers",
    "/queue", "/figures/towns", "/people/777777", "/funds", "/refunds", "/breaks", "/reconciliation", "/handoffs",
    "/acts", "/audit?chain=made", "/audit?chain=made&job=300", "/audit?chain=made&batch=b-300",
    "/audit?chain=made&day=2020-10-01", "/audit?chain=made&segment=300", "/audit?chain=made&action=held_row.booked",
    "/audit?chain=made&actor=nobody", "/audit?actor=he", "/audit?chain=made&actor=worker", "/audit/610922/1",
    "/audit/chains", "/duplicates", "/clawbacks", *(f"/held/{what}" for what in LISTS), "/figures/money",
    "/figures/sources", "/figures/plan", "/policies/whatif?against=jilin-2021", "/funds/outstanding", "/refunds/parts",
    "/schedule/round", "/policies", "/policies/shiquan-2021", "/check", "/doctor", "/keys",
    "/service-keys", "/operators",
)  # fmt: skip
_WHO = {"audit": "shen", "doctor": "bao", "keys": "chen", "service-keys": "chen", "operators": "chen"}
"""Who may see what a clerk may not, by the first part of the path."""


def fill(connection: Connection, desk: Desk, people: int) -> None:
    """As many people, in statements over sets; nothing of it came by a list."""
    seal = desk.house.vault.sealing(connection)
    number, name = seal.encrypt(["610922199003078519", "张三"])
    for statement in _FILL:
        began = time.monotonic()
        values = {"people": people, "number": number, "name": name}
        connection.execute(text(statement), {key: values[key] for key in values if f":{key}" in statement})
        print(f"{time.monotonic() - began:6.1f} s  {statement[:60]}", flush=True)


def main(people: int) -> None:
    """Fill a database of its own and ask for each page some times."""
    with tempfile.TemporaryDirectory() as place:
        os.environ.update({**KEYS, **NEIGHBOURS, "LEVY_HOME": place})
        servers = open_servers(load_settings())
        servers.ensure()
        try:
            desk = Desk(build_house(load_settings()))
            migrate(desk.engine)
            hire(desk)
            with desk.engine.begin() as connection:
                fill(connection, desk, people)
            began = time.monotonic()
            renew(desk.engine, load_settings())
            print(f"{time.monotonic() - began:6.1f} s  figures of everybody, read beside the pages")
            with opened(desk, Hands(SystemClock().now())) as site:
                for path in PAGES:
                    measure(site, path)
        finally:
            servers.stop()


def measure(site: Site, path: str) -> None:
    """The median and the longest of some requests for a page, without the first."""
    browser: Browser = site.begin(_WHO.get(re.split(r"[/?]", path)[1], "he"))
    took = []
    for _ in range(_RUNS):
        began = time.monotonic()
        status = browser.get(path).status_code
        took.append(1000 * (time.monotonic() - began))
    took = sorted(took[1:])
    print(f"{took[len(took) // 2]:6.0f} ms, {took[-1]:4.0f} ms at most: {path} ({status})", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
