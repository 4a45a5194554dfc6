"""Benchmark databases: a template for each seed and size, and a copy for each competitor."""

import asyncio
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg

import okr_api
from bench.filling import Marks, fill, marks_of, say
from bench.organization import Sizes, now
from bench.processes import cpu_seconds, pin_tree
from okr_api.store.embedded import EmbeddedPostgres, cluster

HERE = Path(__file__).parent
COMPETING = HERE / "sql" / "competing.sql"
OURS = Path(okr_api.__file__).parent
MIGRATIONS = OURS / "store" / "migrations" / "versions"
FRESH_FOR = timedelta(days=14)  # check-ins become stale, and a cycle ends
STATEMENT_LIMIT_S = 1_200

# The product's own settings, except these. The embedded server's defaults for small machines would measure
# copying between kernel memory and PostgreSQL's; checkpoints and vacuums during a turn would count against
# that competitor. Commits stay fully durable.
SETTINGS = {
    "shared_buffers": "512MB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "1h",
    "autovacuum": "off",
}


class Databases:
    """The PostgreSQL server with the databases made on it."""

    def __init__(self, server: EmbeddedPostgres, core: int | None) -> None:
        self.server = server
        self.pid = int((server.data_dir / "postgres" / "postmaster.pid").read_text().split()[0])
        self.core = core
        self.copies: list[str] = []

    @classmethod
    @contextmanager
    def running(cls, cache: Path, core: int | None) -> Iterator["Databases"]:
        """Run the server pinned to its core while the context lasts; drop the copies at the end."""
        cluster.SETTINGS.update(SETTINGS)
        with EmbeddedPostgres(cache / "postgres") as server:
            databases = cls(server, core)
            pin_tree(databases.pid, core)
            try:
                yield databases
            finally:
                for name in databases.copies:
                    databases.execute(f"drop database if exists {name} with (force)")

    def execute(self, *statements: str, database: str = cluster.DATABASE) -> None:
        """Run statements that cannot run in a transaction, as superuser."""
        asyncio.run(_execute(self._superuser(database), statements))

    def value(self, statement: str, *, database: str) -> Any:
        """Return the single value of a statement."""
        return asyncio.run(_value(self.server.dsn_of(database), statement))

    def _superuser(self, database: str) -> str:
        return self.server.dsn_of(database, role=cluster.ADMINISTRATOR)

    def cpu_seconds(self) -> float:
        """Return the CPU time of PostgreSQL as a whole, ended backends included."""
        return cpu_seconds(self.pid)

    def checkpoint(self) -> None:
        """Checkpoint now, so that none happens during a turn."""
        self.execute("checkpoint")

    def template(self, sizes: Sizes, seed: int) -> str:
        """Return the name of a database with the organisation; fill it if missing or stale."""
        family = "bench_" + "_".join(map(str, astuple(sizes)))
        name = f"{family}_s{seed}_{_what_it_depends_on()}"
        if self._is_there(name) and self._is_fresh(name):
            return name
        self._drop_others(family)
        say(f"Making {sizes.objectives * sizes.cycles:,} objectives …")
        self.execute(f"create database {name}_partial owner {cluster.OWNER}")
        dsn = self.server.dsn_of(f"{name}_partial")
        asyncio.run(fill(dsn, sizes, seed, now(), said=say, superuser_dsn=self._superuser(f"{name}_partial")))
        self.execute(f"alter database {name}_partial rename to {name}")
        return name

    def _drop_others(self, family: str) -> None:
        names = self.value(
            f"select array_agg(datname::text) from pg_database where starts_with(datname, '{family}_s')",
            database=cluster.DATABASE,
        )
        for name in names or []:
            self.execute(f"drop database {name} with (force)")

    def _is_there(self, name: str) -> bool:
        found = f"select exists (select from pg_database where datname = '{name}')"
        return bool(self.value(found, database=cluster.DATABASE))

    def _is_fresh(self, name: str) -> bool:
        marks = self.marks(name)
        return marks.made_at + FRESH_FOR > now() and marks.runs_until > now() + timedelta(days=1)

    def marks(self, name: str) -> Marks:
        """Return the ids from which requests are made."""
        return asyncio.run(marks_of(self.server.dsn_of(name)))

    def copy(self, template: str, name: str, *, competing: bool) -> str:
        """Copy the template; for competitors, add the schema objects that they need."""
        say(f"Copying the database for {name} …")
        copy = f"bench_copy_{name}"
        self.execute(
            f"drop database if exists {copy} with (force)",
            f"create database {copy} template {template} strategy file_copy owner {cluster.OWNER}",
        )
        self.copies.append(copy)
        if competing:
            asyncio.run(_execute(self.server.dsn_of(copy), [COMPETING.read_text()]))
        return copy


def _what_it_depends_on() -> str:
    """Return a hash of the schema and of the code that makes the data: domain, scoring and row mappers."""
    folders = (OURS / "okr", OURS / "scoring", OURS / "store" / "mappers", MIGRATIONS)
    made_by = [HERE / "organization.py", HERE / "filling.py"]
    made_by += [path for folder in folders for path in sorted(folder.glob("*.py"))]
    return hashlib.sha256(b"".join(path.read_bytes() for path in made_by)).hexdigest()[:8]


async def _execute(dsn: str, statements: Any) -> None:
    connection = await asyncpg.connect(dsn, command_timeout=STATEMENT_LIMIT_S)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def _value(dsn: str, statement: str) -> Any:
    connection = await asyncpg.connect(dsn, command_timeout=STATEMENT_LIMIT_S)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()
