"""The server process: its health page, and how it stops."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.stack.running import ROOT, eventually
from worker.stack.ports import HOST, choose_port
from worker.stack.postgres import EmbeddedPostgres

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def own_postgres(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL that this test may stop."""
    server = EmbeddedPostgres(tmp_path / "postgres")
    server.start()
    server.wait_until_ready()
    yield server
    server.stop()


@pytest.fixture
def server_url(own_postgres: EmbeddedPostgres, temporal_address: str, tmp_path: Path) -> Iterator[str]:
    """`tocsin server` over that PostgreSQL."""
    port = choose_port(0)
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "TOCSIN_DATA": str(tmp_path),
        "TOCSIN_PORT": str(port),
        "DATABASE_URL": own_postgres.database_url,
        "TEMPORAL_ADDRESS": temporal_address,
    }
    process = subprocess.Popen([sys.executable, "-P", "-m", "server"], env=environment)
    url = f"http://{HOST}:{port}"
    try:
        assert eventually(lambda: answers(url), 20)
        yield url
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(10)
        assert time.monotonic() - began < 3, "the server took too long to stop"
    finally:
        process.kill()
        process.wait(10)


def answers(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/health", trust_env=False).status_code == 200
    except httpx2.HTTPError:
        return False


def test_health_is_200_then_503_while_postgresql_is_stopped_then_200_again(
    server_url: str, own_postgres: EmbeddedPostgres, temporal: object
) -> None:
    good = httpx2.get(f"{server_url}/health", trust_env=False)
    assert good.status_code == 200
    assert good.json()["database"]["ok"]
    assert 0 < good.json()["temporal"]["milliseconds"] < 2000

    own_postgres.stop()
    bad = httpx2.get(f"{server_url}/health", trust_env=False)
    assert bad.status_code == 503
    assert bad.json()["status"] == "failing"
    assert not bad.json()["database"]["ok"]
    assert bad.json()["database"]["error"]
    assert bad.json()["temporal"]["ok"]
    assert "password" not in bad.text
    assert httpx2.get(server_url, trust_env=False).status_code == 200

    own_postgres.start()
    own_postgres.wait_until_ready()
    assert eventually(lambda: answers(server_url))
