"""Fixtures that the tests share: one PostgreSQL for the session, and for each test a database of its own.

    server          the PostgreSQL; OKR_TEST_POSTGRES=16 selects another version than 18, and
                    OKR_TEST_DATABASE_URL an existing server, whose role may create databases
    database_url    a migrated database without an organisation, dropped after the test
    database        that database, opened; `wakeups`, `desk`, `group_commit` and `tokens` work on it
    acme_url        a migrated database in which Acme has been founded (see tests/acme.py)
    acme            Acme in that database: `acme.database`, `acme.mutation_runner`, `acme.group_commit`, …
    fast_path       a folder of the test's own, in memory where there is room
    resting         Acme in one database for the whole session, for tests that change nothing

A database is a copy of a template, made in some tens of milliseconds. A test uses either the empty
one or Acme's. The session's PostgreSQL keeps its files in memory where there is room: on a disk, creating
and removing the few hundred files of a database would take most of a test's time.
"""

import gc
import os
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from okr_api.auth.tokens import TokenStore
from okr_api.pubsub.notifier import ChangeNotifier
from okr_api.services.group_commit import GroupCommit
from okr_api.services.mutation_runner import MutationRunner
from okr_api.store import schema_version
from okr_api.store.database import Database
from okr_api.store.embedded import EmbeddedPostgres, cluster
from tests.acme import Acme, World, found_acme

POSTGRES = int(os.environ.get("OKR_TEST_POSTGRES", "18"))
MEMORY = Path("/dev/shm")
MEMORY_WANTED = 2**32  # four servers and their largest organisations take a quarter of it


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect no garbage meanwhile, and freeze what has been imported: later collections do not traverse it."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server on which databases can be created; `url` is the database to create them from."""

    url: str
    connection: asyncpg.Connection
    embedded: EmbeddedPostgres | None = None

    def url_of(self, database: str) -> str:
        """Return the URL of another database on the server."""
        if self.embedded:
            return self.embedded.dsn_of(database)
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{database}"))

    async def execute(self, statement: str) -> None:
        """Run a statement that cannot run in a transaction."""
        await self.connection.execute(statement)

    @asynccontextmanager
    async def copy_of(self, template: str | None = None) -> AsyncIterator[str]:
        """Create a copy of the template for as long as the context lasts; yield its name."""
        name = f"okr_test_{secrets.token_hex(6)}"
        # file_copy is faster than wal_log, and what the first connection needs is already there.
        await self.execute(f"create database {name} template {template or 'template1'} strategy file_copy")
        try:
            yield name
        finally:
            try:
                await self.execute(f"drop database {name}")
            except asyncpg.ObjectInUseError:  # forced at first, it would conflict with autovacuum
                await self.execute(f"drop database {name} with (force)")


@pytest.fixture(scope="session")
def fast_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Yield a folder in memory if there is enough of it, else on the disk."""
    if not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < MEMORY_WANTED:
        yield tmp_path_factory.mktemp("fast")
        return
    with tempfile.TemporaryDirectory(prefix="okr-tests-", dir=MEMORY) as folder:
        yield Path(folder)


@pytest.fixture
def fast_path(fast_folder: Path) -> Iterator[Path]:
    """Yield a folder of the test's own in `fast_folder`; like `tmp_path`, for tests that write much."""
    with tempfile.TemporaryDirectory(dir=fast_folder) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def address(fast_folder: Path) -> Iterator[tuple[str, EmbeddedPostgres | None]]:
    """Yield the URL of the session's PostgreSQL, and the server itself if it is embedded."""
    if url := os.environ.get("OKR_TEST_DATABASE_URL"):
        yield url, None
        return
    with pytest.MonkeyPatch.context() as patch:
        for name in ("fsync", "full_page_writes", "synchronous_commit", "autovacuum"):
            patch.setitem(cluster.SETTINGS, name, "off")  # they may be lost in a power failure
        embedded = EmbeddedPostgres.start(fast_folder / "postgres", POSTGRES)
    with embedded:
        yield embedded.dsn, embedded


@pytest.fixture(scope="session")
async def server(address: tuple[str, EmbeddedPostgres | None]) -> AsyncIterator[Server]:
    """Yield the session's PostgreSQL, with a connection that creates databases."""
    url, embedded = address
    connection = await asyncpg.connect(url)
    try:
        yield Server(url, connection, embedded)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
async def template(server: Server) -> AsyncIterator[str]:
    """Yield the name of a migrated database that has no connections."""
    async with server.copy_of() as name:
        await schema_version.migrate(server.url_of(name))
        yield name


@pytest.fixture(scope="session")
async def acme_template(server: Server, template: str) -> AsyncIterator[tuple[str, World]]:
    """Yield the name of a database that contains Acme, and Acme's ids."""
    async with server.copy_of(template) as name:
        async with (
            Database.open(server.url_of(name)) as database,
            ChangeNotifier.running(database) as wakeups,
        ):
            world = await found_acme(database, wakeups)
        yield name, world


@pytest.fixture
async def database_url(server: Server, template: str) -> AsyncIterator[str]:
    """Yield the URL of a migrated database without an organisation."""
    async with server.copy_of(template) as name:
        yield server.url_of(name)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Open the database of `database_url`."""
    async with Database.open(database_url) as opened:
        yield opened


@pytest.fixture
async def wakeups(database: Database) -> AsyncIterator[ChangeNotifier]:
    """Run a change notifier on the database."""
    async with ChangeNotifier.running(database) as running:
        yield running


@pytest.fixture
def desk(database: Database, wakeups: ChangeNotifier) -> MutationRunner:
    """Return a mutation runner on the database."""
    return MutationRunner(database, wakeups)


@pytest.fixture
def group_commit(desk: MutationRunner) -> GroupCommit:
    return GroupCommit(desk)


@pytest.fixture
def tokens(database: Database) -> TokenStore:
    return TokenStore(database)


@pytest.fixture
async def acme_url(server: Server, acme_template: tuple[str, World]) -> AsyncIterator[str]:
    """Yield the URL of a copy of Acme's database."""
    async with server.copy_of(acme_template[0]) as name:
        yield server.url_of(name)


@pytest.fixture
async def acme(acme_url: str, acme_template: tuple[str, World]) -> AsyncIterator[Acme]:
    """Open a copy of Acme's database."""
    async with Database.open(acme_url) as database, ChangeNotifier.running(database) as wakeups:
        yield Acme(database, wakeups, acme_template[1])


@pytest.fixture(scope="session")
async def resting(server: Server, acme_template: tuple[str, World]) -> AsyncIterator[Acme]:
    """Yield Acme for tests that change nothing; check at the end of the session that no row changed."""
    async with (
        server.copy_of(acme_template[0]) as name,
        Database.open(server.url_of(name)) as database,
        ChangeNotifier.running(database) as wakeups,
    ):
        acme = Acme(database, wakeups, acme_template[1])
        before = await acme.tables()
        yield acme
        assert await acme.tables() == before
