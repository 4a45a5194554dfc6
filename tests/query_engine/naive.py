"""Naive reader: whole tables in memory, and every field resolved by itself, as its declaration says.

It uses no plan, no SQL and no sets: graphql-core walks the selection over a schema built from the printed
one, and each field looks up what it needs row by row. It is slow and simple, and every other executor is
compared with it. What declarations say in SQL is repeated here in Python.
"""

from base64 import urlsafe_b64decode
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache, cached_property, cmp_to_key, partial, partialmethod
from math import fsum
from operator import itemgetter
from typing import Any
from uuid import UUID

import orjson
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLScalarType,
    GraphQLSchema,
    build_schema,
    execute_sync,
    get_named_type,
)

from okr_api.auth.actor import Actor, Scope
from okr_api.graphql.schema import print_schema, schema
from okr_api.okr.entities import ENTITIES
from okr_api.okr.entity import NodeType
from okr_api.query_engine.cursors import encode_cursor, list_id, position_of
from okr_api.query_engine.field_sources import (
    READ,
    Column,
    Derived,
    Documents,
    GlobalId,
    Kind,
    Listed,
    LivingId,
    One,
    OneOf,
    Ordering,
    Same,
)
from okr_api.query_engine.global_ids import TYPE_NAMES, decode_id, encode_id
from okr_api.store.database import Database
from tests.query_engine import naive_activity
from tests.query_engine import naive_discussion as discussion
from tests.query_engine.naive_cascade import Cascade, cascade_in, named_objective
from tests.query_engine.naive_coaching import Coach
from tests.query_engine.naive_permissions import Permissions, rank_of
from tests.query_engine.naive_summary import summary
from tests.query_engine.naive_visibility import is_restricted_to_others
from tests.query_engine.naive_visibility_changes import told_of

Row = Mapping[str, Any]
TABLES = {entity.type_name: entity.table for entity in ENTITIES} | {
    "Alignment": "alignment",
    "Change": "change",
    "VisibilityChange": "visibility_change",
}
BY_TYPE_NAME = {entity.type_name: entity.node_type for entity in ENTITIES}
HOLDERS = "select id, seq, objective_id from key_result_version where organization_id = $1"
VERSIONED = [entity.type_name for entity in ENTITIES if entity.section and entity.is_versioned]
LATEST_FIRST: tuple[str | None, str] = ("effective_at", "DESC")
POSITIONS = {
    **dict.fromkeys(("title", "name", "email", "role"), str),
    **dict.fromkeys(("due_on", "needed_by", "starts_on", "ends_on", "started_on", "ended_on"), date),
    **dict.fromkeys(("effective_at", "recorded_at", "held_at"), datetime),
}
LATEST_HELD: tuple[str | None, str] = ("held_at", "DESC")
USUAL = {"CheckIn": (None, "DESC"), "Priority": ("rank", "ASC"), "Meeting": LATEST_HELD}
# The types that filters of entities name, where the name of the field does not tell it.
NAMED = {"owner": "Person", "author": "Person", "keyResult": "KeyResult", "needingObjective": "Objective", "needingTeam": "Team", "delegate": "Person", "needingKeyResult": "KeyResult", "givingTeam": "Team", "escalatedTo": "Person"}  # fmt: skip
# What was removed of these is hidden in the feed like what was not.
REMOVED = {entity.type_name: entity.table for entity in ENTITIES if entity.is_removable}
REMOVABLE = {entity.table for entity in ENTITIES if entity.is_removable}
WORST_FIRST = (
    "MISSED", "OFF_TRACK", "STALE", "AT_RISK", "PENDING", "ON_TRACK", "ACHIEVED", "PAUSED", "DROPPED"
)  # fmt: skip


@cache
def plain_schema() -> GraphQLSchema:
    """Return the schema as clients see it, without any of our resolvers.

    Custom scalars reject what the real ones reject, and return the input unchanged.
    """
    plain = build_schema(print_schema())
    for name, kind in plain.type_map.items():
        if isinstance(kind, GraphQLScalarType) and name in ("Seq", "Date", "DateTime"):
            kind.coerce_input_value = partial(_sent, schema._schema.type_map[name])  # type: ignore[method-assign]
    return plain


def _sent(real: Any, value: Any) -> Any:
    real.coerce_input_value(value)
    return value


class RequestError(GraphQLError):
    """Raised when the naive reader rejects a request."""

    def __init__(self, code: str = "INVALID_INPUT") -> None:
        super().__init__(code, extensions={"code": code})


def require(condition: bool, code: str = "INVALID_INPUT") -> None:
    """Raise `RequestError` unless the condition holds."""
    if not condition:
        raise RequestError(code)


def reject_empty(filter: Any) -> None:
    """Raise `RequestError` if a filter contains a null or an empty object."""
    require(filter is not None)
    for one in filter if isinstance(filter, list) else filter.values() if isinstance(filter, dict) else ():
        require(one != {})
        reject_empty(one)


def row_of_cursor(text: str, of: str, column: str | None) -> Row:
    """Decode a cursor to a row with what it contains: the column that the list is ordered by, and the id."""
    try:
        whose, position, id = orjson.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        require(whose == of)
        if isinstance(position, dict):
            [(name, told)] = position.items()
            position = (date if name == "date" else datetime).fromisoformat(told)
        kind = POSITIONS.get(column or "", float)
        position = float(position) if kind is float and type(position) is int else position
        require(position is None if column is None else position is None or type(position) is kind)
        return {"id": UUID(id), **({column: position} if column else {})}
    except (ValueError, TypeError, AttributeError) as fault:
        raise RequestError from fault


@cache
def kind_of(type_name: str, field: str) -> Kind:
    """Return the declaration of a field."""
    definition = schema._schema.type_map[type_name].fields[field].extensions["strawberry-definition"]
    kind: Kind = definition.metadata[READ]
    return kind


@dataclass(frozen=True)
class TypedRow:
    """A row with the name of its type."""

    type_name: str
    row: Row


async def whole_tables(database: Database, organization_id: UUID) -> dict[str, list[Row]]:
    """Load all rows of an organisation that were not removed, by type, in the order of their ids."""
    tables: dict[str, list[Row]] = {}
    async with database.across() as connection:
        for type_name, table in TABLES.items():
            own = "id" if table == "organization" else "organization_id"
            there = "and not removed" if table in REMOVABLE else ""
            found = await connection.fetch(f"select * from {table} where {own} = $1 {there}", organization_id)
            keys = {"alignment": "parent_id", "change": "seq", "visibility_change": "seq"}
            key = keys.get(table, "id")
            rows = [{**row, **_decoded_deltas(dict(row))} for row in found]
            tables[type_name] = sorted(rows, key=itemgetter(key))
        for type_name, table in REMOVED.items():
            found = await connection.fetch(
                f"select * from {table} where organization_id = $1 and removed", organization_id
            )
            tables[f"{type_name} removed"] = sorted(map(dict, found), key=itemgetter("id"))
        discussion.take_away(tables)
        for type_name in VERSIONED:
            found = await connection.fetch(
                f"select * from {TABLES[type_name]}_version where organization_id = $1",
                organization_id,
            )
            tables[f"{type_name} versions"] = sorted(map(dict, found), key=itemgetter("seq"))
        found = await connection.fetch(HOLDERS, organization_id)
        tables["KeyResult holders"] = [dict(row) for row in found]
    return tables


def _decoded_deltas(row: Mapping[str, Any]) -> Row:
    return {"deltas": orjson.loads(row["deltas"])} if "deltas" in row else {}


def turns_passed(turns: Sequence[datetime], now: datetime) -> int:
    """Return how many of the turns have passed."""
    return sum(turn <= now for turn in turns)


def leaf(value: Any) -> Any:
    """Return a value as in JSON."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return [leaf(one) for one in value] if isinstance(value, list) else value


def counts(objective: Row) -> bool:
    """Return whether an objective is published or closed."""
    return objective["state"] in ("PUBLISHED", "CLOSED")


def published(objective: Row) -> bool:
    """Return whether an objective was ever published."""
    return objective["state"] != "DRAFT" and not objective["is_dropped_draft"]


class Naive:
    """Executes queries of one actor at one instant."""

    def __init__(
        self, tables: Mapping[str, list[Row]], actor: Actor, *, now: datetime, seq: int, oldest_seq: int = 1
    ) -> None:
        self.tables = tables
        self.actor = actor
        self.now = now
        self.seq = seq
        self.oldest_seq = oldest_seq
        self.by_id = {
            type_name: {row["id"]: row for row in rows}
            for type_name, rows in tables.items()
            if type_name in TABLES and rows and "id" in rows[0]
        }
        self.recorded: dict[tuple[str, UUID], list[datetime]] = {}
        for type_name in VERSIONED:
            for row in tables[f"{type_name} versions"]:
                self.recorded.setdefault((type_name, row["id"]), []).append(row["recorded_at"])

    def answer(self, document: DocumentNode, variables: Mapping[str, Any]) -> Any:
        """Execute the query; return its `data` and `errors`."""
        return execute_sync(
            plain_schema(),
            document,
            variable_values=dict(variables),
            field_resolver=self.resolve,
            type_resolver=lambda thing, *_: thing.type_name,
        )

    # ── Fields ──

    def resolve(self, source: Any, info: Any, **given: Any) -> Any:
        """Return the value of one field of one row."""
        type_name, field = info.parent_type.name, info.field_name
        if type_name == "Query":
            return getattr(self, f"query_{field}")(**given)
        if isinstance(source, dict):  # connections, edges and the like are dicts, made below
            return source[field]
        row, returns = source.row, _named(info.return_type)
        if (special := SPECIAL.get((type_name, field))) is not None:
            return special(self, row, **given)
        match kind_of(type_name, field):
            case Column(name):
                return leaf(self.value(type_name, row, name))
            case GlobalId(prefix, name):
                return f"{prefix}_{row[name].hex}"
            case LivingId():
                return encode_id(BY_TYPE_NAME[type_name], row["id"])
            case Derived(function, needs, clock):
                more = (self.now,) if clock else ()
                return leaf(function(*[self.value(type_name, row, need) for need in needs], *more))
            case Same(present):
                return TypedRow(returns, row) if present is None or row[present] is not None else None
            case Documents(function, needs):
                found = function(*[self.value(type_name, row, need) for need in needs])
                if isinstance(found, Mapping) or found is None:
                    return found and TypedRow(returns, found)
                return [TypedRow(returns, one) for one in found]
            case One(name):
                return self.visible(returns, self.value(type_name, row, name))
            case OneOf(function, needs):
                named = function(*[row[need] for need in needs])
                return None if named is None else self.visible(*named)
            case Listed(name):
                return [one for id in row[name] if (one := self.visible(returns, id)) is not None]
        raise AssertionError(f"{type_name}.{field} is not known here")

    def value(self, type_name: str, row: Row, name: str) -> Any:
        """Return a column, or the view's expression in its place."""
        special = EXPRESSIONS.get((type_name, name))
        return special(self, row) if special else row[name]

    # ── Rows ──

    def find(self, type_name: str, id: Any) -> Any:
        """Return the row with that id, visible or not."""
        return self.by_id.get(type_name, {}).get(id)

    def visible(self, type_name: str, id: Any) -> TypedRow | None:
        """Return the row with that id, if the actor may see it."""
        row = self.find(type_name, UUID(id) if isinstance(id, str) else id)
        return TypedRow(type_name, row) if row is not None and not self.hidden(type_name, row) else None

    def all(self, type_name: str) -> list[Row]:
        """Return all rows that the actor may see."""
        return [row for row in self.tables[type_name] if not self.hidden(type_name, row)]

    def hidden(self, type_name: str, row: Row) -> bool:
        """Return whether the actor does not see it: a draft, what is restricted to others, or belongs to one."""
        objectives = [self.find("Objective", id) for id in self.objectives_of(type_name, row)]
        sees_drafts = rank_of(self.actor) >= 2
        if type_name == "CheckInDraft" and self.is_of_others(row, objectives[0]):
            return True
        return any(self.is_restricted(each) or not (sees_drafts or published(each)) for each in objectives)

    def is_of_others(self, draft: Row, objective: Row) -> bool:
        """Return whether a draft of a check-in is neither by or for the actor, nor of what they may edit."""
        person, permissions = self.actor.author.person_id, Permissions(self.tables, self.actor)
        sees_all = person is None or self.actor.role == "ADMIN" or permissions.everyone
        named = (draft["assignee_id"], draft["author_person_id"], objective["owner_id"])
        takes_part = person in named or person in objective["contributor_ids"]
        return not (sees_all or takes_part or permissions.leads(objective["team_id"]))

    def is_restricted(self, objective: Row) -> bool:
        """Return whether an objective is restricted to others."""
        return is_restricted_to_others(self.tables, self.actor, objective)

    def hands_down(self, objective: Row) -> bool:
        """Return whether what an objective names counts for those beneath it, as far as the actor sees."""
        return published(objective) and not self.is_restricted(objective)

    def objectives_of(self, type_name: str, row: Row) -> list[UUID]:
        """Return the ids of the objectives that a row belongs to."""
        match type_name:
            case "Objective":
                return [row["id"]]
            case "KeyResult":
                return [row["objective_id"]]
            case "Alignment":
                return [row["child_id"], self.owner_of(row)]
            case "CheckIn" | "Initiative" | "CheckInDraft" | "Roadblock" | "Experiment" | "Lesson":
                return [self.holder(row)]
            case "ReviewRecord":
                return [row["objective_id"]]
            case "Decision":
                return [] if self.subject(row) is None else [self.holder(row)]
            case "Dependency":
                return [self.holder(row, "needing_")]
            case "Comment" | "Reaction" | "Follow":
                found = discussion.objective_of(self, row)
                return [found] if found else []
        return []

    def owner_of(self, edge: Row) -> UUID:
        """Return the id of the objective that an alignment leads to, perhaps through its key result."""
        if edge["parent_objective_id"] is not None:
            return edge["parent_objective_id"]  # type: ignore[no-any-return]
        return self.find("KeyResult", edge["parent_key_result_id"])["objective_id"]  # type: ignore[no-any-return]

    def giving(self, dependency: Row) -> UUID | None:
        """Return the id of the objective on the giving side of a dependency, if one was named."""
        named = dependency["giving_objective_id"] or dependency["giving_key_result_id"]
        return self.holder(dependency, "giving_") if named else None

    def dependencies(self, team: Row, side: str = "GIVING", **given: Any) -> dict[str, Any]:
        """Return a page of what a team gives, or of what its objectives and their key results need."""
        rows = [
            row
            for row in self.all("Dependency")
            if team["id"] == (row["giving_team_id"] if side == "GIVING" else self.needing_team(row))
        ]
        return self._listed("Dependency", rows, None, parent=team["id"], **given)

    def needing_team(self, dependency: Row) -> UUID | None:
        return self.find("Objective", self.holder(dependency, "needing_"))["team_id"]  # type: ignore[no-any-return]

    def subject(self, decision: Row) -> UUID | None:
        """Return the id of the objective that a decision is about, if there is one."""
        named = decision["objective_id"] or decision["key_result_id"]
        return self.holder(decision) if named else None

    def deciding_team(self, decision: Row) -> UUID | None:
        """Return the id of the team of the meeting, also of a deleted one, or else of the objective."""
        if (id := decision["meeting_id"]) is not None:
            meetings = (*self.tables["Meeting"], *self.tables["Meeting removed"])
            return next(row["team_id"] for row in meetings if row["id"] == id)  # type: ignore[no-any-return]
        subject = self.subject(decision)
        return None if subject is None else self.find("Objective", subject)["team_id"]  # type: ignore[no-any-return]

    def holder(self, row: Row, prefix: str = "") -> UUID:
        """Return the id of the objective that a row belongs to, perhaps through its key result."""
        if (own := row.get(f"{prefix}objective_id")) is not None:
            return own  # type: ignore[no-any-return]
        return self.find("KeyResult", row[f"{prefix}key_result_id"])["objective_id"]  # type: ignore[no-any-return]

    def cycle_end(self, objective_id: UUID) -> datetime:
        cycle = self.find("Cycle", self.find("Objective", objective_id)["cycle_id"])
        is_reviewed = cycle["state"] in ("REVIEW", "CLOSED")
        shown_at: datetime = datetime(1970, 1, 1, tzinfo=UTC) if is_reviewed else cycle["ends_at"]
        return shown_at

    def review_of(self, objective: Row) -> UUID | None:
        """Return the id of the review of an objective, None without one."""
        found = [row["id"] for row in self.tables["ReviewRecord"] if row["objective_id"] == objective["id"]]
        return found[0] if found else None

    def pulse_of(self, cycle: Row) -> UUID | None:
        """Return the id of the pulse of a cycle, None without one."""
        found = [row["id"] for row in self.tables["Pulse"] if row["cycle_id"] == cycle["id"]]
        return found[0] if found else None

    def replaced_by(self, objective: Row) -> UUID | None:
        """Return the latest objective that replaces one."""
        later = [row["id"] for row in self.tables["Objective"] if row["replaces_id"] == objective["id"]]
        return max(later, default=None)

    def carried_to(self, type_name: str, row: Row) -> UUID | None:
        """Return the latest row that was carried over from one."""
        later = [each["id"] for each in self.tables[type_name] if each["carried_from_id"] == row["id"]]
        return max(later, default=None)

    def carried_lessons(self, objective: Row) -> list[TypedRow]:
        """Return the lessons to remember of what an objective was carried over from, in order."""
        earlier, here = set[UUID](), objective["carried_from_id"]
        while here is not None:
            earlier.add(here)
            here = self.find("Objective", here)["carried_from_id"]
        parts = {row["id"] for row in self.tables["KeyResult"] if row["objective_id"] in earlier}
        found = [
            row
            for row in self.all("Lesson")
            if row["carry_forward"] and (row["objective_id"] in earlier or row["key_result_id"] in parts)
        ]
        return [TypedRow("Lesson", row) for row in sorted(found, key=itemgetter("id"))]

    def superseded_by(self, check_in: Row) -> UUID | None:
        """Return the id of the check-in that supersedes it."""
        return next((r["id"] for r in self.tables["CheckIn"] if r["supersedes_id"] == check_in["id"]), None)

    def current_reading(self, metric: Row) -> Row:
        """Return the current reading of a metric that has the latest effective time; empty without one."""
        rows = self.tables["MetricReading"]
        superseded = {row["supersedes_id"] for row in rows}
        current = [
            row
            for row in rows
            if row["metric_id"] == metric["id"]
            and row["id"] not in superseded
            and row["retraction_reason"] is None
        ]
        return max(current, key=itemgetter("effective_at", "seq", "place"), default={})

    def superseding_reading(self, reading: Row) -> UUID | None:
        """Return the id of the reading that supersedes it."""
        later = (row["id"] for row in self.tables["MetricReading"] if row["supersedes_id"] == reading["id"])
        return next(later, None)

    def parents(self, objective: Row) -> list[TypedRow]:
        """Return its alignments to parents."""
        edges = [edge for edge in self.all("Alignment") if edge["child_id"] == objective["id"]]
        return [TypedRow("Alignment", edge) for edge in edges]

    def children(self, objective: Row) -> list[TypedRow]:
        """Return the objectives that serve it, directly or through a key result."""
        ids = {e["child_id"] for e in self.tables["Alignment"] if self.owner_of(e) == objective["id"]}
        return [TypedRow("Objective", row) for row in self.all("Objective") if row["id"] in ids]

    def hidden_count(self, edges: Iterable[Row]) -> int:
        """Return how many published objectives at the lower ends of alignments are restricted to others."""
        children = [self.find("Objective", id) for id in {edge["child_id"] for edge in edges}]
        return sum(published(child) and self.is_restricted(child) for child in children)

    def hidden_beneath(self, objective: Row) -> int:
        return self.hidden_count(e for e in self.tables["Alignment"] if self.owner_of(e) == objective["id"])

    def hidden_on(self, key_result: Row) -> int:
        return self.hidden_count(e for e in self.tables["Alignment"] if e["parent_id"] == key_result["id"])

    def key_results(self, objective: Row) -> list[TypedRow]:
        return [
            TypedRow("KeyResult", row)
            for row in self.all("KeyResult")
            if row["objective_id"] == objective["id"]
        ]

    def ancestors(self, objective: Row) -> list[TypedRow]:
        """All objectives above it, nearest first, hidden ones passed by."""
        distances: dict[UUID, int] = {}
        wave, distance = {objective["id"]}, 0
        while wave:
            edges = [edge for edge in self.tables["Alignment"] if edge["child_id"] in wave]
            distance += 1
            wave = {self.owner_of(edge) for edge in edges} - set(distances)
            distances |= dict.fromkeys(wave, distance)
        found = [TypedRow("Objective", row) for row in self.all("Objective") if row["id"] in distances]
        return sorted(found, key=lambda one: distances[one.row["id"]])

    def aligned_objectives(self, key_result: Row) -> list[TypedRow]:
        """The objectives that are aligned to it."""
        ids = {e["child_id"] for e in self.tables["Alignment"] if e["parent_id"] == key_result["id"]}
        return [TypedRow("Objective", row) for row in self.all("Objective") if row["id"] in ids]

    def used_by_formulas(self, key_result: Row) -> list[TypedRow]:
        """The key results whose formula names it."""
        found = [one for one in self.all("KeyResult") if key_result["id"] in one["formula_part_ids"]]
        return [TypedRow("KeyResult", one) for one in found]

    def within(self, type_name: str, order: str, row: Row) -> list[TypedRow]:
        """The rows of its own type that lie within it."""
        found = [one for one in self.all(type_name) if one["parent_id"] == row["id"]]
        return [TypedRow(type_name, one) for one in sorted(found, key=itemgetter(order))]

    def belonging(self, type_name: str, column: str, row: Row, **given: Any) -> dict[str, Any]:
        """A page of the rows that refer to it by a column."""
        rows = [one for one in self.all(type_name) if one[column] == row["id"]]
        usual = LATEST_FIRST if type_name in ("CheckIn", "MetricReading") else None
        usual = LATEST_HELD if type_name == "Meeting" else usual
        return self._listed(type_name, rows, usual, parent=row["id"], **given)

    def in_cycle(
        self,
        column: str,
        row: Row,
        cycleId: str | None = None,
        cycleExternalId: str | None = None,
        **given: Any,
    ) -> dict[str, Any]:
        """A page of the objectives that refer to it by a column, perhaps of one cycle."""
        cycles = self.named_cycles(cycleId, cycleExternalId)
        rows = [
            one
            for one in self.all("Objective")
            if one[column] == row["id"] and (cycles is None or one["cycle_id"] in cycles)
        ]
        return self._listed("Objective", rows, None, parent=row["id"], **given)

    def check_ins(self, objective: Row, **given: Any) -> dict[str, Any]:
        """A page of the check-ins on it and on its key results."""
        of = {row["id"] for row in self.tables["KeyResult"] if row["objective_id"] == objective["id"]}
        rows = [
            row
            for row in self.all("CheckIn")
            if row["key_result_id"] in of or row["objective_id"] == objective["id"]
        ]
        return self._listed("CheckIn", rows, LATEST_FIRST, parent=objective["id"], **given)

    def snapshots(self, check_in: Row) -> list[TypedRow]:
        """Return the key results of an objective at a check-in on it, and at the one on it before."""
        standing = [
            row
            for row in sorted(self.tables["CheckIn"], key=itemgetter("effective_at", "seq", "place"))
            if self.superseded_by(row) is None and row["retraction_reason"] is None
        ]
        of, place = check_in["objective_id"], itemgetter("effective_at", "seq", "place")
        earlier = [
            row
            for row in standing
            if of
            and row["objective_id"] == of
            and place(row) < place(check_in)
            and row["id"] != check_in["supersedes_id"]
        ]
        instants = {"": check_in["effective_at"], "_before": earlier[-1]["effective_at"] if earlier else None}
        found = []
        for part in sorted(self.tables["KeyResult"], key=itemgetter("id")):
            if part["objective_id"] == of:
                snapshot = {"key_result_id": part["id"]}
                for suffix, at in instants.items():
                    said = [
                        r
                        for r in standing
                        if r["key_result_id"] == part["id"] and at and r["effective_at"] <= at
                    ]
                    measured = [
                        r
                        for r in said
                        if r["definition"] == part["definition"]
                        and (r["value"], r["milestones_done"]) != (None, None)
                    ]
                    for name, rows in (
                        ("value", measured),
                        ("milestones_done", measured),
                        ("confidence", said),
                        ("status", said),
                    ):
                        told = rows if rows is measured else [r for r in rows if r[name] is not None]
                        snapshot[f"{name}{suffix}"] = told[-1][name] if told else None
                found.append(TypedRow("KeyResultSnapshot", snapshot))
        return found

    def counting(self, objective: Row) -> list[str]:
        """Return the statuses of the parts that count in an objective, worst first."""
        whose, parts = objective["progress_from"], {}
        mine = [row for row in self.tables["KeyResult"] if row["objective_id"] == objective["id"]]
        mine = [row for row in mine if row["state"] == "ACTIVE" and row["weight"] > 0]
        if whose in ("KEY_RESULTS", "BOTH"):
            parts |= {row["id"]: row for row in mine}
        if whose in ("OBJECTIVES", "BOTH"):
            here = {objective["id"], *(row["id"] for row in mine)}
            for edge in self.tables["Alignment"]:
                child = self.find("Objective", edge["child_id"])
                counts = edge["kind"] == "CONTRIBUTES" and edge["weight"] > 0
                if counts and edge["parent_id"] in here and child["state"] in ("PUBLISHED", "CLOSED"):
                    lineage = child["lineage_id"] or child["id"]
                    parts[lineage] = max(child, parts.get(lineage, child), key=self.newest)
        statuses = [part["statuses"][turns_passed(part["status_turns"], self.now)] for part in parts.values()]
        return sorted(statuses, key=WORST_FIRST.index)

    def newest(self, objective: Row) -> tuple[date, UUID]:
        return (self.find("Cycle", objective["cycle_id"])["starts_on"], objective["id"])

    # ── Priorities ──

    def reach(self, starts: Iterable[UUID], edges: Iterable[tuple[UUID, UUID]]) -> set[UUID]:
        """Return the objectives and all that follow from them along pairs of objectives."""
        reached, waiting, pairs = set(starts), set(starts), list(edges)
        while waiting:
            waiting = {to for one, to in pairs if one in waiting} - reached
            reached |= waiting
        return reached

    def edges(self, kinds: Iterable[str] = ("CONTRIBUTES", "SUPPORTS")) -> list[tuple[UUID, UUID]]:
        """Return the pairs of child and parent objective."""
        return [(e["child_id"], self.owner_of(e)) for e in self.tables["Alignment"] if e["kind"] in kinds]

    def served(self, starts: Iterable[UUID], own: Iterable[UUID] = ()) -> set[UUID]:
        """Return the priorities that objectives among the starts and above them hand down, and `own`."""
        rows = [self.find("Objective", id) for id in self.reach(starts, self.edges())]
        return {*own, *(id for row in rows if self.hands_down(row) for id in row["priority_ids"])}

    def served_priorities(self, objective: Row) -> list[TypedRow]:
        """Return the priorities that an objective serves, by rank."""
        served = self.served([objective["id"]], objective["priority_ids"])
        found = [row for row in self.all("Priority") if row["id"] in served]
        return [TypedRow("Priority", row) for row in sorted(found, key=itemgetter("rank"))]

    def serving(
        self, priority: Row, cycleId: str | None = None, cycleExternalId: str | None = None, **given: Any
    ) -> dict[str, Any]:
        """Return a page of the objectives that serve a priority."""
        cycles = self.named_cycles(cycleId, cycleExternalId)
        rows = [
            row
            for row in self.all("Objective")
            if priority["id"] in self.served([row["id"]], row["priority_ids"])
            and (cycles is None or row["cycle_id"] in cycles)
        ]
        return self._listed("Objective", rows, None, parent=priority["id"], **given)

    def named_cycles(self, id: str | None, external_id: str | None) -> list[UUID] | None:
        """Return the cycles that the arguments name; None without arguments."""
        require(id is None or external_id is None)
        if id is None and external_id is None:
            return None
        decoded = decode_id(id or "")
        of_cycle = decoded is not None and decoded[0] is NodeType.CYCLE
        named = decoded[1] if decoded and of_cycle else None
        rows = self.tables["Cycle"]
        return [
            row["id"]
            for row in rows
            if row["id"] == named or (external_id and row["external_id"] == external_id)
        ]

    def enclosing(self, cycles: Iterable[UUID]) -> set[UUID]:
        """Return the objectives of cycles and of those that enclose them."""
        up = [(row["id"], row["parent_id"]) for row in self.tables["Cycle"] if row["parent_id"]]
        reached = self.reach(cycles, up)
        return {row["id"] for row in self.tables["Objective"] if row["cycle_id"] in reached}

    def priority_progress(
        self, priority: Row, cycleId: str | None = None, cycleExternalId: str | None = None
    ) -> float | None:
        """Return the mean of the top-most objectives that serve a priority in a cycle."""
        cycles = self.named_cycles(cycleId, cycleExternalId)
        require(cycles is not None)
        within = self.enclosing(cycles or ())
        naming = [
            r["id"] for r in self.tables["Objective"] if priority["id"] in r["priority_ids"] and published(r)
        ]
        naming = [id for id in naming if id in within]
        edges = self.edges(["CONTRIBUTES"])
        down = [(parent, child) for child, parent in edges if {child, parent} <= within]
        serving = self.reach(naming, down)
        counted = [
            row
            for row in self.tables["Objective"]
            if row["id"] in serving and counts(row) and row["cycle_id"] in (cycles or ())
        ]
        below = {to for row in counted for one, to in down if one == row["id"]}
        top_most = [row for row in counted if row["id"] not in self.reach(below, down)]
        shares = [0.0 if r["progress_reason"] == "NOT_MEASURED" else r["progress"] for r in top_most]
        known = [share for share in shares if share is not None]
        return fsum(known) / len(known) if known else None

    def alignment(self, cycle: Row) -> TypedRow:
        """Return the alignment of a cycle."""
        mine = self.counted_in(cycle["id"])
        aligned = sum(self.is_aligned(row, published) for row in mine)
        counts = cycle["rules"] or {"objective_count": len(mine), "aligned_count": aligned}
        return TypedRow(
            "CycleAlignment",
            {"id": cycle["id"], **{name: counts[name] for name in ("objective_count", "aligned_count")}},
        )

    def summary(self, cycle: Row) -> TypedRow | None:
        found = summary(self, cycle)
        return None if found is None else TypedRow("CycleSummary", found)

    def celebrations(self, summary: Row, **given: Any) -> dict[str, Any]:
        rows = [row for row in self.all("ReviewRecord") if row["celebration"] is not None]
        return self._of_cycle("ReviewRecord", rows, summary["id"], **given)

    def lessons_of_cycle(self, summary: Row, **given: Any) -> dict[str, Any]:
        return self._of_cycle("Lesson", self.all("Lesson"), summary["id"], **given)

    def _of_cycle(self, type_name: str, rows: Iterable[Row], cycle_id: UUID, **given: Any) -> dict[str, Any]:
        mine = [row for row in rows if self.find("Objective", self.holder(row))["cycle_id"] == cycle_id]
        return self._listed(type_name, mine, None, parent=cycle_id, **given)

    def counted_in(self, cycle_id: UUID) -> list[Row]:
        return [row for row in self.tables["Objective"] if row["cycle_id"] == cycle_id and counts(row)]

    def seen_in(self, cycle_id: UUID) -> list[Row]:
        """Return the counting objectives of a cycle that the actor sees."""
        return [row for row in self.counted_in(cycle_id) if not self.hidden("Objective", row)]

    def is_aligned(self, objective: Row, counts: Callable[[Row], bool]) -> bool:
        """Return whether an objective is aligned, if those parents count."""
        parents = [self.find("Objective", up) for child, up in self.edges() if child == objective["id"]]
        return (
            bool(objective["priority_ids"])
            or objective["stands_alone_reason"] is not None
            or any(map(counts, parents))
        )

    def unaligned(self, alignment: Row, **given: Any) -> dict[str, Any]:
        rows = [row for row in self.seen_in(alignment["id"]) if not self.is_aligned(row, self.hands_down)]
        return self._listed("Objective", rows, None, parent=alignment["id"], **given)

    def priorities_without_objectives(self, alignment: Row, **given: Any) -> dict[str, Any]:
        cycle = self.find("Cycle", alignment["id"])
        served = self.served([row["id"] for row in self.seen_in(cycle["id"])])
        rows = [
            row
            for row in self.all("Priority")
            if row["state"] == "ACTIVE"
            and row["id"] not in served
            and (row["starts_on"] is None or row["starts_on"] <= cycle["ends_on"])
            and (row["ends_on"] is None or row["ends_on"] >= cycle["starts_on"])
        ]
        return self._listed("Priority", rows, ("rank", "ASC"), parent=cycle["id"], **given)

    def teams_without_objectives(self, alignment: Row, **given: Any) -> dict[str, Any]:
        busy = {row["team_id"] for row in self.seen_in(alignment["id"])}
        rows = [row for row in self.all("Team") if row["id"] not in busy]
        return self._listed("Team", rows, ("name", "ASC"), parent=alignment["id"], **given)

    def parts_by_status(self, objective: Row) -> list[dict[str, Any]]:
        """Return how many of them have each status."""
        statuses = self.counting(objective)
        return [{"status": status, "count": statuses.count(status)} for status in dict.fromkeys(statuses)]

    @cached_property
    def coach(self) -> Coach:
        return Coach(self, RequestError)

    def progress_paths(
        self, node: Row, to: str | None = None, toExternalId: str | None = None
    ) -> TypedRow | None:
        require((to is None) != (toExternalId is None))
        named = named_objective(self, to, toExternalId)
        return None if named is None else TypedRow("ProgressPaths", Cascade(self).paths(node, named))

    def advice(self, rows: list[Row] | None) -> list[TypedRow] | None:
        return None if rows is None else [TypedRow("Advice", row) for row in rows]

    # ── Roots ──

    def query_coach(self, draft: dict[str, Any]) -> list[TypedRow] | None:
        return self.advice(self.coach.of_draft(draft))

    def query_seq(self) -> int:
        return self.seq

    def query_viewer(self) -> TypedRow:
        ranks, highest = list(Scope), rank_of(self.actor)
        row = {
            "author_name": self.actor.author.name,
            "author_person_id": self.actor.author.person_id,
            "organization_id": self.actor.organization_id,
            "scopes": [scope.name for scope in ranks[: highest + 1]],
            "sees_drafts": highest >= ranks.index(Scope.WRITE),
        }
        return TypedRow("Viewer", row)

    def query_organization(self) -> TypedRow | None:
        return self.visible("Organization", self.actor.organization_id)

    def query_node(self, id: str) -> TypedRow | None:
        decoded = decode_id(id)
        return self.visible(TYPE_NAMES[decoded[0]], decoded[1]) if decoded else None

    def query_nodes(self, ids: list[str]) -> list[TypedRow | None]:
        return [self.query_node(id) for id in ids]

    def _single(
        self, type_name: str, id: str | None = None, externalId: str | None = None
    ) -> TypedRow | None:
        require((id is None) != (externalId is None))
        if id is not None:
            decoded = decode_id(id)
            of_type = decoded is not None and TYPE_NAMES[decoded[0]] == type_name
            return self.visible(type_name, decoded[1]) if decoded and of_type else None
        found = [row for row in self.all(type_name) if row["external_id"] == externalId]
        return TypedRow(type_name, found[0]) if found else None

    def _listing(self, type_name: str, **given: Any) -> dict[str, Any]:
        return self._listed(type_name, self.all(type_name), USUAL.get(type_name), **given)

    def _listed(
        self,
        type_name: str,
        rows: Iterable[Row],
        usual: tuple[str | None, str] | None,
        filter: dict[str, Any] | None = None,
        orderBy: dict[str, str] | None = None,
        **page: Any,
    ) -> dict[str, Any]:
        reject_empty(filter or {})
        rows = [row for row in rows if filter is None or self.passes(type_name, row, filter)]
        order = usual
        if orderBy is not None and orderBy["field"] != "CREATED_AT":
            order = (orderBy["field"].lower(), orderBy["direction"])
        elif orderBy is not None:
            order = (None, orderBy["direction"])
        return self.connection(type_name, rows, order, **page)

    def query_currentCycle(self, on: str | None = None) -> TypedRow | None:
        def holds(row: Row) -> bool:
            if on is None:
                return bool(row["starts_at"] <= self.now < row["ends_at"])
            return bool(row["starts_on"] <= date.fromisoformat(on) <= row["ends_on"])

        states = ("ACTIVE", "REVIEW", "DRAFT", "CLOSED")
        found = sorted(filter(holds, self.tables["Cycle"]), key=itemgetter("id"), reverse=True)
        found.sort(key=lambda row: (row["ends_on"] - row["starts_on"], states.index(row["state"])))
        return TypedRow("Cycle", found[0]) if found else None

    def query_objectiveTree(
        self, includeSubteams: bool = False, depth: int | None = None, **given: str | None
    ) -> TypedRow | None:
        scope = {name: value for name, value in given.items() if value is not None}
        require(bool(scope))
        for names in (("cycle", "root"), ("team",), ("person",), ("priority",)):
            require(sum(f"{of}{how}" in scope for of in names for how in ("Id", "ExternalId")) <= 1)
        require(depth is None or depth >= 0)
        named = {
            of: self._named_in_tree(name, value)
            for name, value in scope.items()
            for of in [name.removesuffix("Id").removesuffix("External")]
        }
        require(not includeSubteams or "team" in named)
        if None in named.values():
            return None
        above: dict[UUID, list[UUID]] = {row["id"]: [] for row in self.tables["Objective"]}
        for edge in self.tables["Alignment"]:
            above[edge["child_id"]] = sorted({*above[edge["child_id"]], self.owner_of(edge)})
        within = self._within_tree(named, above, subteams=includeSubteams)
        seen = [row["id"] for row in self.all("Objective") if row["id"] in within]
        through = set(above) if {"team", "person", "priority"} & named.keys() else within
        hangs_on = {id: self._past_hidden(above, through, set(seen), id) for id in seen}
        if set(named) == {"root"}:
            hangs_on[named["root"]] = []
        roots = [id for id in seen if not hangs_on[id]]
        depths, wave = {}, roots
        while wave:
            depths |= dict.fromkeys(wave, max(depths.values(), default=-1) + 1)
            wave = [id for id in seen if id not in depths and any(up in depths for up in hangs_on[id])]
        rows: list[dict[str, Any]] = []

        def walk(id: UUID) -> None:
            if id in (row["objective_id"] for row in rows) or (depth is not None and depths[id] > depth):
                return
            rows.append(
                {
                    "objective_id": id,
                    "depth": depths[id],
                    "parent_ids": [encode_id(NodeType.OBJECTIVE, one) for one in hangs_on[id]],
                }
            )
            for child in seen:
                if id in hangs_on[child]:
                    walk(child)

        for root in roots:
            walk(root)
        return TypedRow("ObjectiveTree", {"seq": self.seq, "root_ids": roots, "rows": rows})

    def _named_in_tree(self, argument: str, value: str) -> UUID | None:
        """Return the id of the visible entity that an argument names."""
        of = argument.removesuffix("Id").removesuffix("External")
        type_name = "Objective" if of == "root" else of.capitalize()
        external = argument.endswith("ExternalId")
        found = self._single(type_name, **{"externalId" if external else "id": value})
        return None if found is None else found.row["id"]  # type: ignore[no-any-return]

    def _within_tree(
        self, named: Mapping[str, Any], above: Mapping[UUID, list[UUID]], *, subteams: bool
    ) -> set[UUID]:
        """Return the objectives that meet all that is named, hidden ones too."""
        tests: dict[str, Callable[[Row, UUID], bool]] = {
            "cycle": lambda row, id: bool(row["cycle_id"] == id),
            "root": lambda row, id: id in _reach(above, row["id"]),
            "team": lambda row, id: (
                bool(row["team_id"] == id)
                or (subteams and row["team_id"] is not None and id in self._teams_above(row["team_id"]))
            ),
            "person": lambda row, id: id in (row["owner_id"], *row["contributor_ids"]),
            "priority": lambda row, id: id in self.served([row["id"]], row["priority_ids"]),
        }
        return {
            row["id"]
            for row in self.tables["Objective"]
            if all(tests[of](row, id) for of, id in named.items())
        }

    def _teams_above(self, id: UUID) -> set[UUID]:
        pairs = [(row["id"], row["parent_id"]) for row in self.tables["Team"] if row["parent_id"]]
        return self.reach([id], pairs)

    def _past_hidden(
        self, above: Mapping[UUID, list[UUID]], through: set[UUID], shown: set[UUID], id: UUID
    ) -> list[UUID]:
        """Return the nearest shown objectives above one, by ways that pass only through those named."""
        found: set[UUID] = set()
        waiting, passed = deque(above[id]), set()
        while waiting:
            up = waiting.popleft()
            if up in through and up not in passed:
                passed.add(up)
                if up in shown:
                    found.add(up)
                else:
                    waiting.extend(above[up])
        return sorted(found)

    def query_changes(self, after: int, first: int = 100, filter: dict[str, Any] | None = None) -> TypedRow:
        require(1 <= first <= 100)
        reject_empty(filter or {})
        require("isDirect" not in (filter or {}) or "nodeId" in (filter or {}))
        require(after >= self.oldest_seq - 1, "CURSOR_EXPIRED")
        require(after <= self.seq, "CURSOR_AHEAD")
        rows = [row for row in self.seen_changes() if row["seq"] > after]
        found: list[Row] = []
        for place, row in enumerate(rows):
            if _change_passes(row, filter or {}):
                found.append(row)
            if len(found) == first:
                later = rows[place + 1 :]
                if "nodeId" in (filter or {}):
                    later = [row for row in later if _change_passes(row, filter or {})]
                more = bool(later)
                end = row["seq"] if more else self.seq
                return TypedRow("ChangePage", {"changes": found, "end_seq": end, "has_more": more})
        return TypedRow("ChangePage", {"changes": found, "end_seq": self.seq, "has_more": False})

    def seen_changes(self) -> list[Row]:
        """Return the changes as the actor sees them: without hidden nodes and their numbers."""
        changes: list[Row] = []
        for row in self.tables["Change"]:
            deltas = [d for d in row["deltas"] if not self._names_hidden(d["node_type"], UUID(d["node_id"]))]
            related = [id for id in row["related_ids"] if not self._is_hidden_node(id)]
            moved = told_of(
                self.tables,
                self.actor,
                row,
                sees_drafts=rank_of(self.actor) >= 2,
                is_hidden=self._is_hidden_node,
            )
            told = {**row, "deltas": deltas, "related_ids": related, "visibility_changes": moved}
            if not self._names_hidden(row["node_type"], row["node_id"]):
                changes.append(told)
            elif any(UUID(one["node_id"]) == row["node_id"] for one in moved):
                changes.append({**told, "fields": [], "reason": None})
            elif deltas and row["kind"] == "STATUS_TURNED":
                first = {"node_type": deltas[0]["node_type"], "node_id": UUID(deltas[0]["node_id"])}
                others = [id for id in related if id != first["node_id"]]
                changes.append({**told, **first, "related_ids": others})
            elif deltas or moved:
                changes.append({**told, "node_id": None, "fields": [], "reason": None})
        return changes

    def _is_hidden_node(self, id: UUID) -> bool:
        return any(self._names_hidden(node_type, id) for node_type in NodeType)

    def _names_hidden(self, node_type: str, id: UUID) -> bool:
        type_name = TYPE_NAMES[NodeType(node_type)]
        removed = (row for row in self.tables.get(f"{type_name} removed", ()) if row["id"] == id)
        row = self.find(type_name, id) or next(removed, None)
        return row is not None and self.hidden(type_name, row)

    # ── Lists ──

    def connection(
        self,
        type_name: str,
        rows: Iterable[Row],
        order: tuple[str | None, str] | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        parent: UUID | None = None,
    ) -> dict[str, Any]:
        """Return a page: all rows sorted, cut at the cursors, and the first or last of them."""
        column, direction = order or (None, "ASC")
        down = direction == "DESC"
        name = (column or "created_at").upper()
        of = list_id(f"{type_name}Connection", Ordering(descending=down, name=name), parent)

        def compare(one: Row, other: Row) -> int:
            if column and one[column] != other[column]:
                if one[column] is None or other[column] is None:
                    return 1 if one[column] is None else -1
                return -1 if (one[column] < other[column]) != down else 1
            return ((one["id"] > other["id"]) - (one["id"] < other["id"])) * (
                -1 if down and not column else 1
            )

        def position(row: Row) -> str:
            return encode_cursor(of, position_of(row[column]) if column else None, row["id"])

        require(first is None or last is None)
        size = last if last is not None else 50 if first is None else first
        require(1 <= size <= 100)
        begin = row_of_cursor(after, of, column) if after is not None else None
        end = row_of_cursor(before, of, column) if before is not None else None
        in_order = sorted(rows, key=cmp_to_key(compare))
        within = [
            row
            for row in in_order
            if (begin is None or compare(row, begin) > 0) and (end is None or compare(row, end) < 0)
        ]
        page = within[-size:] if last is not None else within[:size]
        cut = len(page) < len(within)
        cursors = [position(row) for row in page]
        nodes = [TypedRow(type_name, row) for row in page]
        return {
            "edges": [{"cursor": c, "node": n} for c, n in zip(cursors, nodes, strict=True)],
            "nodes": nodes,
            "pageInfo": {
                "startCursor": cursors[0] if cursors else None,
                "endCursor": cursors[-1] if cursors else None,
                "hasNextPage": before is not None if last is not None else cut,
                "hasPreviousPage": cut if last is not None else after is not None,
            },
            "totalCount": len(in_order),
        }

    def activity(
        self,
        row: Row,
        belongs: Callable[..., bool],
        first: int | None = None,
        last: int | None = None,
        **given: Any,
    ) -> dict[str, Any]:
        """Return a page of the activity of a row, which has no cursors."""
        require(first is None or last is None)
        size = last if last is not None else 50 if first is None else first
        require(1 <= size <= 100)
        found = list(naive_activity.activity_rows(self, row, belongs, **given))[::-1]
        page = found[-size:] if last is not None else found[:size]
        of = list_id("ChangeConnection", Ordering(descending=True, name="SEQ"), row["id"])
        cursors = [encode_cursor(of, one["seq"], row["id"]) for one in page]
        nodes = [TypedRow("Change", one) for one in page]
        cut = len(page) < len(found)
        return {
            "edges": [{"cursor": c, "node": n} for c, n in zip(cursors, nodes, strict=True)],
            "nodes": nodes,
            "pageInfo": {
                "startCursor": cursors[0] if cursors else None,
                "endCursor": cursors[-1] if cursors else None,
                "hasNextPage": cut if last is None else False,
                "hasPreviousPage": cut if last is not None else False,
            },
        }

    # ── Filters ──

    def passes(self, type_name: str, row: Row, given: Mapping[str, Any]) -> bool:
        """Return whether the filter accepts the row."""
        return all(
            self._condition_holds(type_name, row, name, said)
            for name, said in given.items()
            if said is not None
        )

    def _condition_holds(self, type_name: str, row: Row, name: str, said: Any) -> bool:
        match name:
            case "and":
                return all(self.passes(type_name, row, one) for one in said)
            case "or":
                return any(self.passes(type_name, row, one) for one in said)
            case "not":
                return not self.passes(type_name, row, said)
            case "status" if type_name != "CheckIn":
                value: Any = row["statuses"][turns_passed(row["status_turns"], self.now)]
            case "cycle" if type_name == "KeyResult":
                value = self.find("Objective", row["objective_id"])["cycle_id"]
            case "needingObjective":
                value = self.holder(row, "needing_")
            case "needingTeam":
                value = self.needing_team(row)
            case "givingObjective":
                giver = self.giving(row)
                seen = [giver] if giver and self.visible("Objective", giver) else []
                return self._has_one("Objective", seen, said)
            case "needingKeyResult" | "givingTeam" | "delegate":
                value = row[f"{_snake(name)}_id"]
            case "objective" if type_name in ("Initiative", "CheckIn", "Roadblock", "Experiment", "Lesson"):
                value = self.holder(row)
            case "objective" if type_name == "Decision":
                value = self.subject(row)
            case "team" | "cycle" if type_name == "ReviewRecord":
                value = self.find("Objective", row["objective_id"])[f"{name}_id"]
            case "reviewRecord":
                value = row["review_record_id"]
            case "team" if type_name in ("Roadblock", "Experiment", "Lesson"):
                value = self.find("Objective", self.holder(row))["team_id"]
            case "cycle" if type_name in ("Experiment", "Lesson"):
                value = self.find("Objective", self.holder(row))["cycle_id"]
            case "experiment":
                value = row["experiment_id"]
            case "tag":
                return self._has_one("Label", row["tags"], said)
            case "team" if type_name == "Decision":
                value = self.deciding_team(row)
            case "meeting" | "escalatedTo":
                value = row[f"{_snake(name)}_id"]
            case "parent" if type_name == "Objective":
                return self._has_one("Objective", [self.owner_of(e.row) for e in self.parents(row)], said)
            case "priority":
                named = [id for id in row["priority_ids"] if self.visible("Priority", id)]
                return self._has_one("Priority", named, said)
            case "label":
                return self._has_one("Label", row["labels"], said)
            case "isOrphan":
                return (not self.parents(row)) == said
            case "isCurrent":
                return (self.superseded_by(row) is None and row["retraction_reason"] is None) == said
            case "active":
                return bool(row["active"] == said)
            case "author":
                value = row["author_person_id"]
            case "cycle" | "team" | "owner" | "parent" | "objective" | "keyResult" | "metric" | "person":
                value = row[f"{_snake(name)}_id"]
            case _:
                value = row[_snake(name)]
        type_name = type_name if name == "parent" else NAMED.get(name, name.capitalize())
        return self._meets(type_name, value, said)

    def _has_one(self, type_name: str, ids: Sequence[UUID], said: Mapping[str, Any]) -> bool:
        """Whether one of the ids meets what is said, or there has to be none and is none."""
        if said.get("isNull") is True and ids:
            return False
        rest = {how: what for how, what in said.items() if how != "isNull" or what is False}
        return not rest or any(self._meets(type_name, id, rest) for id in ids)

    def _meets(self, type_name: str, value: Any, said: Mapping[str, Any]) -> bool:
        """Whether a value meets all that is said; of an entity's id, `type_name` is its type."""
        return all(
            self._compares(type_name, value, how, what) for how, what in said.items() if what is not None
        )

    def _compares(self, type_name: str, value: Any, how: str, what: Any) -> bool:
        if how == "isNull":
            return (value is None) == what
        if how == "id":
            return self._meets(type_name, value, what)
        if how == "notIn" and not what:
            return True
        if value is None:
            return False
        if how == "externalId":
            return any(row["id"] == value and row["external_id"] == what for row in self.tables[type_name])
        if isinstance(value, UUID):
            ids = [
                decoded[1]
                for id in (what if isinstance(what, list) else [what])
                if (decoded := decode_id(id))
            ]
            return (value in ids) != (how == "notIn")
        if isinstance(value, datetime):
            what = datetime.fromisoformat(what)
        elif isinstance(value, date):
            value = value.isoformat()
        match how:
            case "eq":
                return bool(value == what)
            case "in":
                return value in what
            case "notIn":
                return value not in what
            case "gt":
                return bool(value > what)
            case "gte":
                return bool(value >= what)
            case "lt":
                return bool(value < what)
            case "lte":
                return bool(value <= what)
            case "contains":
                return what.lower() in value.lower()
            case "startsWith":
                return bool(value.startswith(what))
        raise AssertionError(how)


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name)


def _named(kind: Any) -> str:
    return str(get_named_type(kind))


def _reach(above: Mapping[UUID, list[UUID]], id: UUID) -> set[UUID]:
    """Return an objective and all above it."""
    reached, waiting = {id}, [id]
    while waiting:
        waiting = [up for one in waiting for up in above[one] if up not in reached]
        reached.update(waiting)
    return reached


def _change_passes(row: Row, given: Mapping[str, Any]) -> bool:
    direct = {row["node_id"], *row["related_ids"]}
    moved = {UUID(delta["node_id"]) for delta in row["deltas"]} - direct
    named = {True: direct, False: moved, None: direct | moved}[given.get("isDirect")]
    id = given.get("nodeId")
    decoded = decode_id(id) if id is not None else None
    shown = {UUID(one["node_id"]) for one in row["visibility_changes"]}
    if shown and (id is None or (given.get("isDirect") is not False and decoded and decoded[1] in shown)):
        return True
    return (
        (given.get("kinds") is None or row["kind"] in given["kinds"])
        and (given.get("nodeTypes") is None or row["node_type"] in given["nodeTypes"])
        and (id is None or (decoded is not None and decoded[1] in named))
    )


def _reactions(naive: Naive, type_name: str, row: Row) -> list[TypedRow]:
    return [TypedRow("ReactionCount", one) for one in discussion.reactions(naive, type_name, row)]


# Expressions that declarations write in SQL.
EXPRESSIONS: dict[tuple[str, str], Callable[[Naive, Row], Any]] = {
    ("Objective", "cycle_ends_at"): lambda naive, row: naive.cycle_end(row["id"]),
    ("KeyResult", "cycle_ends_at"): lambda naive, row: naive.cycle_end(row["objective_id"]),
    ("KeyResult", "objective_kind"): lambda naive, row: naive.find("Objective", row["objective_id"])["kind"],
    ("Objective", "review_id"): lambda naive, row: naive.review_of(row),
    ("Cycle", "pulse_id"): lambda naive, row: naive.pulse_of(row),
    ("Objective", "replaced_by_id"): lambda naive, row: naive.replaced_by(row),
    ("Objective", "carried_to_id"): lambda naive, row: naive.carried_to("Objective", row),
    ("KeyResult", "carried_to_id"): lambda naive, row: naive.carried_to("KeyResult", row),
    ("KeyResult", "inherited_cadence"): lambda naive, row: naive.find("Objective", row["objective_id"])[
        "effective_cadence"
    ],
    ("CheckIn", "superseded_by_id"): lambda naive, row: naive.superseded_by(row),
    ("CheckIn", "holder_id"): lambda naive, row: naive.holder(row),
    ("CheckInDraft", "holder_id"): lambda naive, row: naive.holder(row),
    ("Metric", "current_reading_id"): lambda naive, row: naive.current_reading(row).get("id"),
    ("Metric", "current_value"): lambda naive, row: naive.current_reading(row).get("value"),
    ("MetricReading", "superseded_by_id"): lambda naive, row: naive.superseding_reading(row),
    ("Initiative", "holder_id"): lambda naive, row: naive.holder(row),
    ("Roadblock", "holder_id"): lambda naive, row: naive.holder(row),
    ("Lesson", "holder_id"): lambda naive, row: naive.holder(row),
    ("Decision", "holder_id"): lambda naive, row: naive.subject(row),
    ("Decision", "deciding_team_id"): lambda naive, row: naive.deciding_team(row),
    ("Dependency", "needing_holder_id"): lambda naive, row: naive.holder(row, "needing_"),
    ("Dependency", "giving_holder_id"): lambda naive, row: naive.giving(row),
    ("Comment", "holder_id"): lambda naive, row: discussion.objective_of(naive, row),
    ("Reaction", "holder_id"): lambda naive, row: discussion.objective_of(naive, row),
    ("Follow", "holder_id"): lambda naive, row: discussion.objective_of(naive, row),
}
for _type_name in VERSIONED:
    EXPRESSIONS[_type_name, "first_recorded_at"] = partial(
        lambda type_name, naive, row: naive.recorded[type_name, row["id"]][0], _type_name
    )
    EXPRESSIONS[_type_name, "last_recorded_at"] = partial(
        lambda type_name, naive, row: naive.recorded[type_name, row["id"]][-1], _type_name
    )


def _belonging(type_name: str, column: str, naive: Naive, row: Row, **given: Any) -> dict[str, Any]:
    return naive.belonging(type_name, column, row, **given)


def _results_of(pulse: Row) -> list[TypedRow] | None:
    """Return what came of each question of a pulse, None without counts."""
    counts, results = pulse["counts"], []
    for place, question in enumerate(pulse["questions"]):
        each = counts[place * 5 : place * 5 + 5]
        mean = each and sum((score + 1) * times for score, times in enumerate(each)) / sum(each)
        results.append(TypedRow("PulseResult", {"question": question, "mean": mean, "distribution": each}))
    return results if counts else None


SPECIAL: dict[tuple[str, str], Callable[..., Any]] = {
    ("Objective", "parents"): Naive.parents,
    ("Objective", "children"): Naive.children,
    ("Objective", "keyResults"): Naive.key_results,
    ("Objective", "hiddenCount"): Naive.hidden_beneath,
    ("KeyResult", "hiddenCount"): Naive.hidden_on,
    ("Objective", "partsByStatus"): lambda naive, row: [
        TypedRow("StatusCount", counted) for counted in naive.parts_by_status(row)
    ],
    ("Objective", "worstPart"): lambda naive, row: next(iter(naive.counting(row)), None),
    ("Objective", "ancestors"): Naive.ancestors,
    ("Objective", "checkIns"): Naive.check_ins,
    ("Objective", "servedPriorities"): Naive.served_priorities,
    ("Objective", "carriedLessons"): Naive.carried_lessons,
    ("Priority", "objectives"): Naive.serving,
    ("Priority", "progress"): Naive.priority_progress,
    ("Cycle", "alignment"): Naive.alignment,
    ("Cycle", "summary"): Naive.summary,
    ("CycleSummary", "celebrations"): Naive.celebrations,
    ("CycleSummary", "lessons"): Naive.lessons_of_cycle,
    ("CycleAlignment", "unaligned"): Naive.unaligned,
    ("CycleAlignment", "prioritiesWithoutObjectives"): Naive.priorities_without_objectives,
    ("CycleAlignment", "teamsWithoutObjectives"): Naive.teams_without_objectives,
    ("KeyResult", "alignedObjectives"): Naive.aligned_objectives,
    ("KeyResult", "usedByFormulas"): Naive.used_by_formulas,
    ("KeyResult", "checkIns"): lambda naive, row, **given: naive.belonging(
        "CheckIn", "key_result_id", row, **given
    ),
    ("Cycle", "children"): lambda naive, row: naive.within("Cycle", "starts_on", row),
    ("Cycle", "objectives"): lambda naive, row, **given: naive.belonging(
        "Objective", "cycle_id", row, **given
    ),
    ("Team", "children"): lambda naive, row: naive.within("Team", "name", row),
    ("Team", "objectives"): lambda naive, row, **given: naive.in_cycle("team_id", row, **given),
    ("Person", "objectives"): lambda naive, row, **given: naive.in_cycle("owner_id", row, **given),
    ("Person", "keyResults"): lambda naive, row, **given: naive.belonging(
        "KeyResult", "owner_id", row, **given
    ),
    ("Person", "teams"): lambda naive, row, **page: naive.belonging(
        "TeamMembership", "person_id", row, **page
    ),
    ("Person", "absences"): lambda naive, row, **given: naive.belonging("Absence", "person_id", row, **given),
    ("CheckIn", "keyResultSnapshots"): Naive.snapshots,
    ("Objective", "checkInDrafts"): lambda naive, row, **given: naive.belonging(
        "CheckInDraft", "objective_id", row, **given
    ),
    ("KeyResult", "checkInDrafts"): lambda naive, row, **given: naive.belonging(
        "CheckInDraft", "key_result_id", row, **given
    ),
    ("Person", "checkInDrafts"): lambda naive, row, **given: naive.belonging(
        "CheckInDraft", "assignee_id", row, **given
    ),
    ("Objective", "initiatives"): lambda naive, row, **given: naive.belonging(
        "Initiative", "objective_id", row, **given
    ),
    ("KeyResult", "initiatives"): lambda naive, row, **given: naive.belonging(
        "Initiative", "key_result_id", row, **given
    ),
    ("Person", "initiatives"): lambda naive, row, **given: naive.belonging(
        "Initiative", "owner_id", row, **given
    ),
    ("Objective", "dependencies"): lambda naive, row, **given: naive.belonging(
        "Dependency", "needing_objective_id", row, **given
    ),
    ("KeyResult", "dependencies"): lambda naive, row, **given: naive.belonging(
        "Dependency", "needing_key_result_id", row, **given
    ),
    ("Person", "dependencies"): lambda naive, row, **given: naive.belonging(
        "Dependency", "owner_id", row, **given
    ),
    ("Team", "dependencies"): Naive.dependencies,
    **{
        (of, field): partial(_belonging, type_name, column)
        for of, field, type_name, column in (
            ("Objective", "roadblocks", "Roadblock", "objective_id"),
            ("KeyResult", "roadblocks", "Roadblock", "key_result_id"),
            ("Person", "roadblocks", "Roadblock", "owner_id"),
            ("Objective", "decisions", "Decision", "objective_id"),
            ("KeyResult", "decisions", "Decision", "key_result_id"),
            ("Person", "decisions", "Decision", "owner_id"),
            ("Meeting", "decisions", "Decision", "meeting_id"),
            ("KeyResult", "experiments", "Experiment", "key_result_id"),
            ("Person", "experiments", "Experiment", "owner_id"),
            ("Objective", "lessons", "Lesson", "objective_id"),
            ("KeyResult", "lessons", "Lesson", "key_result_id"),
            ("Experiment", "lessons", "Lesson", "experiment_id"),
            ("ReviewRecord", "lessons", "Lesson", "review_record_id"),
            ("Person", "lessons", "Lesson", "owner_id"),
            ("Team", "meetings", "Meeting", "team_id"),
            ("Cycle", "meetings", "Meeting", "cycle_id"),
        )
    },
    ("Pulse", "answerCount"): lambda naive, row: sum(row["counts"][:5]) or None,
    ("Pulse", "results"): lambda naive, row: _results_of(row),
    ("Pulse", "viewerHasAnswered"): lambda naive, row: False,
    ("Metric", "readings"): lambda naive, row, **page: naive.belonging(
        "MetricReading", "metric_id", row, **page
    ),
    ("Metric", "keyResults"): lambda naive, row, **given: naive.belonging(
        "KeyResult", "metric_id", row, **given
    ),
    ("MetricReading", "checkIns"): lambda naive, row, **given: naive.belonging(
        "CheckIn", "metric_reading_id", row, **given
    ),
    ("Team", "members"): lambda naive, row, **page: naive.belonging("TeamMembership", "team_id", row, **page),
}
SPECIAL |= {
    ("Objective", "paths"): Naive.progress_paths,
    ("KeyResult", "paths"): Naive.progress_paths,
    ("Objective", "descendantCount"): lambda naive, row: Cascade(naive).descendant_count(row),
    ("Cycle", "doubleCounts"): lambda naive, row: TypedRow(
        "DoubleCounts", cascade_in(naive, row).double_counts(row)
    ),
    ("Cycle", "easedTargets"): lambda naive, row: TypedRow("EasedTargets", Cascade(naive).eased_targets(row)),
}
SPECIAL[("Change", "summary")] = naive_activity.summary
for _type_name, _belongs in (
    ("Objective", naive_activity.of_node),
    ("KeyResult", naive_activity.of_node),
    ("Team", naive_activity.of_team),
    ("Person", naive_activity.of_person),
    ("Organization", naive_activity.of_organization),
):
    SPECIAL[_type_name, "activity"] = partial(
        lambda belongs, naive, row, **given: naive.activity(row, belongs, **given), _belongs
    )
SPECIAL |= {
    ("Comment", "replies"): lambda naive, row, **page: naive.belonging("Comment", "parent_id", row, **page),
    ("Person", "follows"): discussion.follows,
}
for _type_name, _fields in {
    "Objective": ("comments", "commentCount", "reactions", "followers", "viewerFollows"),
    "KeyResult": ("comments", "commentCount", "reactions", "followers", "viewerFollows"),
    "CheckIn": ("comments", "commentCount", "reactions"),
    "Roadblock": ("comments", "commentCount", "reactions"),
    "Decision": ("comments", "commentCount", "reactions"),
    "Experiment": ("comments", "commentCount", "reactions"),
    "Lesson": ("comments", "commentCount", "reactions"),
    "ReviewRecord": ("comments", "commentCount", "reactions"),
    "Comment": ("reactions",),
    "Team": ("followers", "viewerFollows"),
}.items():
    for _field in _fields:
        SPECIAL[_type_name, _field] = partial(
            lambda function, type_name, naive, row, **given: function(naive, type_name, row, **given),
            getattr(discussion, _snake(_field)) if _field != "reactions" else _reactions,
            _type_name,
        )
SINGLE = (
    "Person",
    "Team",
    "TeamMembership",
    "Absence",
    "Priority",
    "Metric",
    "MetricReading",
    "Cycle",
    "Objective",
    "KeyResult",
    "CheckIn",
    "CheckInDraft",
    "Initiative",
    "Dependency",
    "Comment",
    "Roadblock",
    "Meeting",
    "Decision",
    "Experiment",
    "Lesson",
    "ReviewRecord",
    "Pulse",
)
for _type_name in (
    "Organization",
    "Person",
    "Team",
    "TeamMembership",
    "Priority",
    "Metric",
    "Cycle",
    "Objective",
    "KeyResult",
    "CheckIn",
    "Initiative",
    "Dependency",
    "Roadblock",
    "Meeting",
    "Decision",
    "Experiment",
    "Lesson",
    "ReviewRecord",
    "Pulse",
):
    SPECIAL[_type_name, "viewerCan"] = partial(
        lambda type_name, naive, row: TypedRow(
            "ViewerCan", Permissions(naive.tables, naive.actor).of(type_name, row)
        ),
        _type_name,
    )
for _type_name, _coached in (("Objective", Coach.of_objective), ("KeyResult", Coach.of_key_result), ("Cycle", Coach.of_cycle)):  # fmt: skip
    SPECIAL[_type_name, "coaching"] = partial(
        lambda coached, naive, row, **given: naive.advice(coached(naive.coach, row, **given)), _coached
    )
LISTS = {
    "people": "Person",
    "teams": "Team",
    "metrics": "Metric",
    "cycles": "Cycle",
    "objectives": "Objective",
    "keyResults": "KeyResult",
    "checkIns": "CheckIn",
    "priorities": "Priority",
    "absences": "Absence",
    "initiatives": "Initiative",
    "dependencies": "Dependency",
    "roadblocks": "Roadblock",
    "meetings": "Meeting",
    "decisions": "Decision",
    "experiments": "Experiment",
    "lessons": "Lesson",
    "reviewRecords": "ReviewRecord",
}
for _type_name in SINGLE:
    setattr(Naive, f"query_{_type_name[0].lower()}{_type_name[1:]}", partialmethod(Naive._single, _type_name))
for _name, _type_name in LISTS.items():
    setattr(Naive, f"query_{_name}", partialmethod(Naive._listing, _type_name))
