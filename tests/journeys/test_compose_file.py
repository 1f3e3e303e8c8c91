"""docker-compose.yml, read closely: what can be known about it without an engine."""

import importlib.util
import re
import stat
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.journeys.compose import ROOT, NotSet, Service, example_variables, read_services, texts, variables_used
from worker.cli import COMMANDS

SECRETS = [name for name, value in example_variables().items() if value in ("", "1:", "own:")]
ONE_SHOT = {"migrate", "season"}


@pytest.fixture
def services() -> dict[str, Service]:
    """All services, every secret set to something recognisable."""
    return read_services(example_variables() | {name: f"secret-of-{name}" for name in SECRETS})


def test_every_part_of_the_house_is_a_service(services: dict[str, Service]) -> None:
    assert set(services) == {
        "postgres",
        "redis",
        "migrate",
        "worker",
        "beat",
        "tax",
        "treasury",
        "door",
        "api",
        "console",
        "prometheus",
        "alertmanager",
        "grafana",
        "season",
    }
    assert services["worker"].replicas > 1


def test_every_lasting_service_has_a_health_check_and_every_one_has_limits(services: dict[str, Service]) -> None:
    assert {name for name, service in services.items() if service.health_command is None} == ONE_SHOT
    for service in services.values():
        assert set(service.definition["deploy"]["resources"]["limits"]) == {"cpus", "memory"}


def test_what_is_waited_for_can_come_to_be(services: dict[str, Service]) -> None:
    for service in services.values():
        for name, condition in service.waits_for.items():
            assert condition == ("service_completed_successfully" if name in ONE_SHOT else "service_healthy")


def test_no_secret_is_in_the_file_and_a_missing_one_is_named(services: dict[str, Service]) -> None:
    file = (ROOT / "docker-compose.yml").read_text("utf-8")
    for service in yaml.safe_load(file)["services"].values():
        for name, value in service.get("environment", {}).items():
            if re.search("PASSWORD|KEY", name) or "@" in str(value):
                assert re.search(r"\$\{\w+:\?", str(value)), f"{name} is written down"
    for missing in SECRETS:
        with pytest.raises(NotSet, match=f"{missing} is not set; run make .env"):
            read_services({name: "given" for name in SECRETS if name != missing})


def test_a_secret_reaches_only_the_services_that_need_it(services: dict[str, Service]) -> None:
    def readers(secret: str) -> set[str]:
        return {name for name, one in services.items() if f"secret-of-{secret}" in " ".join(texts(one.definition))}

    ours = {"migrate", "worker", "beat", "door", "api", "console", "season"}
    assert {secret: readers(secret) for secret in SECRETS} == {
        "LEVY_DATABASE_PASSWORD": ours | {"postgres"},
        "LEVY_BROKER_PASSWORD": ours | {"redis"},
        "LEVY_BOARDS_PASSWORD": {"migrate", "grafana"},
        "LEVY_GRAFANA_PASSWORD": {"grafana"},
        "LEVY_DATA_KEYS": ours,
        "LEVY_INDEX_KEY": ours,
        "LEVY_AUDIT_KEY": ours,
        "LEVY_PEER_KEYS": ours,
        "LEVY_TAX_KEY": ours | {"tax"},
        "LEVY_TREASURY_KEY": ours | {"treasury"},
    }
    for service in services.values():
        assert not any("secret-of-" in part for part in service.command + (service.health_command or []))


def test_the_example_names_exactly_the_variables_of_the_file() -> None:
    assert set(example_variables()) == variables_used()


def test_make_writes_every_secret_fresh_for_its_owner_alone(tmp_path: Path) -> None:
    for name in ("Makefile", ".env.example"):
        (tmp_path / name).write_text((ROOT / name).read_text("utf-8"), "utf-8")
    subprocess.run(["make", ".env"], cwd=tmp_path, check=True, capture_output=True)
    made = (tmp_path / ".env").read_text("utf-8")
    values = dict(line.split("=", 1) for line in made.splitlines() if line and not line.startswith("#"))
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600
    assert all(re.fullmatch(r"(1:|own:)?[0-9a-f]{64}", values[name]) for name in SECRETS)
    assert len({values[name] for name in SECRETS}) == len(SECRETS)
    subprocess.run(["make", ".env"], cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / ".env").read_text("utf-8") == made, "keys in use are never replaced"


def test_no_container_of_ours_is_root_or_can_become_it(services: dict[str, Service]) -> None:
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    final = dockerfile.split("\nFROM ")[-1]
    assert re.search(r"^USER levy$", final, re.MULTILINE)
    assert not re.search(r"PASSWORD|KEY|SECRET|^ARG ", dockerfile, re.MULTILINE)
    for name, service in services.items():
        if name != "postgres":  # its image drops its rights by itself, after preparing its volume
            assert service.definition["cap_drop"] == ["ALL"]
            assert service.definition["read_only"] is True
            assert service.definition["security_opt"] == ["no-new-privileges:true"]
        assert "privileged" not in service.definition
        assert "ports" not in service.definition


def test_every_command_of_ours_exists(services: dict[str, Service]) -> None:
    for service in services.values():
        match service.command:
            case ["python", "-m", module, *_]:
                assert importlib.util.find_spec(module)
            case ["levy", name, *_]:
                assert name in COMMANDS
            case ["celery", "-A", module, "worker" | "beat", *_]:
                assert importlib.util.find_spec(module)
            case other:
                assert service.name in ("postgres", "redis", "prometheus", "alertmanager", "grafana"), other


def test_every_service_sees_the_settings_that_it_is_told_of(services: dict[str, Service]) -> None:
    for service in services.values():
        mounted = [volume.rpartition(":/")[2] for volume in service.definition.get("volumes", ())]
        assert ("LEVY_CONFIG" in service.environment) == ("site.yaml:ro" in [v.removeprefix("/") for v in mounted])
    assert yaml.safe_load((ROOT / example_variables()["LEVY_SITE"]).read_text("utf-8"))["peers"] == {}


def test_the_image_gets_the_versions_that_are_tested() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^[\w.-]+==[^ ;]+", (ROOT / name).read_text("utf-8"), re.MULTILINE))

    assert pins("constraints-service.txt") < pins("constraints.txt")
    for name in ("constraints.txt", "constraints-service.txt"):
        assert not re.search(r"^-|://", (ROOT / name).read_text("utf-8"), re.MULTILINE), "no index is named"
