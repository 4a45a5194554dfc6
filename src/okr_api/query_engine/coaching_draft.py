"""Coaching subject of a draft: look up what it refers to, and read the surroundings of its place."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from okr_api.coaching.subject import (
    KeyResultPlan,
    LessonName,
    NodeName,
    ObjectivePlan,
    OwnerLoad,
    ParentPlan,
    Subject,
    TeamLoad,
    UnknownReference,
)
from okr_api.okr.entity import NodeType
from okr_api.okr.objective import ObjectiveKind

from .coaching_priorities import count_priorities_of_draft
from .coaching_sql import OBJECTIVES, REFERRED
from .coaching_subjects import OPEN, cycle_plan, subject_at
from .coaching_surroundings import Place, Settings, Surroundings, load_surroundings
from .global_ids import digits_of
from .related_lessons import MAX_CHARACTERS_COMPARED, AskedWords, related_to
from .snapshot import Snapshot
from .visible_statements import fetch_visible

Row = Mapping[str, Any]
LESSONS_OFFERED = 3
RULE = "lesson-related"


@dataclass(frozen=True, slots=True)
class Reference:
    """Reference of a draft to an entity, by id or external id; `path` is its place in the draft."""

    type: NodeType
    id: UUID | None
    external_id: str | None
    path: tuple[str | int, ...]


@dataclass(frozen=True)
class Draft:
    """A draft and what it refers to, by name; `unknown` are references that cannot exist.

    Those named `cycle`, `team`, `owner` and `parent` place it; `objective` is the saved one that it is an
    edit of. Priorities are those that it names itself, metrics are of the key result in their path. All
    others should exist.
    """

    plan: ObjectivePlan
    references: Mapping[str, Reference] = field(default_factory=dict)
    unknown: tuple[UnknownReference, ...] = ()


async def load_draft(snapshot: Snapshot, draft: Draft, settings: Settings) -> Subject:
    """Return the subject of a draft with its surroundings."""
    found = await _referred(snapshot, draft.references)
    cycle, parent, saved = found.get("cycle"), found.get("parent"), found.get("objective")
    ids = {name: row["id"] for name, row in found.items()}
    place = Place(
        title=draft.plan.title,
        id=ids.get("objective"),
        cycle_id=ids.get("cycle"),
        team_id=ids.get("team"),
        owner_id=ids.get("owner"),
        is_part=parent is not None and _is_of(parent, ids.get("team"), ids.get("cycle")),
    )
    around = await load_surroundings(snapshot, [place], settings, without=ids.get("objective"))
    plan = replace(
        draft.plan,
        has_owner="owner" in found,
        parents=(_parent(parent),) if parent else (),
        has_children=saved is not None and await _has_children(snapshot, saved["id"]),
        key_results=_measured_by(draft, found),
        priorities=await _count_priorities(snapshot, draft, found),
    )
    in_cycle = cycle_plan(cycle, snapshot.now) if cycle else None
    subject = subject_at(place, _counted_in(around, draft.plan.kind), 0, plan, in_cycle)
    missing = [one for name, one in draft.references.items() if name not in found]
    lessons = await _lessons(snapshot, draft, found, settings)
    unknown = [*draft.unknown, *(UnknownReference(one.path, one.type) for one in missing)]
    in_order = sorted(unknown, key=lambda one: [str(step) for step in one.path])
    return replace(subject, unknown=tuple(in_order), lessons=lessons)


async def _referred(snapshot: Snapshot, references: Mapping[str, Reference]) -> dict[str, Row]:
    """Return the rows that references name, by their names; without those that are not there or hidden."""
    if not references:
        return {}
    rows = await fetch_visible(
        snapshot,
        REFERRED,
        [one.id for one in references.values() if one.id is not None],
        [one.external_id for one in references.values() if one.external_id is not None],
    )
    by_id = {(row["type"], row["id"]): row for row in rows}
    by_external_id = {(row["type"], row["external_id"]): row for row in rows}
    found: dict[str, Row] = {}
    for name, one in references.items():
        if one.id is not None:
            row = by_id.get((one.type, digits_of(one.id)))
        else:
            row = by_external_id.get((one.type, one.external_id))
        if row is not None:
            found[name] = row
    return found


def _measured_by(draft: Draft, found: Mapping[str, Row]) -> tuple[KeyResultPlan, ...]:
    """Return the key results of a draft with the metrics that they name."""
    metrics = {
        one.path[1]: found[name]["id"]
        for name, one in draft.references.items()
        if one.type is NodeType.METRIC and name in found
    }
    return tuple(
        replace(plan, metric=metrics.get(place)) for place, plan in enumerate(draft.plan.key_results)
    )


async def _count_priorities(snapshot: Snapshot, draft: Draft, found: Mapping[str, Row]) -> int:
    parents = [found["parent"]["objective_id"]] if "parent" in found else []
    named = [
        found[name]["id"]
        for name, one in draft.references.items()
        if one.type is NodeType.PRIORITY and name in found
    ]
    return await count_priorities_of_draft(snapshot, parents, named)


async def _lessons(
    snapshot: Snapshot, draft: Draft, found: Mapping[str, Row], settings: Settings
) -> tuple[LessonName, ...]:
    """Return lessons from elsewhere that are related to a draft, unless the rule is off."""
    if RULE in settings.rules_off:
        return ()
    ids = {name: row["id"] for name, row in found.items()}
    titles = (draft.plan.title, *(one.title for one in draft.plan.key_results))
    of_type = {
        kind: [ids[name] for name, one in draft.references.items() if one.type is kind and name in ids]
        for kind in (NodeType.PRIORITY, NodeType.METRIC)
    }
    asked = AskedWords(
        " ".join(titles)[:MAX_CHARACTERS_COMPARED],
        ids.get("objective"),
        ids.get("team"),
        of_type[NodeType.PRIORITY],
        of_type[NodeType.METRIC],
    )
    [related] = await related_to(snapshot, [asked], settings.language, LESSONS_OFFERED)
    return tuple(LessonName(one.title, NodeName(NodeType.LESSON, one.id)) for one in related)


def _is_of(parent: Row, team: str | None, cycle: str | None) -> bool:
    """Return whether an open parent is of the team and the cycle."""
    return (
        team is not None
        and (parent["team_id"], parent["cycle_id"]) == (team, cycle)
        and parent["state"] in OPEN
    )


def _parent(row: Row) -> ParentPlan:
    return ParentPlan(row["title"], NodeName(NodeType.OBJECTIVE, row["objective_id"]))


async def _has_children(snapshot: Snapshot, objective: str) -> bool:
    rows = await fetch_visible(snapshot, OBJECTIVES, [objective])
    return any(row["has_children"] for row in rows)


def _counted_in(around: Surroundings, kind: ObjectiveKind) -> Surroundings:
    """Return the surroundings in which a draft of that kind counts for its team and its owner."""
    aspirational = int(kind is ObjectiveKind.ASPIRATIONAL)

    def team(load: TeamLoad) -> TeamLoad:
        more = load.aspirational + aspirational
        return replace(load, objectives=load.objectives + 1, aspirational=more)

    def owner(load: OwnerLoad) -> OwnerLoad:
        return replace(load, objectives=load.objectives + 1)

    return replace(
        around,
        teams={pair: team(load) for pair, load in around.teams.items()},
        owners={pair: owner(load) for pair, load in around.owners.items()},
    )
