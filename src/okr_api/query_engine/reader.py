"""Reader: what resolvers call to get rows by key, condition or page, or to make objects, within limits."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from graphql import FieldNode

from okr_api.store.saved_rows import as_read

from .answer_size import MAX_ANSWER_BYTES, count_bytes
from .connections import ALL, ConnectionLoader
from .cursors import Narrow, PageRequest
from .field_sources import Page
from .global_ids import digits_of
from .row_sets import NULL
from .snapshot import Snapshot
from .sql_builder import ROW, SelectStatement

Condition = Callable[[SelectStatement], object]


class Reader:
    """Reader for one field of one operation: its methods name rows, the selection what to load of them."""

    def __init__(self, loader: ConnectionLoader, nodes: Sequence[FieldNode]) -> None:
        self.loader = loader
        self.nodes = nodes
        loader.size.take()  # discard what a field that failed has left

    @property
    def snapshot(self) -> Snapshot:
        """Return the snapshot that is read from."""
        return self.loader.snapshot

    async def by_key(self, type_name: str, key: Any) -> Any:
        """Return the visible row with that key, or None."""
        if key is None:
            return None
        return await self._within_budget(await self.loader.one(type_name, self.nodes, digits_of(key)))

    async def first(self, type_name: str, condition: Condition) -> Any:
        """Return the first visible row that meets the condition, or None."""
        row_set = self.loader.planner.row_set(type_name, self.nodes, few=True)
        statement = SelectStatement(self.snapshot, row_set)
        condition(statement)
        return await self._within_budget(next(iter(await self.loader.fetch(row_set, statement)), None))

    async def id_of_visible(self, type_name: str, id: UUID) -> UUID | None:
        """Return the id if a visible row has it, or None."""
        statement = SelectStatement(self.snapshot, self.loader.planner.selection.view(type_name))
        statement.columns.append(f"{ROW}.id")
        statement.where(f"{{row}}.id = {statement.parameter(id)}")
        return id if await self.snapshot.fetch(statement.text(), *statement.parameters) else None

    async def page(
        self,
        connection: str,
        page: Page,
        arguments: Mapping[str, Any],
        narrow: Narrow | None = None,
    ) -> Any:
        """Return a page of all visible rows of a type; `narrow` adds a filter."""
        wanted = PageRequest.of(arguments)
        pages = await self.loader.pages(connection, self.nodes, page, wanted, narrow=narrow)
        return await self._within_budget(pages[ALL])

    async def named(self, named: Iterable[tuple[str, Any] | None]) -> list[Any]:
        """Return the visible rows named by (type, key) pairs, in their order; None for missing ones."""
        pairs = [(one[0], digits_of(one[1])) if one else None for one in named]
        self.loader.size.uses = (len(pairs), len(pairs))
        self.loader.size.count(len(pairs), 0, NULL + len(","))
        found = await self.loader.one_of(self.nodes, pairs)
        named = [found.get(pair) for pair in pairs]
        await self._within_budget(named)
        return named

    async def given(self, type_name: str, row: Mapping[str, Any]) -> Any:
        """Return an object that is passed in, its columns by name; ids may be UUIDs."""
        return await self.made(type_name, as_read(row))

    async def made(self, type_name: str, row: Mapping[str, Any]) -> Any:
        """Return an object that is passed in, its columns by name; ids are hex digits already."""
        return (await self.made_list(type_name, [row]))[0]

    async def made_list(self, type_name: str, rows: Sequence[Mapping[str, Any]]) -> Any:
        """Return objects that are passed in, as of `made`."""
        self.loader.size.uses = (len(rows), 1)
        return await self._within_budget(await self.loader.given_rows(type_name, self.nodes, rows))

    async def _within_budget(self, value: Any) -> Any:
        """Return what has been loaded for the field, counted as part of the response.

        Raises:
            TooMany: the response would have too many bytes with it.
        """
        budget, size = self.snapshot.budget, self.loader.size.take()
        if budget.bytes + size > MAX_ANSWER_BYTES:
            size = await count_bytes(value, MAX_ANSWER_BYTES - budget.bytes)
        budget.bytes += size
        return value
