"""Large files: an export is imported completely, in bounded statements, without delaying other clients.

OKR_TEST_IMPORT=full uses the benchmark's organisation: 10,000 objectives, 315,000 check-ins.
"""

import asyncio
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import asyncpg
import orjson
import pytest

from bench.filling import fill
from bench.organization import Sizes
from okr_api.cli import import_progress
from okr_api.services.bootstrap import found_organization
from okr_api.services.import_export.importer import import_document
from okr_api.services.import_export.json_parser import parse_file
from okr_api.store.bulk_insert import MAX_COPIED_ROWS
from okr_api.store.bulk_write import MAX_STATEMENT_ROWS
from okr_api.store.database import Database
from okr_api.store.time_limits import SHORT_IDLE_TRANSACTION
from tests.acme import Acme
from tests.cli.conftest import COMMAND, environment, okr_api
from tests.conftest import Server
from tests.services.import_export.files import IMPORTER
from tests.serving import PATIENCE_S, serving

IS_FULL = os.environ.get("OKR_TEST_IMPORT") == "full"
SIZES = (
    Sizes(objectives=10_000, key_results=35_000, check_ins=315_000)
    if IS_FULL
    else Sizes(objectives=500, key_results=1_750, check_ins=10_000, trees=5, people=50)
)
MAX_IMPORT_CPU_S = 120 if IS_FULL else 30
MAX_MEMORY_MIB = 1_400 if IS_FULL else 200
# One check-in in twenty corrects the previous one of its key result.
CORRECTED = """
    update check_in corrects set supersedes_id = before.id
    from (
        select id as later, lag(id) over (partition by key_result_id order by seq) as id from check_in
    ) before
    where before.later = corrects.id and before.id is not null and hashtext(corrects.id::text) % 20 = 0
"""
SAVING = """
    select from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock' and query ilike 'copy %check_in%'
"""


@dataclass(frozen=True)
class Ended:
    """The exit code of a process, its times and its peak memory."""

    code: int
    took_s: float
    cpu_s: float
    memory_mib: float


# The peak memory of a process counts that of the one which started it, so a small one starts the command.
MEASURE = """
import json, os, sys
began, null = os.times().elapsed, [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
_, status, used = os.wait4(os.posix_spawn(sys.executable, sys.argv[1:], os.environ, file_actions=null), 0)
took = os.times().elapsed - began
print(json.dumps([os.waitstatus_to_exitcode(status), took, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))
"""


def run(*words: object, database_url: str) -> Ended:
    """Run a command to its end in its own process."""
    measured = [sys.executable, "-I", "-S", "-c", MEASURE, *COMMAND, *map(str, words)]
    done = subprocess.run(
        measured, env=environment(database_url=database_url), stdout=subprocess.PIPE, check=True
    )
    return Ended(*orjson.loads(done.stdout))


@pytest.fixture(scope="module")
async def backup(server: Server, template: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Export the benchmark's organisation, with corrections, and return the file."""
    file = tmp_path_factory.mktemp("backup") / "backup.json"
    async with server.copy_of(template) as name:
        url = server.url_of(name)
        await fill(url, SIZES, 7, datetime.now(UTC), said=lambda line: None)
        connection = await asyncpg.connect(url)
        await connection.execute(CORRECTED)
        await connection.close()
        exported = await asyncio.to_thread(run, "export", file, database_url=url)
    assert exported.code == 0
    assert exported.memory_mib < MAX_MEMORY_MIB
    return file


async def empty(database: Database) -> UUID:
    """Create an organisation without any data and return its id."""
    return (await found_organization(database, name="Empty", zone="UTC")).id


def test_an_export_comes_back_byte_for_byte(backup: Path, database_url: str, tmp_path: Path):
    assert okr_api("organization", "create", "Empty", database_url=database_url).exit_code == 0
    imported = run("import", backup, "--rename", database_url=database_url)
    sys.stderr.write(f"import: {imported}\n")
    assert (imported.code, imported.cpu_s < MAX_IMPORT_CPU_S) == (0, True)
    assert imported.memory_mib < MAX_MEMORY_MIB
    again = tmp_path / "again.json"
    exported = run("export", again, database_url=database_url)
    sys.stderr.write(f"export: {exported}\n")
    assert exported.code == 0
    assert again.read_bytes() == backup.read_bytes()
    assert run("verify", database_url=database_url).code == 0


async def test_every_statement_of_an_import_is_bounded(backup: Path, database_url: str):
    sent: list[str] = []
    rows: list[int] = []

    def note(query: asyncpg.connection.LoggedQuery) -> None:
        sent.append(query.query)
        for arg in query.args or ():
            if isinstance(arg, list | tuple):
                rows.append(len(arg))
            elif isinstance(arg, str) and arg.startswith("["):
                rows.append(len(orjson.loads(arg)))

    async with Database.open(database_url, most_connections=1) as database:
        organization_id = await empty(database)
        async with database.pool.acquire() as connection:
            connection.add_query_logger(note)
        document = parse_file(await asyncio.to_thread(backup.read_bytes))
        report = await import_document(
            database, organization_id, document, author=IMPORTER, namespace="x", rename=True
        )
        again = await import_document(database, organization_id, document, author=IMPORTER, namespace="x")
    assert (report.counts["check_ins"].created, again.changed) == (SIZES.check_ins, False)
    assert 1_000 <= max(rows) <= max(MAX_COPIED_ROWS, MAX_STATEMENT_ROWS)
    assert sent.count(SHORT_IDLE_TRANSACTION) == 1


async def test_other_organisations_are_served_meanwhile(backup: Path, acme: Acme, acme_url: str):
    async with serving(acme_url) as served:
        client = served.client(acme.token)
        organization_id = await empty(acme.database)
        importing = asyncio.create_task(
            asyncio.to_thread(run, "import", backup, "--organization", organization_id, database_url=acme_url)
        )
        answered, before = 0, await acme.seq()
        while not importing.done():
            await client.do("checkInRecord", keyResult={"externalId": "macros"}, value=answered % 10)
            await client.ask("{ objectives(first: 10) { nodes { progress } } }")
            answered += 1
        assert (await importing).code == 0
    assert answered > 10
    assert await acme.seq() == before + answered


async def test_a_killed_import_leaves_nothing_and_no_lock(
    backup: Path, database: Database, database_url: str
):
    organization_id = await empty(database)
    holder = await asyncpg.connect(database_url)
    async with holder.transaction():
        await holder.execute("lock table check_in in share mode")  # blocks the import while it saves
        process = await asyncio.create_subprocess_exec(
            *COMMAND, "import", str(backup), env=environment(database_url=database_url)
        )
        async with asyncio.timeout(PATIENCE_S), database.across() as connection:
            while not await connection.fetch(SAVING):
                assert process.returncode is None
                await asyncio.sleep(0)
        process.send_signal(signal.SIGKILL)
        await process.wait()
    await holder.close()
    async with database.writing(organization_id) as connection:  # succeeds within the lock timeout
        head = await connection.fetchrow(
            "select seq from feed_head where organization_id = $1 for no key update", organization_id
        )
        tables = ("objective", "key_result", "check_in", "change", "objective_version")
        counts = [await connection.fetchval(f"select count(*) from {table}") for table in tables]
    assert (head and head["seq"], counts) == (0, [0] * len(tables))


def test_progress_is_told_on_stderr(backup: Path, database_url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(import_progress, "PROGRESS_INTERVAL_S", 0.0)
    assert okr_api("organization", "create", "Empty", database_url=database_url).exit_code == 0
    ended = okr_api("import", backup, database_url=database_url)
    lines = ended.stderr.splitlines()
    rows = sum((SIZES.people, SIZES.trees, 1, SIZES.objectives, SIZES.key_results, SIZES.check_ins))
    assert lines[0] == f"Checked 500 of {rows:,} rows"
    assert lines[-1] == f"Saved {SIZES.check_ins:,} of {SIZES.check_ins:,} check-ins"
    assert "Saved" not in ended.stdout
