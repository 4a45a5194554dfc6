"""Summaries of changes: load the names and values that sentences need, of what the viewer sees, at once.

Names are those that entities had at the change, so that a summary stays as it was.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from functools import lru_cache
from typing import Any, NamedTuple

from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.change_sentences import (
    MAX_NAME_CHARACTERS,
    NAMED_BY,
    ChangeFacts,
    CheckedIn,
    Movement,
    sentence_of,
)
from okr_api.okr.computed_values import Status
from okr_api.okr.entities import BY_TYPE, ENTITIES
from okr_api.okr.entity import Entity, NodeType
from okr_api.store.time_slicing import Batches, mapped

from .global_ids import digits_of
from .snapshot import Snapshot
from .visible_statements import fetch_visible

MAX_TYPES_IN_NAME_STATEMENT = 3
MAX_NAME_STATEMENTS_CACHED = 100
# Fields that may hold the name of an entity; of each entity the first one that it has.
NAMES = ("title", "name", "text", "hypothesis", "description", "question")
NEEDS = (
    "seq",
    "kind",
    "author_name",
    "node_type",
    "node_id",
    "fields",
    "deltas",
    "check_in_ids",
    "visibility_changes",
)
# Of the check-ins of each change: on how many key results they are, and the latest one.
CHECKED_IN = """
    select wanted.seq, count(distinct said.key_result_id) as count,
        (array_agg(said.key_result_id order by said.id desc))[1] as key_result_id,
        (array_agg(said.value order by said.id desc))[1] as value,
        (array_agg(asked.unit order by said.id desc))[1] as unit
    from unnest($2::bigint[]) wanted(seq)
    cross join lateral (
        select check_in_ids from change where organization_id = $1 and seq = wanted.seq offset 0
    ) made
    cross join lateral unnest(made.check_in_ids) one(id)
    join check_in said on said.organization_id = $1 and said.id = one.id
    join key_result asked on asked.organization_id = $1 and asked.id = said.key_result_id
    join objective holder on {visible:holder} and holder.id = asked.objective_id
    group by wanted.seq
"""


class Named(NamedTuple):
    """Entity whose name at a change is wanted."""

    node_type: str
    id: str
    seq: int


class Told(NamedTuple):
    """Columns of a change, as `NEEDS` names them."""

    seq: int
    kind: str
    actor: str
    node_type: str
    node_id: Any
    fields: Sequence[str]
    deltas: Sequence[Mapping[str, Any]]
    check_in_ids: Sequence[Any]
    visibility_changes: Sequence[Mapping[str, Any]]

    @property
    def is_hidden(self) -> bool:
        """Return whether the viewer does not see the entity, or not any more by this change."""
        if self.node_id is None:
            return True
        node = digits_of(self.node_id)
        return any(one["node_id"] == node and not one["is_visible"] for one in self.visibility_changes)

    @property
    def movement(self) -> Mapping[str, Any] | None:
        """Return the delta that is told: of the first objective that moved, else of the first node.

        What turned by time alone is told already.
        """
        said = [delta for delta in self.deltas if _moves(delta)]
        objectives = (delta for delta in said if delta["node_type"] == NodeType.OBJECTIVE)
        told = next(objectives, said[0] if said else None)
        return None if told is self.turn else told

    @property
    def turn(self) -> Mapping[str, Any] | None:
        """Return the delta of the entity, if that turned by time alone."""
        if self.kind != ChangeKind.STATUS_TURNED or self.is_hidden:
            return None
        node = digits_of(self.node_id)
        return next((delta for delta in self.deltas if digits_of(delta["node_id"]) == node), None)


def _moves(delta: Mapping[str, Any]) -> bool:
    return bool(delta["before"] != delta["after"] or delta["status_before"] != delta["status_after"])


def name_column(entity: Entity) -> str | None:
    """Return the column with the name of an entity; None if it is named by what it belongs to."""
    return next((name for name in NAMES if name in entity.model.__dataclass_fields__), None)


def _name_at(entity: Entity) -> str:
    """Return the expression of the name that an entity of this type had at a change."""
    return f"coalesce({', '.join(_names(entity, 'wanted.id'))})"


def _names(entity: Entity, id: str) -> Iterator[str]:
    """Yield the expressions of its name, or of those of what it may belong to, of which one is not null."""
    if entity.node_type not in NAMED_BY:
        own = "id" if entity.node_type is NodeType.ORGANIZATION else "organization_id"
        yield _latest(entity, name_column(entity), own, id)
        return
    for reference in NAMED_BY[entity.node_type]:
        owner = f"(select {reference} from {entity.table} where organization_id = $1 and id = {id})"
        yield from _names(BY_TYPE[entity.references[reference]], owner)


def _latest(entity: Entity, column: str | None, own: str, id: str) -> str:
    own_version = "" if own == "id" else f"and version.id = {id}"
    versions = f"""(select {column} from {entity.table}_version version
        where version.organization_id = $1 {own_version} and version.seq <= wanted.seq
        order by version.seq desc limit 1)"""
    return f"coalesce({versions}, (select {column} from {entity.table} where {own} = $1 and id = {id}))"


@lru_cache(maxsize=MAX_NAME_STATEMENTS_CACHED)
def _names_at(node_types: frozenset[str]) -> str:
    """Return the statement of the names of entities of these types: PostgreSQL plans what it may read."""
    expressions = (
        f"when '{entity.node_type}' then {_name_at(entity)}"
        for entity in ENTITIES
        if entity.node_type in node_types
    )
    return f"""
        select wanted.place, left(case wanted.node_type {" ".join(expressions)} end,
            {MAX_NAME_CHARACTERS + 1}) as name
        from unnest($2::text[], $3::uuid[], $4::bigint[]) with ordinality wanted(node_type, id, seq, place)
    """


def names_statement(node_types: Set[str]) -> str:
    """Return the statement for entities of some types; one for all where they are many."""
    few = len(node_types) <= MAX_TYPES_IN_NAME_STATEMENT
    return _names_at(frozenset(node_types if few else map(str, NodeType)))


async def load_summaries(snapshot: Snapshot, rows: Sequence[Sequence[Any]]) -> list[str]:
    """Return the sentence of each change; a number of statements that does not depend on their number."""
    changes = [Told(*row) for row in rows]
    checked_in = await _load_check_ins(snapshot, changes)
    wanted = dict.fromkeys(name for change in changes for name in _names_in(change, checked_in))
    names: dict[Named, str | None] = {}
    async for batch in Batches(list(wanted)):
        statement = names_statement({one.node_type for one in batch})
        found = await snapshot.fetch(statement, *map(list, zip(*batch, strict=True)))
        names |= {batch[row["place"] - 1]: row["name"] for row in found}
    return await mapped(lambda change: sentence_of(_facts(change, checked_in, names)), changes)


async def _load_check_ins(snapshot: Snapshot, changes: Sequence[Told]) -> dict[int, Mapping[str, Any]]:
    """Return what each change recorded on key results that the viewer sees, by `seq`."""
    kind = ChangeKind.CHECK_IN_RECORDED
    seqs = [one.seq for one in changes if one.kind == kind and one.check_in_ids and not one.is_hidden]
    if not seqs:
        return {}
    return {row["seq"]: row for row in await fetch_visible(snapshot, CHECKED_IN, list(dict.fromkeys(seqs)))}


def _names_in(change: Told, checked_in: Mapping[int, Mapping[str, Any]]) -> Iterator[Named]:
    """Yield the entities whose names the sentence of a change needs."""
    if not change.is_hidden:
        made = checked_in.get(change.seq)
        if made is not None and made["count"] == 1:
            yield _of_key_result(change, made)
        else:
            yield Named(change.node_type, digits_of(change.node_id), change.seq)
    if (moved := change.movement) is not None:
        yield Named(moved["node_type"], digits_of(moved["node_id"]), change.seq)


def _of_key_result(change: Told, made: Mapping[str, Any]) -> Named:
    return Named(NodeType.KEY_RESULT, digits_of(made["key_result_id"]), change.seq)


def _facts(
    change: Told, checked_in: Mapping[int, Mapping[str, Any]], names: Mapping[Named, str | None]
) -> ChangeFacts:
    made, moved, is_hidden = checked_in.get(change.seq), change.movement, change.is_hidden
    turn = change.turn
    own = None if is_hidden else Named(change.node_type, digits_of(change.node_id), change.seq)
    return ChangeFacts(
        kind=ChangeKind(change.kind),
        actor=change.actor,
        node_type=NodeType(change.node_type),
        name=names.get(own) if own else None,
        is_hidden=is_hidden,
        fields=change.fields,
        checked_in=None if made is None else _checked_in(change, made, names),
        turned_to=None if turn is None else Status(turn["status_after"]),
        movement=None if moved is None else _movement(change, moved, names),
    )


def _checked_in(change: Told, made: Mapping[str, Any], names: Mapping[Named, str | None]) -> CheckedIn:
    if made["count"] != 1:
        return CheckedIn(made["count"])
    of = _of_key_result(change, made)
    delta = next((one for one in change.deltas if digits_of(one["node_id"]) == of.id), None)
    before = delta["value_before"] if delta else None
    return CheckedIn(1, names.get(of), made["value"], made["unit"], before)


def _movement(change: Told, moved: Mapping[str, Any], names: Mapping[Named, str | None]) -> Movement:
    return Movement(
        title=names.get(Named(moved["node_type"], digits_of(moved["node_id"]), change.seq)),
        before=moved["before"],
        after=moved["after"],
        status_before=Status(moved["status_before"]),
        status_after=Status(moved["status_after"]),
    )
