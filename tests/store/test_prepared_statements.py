"""Prepared statements: prepared when used again, and bounded in bytes."""

from uuid import UUID

from okr_api.store.bulk_write import Postgres
from okr_api.store.database import Database
from okr_api.store.prepared_statements import (
    MAX_PREPARED_TEXT_BYTES,
    MAX_STATEMENT_PREPARED_BYTES,
    MAX_STATEMENTS_PREPARED,
    MAX_STATEMENTS_REMEMBERED,
    StatementMemory,
)

NOBODY = UUID(int=0)
PREPARED = (
    "select statement from pg_prepared_statements where statement like 'select $1::int as of_this_test%'"
)


def statement(number: int, length: int = 0) -> str:
    """Return a statement that is unlike any other."""
    return f"select $1::int as of_this_test /* {number} {'x' * length} */"


async def prepared(connection: Postgres) -> list[str]:
    """Return the statements of this test that the connection keeps prepared."""
    return [row["statement"] for row in await connection.fetch(PREPARED)]


async def test_a_statement_is_prepared_when_it_is_met_again(database: Database):
    async with database.reading(NOBODY) as one, database.reading(NOBODY) as other:
        assert await one.fetchval(statement(1), 5) == 5
        assert await prepared(one) == []
        assert await other.fetchval(statement(1), 6) == 6  # used before by the process, on another connection
        assert (await prepared(one), await prepared(other)) == ([], [statement(1)])
        assert [await connection.fetchval(statement(1), 7) for connection in (one, other)] == [7, 7]
        assert await prepared(one) == [statement(1)]


async def test_what_is_met_once_leaves_nothing_prepared(database: Database):
    async with database.writing_across() as connection:
        for number in range(2_000, 2_050):
            await connection.fetchval(statement(number), 1)
        assert await prepared(connection) == []


async def test_what_is_kept_prepared_is_bounded_in_bytes_and_number(database: Database):
    async with database.reading(NOBODY) as connection:
        for length, first in ((4_000, 3_000), (1, 4_000)):
            numbers = range(first, first + MAX_STATEMENTS_PREPARED + 20)
            for number in numbers:
                for _ in range(2):
                    await connection.fetchval(statement(number, length), 1)
            kept = await prepared(connection)
            assert sum(map(len, kept)) < MAX_PREPARED_TEXT_BYTES + 2 * 4_000
            assert 20 < len(kept) <= MAX_STATEMENTS_PREPARED + 1
            assert statement(numbers[-1], length) in kept


async def test_a_statement_that_is_too_large_is_never_prepared(database: Database):
    large = statement(5_000, MAX_STATEMENT_PREPARED_BYTES)
    async with database.reading(NOBODY) as connection:
        assert [await connection.fetchval(large, number) for number in range(4)] == [0, 1, 2, 3]
        assert await prepared(connection) == []


def test_so_many_statements_are_remembered():
    memory = StatementMemory()
    assert not any(memory.is_met_again(str(number)) for number in range(MAX_STATEMENTS_REMEMBERED + 1))
    assert memory.is_met_again(str(MAX_STATEMENTS_REMEMBERED))
    assert not memory.is_met_again("0")
