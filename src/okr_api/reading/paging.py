"""Paging: connections, one statement for the pages of all parents and one for their counts."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from graphql import FieldNode

from .declarations import Page
from .pages import POSITION, Wanted, cursor, cut, position_of
from .selection import Asked
from .statements import ROW, Statement

if TYPE_CHECKING:
    from .loading import Loader

PARENT = "parent_in_stream"
ALL = None


async def load_pages(
    loader: "Loader",
    connection: str,
    nodes: Sequence[FieldNode],
    page: Page,
    wanted: Wanted,
    parents: Sequence[Any] = (ALL,),
    *,
    narrow: Any = None,
) -> Mapping[Any, dict[str, Any]]:
    """The page of each parent, as an object of the connection type; by parent.

    `narrow` adds conditions to a statement: a filter.
    """
    asked = loader.selection.fields(connection, nodes)
    entity = _entity(loader, connection)
    item_nodes = _item_nodes(loader, asked)
    pages: dict[Any, list[Any]] = {parent: [] for parent in parents}
    if item_nodes or any(one.name in {"edges", "pageInfo"} for one in asked):
        statement = _statement(loader, entity, item_nodes, page, parents, narrow)
        position = page.order.expression or f'{ROW}."{statement.view.key}"'
        statement.columns.append(f'{position.format(row=ROW)} as "{POSITION}"')
        cut(statement, page.order, wanted)
        for row in await statement.fetch(loader.snapshot):
            pages[row[PARENT] if page.by else ALL].append(row)
    counts = await _counts(loader, entity, page, parents, narrow) if _is_asked(asked, "totalCount") else {}
    return await _connections(
        loader, entity, asked, pages, counts, wanted, ordered=bool(page.order.expression)
    )


def _entity(loader: "Loader", connection: str) -> str:
    """The type of a connection's nodes."""
    field = loader.selection.object_type(connection).fields["nodes"]
    return Asked("nodes", "nodes", field, (), {}).type_name


def _is_asked(asked: Sequence[Asked], name: str) -> bool:
    return any(one.name == name for one in asked)


def _item_nodes(loader: "Loader", asked: Sequence[Asked]) -> list[FieldNode]:
    """The field nodes beneath which something of the entity is selected: `nodes` and `edges.node`."""
    found: list[FieldNode] = []
    for one in asked:
        if one.name == "nodes":
            found += one.nodes
        elif one.name == "edges":
            for edge in loader.selection.fields(one.type_name, one.nodes):
                found += edge.nodes if edge.name == "node" else ()
    return found


def _statement(
    loader: "Loader",
    entity: str,
    nodes: Sequence[FieldNode],
    page: Page,
    parents: Sequence[Any],
    narrow: Any,
) -> Statement:
    statement = loader.select(entity, nodes)
    if page.by:
        statement.columns.append(f'{page.by.format(row=ROW)} as "{PARENT}"')
        statement.each_of = page.by
    return _narrowed(statement, page, parents, narrow)


def _narrowed(statement: Statement, page: Page, parents: Sequence[Any], narrow: Any) -> Statement:
    if page.by:
        statement.where(f"{page.by} = any({statement.parameter(list(parents))})")
    if narrow is not None:
        narrow(statement)
    return statement.where(page.where)


async def _counts(
    loader: "Loader", entity: str, page: Page, parents: Sequence[Any], narrow: Any
) -> dict[Any, int]:
    """How many rows there are in all, by parent."""
    statement = _narrowed(Statement(loader.snapshot, loader.view(entity)), page, parents, narrow)
    statement.columns.append("count(*) as counted")
    if not page.by:
        return {ALL: (await statement.fetch(loader.snapshot))[0]["counted"]}
    statement.columns.append(f'{page.by.format(row=ROW)} as "{PARENT}"')
    grouped = f"{statement.text()} group by 2"
    return {
        row[PARENT]: row["counted"] for row in await loader.snapshot.fetch(grouped, *statement.parameters)
    }


async def _connections(
    loader: "Loader",
    entity: str,
    asked: Sequence[Asked],
    pages: Mapping[Any, list[Any]],
    counts: Mapping[Any, int],
    wanted: Wanted,
    *,
    ordered: bool,
) -> dict[Any, dict[str, Any]]:
    """The connection objects, each part of which is completed for all parents at once."""
    answers: dict[Any, dict[str, Any]] = {parent: {"__typename": ""} for parent in pages}
    more = {parent: len(rows) > wanted.size for parent, rows in pages.items()}
    shown = {parent: rows[: wanted.size] for parent, rows in pages.items()}
    if wanted.backwards:
        shown = {parent: rows[::-1] for parent, rows in shown.items()}
    key = loader.view(entity).key
    cursors = {
        parent: [cursor(position_of(row[POSITION]) if ordered else None, row[key]) for row in rows]
        for parent, rows in shown.items()
    }
    for one in asked:
        for parent, value in (await _part(loader, entity, one, shown, cursors, more, counts, wanted)).items():
            answers[parent][one.key] = value
    return answers


async def _part(
    loader: "Loader",
    entity: str,
    one: Asked,
    shown: Mapping[Any, list[Any]],
    cursors: Mapping[Any, list[str]],
    more: Mapping[Any, bool],
    counts: Mapping[Any, int],
    wanted: Wanted,
) -> dict[Any, Any]:
    match one.name:
        case "totalCount":
            return {parent: counts.get(parent, 0) for parent in shown}
        case "pageInfo":
            documents = [_page_info(cursors[parent], more[parent], wanted) for parent in shown]
            loaded = await loader.complete(one.type_name, one.nodes, documents)
        case "edges":
            edges = [
                {"cursor": at, "node": row}
                for parent in shown
                for at, row in zip(cursors[parent], shown[parent], strict=True)
            ]
            flat = iter(await _edges(loader, entity, one, edges))
            return {parent: [next(flat) for _ in rows] for parent, rows in shown.items()}
        case _:
            rows = [row for rows in shown.values() for row in rows]
            nodes = iter(await loader.complete(entity, one.nodes, rows))
            return {parent: [next(nodes) for _ in rows] for parent, rows in shown.items()}
    return dict(zip(shown, loaded, strict=True))


def _page_info(cursors: Sequence[str], more: bool, wanted: Wanted) -> dict[str, Any]:
    return {
        "start_cursor": cursors[0] if cursors else None,
        "end_cursor": cursors[-1] if cursors else None,
        "has_next_page": wanted.before is not None if wanted.backwards else more,
        "has_previous_page": more if wanted.backwards else wanted.after is not None,
    }


async def _edges(
    loader: "Loader", entity: str, one: Asked, edges: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    answers: list[dict[str, Any]] = [{"__typename": one.type_name} for _ in edges]
    for field in loader.selection.fields(one.type_name, one.nodes):
        if field.name == "node":
            values: list[Any] = await loader.complete(entity, field.nodes, [edge["node"] for edge in edges])
        else:
            values = [edge["cursor"] for edge in edges]
        for answer, value in zip(answers, values, strict=True):
            answer[field.key] = value
    return answers
