"""A database whose clock stands still until a test moves it, and in which a test can let statements fail."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, time, timedelta

from okr_api.store.database import Database
from tests.acme import TODAY
from tests.conftest import Server

NOON = datetime.combine(TODAY + timedelta(days=1), time(12), UTC)  # after everything that templates contain
STOP = f"""
    create schema clock;
    create table clock.present (at timestamptz not null);
    insert into clock.present values ('{NOON}');
    create function clock.now() returns timestamptz language sql stable as $$ select at from clock.present $$;
    create function clock.clock_timestamp() returns timestamptz language sql volatile as
        $$ select at from clock.present $$;
"""
# Named before pg_catalog, so that its functions are found first.
SEARCH = "alter database {name} set search_path = clock, pg_catalog, public"
MOVE = "update clock.present set at = $1"
# The fault comes at that step of the transactions that follow: before or after a statement, or at a commit. A
# fatal one ends the connection, as the end of the process would.
FAULTS = """
    create sequence clock.steps;
    create table clock.fault (step int, is_fatal boolean not null);
    insert into clock.fault values (null, false);
    create function clock.step() returns trigger language plpgsql as $$
    begin
        if nextval('clock.steps') = (select step from clock.fault) then
            if (select is_fatal from clock.fault) then
                perform pg_terminate_backend(pg_backend_pid());
                perform pg_sleep(1);
            end if;
            raise exception 'a fault of the test';
        end if;
        return null;
    end $$;
"""
AT = """
    create trigger before_statement before insert or update on {table}
        for each statement execute function clock.step();
    create trigger after_statement after insert or update on {table}
        for each statement execute function clock.step();
"""
AT_COMMIT = """
    create constraint trigger at_commit after insert or update on clock_position
        deferrable initially deferred for each row execute function clock.step();
"""
ARM = "with again as (select setval('clock.steps', 1, false)) update clock.fault set step = $1, is_fatal = $2 from again"
FAULTY_TABLES = ("clock_position", "change", "change_node", "feed_head")


@asynccontextmanager
async def with_moving_clock(server: Server, template: str) -> AsyncIterator[str]:
    """Yield the URL of a copy of a database whose clock stands at noon of tomorrow."""
    async with server.copy_of(template) as name:
        url = server.url_of(name)
        async with Database.open(url) as database, database.across() as connection:
            await connection.execute(STOP)
            await connection.execute(
                FAULTS + "".join(AT.format(table=each) for each in FAULTY_TABLES) + AT_COMMIT
            )
        await server.execute(SEARCH.format(name=name))
        yield url


async def set_clock(database: Database, at: datetime) -> None:
    """Set the clock of a database to an instant."""
    async with database.across() as connection:
        await connection.execute(MOVE, at)


async def after(database: Database, **passed: float) -> datetime:
    """Move the clock on by a time such as `days=7`, and return the instant."""
    async with database.across() as connection:
        at: datetime = await connection.fetchval("select at from clock.present") + timedelta(**passed)
        await connection.execute(MOVE, at)
        return at


async def fail_at(database: Database, step: int | None, *, is_fatal: bool = False) -> None:
    """Let that step of what follows fail; None for no fault."""
    async with database.across() as connection:
        await connection.execute(ARM, step, is_fatal)
