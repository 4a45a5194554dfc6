"""Sharing: the first process starts the server, and the last one to leave stops it."""

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path

import asyncpg
import psutil

from okr_api.store.embedded import EmbeddedPostgres
from tests.store.embedded.guests import Guest, ask, postmaster_of, remember, remembers, runs, wait_until

Invite = Callable[..., Guest]


async def test_the_last_one_out_stops_the_server(folder: Path, invite: Invite):
    first, second = invite(folder), invite(folder)
    assert first.arrives() == second.arrives()
    postmaster = postmaster_of(folder)
    first.leaves()
    with EmbeddedPostgres(folder) as server:
        assert postmaster_of(folder) == postmaster
        second.leaves()
        assert await ask(server.dsn) == 1
    assert not runs(folder)
    assert "database system is shut down" in (folder / "postgres.log").read_text()


async def test_all_who_start_at_once_get_the_same_server(new_folder: Path, invite: Invite):
    guests = [invite(new_folder) for _ in range(4)]
    for guest in guests:
        assert await ask(guest.arrives()) == 1
    for guest in guests:
        guest.leaves()
    assert not runs(new_folder)
    assert (new_folder / "postgres.log").read_text().count("starting PostgreSQL") == 1


async def test_two_shares_of_one_process_count_as_two(folder: Path):
    with EmbeddedPostgres.start(folder) as server:
        another = EmbeddedPostgres.start(folder)
        another.stop()
        another.stop()
        assert await ask(server.dsn) == 1
    assert not runs(folder)


async def test_ctrl_c_ends_those_who_use_it_but_not_the_server(folder: Path, invite: Invite):
    starter = invite(folder)
    starter.arrives()
    with EmbeddedPostgres(folder) as server:
        os.killpg(starter.process.pid, signal.SIGINT)
        starter.process.communicate(timeout=20)
        assert await ask(server.dsn) == 1


async def test_after_a_kill_of_one_the_others_go_on(folder: Path, invite: Invite):
    starter = invite(folder)
    starter.arrives()
    with EmbeddedPostgres(folder) as server:
        starter.killed()
        assert await ask(server.dsn) == 1
    assert not runs(folder)


async def test_after_a_kill_of_all_the_next_takes_the_server_over(folder: Path, invite: Invite):
    guests = [invite(folder), invite(folder)]
    for guest in guests:
        guest.arrives()
    postmaster = postmaster_of(folder)
    for guest in guests:
        guest.killed()
    with EmbeddedPostgres(folder) as server:
        assert postmaster_of(folder) == postmaster
        assert await ask(server.dsn) == 1
    assert not runs(folder)


async def test_after_a_kill_in_the_first_start_the_next_makes_the_cluster(new_folder: Path, invite: Invite):
    guest = invite(new_folder)
    wait_until((new_folder / "postgres.partial" / "PG_VERSION").exists)
    guest.killed()
    with EmbeddedPostgres(new_folder) as server:
        assert await ask(server.dsn) == 1
    assert not (new_folder / "postgres.partial").exists()


async def test_after_a_kill_of_the_server_the_next_start_recovers(folder: Path):
    with EmbeddedPostgres(folder) as server:
        await remember(server)
        postmaster_of(folder).kill()
        with EmbeddedPostgres(folder) as another:
            assert await remembers(another)
        assert await remembers(server)


async def test_after_a_kill_of_the_server_those_who_use_it_can_start_it_again(folder: Path):
    with EmbeddedPostgres(folder) as server:
        await remember(server)
        postmaster_of(folder).kill()
        server.ensure_running()
        assert await remembers(server)


async def test_after_a_kill_of_the_server_the_last_one_out_does_not_mind(folder: Path):
    with EmbeddedPostgres(folder):
        postmaster_of(folder).kill()
    assert not runs(folder)


async def test_after_a_kill_of_everything_the_next_start_recovers(folder: Path, invite: Invite):
    guest = invite(folder)
    guest.arrives()
    with EmbeddedPostgres(folder) as server:
        await remember(server)
    postmaster = postmaster_of(folder)
    for process in (postmaster, *postmaster.children()):
        process.kill()
    guest.killed()
    with EmbeddedPostgres(folder) as server:
        assert await remembers(server)


async def test_a_pid_that_somebody_else_has_now_is_not_taken_for_the_server(folder: Path, invite: Invite):
    guest = invite(folder)
    guest.arrives()
    stale = folder / "postgres" / "postmaster.pid"
    account = stale.stat().st_uid
    postmaster = postmaster_of(folder)
    for process in (postmaster, *postmaster.children()):
        process.kill()
    guest.killed()
    # PostgreSQL trusts a pid file if its process belongs to the same account and is none of its parents.
    stranger = psutil.Popen(["sleep", "60"], user=account if os.geteuid() == 0 else None)
    try:
        lines = stale.read_text().splitlines(keepends=True)
        stale.write_text("".join([f"{stranger.pid}\n", *lines[1:]]))
        with EmbeddedPostgres(folder) as server:
            assert await ask(server.dsn) == 1
            assert postmaster_of(folder).pid != stranger.pid
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


async def test_children_of_a_killed_server_are_waited_for(folder: Path):
    slowly = """do $$ declare until timestamptz := clock_timestamp() + interval '1 second';
                begin while clock_timestamp() < until loop end loop;
                create table remembered as select 42 as answer; end $$"""
    with EmbeddedPostgres(folder) as server:
        connection = await asyncpg.connect(server.dsn)
        child = psutil.Process(connection.get_server_pid())
        idle_s = child.cpu_times().user
        working = asyncio.create_task(connection.execute(slowly))
        await asyncio.to_thread(wait_until, lambda: child.cpu_times().user > idle_s + 0.1)
        postmaster_of(folder).kill()
        await asyncio.to_thread(server.ensure_running)
        assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
        assert await ask(server.dsn) == 1
        await working  # acknowledged by a child whose parent is gone
        assert await remembers(server)
        connection.terminate()
