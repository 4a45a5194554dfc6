"""Relay connections: load the pages of all parents at once, with their edges, cursors and total counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from graphql import FieldNode, get_named_type

from .cursors import (
    CURSOR_BYTES,
    POSITION,
    Narrow,
    PageRequest,
    count_rows,
    encode_cursor,
    list_id,
    position_of,
    read_cursors,
    select_pages,
)
from .field_sources import Ordering, Page
from .loader import Loader
from .row_sets import RowSet, Text, key_bytes
from .selection import Nodes, SelectedField
from .sql_builder import PARENT, SelectStatement
from .sql_filters import apply_filter

ALL = None
PART_BYTES = 50  # a count, a type's name or the brackets of a list, with the braces around it


@dataclass
class Pages:
    """Pages of all parents while they are built; `read` is the row set that the rows were read for."""

    connection: str
    selected: Sequence[SelectedField]
    entity: str
    wanted: PageRequest
    read: RowSet | None
    shown: dict[Any, list[Any]]
    more: dict[Any, bool]
    counts: Mapping[Any, int]
    order: Ordering

    def cursors(self, parent: Any) -> list[str]:
        """Return the cursors of a parent's rows."""
        of, ordered = list_id(self.connection, self.order, parent), bool(self.order.expression)
        return [
            encode_cursor(of, position_of(row[POSITION]) if ordered else None, row[0])
            for row in self.shown[parent]
        ]

    def page_info(self, parent: Any) -> dict[str, Any]:
        """Return the columns of a parent's `pageInfo`."""
        cursors, more, wanted = self.cursors(parent), self.more[parent], self.wanted
        return {
            "start_cursor": cursors[0] if cursors else None,
            "end_cursor": cursors[-1] if cursors else None,
            "has_next_page": wanted.before is not None if wanted.backwards else more,
            "has_previous_page": more if wanted.backwards else wanted.after is not None,
        }


class ConnectionLoader(Loader):
    """Loader of connections as well: one statement for the pages of all parents, and one for their counts."""

    async def nested_pages(
        self, selected: SelectedField, page: Page, parents: Sequence[Any]
    ) -> Mapping[Any, dict[str, Any]]:
        """Return each parent's page as a field's arguments request it, by parent."""
        if not parents:
            return {}
        given = self.arguments(selected)
        filter = given.get("filter")
        if page.ordering is not None:
            page = replace(page, order=page.ordering(given.get("order_by"), page.order))
        if page.check is not None:
            page.check(filter)

        def narrow(statement: SelectStatement) -> None:
            apply_filter(statement, filter)
            if page.narrow is not None:
                page.narrow(statement, given)

        wanted = PageRequest.of(given)
        return await self.pages(selected.type_name, selected.nodes, page, wanted, parents, narrow=narrow)

    async def pages(
        self,
        connection: str,
        nodes: Nodes,
        page: Page,
        wanted: PageRequest,
        parents: Sequence[Any] = (ALL,),
        *,
        narrow: Narrow | None = None,
    ) -> Mapping[Any, dict[str, Any]]:
        """Return each parent's page, as an object of the connection type, by parent; `narrow` adds a filter.

        Raises:
            InvalidInput: a cursor is malformed, or belongs to the list of another parent.
        """
        snapshot, selection = self.snapshot, self.planner.selection
        selected = selection.fields(connection, nodes)
        bounds = read_cursors(wanted, connection, page.order, parents)
        entity = str(get_named_type(selection.object_type(connection).fields["nodes"].type).name)
        rows: dict[Any, list[Any]] = {parent: [] for parent in parents}
        self.size.share(len(parents), len(rows))
        row_set: RowSet | None = None
        if any(one.name in {"edges", "nodes", "pageInfo"} for one in selected):
            row_set = self.planner.row_set(entity, self._item_nodes(selected))
            statement = select_pages(snapshot, row_set, page, wanted, bounds, parents, narrow)
            text = statement.text(dated=snapshot.dated)
            key = ("page", snapshot.visibility.sees, snapshot.dated)
            row_set.texts[key] = Text(text, tuple(statement.names))
            for row in await snapshot.fetch(text, *statement.parameters, dated=snapshot.dated):
                rows[row[PARENT] if page.by else ALL].append(row)
        counted = any(one.name == "totalCount" for one in selected)
        shown = {parent: found[: wanted.size] for parent, found in rows.items()}
        pages = Pages(
            connection=connection,
            selected=selected,
            entity=entity,
            wanted=wanted,
            read=row_set,
            shown={parent: found[::-1] for parent, found in shown.items()} if wanted.backwards else shown,
            more={parent: len(found) > wanted.size for parent, found in rows.items()},
            counts=await self._counts(entity, page, parents, narrow) if counted else {},
            order=page.order,
        )
        return await self._connections(pages)

    def _item_nodes(self, selected: Sequence[SelectedField]) -> list[FieldNode]:
        """Return the field nodes that select fields of the entity: `nodes` and `edges.node`."""
        found: list[FieldNode] = []
        for one in selected:
            if one.name == "nodes":
                found += one.nodes
            elif one.name == "edges":
                for edge in self.planner.selection.fields(one.type_name, one.nodes):
                    found += edge.nodes if edge.name == "node" else ()
        return found

    async def _counts(
        self, entity: str, page: Page, parents: Sequence[Any], narrow: Narrow | None
    ) -> dict[Any, int]:
        """Return the total number of rows by parent."""
        view = self.planner.selection.view(entity)
        text, parameters = count_rows(self.snapshot, view, page, parents, narrow)
        rows = await self.snapshot.fetch(text, *parameters)
        return {row[PARENT] if page.by else ALL: row["counted"] for row in rows}

    # ── Objects ──

    async def _connections(self, pages: Pages) -> dict[Any, dict[str, Any]]:
        """Return the connection objects, each field of which is completed for all parents at once."""
        uses = self.size.uses
        answers: dict[Any, dict[Any, Any]] = {
            parent: {None: pages.connection} if self.planner.for_core else {} for parent in pages.shown
        }
        for one in pages.selected:
            self.size.uses = uses
            self.size.count(len(answers), key_bytes(one.key), key_bytes(one.key) + PART_BYTES)
            if one.name == "__typename":
                parts: Mapping[Any, Any] = dict.fromkeys(pages.shown, pages.connection)
            else:
                parts = await self._part(pages, one)
            for parent, value in parts.items():
                answers[parent][one.key] = value
        return answers

    async def _part(self, pages: Pages, one: SelectedField) -> dict[Any, Any]:
        """Return one field of the connections, by parent."""
        if one.name != "pageInfo":
            self.size.spread_lists(pages.shown.values())
        match one.name:
            case "totalCount":
                return {parent: pages.counts.get(parent, 0) for parent in pages.shown}
            case "pageInfo":
                documents = [pages.page_info(parent) for parent in pages.shown]
                infos = await self.given_rows(one.type_name, one.nodes, documents)
                return dict(zip(pages.shown, infos, strict=True))
            case "edges":
                flat = iter(await self._edges(pages, one))
            case _:
                flat = iter(await self._items(pages, one))
        return {parent: [next(flat) for _ in rows] for parent, rows in pages.shown.items()}

    async def _items(self, pages: Pages, one: SelectedField) -> list[dict[str, Any]]:
        """Return the entities of all pages, in order, with what `nodes` or an edge's `node` selects.

        If both are selected, the rows were read for both together, and each is loaded by key.
        """
        rows = [row for rows in pages.shown.values() for row in rows]
        assert pages.read is not None
        if len(self._item_nodes(pages.selected)) == len(one.nodes):
            return await self.complete(pages.read, rows)
        found = await self.by_key(pages.entity, one.nodes, [row[0] for row in rows])
        return [found[row[0]] for row in rows]

    async def _edges(self, pages: Pages, one: SelectedField) -> list[dict[Any, Any]]:
        cursors = [at for parent in pages.shown for at in pages.cursors(parent)]
        uses = self.size.uses
        answers: list[dict[Any, Any]] = [
            {None: one.type_name} if self.planner.for_core else {} for _ in cursors
        ]
        for field in self.planner.selection.fields(one.type_name, one.nodes):
            self.size.uses = uses
            least, most = CURSOR_BYTES if field.name == "cursor" else (0, PART_BYTES)
            self.size.count(len(answers), key_bytes(field.key) + least, key_bytes(field.key) + most)
            if field.name == "__typename":
                values: Sequence[Any] = [one.type_name] * len(answers)
            elif field.name == "node":
                values = await self._items(pages, field)
            else:
                values = cursors
            for answer, value in zip(answers, values, strict=False):
                answer[field.key] = value
        return answers
