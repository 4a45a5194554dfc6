"""Commands on a server older than PostgreSQL 16 report the required version and change nothing."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from okr_api.store.embedded.os_user import Account
from tests.cli.conftest import process

OLD = Path("/usr/lib/postgresql/15/bin")
SENTENCE = "Error: PostgreSQL 16 or newer is needed; this is 15\n"
COMMANDS = (
    ("migrate",),
    ("migrate", "--check"),
    ("serve", "--port", "0"),
    ("verify",),
    ("organization", "create", "Acme"),
    ("token", "list"),
    ("export",),
)


@pytest.fixture(scope="module")
def old_server() -> Iterator[str]:
    """Run PostgreSQL 15 as an ordinary account in its own folder and yield its URL."""
    if not (OLD / "initdb").exists():
        pytest.skip(f"LEFT OUT: there is no PostgreSQL 15 in {OLD} (Debian: apt install postgresql-15)")
    with tempfile.TemporaryDirectory(prefix="okr-old-") as name:
        folder = Path(name)
        account = Account.for_data(folder)
        account.give(folder)
        data = folder / "data"

        def run(program: str, *words: str) -> None:
            with (folder / "log").open("a") as log:
                done = account.run([OLD / program, "-D", data, *words], folder=folder, log=log.fileno())
            assert done.returncode == 0, (folder / "log").read_text()

        run("initdb", "--username=okr", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C")
        run("pg_ctl", "start", "--wait", "-o", f"-k {folder} -c listen_addresses='' -c fsync=off")
        try:
            yield f"postgresql://okr@/postgres?host={folder}"
        finally:
            run("pg_ctl", "stop", "--wait", "--mode=immediate")


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
async def test_every_command_checks_the_version_first(old_server: str, command: tuple[str, ...]):
    ended = process(*command, database_url=old_server)
    assert (ended.returncode, ended.stdout, ended.stderr) == (3, "", SENTENCE)
    connection = await asyncpg.connect(old_server)
    try:
        assert await connection.fetchval("select count(*) from pg_tables where schemaname = 'public'") == 0
    finally:
        await connection.close()
