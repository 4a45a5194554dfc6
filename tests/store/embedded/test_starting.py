"""Starting an embedded server: what it provides, and what it rejects."""

import os
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from okr_api.store.embedded import (
    ClusterCannotBeMade,
    DataFolderCannotBeUsed,
    DataIsOfAnotherVersion,
    EmbeddedPostgres,
    ServerDoesNotAnswer,
    ServerDoesNotStart,
    VersionIsNotCarried,
    cluster,
)
from okr_api.store.embedded import server as server_module
from tests.store.embedded.guests import ask, postmaster_of, remember, remembers, runs

SOURCES = Path(server_module.__file__).parents[3]


@pytest.mark.parametrize("version", (16, 18))
async def test_a_first_start_gives_a_database_of_our_own(new_folder: Path, version: int):
    with EmbeddedPostgres(new_folder, version) as server:
        connection = await asyncpg.connect(server.dsn)
        role = await connection.fetchrow(
            "select rolname, rolsuper, rolbypassrls, rolcreatedb from pg_roles where rolname = current_user"
        )
        assert role is not None
        assert tuple(role) == ("okr", False, False, True)
        assert await connection.fetchval("select current_database()") == "okr"
        assert int(await connection.fetchval("show server_version_num")) // 10_000 == version
        for setting, value in {
            "server_encoding": "UTF8",
            "timezone": "UTC",
            "listen_addresses": "",
            "fsync": "on",
            "synchronous_commit": "on",
        }.items():
            assert await connection.fetchval("select current_setting($1)", setting) == value
        assert await connection.fetchval("select lower('ÄÖÉ')") == "äöé"
        words = await connection.fetch("select w from unnest(array['b', 'Ä', 'a', 'B']) as w order by w")
        assert [word["w"] for word in words] == ["B", "a", "b", "Ä"]
        await connection.execute("create table team (name text)")
        await connection.close()
    assert not runs(new_folder)


async def test_what_was_written_is_there_after_a_restart(folder: Path):
    with EmbeddedPostgres(folder) as server:
        await remember(server)
    with EmbeddedPostgres(folder) as server:
        assert await remembers(server)


async def test_more_databases_can_be_made(folder: Path):
    with EmbeddedPostgres(folder) as server:
        await ask(server.dsn, "create database another")
        assert await ask(server.dsn_of("another"), "select current_database()") == "another"


async def test_sqlalchemy_finds_the_same_database(folder: Path):
    with EmbeddedPostgres(folder) as server:
        engine = create_async_engine(server.sqlalchemy_url)
        async with engine.connect() as connection:
            asked = await connection.execute(text("select current_user || '@' || current_database()"))
            assert asked.scalar_one() == "okr@okr"
        await engine.dispose()


async def test_the_administrator_is_somebody_else(folder: Path):
    with EmbeddedPostgres(folder) as server:
        assert await ask(server.admin_dsn, "select rolsuper from pg_roles where rolname = current_user")


async def test_our_environment_does_not_mislead_it(folder: Path, monkeypatch: pytest.MonkeyPatch):
    for name, value in {
        "PGPORT": "1",
        "PGHOST": "nowhere",
        "PGDATA": "/nowhere",
        "PGOPTIONS": "-c a=b",
    }.items():
        monkeypatch.setenv(name, value)
    with EmbeddedPostgres(folder) as server:
        monkeypatch.delenv("PGOPTIONS")
        assert await ask(server.dsn) == 1


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path):
    (tmp_path / "occupied").write_text("")
    with pytest.raises(DataFolderCannotBeUsed, match=r"occupied cannot be used: .*File exists"):
        EmbeddedPostgres.start(tmp_path / "occupied")


def test_data_of_another_version_are_refused(folder: Path):
    with pytest.raises(
        DataIsOfAnotherVersion, match="written by PostgreSQL 18, and PostgreSQL 16 was asked for"
    ):
        EmbeddedPostgres.start(folder, 16)
    assert not runs(folder)


def test_a_version_that_is_not_in_the_wheel_is_refused(new_folder: Path):
    with pytest.raises(VersionIsNotCarried, match="in the versions 16 and 18, not in 17"):
        EmbeddedPostgres.start(new_folder, 17)
    assert not new_folder.exists()


def test_without_the_wheel_it_says_what_to_install(tmp_path: Path):
    tried = subprocess.run(
        [sys.executable, "-S", "-c", "from okr_api.store.embedded import *; EmbeddedPostgres('x')"],
        env={"PYTHONPATH": str(SOURCES)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert tried.stderr.splitlines()[-1].startswith("okr_api.store.embedded.errors.EmbeddedServerIsMissing: ")
    assert "pip install 'okr-api[embedded]'" in tried.stderr


def test_a_server_that_ends_while_starting_is_refused_with_its_log(folder: Path):
    with (folder / "postgres" / "postgresql.conf").open("a") as configuration:
        configuration.write("no_such_setting = 1\n")
    with pytest.raises(ServerDoesNotStart, match='unrecognized configuration parameter "no_such_setting"'):
        EmbeddedPostgres.start(folder)


def test_a_cluster_that_cannot_be_made_is_refused_and_leaves_nothing_behind(
    new_folder: Path, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as here:
        here.setattr(cluster, "LOCALE", ("--locale=Nowhere",))
        with pytest.raises(ClusterCannotBeMade, match="invalid locale name"):
            EmbeddedPostgres.start(new_folder)
    with EmbeddedPostgres(new_folder):
        assert runs(new_folder)


def test_a_server_that_does_not_answer_is_refused_after_the_limit(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    with EmbeddedPostgres(folder):
        monkeypatch.setattr(server_module, "START_LIMIT_S", 0.1)
        monkeypatch.setattr(server_module, "ANSWER_LIMIT_S", 2)  # the shortest timeout that a client accepts
        postmaster = postmaster_of(folder)
        postmaster.suspend()
        try:
            with pytest.raises(
                ServerDoesNotAnswer, match=r"has not answered within 0.1 seconds: (?s:.*)ready"
            ):
                EmbeddedPostgres.start(folder)
        finally:
            postmaster.resume()
        assert runs(folder)
    assert not runs(folder)


def test_its_log_is_bounded(folder: Path, monkeypatch: pytest.MonkeyPatch):
    log, earlier = folder / "postgres.log", folder / "postgres.log.1"
    size = log.stat().st_size
    monkeypatch.setattr(server_module, "LOG_LIMIT_BYTES", size - 1)
    EmbeddedPostgres.start(folder).stop()
    assert earlier.stat().st_size == size
    assert "ready to accept connections" in log.read_text()


async def test_refused_statements_do_not_fill_its_log(folder: Path):
    with EmbeddedPostgres(folder) as server:
        with pytest.raises(asyncpg.UndefinedTableError):
            await ask(server.dsn, "select 1 from a_table_that_is_not_there")
        assert "a_table_that_is_not_there" not in (folder / "postgres.log").read_text()


def test_its_data_are_for_its_owner_alone(folder: Path):
    with EmbeddedPostgres(folder):
        assert (folder / "postgres").stat().st_mode & 0o777 == 0o700
        assert postmaster_of(folder).uids().effective == (folder / "postgres").stat().st_uid != 0
        assert os.getsid(postmaster_of(folder).pid) != os.getsid(0)
