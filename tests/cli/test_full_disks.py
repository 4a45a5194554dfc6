"""A full disk, as a small tmpfs: commands exit with one sentence, and readiness reports it."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest

from okr_api.store.embedded import EmbeddedPostgres
from tests.cli.conftest import Running, process
from tests.store.embedded.conftest import end_what_is_left_in
from tests.store.embedded.guests import runs, wait_until

WITHOUT_ROOM_MIB, WITH_ROOM_MIB = 20, 200  # a cluster takes about 40
BLOCK = 4096


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Yield a function that mounts a disk of this many mebibytes and returns its folder."""
    if os.geteuid() != 0:
        pytest.skip("LEFT OUT: only root can mount a small disk")
    folder = tmp_path / "disk"
    folder.mkdir()

    def mounted(size_mib: int) -> Path:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size_mib}m,mode=0755", "tmpfs", folder],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            pytest.skip(f"LEFT OUT: a small disk cannot be mounted here: {done.stderr}")
        return folder

    yield mounted
    end_what_is_left_in(folder / ".okr")
    subprocess.run(["umount", "--lazy", folder], capture_output=True, check=False)


def fill(folder: Path, *, leaving: int = 0) -> None:
    """Fill the disk except for `leaving` bytes."""
    free = os.statvfs(folder)
    with (folder / "ballast").open("wb") as file:
        for _ in range(free.f_bavail - leaving // BLOCK):
            file.write(bytes(BLOCK))
    assert os.statvfs(folder).f_bavail <= leaving // BLOCK


def ended_in_a_sentence(*words: str, folder: Path) -> str:
    ended = process(*words, data_dir=folder / ".okr")
    assert ended.returncode == 3, ended.stderr
    assert ended.stderr.startswith("Error: The disk ")
    assert ended.stderr.count("\n") == 1
    assert not runs(folder / ".okr")
    return ended.stderr


def test_a_first_demo_without_room_for_a_database_says_so(disk):
    folder = disk(WITHOUT_ROOM_MIB)
    assert f"The disk of {folder / '.okr'} is full" in ended_in_a_sentence(
        "demo", "--port", "0", folder=folder
    )


@pytest.mark.parametrize("leaving", (0, 2**19, 2**20))  # too little to start, to migrate and to seed
def test_a_first_demo_whose_disk_fills_up_meanwhile_says_so(disk, leaving):
    folder = disk(WITH_ROOM_MIB)
    EmbeddedPostgres.start(folder / ".okr").stop()
    fill(folder, leaving=leaving)
    ended_in_a_sentence("demo", "--port", "0", folder=folder)


def test_readiness_tells_of_a_full_disk_and_of_room_again(disk, tmp_path):
    folder = disk(WITH_ROOM_MIB)
    running = Running(tmp_path / "said", "serve", "--port", "0", data_dir=folder / ".okr")
    try:
        address = running.heard("Serving").split()[1].removesuffix("/graphql")
        with httpx2.Client(base_url=address, trust_env=False) as client:

            def ready() -> tuple[int, object]:
                answer = client.get("/health/ready")
                return answer.status_code, answer.json()

            assert ready() == (200, {"status": "ready"})
            fill(folder)
            full = (503, {"status": "not ready", "reason": "The disk of the database is full"})
            wait_until(lambda: ready() == full)
            assert client.get("/health/live").status_code == 200
            (folder / "ballast").unlink()
            wait_until(lambda: ready() == (200, {"status": "ready"}))
        assert running.stopped() == 0
    finally:
        running.end()
