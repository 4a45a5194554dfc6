"""Locations of data and programs, and the account that runs the server."""

import asyncio
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from okr_api.store.embedded import (
    EmbeddedPostgres,
    ServerCannotBeReached,
    SocketLinkIsTaken,
    binaries,
)
from okr_api.store.embedded.os_user import Account
from tests.store.embedded.conftest import end_what_is_left_in
from tests.store.embedded.guests import Guest, ask, postmaster_of, runs

WITHOUT_A_NAME = """
import os, sys
from okr_api.cli import main
from okr_api.cli.organizations import organization
os.setgid(int(sys.argv[1])), os.setuid(int(sys.argv[1]))
main(["organization", "list"], prog_name="okr-api")
"""
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Yield a folder that every account can enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="okr-test-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        end_what_is_left_in(folder / "data")


@pytest.mark.parametrize("name", ("long" * 40, "with, comma: and space", "objectifs-clés%20"))
def test_any_path_will_do(folder: Path, name: str):
    odd = folder.rename(folder.with_name(name))
    with EmbeddedPostgres(odd) as server:
        assert asyncio.run(ask(server.dsn)) == 1
        link = server._host
        assert link.is_symlink()
        assert len(str(link)) < 50
    assert not link.is_symlink()


async def test_a_short_path_needs_no_link(open_folder: Path):
    with EmbeddedPostgres(open_folder / "data") as server:
        assert f"host={open_folder}/data/postgres&" in server.dsn
        assert await ask(server.dsn) == 1


def test_a_link_that_leads_elsewhere_is_refused(folder: Path):
    odd = folder.rename(folder.with_name("long" * 40))
    with EmbeddedPostgres(odd) as server:
        link = server._host
    link.symlink_to("/elsewhere")
    try:
        with pytest.raises(SocketLinkIsTaken, match="points elsewhere"):
            EmbeddedPostgres.start(odd)
        assert not runs(odd)
    finally:
        link.unlink()


@as_root
async def test_root_keeps_its_folders_closed(folder: Path):
    parents = {parent: (parent.stat().st_mode, parent.stat().st_uid) for parent in folder.parents}
    folder.parent.chmod(0o700)
    with EmbeddedPostgres(folder) as server:
        assert await ask(server.dsn) == 1
        assert postmaster_of(folder).username() == "nobody"
    assert {parent: (parent.stat().st_mode, parent.stat().st_uid) for parent in folder.parents} == parents


@as_root
def test_root_runs_it_as_the_owner_of_the_folder(new_folder: Path):
    owner = next(account for account in pwd.getpwall() if account.pw_uid and account.pw_name != "nobody")
    new_folder.mkdir()
    os.chown(new_folder, owner.pw_uid, owner.pw_gid)
    with EmbeddedPostgres(new_folder):
        assert postmaster_of(new_folder).uids().real == owner.pw_uid


@pytest.fixture
def ordinary() -> int:
    """Return the uid of an account that is not root and can run this Python."""
    uid = pwd.getpwnam("nobody").pw_uid
    if subprocess.run(["test", "-x", sys.executable], user=uid, check=False).returncode:
        pytest.skip("this Python is not for every account")
    return uid


@as_root
async def test_an_ordinary_account_runs_its_own(
    open_folder: Path, ordinary: int, invite: Callable[..., Guest]
):
    data = open_folder / "data"
    data.mkdir()
    os.chown(data, ordinary, -1)
    guest = invite(data, uid=ordinary)
    assert await ask(guest.arrives()) == 1
    assert postmaster_of(data).uids().real == ordinary
    with EmbeddedPostgres(data) as server:  # root joins second and leaves last
        guest.leaves()
        assert await ask(server.dsn) == 1
    assert not runs(data)
    again = invite(data, uid=ordinary)
    assert await ask(again.arrives()) == 1
    again.leaves()


@as_root
def test_an_account_without_a_name_is_told_what_to_do(open_folder: Path):
    # As `docker run --user 12345` does; imports come first, as the account may be unable to read Python here.
    open_folder.chmod(0o777)
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_A_NAME, "12345"],
        env={
            "OKR_DATA_DIR": str(open_folder / "data"),
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith(
        "Error: PostgreSQL sets up its data only for an account with a name, and user 12345"
    )
    assert "OKR_DATABASE_URL" in done.stderr
    assert done.stderr.count("\n") == 1


@as_root
def test_programs_that_the_account_cannot_reach_are_copied_once(tmp_path: Path, open_folder: Path):
    wheel = binaries.installed(18).parent
    for part in (wheel, wheel.with_name(f"{binaries.WHEEL}.libs")):
        shutil.copytree(part, tmp_path / part.name, copy_function=os.link)
    tmp_path.chmod(0o700)
    hidden, copies, nobody = tmp_path / wheel.name / "pginstall18", open_folder / "copies", Account.for_data()
    with ThreadPoolExecutor(2) as both:
        first, second = both.map(lambda _: binaries.runnable(hidden, nobody, copies=copies), range(2))
    assert first == second
    assert first.is_relative_to(copies)
    assert not list(copies.glob("*.partial"))
    assert all(path.stat().st_uid == 0 and not path.stat().st_mode & 0o022 for path in copies.rglob("*"))
    assert nobody.run([first / "bin" / "postgres", "--version"], folder=open_folder).returncode == 0


@as_root
def test_programs_that_cannot_be_copied_either_are_refused(tmp_path: Path):
    (tmp_path / "occupied").write_text("")
    with pytest.raises(ServerCannotBeReached, match=r"The account nobody, .*occupied"):
        binaries.runnable(tmp_path / "nothing", Account.for_data(), copies=tmp_path / "occupied")
