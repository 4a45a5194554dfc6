"""Data folders: a new one, and one with an existing cluster; no server in them outlives its test."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from okr_api.store.embedded import EmbeddedPostgres
from tests.store.embedded.guests import Guest, postmaster_of, runs, wait_until


@pytest.fixture
def new_folder(fast_path: Path) -> Iterator[Path]:
    folder = fast_path / ".okr"
    yield folder
    end_what_is_left_in(folder)


@pytest.fixture(scope="session")
def made(fast_folder: Path) -> Path:
    folder = fast_folder / "made" / ".okr"
    EmbeddedPostgres.start(folder).stop()
    return folder


@pytest.fixture
def folder(made: Path, new_folder: Path) -> Path:
    subprocess.run(["cp", "-a", str(made), str(new_folder)], check=True)
    return new_folder


@pytest.fixture
def invite() -> Iterator[Callable[..., Guest]]:
    guests: list[Guest] = []

    def invite(folder: Path, *, uid: int | None = None) -> Guest:
        guests.append(Guest(folder, uid=uid))
        return guests[-1]

    yield invite
    for guest in guests:
        if guest.process.poll() is None:
            guest.killed()


def end_what_is_left_in(folder: Path) -> None:
    if runs(folder):
        postmaster = postmaster_of(folder)
        if Path(postmaster.cwd()) == (folder / "postgres").resolve():
            for process in (postmaster, *postmaster.children()):
                process.kill()
        psutil.wait_procs([postmaster], timeout=1)
        wait_until(lambda: not runs(folder))
