"""Each alert fires for what it is about and for nothing else, and says where its line in the operator's guide is."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.journeys.compose import ROOT
from tests.journeys.watching import AMTOOL, DASHBOARDS, RULES, SELECTOR, panels, rules, tables
from worker.database.boards import VIEWS
from worker.metrics.declared import described

PROMTOOL = shutil.which("promtool")
WELL = {
    'levy_neighbour_shut{neighbour="tax"}': "0x60",
    'levy_neighbour_shut{neighbour="treasury"}': "0x60",
    'levy_neighbour_shut{neighbour="peer 220281"}': "0x60",
    'levy_statement_behind_seconds{side="tax"}': "86400x60",
    'levy_jobs{state="unknown"}': "3x60",
    'levy_jobs{state="parked"}': "0x60",
    "levy_message_oldest_unanswered_seconds": "60x60",
    "levy_job_oldest_due_seconds": "20x60",
    "levy_sweep_timestamp_seconds": "0+300x60",
    'levy_break_oldest_seconds{side="tax"}': "86400x60",
    'levy_waiting_for_people{what="rows_quarantined"}': "7x60",
    'levy_audit_anchored_timestamp_seconds{place="file"}': "0+300x60",
    'levy_disk_free_bytes{job="levy-worker",instance="a",place="home"}': "60000000000x60",
    'levy_disk_size_bytes{job="levy-worker",instance="a",place="home"}': "100000000000x60",
    "levy_restore_held": "0x60",
    "levy_database_up": "1x60",
    "levy_broker_up": "1x60",
    'up{job="levy-worker",instance="a"}': "1x60",
}
ILL = [
    ("TaxDown", 'levy_neighbour_shut{neighbour="tax"}', "1x60"),
    ("TreasuryDown", 'levy_neighbour_shut{neighbour="treasury"}', "1x60"),
    ("PeerDown", 'levy_neighbour_shut{neighbour="peer 220281"}', "1x60"),
    ("StatementLate", 'levy_statement_behind_seconds{side="tax"}', "345600x60"),
    ("UnknownOutcomesPileUp", 'levy_jobs{state="unknown"}', "21x60"),
    ("UnknownOutcomesPileUp", "levy_message_oldest_unanswered_seconds", "3700x60"),
    ("OldestJobTooOld", "levy_job_oldest_due_seconds", "901x60"),
    ("BeatSilent", "levy_sweep_timestamp_seconds", "0x60"),
    ("JobsParked", 'levy_jobs{state="parked"}', "1x60"),
    ("BreaksOpen", 'levy_break_oldest_seconds{side="tax"}', "345600x60"),
    ("RowsQuarantined", 'levy_waiting_for_people{what="rows_quarantined"}', "101x60"),
    ("AuditNotAnchored", 'levy_audit_anchored_timestamp_seconds{place="file"}', "0x60"),
    ("AuditNotAnchored", 'levy_audit_anchored_timestamp_seconds{place="file"}', "_x60"),
    ("DiskNearlyFull", 'levy_disk_free_bytes{job="levy-worker",instance="a",place="home"}', "4000000000x60"),
    ("DiskNearlyFull", 'levy_disk_size_bytes{job="levy-worker",instance="a",place="home"}', "10000000000000x60"),
    ("RestoreInProgress", "levy_restore_held", "1x60"),
    ("DatabaseDown", "levy_database_up", "0x60"),
    ("BrokerDown", "levy_broker_up", "0x60"),
    ("ProcessDown", 'up{job="levy-worker",instance="a"}', "0x60"),
]


def _case(series: dict[str, str], fires: list[str]) -> dict[str, object]:
    return {
        "interval": "5m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [
            {
                "expr": 'count by (alertname) (ALERTS{alertstate="firing"})',
                "eval_time": "3h",
                "exp_samples": [{"labels": f'{{alertname="{name}"}}', "value": 1} for name in fires],
            }
        ],
    }


@pytest.mark.skipif(PROMTOOL is None, reason="no promtool: install Debian's package `prometheus`")
def test_each_alert_fires_for_what_it_is_about_alone(tmp_path: Path) -> None:
    cases = [_case(WELL, []), *(_case(WELL | {series: values}, [name]) for name, series, values in ILL)]
    file = tmp_path / "cases.yaml"
    file.write_text(yaml.safe_dump({"rule_files": [str(RULES)], "evaluation_interval": "5m", "tests": cases}), "utf-8")
    for told in (["check", "rules", str(RULES)], ["test", "rules", str(file)]):
        done = subprocess.run([str(PROMTOOL), *told], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    assert {name for name, _, _ in ILL} == {rule["alert"] for rule in rules()}


@pytest.mark.skipif(PROMTOOL is None, reason="no promtool: install Debian's package `prometheus`")
def test_the_configuration_of_prometheus_is_one(tmp_path: Path) -> None:
    for path in (ROOT / "config/prometheus").iterdir():
        shutil.copy(path, tmp_path)
    done = subprocess.run([str(PROMTOOL), "check", "config", str(tmp_path / "prometheus.yaml")], capture_output=True,
                          text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(AMTOOL is None, reason="no amtool: install Debian's package `prometheus-alertmanager`")
def test_the_configuration_of_the_alertmanager_is_one_with_a_receiver_too(tmp_path: Path) -> None:
    kept = (ROOT / "config/alertmanager/alertmanager.yaml").read_text("utf-8")
    told = kept.replace("\n  # ", "\n  ").replace("receiver: nobody", "receiver: duty")
    assert "webhook_configs" in str(yaml.safe_load(told))
    for name, text in (("as-it-comes", kept), ("with-a-receiver", told)):
        (tmp_path / name).write_text(text, "utf-8")
        done = subprocess.run(
            [str(AMTOOL), "check-config", str(tmp_path / name)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_leads_to_a_line_that_is_there() -> None:
    for rule in rules():
        path, _, place = rule["annotations"]["runbook"].partition("#")
        headings = re.findall(r"^#+ (.+)$", (ROOT / path).read_text("utf-8"), re.MULTILINE)
        slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
        assert not place or place in slugs, f"{rule['alert']}: {path} has no heading {place}"
        assert " / " in rule["annotations"]["summary"], "in both languages"


def test_whatever_is_asked_for_is_declared_and_whatever_is_declared_is_asked_for_and_documented() -> None:
    asked = [one.question for one in panels()] + [rule["expr"] for rule in rules()]
    named = {found.partition("{")[0] for question in asked for found in SELECTOR.findall(question)} - {"up"}
    named = {re.sub("_(bucket|sum|count)$", "", name) for name in named}
    assert named == set(described())
    told = (ROOT / "docs/metrics.md").read_text("utf-8")
    assert {name for name in re.findall(r"`(levy_\w+)`", told) if name != "levy_boards"} == set(described())
    assert {found for one in tables() for found in re.findall(r"\bboard_\w+", one.question)} == set(VIEWS)


def test_dashboards_can_be_told_apart_and_name_the_sources_that_are_provisioned() -> None:
    sources = yaml.safe_load((ROOT / "config/grafana/provisioning/datasources/levybridge.yaml").read_text("utf-8"))
    known = {(one["uid"], one["type"]) for one in sources["datasources"]}
    uids = []
    for path in DASHBOARDS:
        board = yaml.safe_load(path.read_text("utf-8"))
        uids.append(board["uid"])
        assert {(panel["datasource"]["uid"], panel["datasource"]["type"]) for panel in board["panels"]} <= known
        assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    assert len(set(uids)) == len(uids) == 5
