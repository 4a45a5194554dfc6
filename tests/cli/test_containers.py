"""The container image, as far as it can be tested without a build: its health check and its settings."""

import re
import shutil
import subprocess
import urllib.request

import pytest

from okr_api.settings import KNOWN
from tests.cli.conftest import LIMIT_S, environment
from tests.house.tree import ROOT

CHECK = ROOT / "docker" / "healthcheck.sh"


def is_healthy(**variables: object) -> bool:
    """Return whether the health check passes, in an environment without Python in its PATH."""
    shell = shutil.which("bash")
    assert shell
    checked = subprocess.run(
        [shell, CHECK],
        env={**environment(**variables), "PATH": "/nowhere"},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert "not found" not in checked.stderr
    return checked.returncode == 0


def wait_for_answer(address: str) -> None:
    """Wait for a server that is starting: on a loaded machine longer than the health check does."""
    with urllib.request.urlopen(f"{address}/health/live", timeout=LIMIT_S) as answer:
        assert answer.status == 200


@pytest.mark.parametrize("host", ("127.0.0.1", "0.0.0.0", "::1"))
def test_the_health_check_follows_the_port_of_the_command_line(start, acme_url, tmp_path, host):
    file = tmp_path / "address"
    running = start("serve", "--port", 0, "--host", host, database_url=acme_url, address_file=file, port=1)
    running.heard("Serving")
    wait_for_answer(file.read_text("utf-8").strip())
    assert is_healthy(address_file=file, port=1)
    assert running.stopped() == 0
    assert not is_healthy(address_file=file, port=1)


def test_without_the_file_the_health_check_asks_the_port_of_the_environment(start, acme_url, tmp_path):
    running = start("serve", "--port", 0, database_url=acme_url, address_file=tmp_path / "no" / "address")
    port = running.heard("Serving").rpartition(":")[2].partition("/")[0]
    assert running.heard("OKR_ADDRESS_FILE cannot be written")
    wait_for_answer(f"http://127.0.0.1:{port}")
    assert is_healthy(port=port)
    assert not is_healthy(port=1)


@pytest.mark.parametrize("file", ("Dockerfile", "docker/healthcheck.sh", "docs/running-in-containers.md"))
def test_every_variable_of_the_image_is_one_that_is_read(file):
    named = set(re.findall(r"\bOKR_[A-Z_]+\b", (ROOT / file).read_text("utf-8")))
    assert named
    assert named <= set(KNOWN)


def test_the_image_serves_where_its_ports_can_be_published():
    image = (ROOT / "Dockerfile").read_text("utf-8")
    assert "OKR_HOST=0.0.0.0" in image
    assert 'CMD ["serve"]' in image
    assert "python" not in image.partition("HEALTHCHECK")[2]


def test_what_the_image_copies_is_sent_to_the_builder():
    sent = (ROOT / ".dockerignore").read_text("utf-8")
    copies = re.findall(
        r"^COPY (?:--chmod=\d+ )?(?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE
    )
    for source in " ".join(copies).split():
        assert f"\n!{source.rstrip('/')}" in sent


def test_the_base_image_is_named_by_its_digest():
    image = (ROOT / "Dockerfile").read_text("utf-8")
    assert re.search(r"^ARG PYTHON_IMAGE=python:3\.13-slim@sha256:[0-9a-f]{64}$", image, re.MULTILINE)
    stages = re.findall(r"^FROM (\S+)", image, re.MULTILINE)
    assert stages
    assert set(stages) == {"${PYTHON_IMAGE}"}
