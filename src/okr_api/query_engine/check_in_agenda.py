"""Agenda of a team's check-in meeting: load its facts in a few statements; documents for GraphQL."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from okr_api.okr import check_in_agenda as rules
from okr_api.okr.calendar import end_of, start_of
from okr_api.okr.check_in import ReportedStatus
from okr_api.okr.check_in_agenda import AgendaItem, AgendaSectionKind, Said
from okr_api.okr.check_in_slots import Slot
from okr_api.okr.computed_values import divergent_at, status_at
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import TooMany
from okr_api.okr.measure import KeyResultMeasure
from okr_api.okr.people import Organization
from okr_api.store.check_in_plans import load_slots
from okr_api.store.time_slicing import TimeSlice

from . import agenda_statements as sql
from .my_work_statements import PEOPLE
from .snapshot import Snapshot
from .snapshot_rows import SnapshotRows, new_tree
from .stored_changes import positions_at
from .visible_statements import fetch_visible

MAX_AGENDA_NODES = 1_000  # objectives and key results of the team
MAX_AGENDA_RECORDS = 1_000  # of each kind, those that are due first
TOO_MANY_NODES = "An agenda is of at most {:,} objectives and key results; ask for that of one cycle"
Row = Mapping[str, Any]
Found = tuple[NodeType, str, AgendaItem]


@dataclass(frozen=True, slots=True)
class AgendaScope:
    """What an agenda is of: a team, perhaps one cycle, and the instant of the meeting."""

    team_id: UUID
    cycle_id: UUID | None
    at: datetime


@dataclass
class _Facts:
    """Facts of an agenda, by the ids of nodes as hex digits; `begin` is since when each is looked at."""

    organization: Organization
    scope: AgendaScope
    last_meeting: Row | None
    objectives: Mapping[str, Row]
    key_results: Mapping[str, Row]
    begin: Mapping[str, datetime]
    slots: Mapping[UUID, Sequence[Slot]] = field(default_factory=dict)
    said: dict[str, Said] = field(default_factory=dict)
    names: dict[UUID, str] = field(default_factory=dict)
    found: dict[AgendaSectionKind, list[Found]] = field(
        default_factory=lambda: {section: [] for section in AgendaSectionKind}
    )

    def add(self, section: AgendaSectionKind, node_type: NodeType, id: str, item: AgendaItem | None) -> None:
        """Add an item, if it is one."""
        if item is not None:
            self.found[section].append((node_type, id, item))


async def load_agenda(snapshot: Snapshot, scope: AgendaScope) -> dict[str, Any]:
    """Return the columns of an agenda.

    Raises:
        TooMany: the team has more than 1,000 objectives and key results.
    """
    await snapshot.begin()
    facts = await _load_nodes(snapshot, scope)
    await _load_check_ins(snapshot, facts)
    await _add_records(snapshot, facts)
    await _add_nodes(facts)
    await _add_won(snapshot, facts)
    return {
        "team_id": scope.team_id.hex,
        "cycle_id": scope.cycle_id and scope.cycle_id.hex,
        "last_meeting_id": facts.last_meeting and facts.last_meeting["id"],
        "at": scope.at,
        "sections": [_section(kind, found) for kind, found in facts.found.items()],
    }


async def _load_nodes(snapshot: Snapshot, scope: AgendaScope) -> _Facts:
    """Load the team's objectives with their key results, and since when each is looked at."""
    organization = (await new_tree(SnapshotRows(snapshot))).organization
    most = MAX_AGENDA_NODES + 1
    meetings = await snapshot.fetch(sql.LAST_MEETING, scope.team_id, scope.cycle_id, scope.at)
    objectives = await fetch_visible(snapshot, sql.OBJECTIVES, scope.team_id, scope.cycle_id, most)
    key_results = await snapshot.fetch(sql.KEY_RESULTS, [row["id"] for row in objectives], most)
    if len(objectives) + len(key_results) > MAX_AGENDA_NODES:
        raise TooMany(TOO_MANY_NODES.format(MAX_AGENDA_NODES), path=["cycleId"])
    last = meetings[0] if meetings else None
    begin = {
        row["id"]: last["held_at"] if last else start_of(row["starts_on"], organization.zone)
        for row in objectives
    }
    begin |= {row["id"]: begin[row["objective_id"]] for row in key_results}
    return _Facts(
        organization,
        scope,
        last,
        {row["id"]: row for row in objectives},
        {row["id"]: row for row in key_results},
        begin,
    )


async def _load_check_ins(snapshot: Snapshot, facts: _Facts) -> None:
    """Load the latest slots of the nodes, who owes them, and what check-ins said."""
    rows, at = SnapshotRows(snapshot), facts.scope.at
    active = [id for id, row in facts.key_results.items() if row["is_active"]]
    nodes = [UUID(id) for id in (*facts.objectives, *active)]
    facts.slots = await load_slots(rows, facts.organization, nodes, at, latest=rules.AGENDA_SLOTS)
    owing = {
        id for slots in facts.slots.values() for one in slots[-1:] for id in (one.owed_by_id, one.excused_id)
    }
    people = await snapshot.fetch(PEOPLE, sorted(id for id in owing if id))
    facts.names = {UUID(row["id"]): row["name"] for row in people}
    for statement, ids in (
        (sql.SAID_OF_OBJECTIVES, list(facts.objectives)),
        (sql.SAID_OF_KEY_RESULTS, active),
    ):
        begin = [facts.begin[id] for id in ids]
        definitions = [facts.key_results[id]["definition"] if id in facts.key_results else 0 for id in ids]
        for row in await snapshot.fetch(statement, ids, begin, definitions, at):
            facts.said[row["id"]] = _said(row)


def _said(row: Row) -> Said:
    status, before = row["status"], row["status_before"]
    return Said(
        confidence=row["confidence"],
        confidence_before=row["confidence_before"],
        confidence_at=row["confidence_at"],
        status=status and ReportedStatus(status),
        status_before=before and ReportedStatus(before),
        status_at=row["status_at"],
        value=row["value"],
        value_since=row["value_since"],
    )


async def _add_records(snapshot: Snapshot, facts: _Facts) -> None:
    """Add open decisions, roadblocks and dependencies."""
    scope, zone, most = facts.scope, facts.organization.zone, MAX_AGENDA_RECORDS
    nodes = [*facts.objectives, *facts.key_results]
    until = (scope.at + rules.DEPENDENCIES_AHEAD).astimezone(zone).date()
    of_meetings = (scope.team_id, scope.cycle_id, scope.at, most)
    for row in await fetch_visible(snapshot, sql.DECISIONS, *of_meetings):
        due_at = row["due_on"] and end_of(row["due_on"], zone)
        item = rules.decided(row["held_at"], due_at, row["due_on"], zone)
        facts.add(AgendaSectionKind.OPEN_DECISIONS, NodeType.DECISION, row["id"], item)
    for row in await snapshot.fetch(sql.ROADBLOCKS, nodes, most):
        due_at = row["due_on"] and end_of(row["due_on"], zone)
        item = rules.blocked(row["since"], due_at, row["owner"], row["escalated_to"])
        facts.add(AgendaSectionKind.BLOCKED, NodeType.ROADBLOCK, row["id"], item)
    for row in await fetch_visible(snapshot, sql.DEPENDENCIES, scope.team_id, nodes, until, most):
        due_at = end_of(row["needed_by"], zone)
        item = rules.needed(row["since"], due_at, row["needed_by"], scope.at, row["giver"])
        facts.add(AgendaSectionKind.DEPENDENCIES_DUE, NodeType.DEPENDENCY, row["id"], item)


async def _add_nodes(facts: _Facts) -> None:
    """Add objectives and key results by their check-ins and slots."""
    at, zone, time_slice = facts.scope.at, facts.organization.zone, TimeSlice()
    for node_type, nodes in (
        (NodeType.OBJECTIVE, facts.objectives),
        (NodeType.KEY_RESULT, facts.key_results),
    ):
        for id, row in nodes.items():
            await time_slice.pause()
            said, slots = facts.said.get(id), facts.slots.get(UUID(id), ())
            if said is None:
                continue
            facts.add(AgendaSectionKind.CHECK_INS_DUE, node_type, id, rules.due(slots, at, zone, facts.names))
            facts.add(AgendaSectionKind.DROPPED, node_type, id, rules.dropped(said))
            facts.add(AgendaSectionKind.DIVERGENT, node_type, id, _divergent(row, said, at))
            if node_type is NodeType.KEY_RESULT and (row["progress"] or 0) < rules.REACHED:
                measure = KeyResultMeasure(row["measure"])
                item = rules.stuck(said, slots, at, measure, row["unit"])
                facts.add(AgendaSectionKind.STUCK, node_type, id, item)


def _divergent(row: Row, said: Said, at: datetime) -> AgendaItem | None:
    reported, statuses, turns = row["reported_status"], row["derived_statuses"], row["derived_turns"]
    if not divergent_at(reported, row["reported_until"], statuses, turns, at):
        return None
    place = bisect_right(turns, at)
    since = [said.status_at, turns[place - 1] if place else None]
    return rules.divergent(reported, status_at(statuses, turns, at), max(one for one in since if one))


async def _add_won(snapshot: Snapshot, facts: _Facts) -> None:
    """Add what reached a progress of 1 since it is looked at, by the changes that moved it."""
    reached = [id for id, row in facts.objectives.items() if (row["progress"] or 0) >= rules.REACHED]
    reached += [
        id
        for id, row in facts.key_results.items()
        if (row["progress"] or 0) >= rules.REACHED and row["measure"] in rules.WINNABLE
    ]
    begin = sorted({facts.begin[id] for id in reached})
    positions = dict(zip(begin, await positions_at(snapshot, *begin), strict=True))
    after = [positions[facts.begin[id]] for id in reached]
    for row in await snapshot.fetch(sql.WON, reached, after, facts.scope.at):
        is_key_result = row["id"] in facts.key_results
        node_type = NodeType.KEY_RESULT if is_key_result else NodeType.OBJECTIVE
        item = rules.won(row["recorded_at"], is_key_result=is_key_result)
        facts.add(AgendaSectionKind.WON, node_type, row["id"], item)


def _section(kind: AgendaSectionKind, found: list[Found]) -> Row:
    """Return a section as its GraphQL type reads it."""
    found.sort(key=lambda one: (one[2].order, one[1]))
    items = [
        {"node_type": node_type, "node_id": id, "why": item.why, "since": item.since, "due_at": item.due_at}
        for node_type, id, item in found[: rules.MAX_AGENDA_ITEMS]
    ]
    return {"kind": kind, "items": items, "total_count": len(found)}
