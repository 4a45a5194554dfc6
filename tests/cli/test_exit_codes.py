"""Commands end with an exit code and one sentence, without a traceback."""

import socket
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import pytest

from okr_api.cli.differences import MAX_SHOWN_CHARACTERS, words_of
from okr_api.okr.computed_values import Status, Timeline
from tests.cli.conftest import looked_up, okr_api, process
from tests.store.embedded.guests import runs


@pytest.fixture
def nobody_there():
    """Return the URL of a port that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    return f"postgresql://okr:hidden@127.0.0.1:{port}/okr"


@pytest.fixture
async def empty_url(server):
    """Yield the URL of a database without any table."""
    async with server.copy_of() as name:
        yield server.url_of(name)


def test_a_database_that_is_not_there_ends_with_3(nobody_there):
    ended = process("verify", database_url=nobody_there)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.startswith("Error: The database okr at 127.0.0.1:")
    assert "cannot be reached" in ended.stderr
    assert "hidden" not in ended.stderr


@pytest.mark.parametrize("command", (("serve", "--port", "0"), ("migrate",), ("migrate", "--check")))
def test_every_command_needs_its_database(nobody_there, command):
    assert okr_api(*command, database_url=nobody_there).exit_code == 3


def test_a_data_folder_that_cannot_be_used_ends_with_3(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    ended = okr_api("organization", "list", data_dir=file / "below")
    assert (ended.exit_code, ended.stdout) == (3, "")
    assert ended.stderr.startswith(f"Error: The data folder {file / 'below'} cannot be used")


@pytest.mark.parametrize("command", (("serve",), ("token", "list"), ("demo",)))
def test_a_wrong_environment_ends_with_2(command):
    ended = okr_api(*command, port="ninety", bootstrap_token="hidden", datbase_url="x")
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert ended.stderr.splitlines() == [
        "Warning: OKR_DATBASE_URL is not a known variable; did you mean OKR_DATABASE_URL?",
        "Error: OKR_PORT is 'ninety'; a port is a number from 0 (any free one) to 65535",
        "OKR_BOOTSTRAP_TOKEN has 6 characters; it needs at least 32",
    ]


@pytest.mark.parametrize(
    "command", ((), ("grow",), ("serve", "--workers", "0"), ("import", "/nowhere.json"), ("token", "create"))
)
def test_wrong_usage_ends_with_2(command):
    ended = okr_api(*command)
    assert ended.exit_code == 2
    assert "Usage: okr-api" in ended.stderr


def test_a_database_of_ones_own_is_migrated_only_when_asked(empty_url):
    behind = process("organization", "list", database_url=empty_url)
    assert (behind.returncode, behind.stdout) == (3, "")
    assert behind.stderr == "Error: The database has no tables of okr-api yet: run okr-api migrate\n"
    assert okr_api("migrate", "--check", database_url=empty_url).exit_code == 1
    for words in (("migrate",), ("migrate",), ("migrate", "--check")):
        ended = okr_api(*words, database_url=empty_url)
        assert (ended.exit_code, ended.output) == (0, "The database schema is up to date.\n")
    assert okr_api("organization", "list", database_url=empty_url).exit_code == 0


@pytest.mark.parametrize(
    "command", (("serve", "--port", "0"), ("migrate",), ("migrate", "--check"), ("verify",))
)
def test_a_database_that_a_newer_release_has_migrated_is_left_alone(database_url, command):
    looked_up(database_url, lambda database: _mark(database, "9999"))
    ended = okr_api(*command, database_url=database_url)
    assert ended.exit_code == (1 if "--check" in command else 3)
    assert ended.stderr.startswith("Error: The database is at migration 9999, this release of okr-api knows")


async def _mark(database, revision):
    async with database.across() as connection:
        await connection.execute("update alembic_version set version_num = $1", revision)


@pytest.mark.parametrize("lost", ("delete from alembic_version", "drop table alembic_version"))
def test_tables_of_no_known_migration_are_left_alone(database_url, lost):
    looked_up(database_url, lambda database: _execute(database, lost))
    ended = okr_api("migrate", database_url=database_url)
    assert ended.exit_code == 3
    assert ended.stderr.startswith("Error: The database has a table organization, but alembic_version does")


async def _execute(database, statement):
    async with database.across() as connection:
        await connection.execute(statement)


def test_the_embedded_database_is_migrated_by_whatever_opens_it(folder):
    ended = process("organization", "list", data_dir=folder)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "ID  NAME  TIME ZONE\n", "")
    assert not runs(folder)
    assert okr_api("migrate", "--check", data_dir=folder).exit_code == 0


def test_the_schema_needs_no_database(nobody_there):
    ended = okr_api("schema", database_url=nobody_there)
    assert ended.exit_code == 0
    assert "\ntype Query {" in ended.stdout


async def test_verify_is_clean_until_a_number_is_wrong(acme, acme_url):
    await acme.check_in("backlog", 50)
    await acme.check_in("macros", 3)
    clean = process("verify", database_url=acme_url)
    assert (clean.returncode, clean.stdout) == (0, "Every stored number follows from the facts.\n")
    connection = await asyncpg.connect(acme_url)
    await connection.execute("update key_result set progress = 0.123 where id = $1", acme.backlog)
    await connection.close()
    wrong = process("verify", "--organization", "Acme", database_url=acme_url)
    assert wrong.returncode == 1
    assert wrong.stdout == (
        f'Acme: key result "Backlog" ({acme.backlog}): progress is stored as 0.123, recomputed it is 0.75\n'
    )
    assert wrong.stderr == (
        "Error: 1 stored number does not follow from the facts. "
        "To repair: okr-api recount (with --dry-run it only shows what it would change).\n"
    )
    for flag, ends in (("--dry-run", "1 number would change."), (None, "1 number stored anew, as change ")):
        recounted = process("recount", *filter(None, [flag]), database_url=acme_url)
        assert (recounted.returncode, recounted.stderr) == (0, "")
        assert recounted.stdout.startswith(wrong.stdout)
        assert f"Acme: {ends}" in recounted.stdout
    again = process("recount", database_url=acme_url)
    assert again.stdout == "Acme: every stored number follows from the facts.\n"


def test_every_kind_of_stored_value_is_told_in_words():
    noon, later = (datetime(2026, 5, day, 12, tzinfo=UTC) for day in (1, 2))
    told = (
        (None, "none"),
        ((), "none"),
        (True, "true"),
        (0.25, "0.25"),
        (noon, "2026-05-01T12:00:00Z"),
        (Status.ON_TRACK, "ON_TRACK"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (("plan", "pilot"), "plan, pilot"),
        (((noon, 0.0), (later, 1.0)), "0.0 at 2026-05-01T12:00:00Z, 1.0 at 2026-05-02T12:00:00Z"),
        (Timeline((Status.PENDING, Status.STALE), (noon,)), "PENDING, STALE from 2026-05-01T12:00:00Z"),
    )
    assert [words_of(value) for value, _ in told] == [words for _, words in told]
    assert len(words_of(("step",) * 1_000)) == MAX_SHOWN_CHARACTERS


async def test_a_clock_that_ran_ahead_is_repaired_by_a_command(acme, acme_url):
    right = process("repair-clock", database_url=acme_url)
    assert (right.returncode, right.stdout) == (0, "Acme has nothing recorded after now.\n")
    seq = await acme.seq()
    for table in ("change", "feed_head"):
        await acme.fetch(f"update {table} set recorded_at = now() + interval '300 days' where seq = $1", seq)
    repaired = process("repair-clock", database_url=acme_url)
    assert (repaired.returncode, repaired.stderr) == (0, "")
    assert repaired.stdout.startswith("Acme was 299 days, 23:")
    assert repaired.stdout.endswith(f"it is repaired as change {seq + 1}.\n")
    await acme.check_in("macros", 1)
