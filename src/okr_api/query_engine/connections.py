"""Relay connections: one statement for the pages of all parents, and one for their total counts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from graphql import FieldNode, get_named_type

from .connection_objects import Pages, build_connections, item_nodes
from .cursors import POSITION, Bound, PageRequest, list_id, read_cursors, slice_page
from .field_sources import Page
from .protocols import RowLoader
from .row_sets import RowSet
from .selection import SelectedField
from .sql_builder import PARENT, ROW, SelectStatement
from .sql_filters import apply_filter

ALL = None
Narrow = Callable[[SelectStatement], None]


async def load_nested_pages(
    loader: RowLoader, selected: SelectedField, page: Page, parents: Sequence[Any]
) -> Mapping[Any, dict[str, Any]]:
    """Return each parent's page as a field's arguments request it, by parent."""
    if not parents:
        return {}
    given = loader.arguments(selected)
    filter = given.get("filter")
    if page.ordering is not None:
        page = replace(page, order=page.ordering(given.get("order_by"), page.order))
    if page.check is not None:
        page.check(filter)
    return await load_pages(
        loader,
        selected.type_name,
        selected.nodes,
        page,
        PageRequest.of(given),
        parents,
        narrow=lambda statement: apply_filter(statement, filter),
    )


async def load_pages(
    loader: RowLoader,
    connection: str,
    nodes: Sequence[FieldNode],
    page: Page,
    wanted: PageRequest,
    parents: Sequence[Any] = (ALL,),
    *,
    narrow: Narrow | None = None,
) -> Mapping[Any, dict[str, Any]]:
    """Return each parent's page, as an object of the connection type, by parent; `narrow` adds a filter."""
    selected = loader.planner.fields(connection, nodes)
    bounds = _bounds(connection, page, wanted, parents)
    entity = _node_type(loader, connection)
    rows: dict[Any, list[Any]] = {parent: [] for parent in parents}
    loader.size.share(len(parents), len(rows))
    row_set: RowSet | None = None
    if any(one.name in {"edges", "nodes", "pageInfo"} for one in selected):
        row_set = loader.planner.row_set(entity, item_nodes(loader, selected))
        snapshot = loader.snapshot
        statement = _narrowed(SelectStatement(snapshot, row_set, seen=page.seen), page, parents, narrow)
        _place(statement, row_set, page)
        slice_page(statement, page.order, wanted, bounds)
        for row in await _fetched(statement, row_set):
            rows[row[PARENT] if page.by else ALL].append(row)
    counted = any(one.name == "totalCount" for one in selected)
    shown = {parent: found[: wanted.size] for parent, found in rows.items()}
    pages = Pages(
        loader=loader,
        connection=connection,
        selected=selected,
        entity=entity,
        wanted=wanted,
        read=row_set,
        shown={parent: found[::-1] for parent, found in shown.items()} if wanted.backwards else shown,
        more={parent: len(found) > wanted.size for parent, found in rows.items()},
        counts=await _counts(loader, entity, page, parents, narrow) if counted else {},
        order=page.order,
        uses=loader.size.uses,
    )
    return await build_connections(pages)


async def _fetched(statement: SelectStatement, row_set: RowSet) -> list[Any]:
    """Fetch the rows of all pages."""
    snapshot = statement.snapshot
    dated = snapshot.dated
    text = row_set.texts["page", snapshot.visibility, dated] = statement.text(dated=dated)
    return await snapshot.fetch(text, *statement.parameters, dated=dated)


def _bounds(connection: str, page: Page, wanted: PageRequest, parents: Sequence[Any]) -> list[Bound]:
    """Return the cursors that bound the pages; they must belong to the list of each parent."""
    if wanted.after is None and wanted.before is None:
        return []
    return read_cursors(wanted, {list_id(connection, page.order, parent) for parent in parents})


def _node_type(loader: RowLoader, connection: str) -> str:
    """Return the name of the type of a connection's nodes."""
    field = loader.planner.selection.object_type(connection).fields["nodes"]
    return str(get_named_type(field.type).name)


def _place(statement: SelectStatement, row_set: RowSet, page: Page) -> None:
    """Select what assigns a row to its page: its position in the order, and its parent."""
    position = page.order.expression or f'{ROW}."{row_set.view.key}"'
    statement.columns.append(f'{position.format(row=ROW)} as "{POSITION}"')
    if page.by:
        statement.columns.append(f'{page.by.format(row=ROW)} as "{PARENT}"')
        statement.each_of = page.by


def _narrowed(
    statement: SelectStatement, page: Page, parents: Sequence[Any], narrow: Narrow | None
) -> SelectStatement:
    statement.joined += page.joined.format(row=ROW)
    if page.by:
        statement.where(f"{page.by} = any({statement.parameter(list(parents))})")
    if narrow is not None:
        narrow(statement)
    return statement.where(page.where)


async def _counts(
    loader: RowLoader, entity: str, page: Page, parents: Sequence[Any], narrow: Narrow | None
) -> dict[Any, int]:
    """Return the total number of rows by parent."""
    view = loader.planner.view(entity)
    statement = _narrowed(SelectStatement(loader.snapshot, view, seen=page.seen), page, parents, narrow)
    statement.columns.append("count(*) as counted")
    if not page.by:
        rows = await loader.snapshot.fetch(statement.text(), *statement.parameters)
        return {ALL: rows[0]["counted"]}
    statement.columns.append(f'{page.by.format(row=ROW)} as "{PARENT}"')
    grouped = f"{statement.text()} group by 2"
    rows = await loader.snapshot.fetch(grouped, *statement.parameters)
    return {row[PARENT]: row["counted"] for row in rows}
