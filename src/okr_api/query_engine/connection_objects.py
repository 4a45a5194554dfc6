"""Connection objects: build pages with their edges, cursors and counts from rows that were loaded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import FieldNode

from .answer_size import CURSOR_BYTES, key_bytes
from .cursors import POSITION, PageRequest, encode_cursor, list_id, position_of
from .field_sources import Ordering
from .protocols import RowLoader
from .row_sets import RowSet
from .selection import SelectedField

PART_BYTES = 50  # a count, a type's name or the brackets of a list, with the braces around it


@dataclass
class Pages:
    """Pages of all parents while they are built; `read` is the row set that the rows were read for."""

    loader: RowLoader
    connection: str
    selected: Sequence[SelectedField]
    entity: str
    wanted: PageRequest
    read: RowSet | None
    shown: dict[Any, list[Any]]
    more: dict[Any, bool]
    counts: Mapping[Any, int]
    order: Ordering
    uses: tuple[int, int]

    def cursors(self, parent: Any) -> list[str]:
        """Return the cursors of a parent's rows."""
        of, ordered = list_id(self.connection, self.order, parent), bool(self.order.expression)
        return [
            encode_cursor(of, position_of(row[POSITION]) if ordered else None, row[0])
            for row in self.shown[parent]
        ]


def item_nodes(loader: RowLoader, selected: Sequence[SelectedField]) -> list[FieldNode]:
    """Return the field nodes that select fields of the entity: `nodes` and `edges.node`."""
    found: list[FieldNode] = []
    for one in selected:
        if one.name == "nodes":
            found += one.nodes
        elif one.name == "edges":
            for edge in loader.planner.fields(one.type_name, one.nodes):
                found += edge.nodes if edge.name == "node" else ()
    return found


async def build_connections(pages: Pages) -> dict[Any, dict[str, Any]]:
    """Return the connection objects, each field of which is completed for all parents at once."""
    loader = pages.loader
    answers: dict[Any, dict[Any, Any]] = {
        parent: {None: pages.connection} if loader.planner.for_core else {} for parent in pages.shown
    }
    for one in pages.selected:
        loader.size.uses = pages.uses
        loader.size.count(len(answers), key_bytes(one.key), key_bytes(one.key) + PART_BYTES)
        if one.name == "__typename":
            parts: Mapping[Any, Any] = dict.fromkeys(pages.shown, pages.connection)
        else:
            parts = await _part(pages, one)
        for parent, value in parts.items():
            answers[parent][one.key] = value
    return answers


async def _part(pages: Pages, one: SelectedField) -> dict[Any, Any]:
    """Return one field of the connections, by parent."""
    loader = pages.loader
    if one.name != "pageInfo":
        loader.size.spread_lists(pages.shown.values())
    match one.name:
        case "totalCount":
            return {parent: pages.counts.get(parent, 0) for parent in pages.shown}
        case "pageInfo":
            documents = [_page_info(pages, parent) for parent in pages.shown]
            infos = await loader.load_given_rows(one.type_name, one.nodes, documents)
            return dict(zip(pages.shown, infos, strict=True))
        case "edges":
            flat = iter(await _edges(pages, one))
        case _:
            flat = iter(await _completed(pages, one))
    return {parent: [next(flat) for _ in rows] for parent, rows in pages.shown.items()}


async def _completed(pages: Pages, one: SelectedField) -> list[dict[str, Any]]:
    """Return the entities of all pages, in order, with what `nodes` or an edge's `node` selects.

    If both are selected, the rows were read for both together, and each is loaded by key.
    """
    rows = [row for rows in pages.shown.values() for row in rows]
    both = item_nodes(pages.loader, pages.selected)
    assert pages.read is not None
    if len(both) == len(one.nodes):
        return await pages.loader.complete(pages.read, rows)
    found = await pages.loader.by_key(pages.entity, one.nodes, [row[0] for row in rows])
    return [found[row[0]] for row in rows]


def _page_info(pages: Pages, parent: Any) -> dict[str, Any]:
    cursors, more, wanted = pages.cursors(parent), pages.more[parent], pages.wanted
    return {
        "start_cursor": cursors[0] if cursors else None,
        "end_cursor": cursors[-1] if cursors else None,
        "has_next_page": wanted.before is not None if wanted.backwards else more,
        "has_previous_page": more if wanted.backwards else wanted.after is not None,
    }


async def _edges(pages: Pages, one: SelectedField) -> list[dict[Any, Any]]:
    cursors = [at for parent in pages.shown for at in pages.cursors(parent)]
    loader, uses = pages.loader, pages.loader.size.uses
    for_core = loader.planner.for_core
    answers: list[dict[Any, Any]] = [{None: one.type_name} if for_core else {} for _ in cursors]
    for field in loader.planner.fields(one.type_name, one.nodes):
        loader.size.uses = uses
        least, most = CURSOR_BYTES if field.name == "cursor" else (0, PART_BYTES)
        loader.size.count(len(answers), key_bytes(field.key) + least, key_bytes(field.key) + most)
        if field.name == "__typename":
            values: Sequence[Any] = [one.type_name] * len(answers)
        elif field.name == "node":
            values = await _completed(pages, field)
        else:
            values = cursors
        for answer, value in zip(answers, values, strict=False):
            answer[field.key] = value
    return answers
