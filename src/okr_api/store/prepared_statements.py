"""asyncpg connection that prepares a statement on its second use, with a cache bounded in bytes.

Each filter and each selection of a client makes a statement of its own. A prepared one takes about eighty
times its text in PostgreSQL's memory; one that is used once is parsed, executed and discarded.
"""

from collections import OrderedDict
from typing import Any

import asyncpg

MAX_STATEMENTS_PREPARED = 200
MAX_PREPARED_TEXT_BYTES = 128 * 1024
MAX_STATEMENT_PREPARED_BYTES = 8 * 1024
MAX_WRITE_PREPARED_BYTES = 16 * 1024  # whom a change tells is 15 KB, in every mutation
MAX_STATEMENTS_REMEMBERED = 2_000


class StatementMemory:
    """LRU set of hashes of recent statements; a hash collision only prepares a statement too early."""

    def __init__(self) -> None:
        self._met: OrderedDict[int, None] = OrderedDict()

    def is_met_again(self, statement: str) -> bool:
        """Return whether a statement was used before, and remember it."""
        key = hash(statement)
        if key in self._met:
            self._met.move_to_end(key)
            return True
        self._met[key] = None
        if len(self._met) > MAX_STATEMENTS_REMEMBERED:
            self._met.popitem(last=False)
        return False


MEMORY = StatementMemory()


class Connection(asyncpg.Connection):
    """asyncpg connection of the service; asyncpg has no public option to choose what is kept prepared."""

    _prepared: frozenset[str] = frozenset()

    async def _execute(
        self,
        query: str,
        args: Any,
        limit: int,
        timeout: float | None,  # noqa: ASYNC109  asyncpg passes it
        **options: Any,
    ) -> Any:
        """Execute a statement; one that is already prepared skips asyncpg's general code path."""
        protocol: Any = self._protocol  # type: ignore[attr-defined]
        is_plain = timeout is None and not any(options.values())
        if is_plain and not self._query_loggers:  # type: ignore[attr-defined]
            statement = self._stmt_cache.get((query, protocol.get_record_class(), False))  # type: ignore[attr-defined]
            if statement is not None:
                try:
                    return await protocol.bind_execute(
                        state=statement,
                        args=args,
                        portal_name="",
                        limit=limit,
                        return_extra=False,
                        timeout=protocol._get_timeout(None),  # noqa: SLF001
                    )
                except asyncpg.OutdatedSchemaCacheError:
                    await self.reload_schema_state()
                    raise
                except asyncpg.InvalidCachedStatementError:  # raised before execution
                    self._drop_global_statement_cache()  # type: ignore[attr-defined]
                    if self.is_in_transaction():
                        raise
        return await super()._execute(query, args, limit, timeout, **options)  # type: ignore[misc]

    async def _get_statement(self, query: str, *rest: Any, **options: Any) -> Any:
        if not MEMORY.is_met_again(query):
            options["use_cache"] = False
        statement = await super()._get_statement(query, *rest, **options)  # type: ignore[misc]
        if statement.name and statement.name not in self._prepared:
            self._evict()
        return statement

    def _evict(self) -> None:
        """Close the least recently used statements until the rest is within `MAX_PREPARED_TEXT_BYTES`."""
        cache: Any = self._stmt_cache  # type: ignore[attr-defined]
        kept = list(cache.iter_statements())
        total, evicted = sum(len(one.query) for one in kept), 0
        while total > MAX_PREPARED_TEXT_BYTES:
            total -= len(kept[evicted].query)
            evicted += 1
        if evicted:
            cache.set_max_size(len(kept) - evicted)
            cache.set_max_size(MAX_STATEMENTS_PREPARED)
        self._prepared = frozenset(one.name for one in kept[evicted:])
