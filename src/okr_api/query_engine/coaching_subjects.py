"""Load coaching subjects: saved objectives, key results and surroundings; cycles with teams and drafts."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from okr_api.coaching.rules.due_date import MAX_CHARACTERS_READ
from okr_api.coaching.subject import (
    CyclePlan,
    KeyResultPlan,
    NodeName,
    ObjectivePlan,
    ParentPlan,
    Subject,
    TitlePair,
    WaitingDraft,
)
from okr_api.coaching.title import Title
from okr_api.okr.entity import NodeType
from okr_api.okr.guard_rail import KeyResultRole
from okr_api.okr.measure import KeyResultMeasure, Milestone
from okr_api.okr.numbers import clamp
from okr_api.okr.objective import ObjectiveKind, ObjectiveState
from okr_api.store.time_slicing import TimeSlice

from .coaching_priorities import count_priorities
from .coaching_sql import (
    CYCLE_DRAFTS,
    CYCLE_OWNERS,
    CYCLE_TEAMS,
    CYCLE_TITLES,
    CYCLES,
    KEY_RESULTS,
    OBJECTIVES,
    PARENTS,
)
from .coaching_surroundings import Place, Settings, Surroundings, load_surroundings, owner_load, team_load
from .snapshot import Snapshot
from .visible_statements import fetch_visible

COPIED = (
    "title",
    "description",
    "unit",
    "target_value",
    "lower_bound",
    "upper_bound",
    "commit_value",
    "stretch_value",
    "weight",
    "due_on",
    "confidence",
    "current_value",
)
OPEN = frozenset({ObjectiveState.DRAFT, ObjectiveState.PUBLISHED})
Row = Mapping[str, Any]
Groups = Mapping[str, list[Row]]


async def load_objectives(snapshot: Snapshot, ids: Sequence[str], settings: Settings) -> list[Subject]:
    """Return the subjects of those of the objectives whose plan can be edited, in the order of their ids."""
    rows = await fetch_visible(snapshot, OBJECTIVES, ids)
    if not rows:
        return []
    found = [row["id"] for row in rows]
    key_results = _by(await snapshot.fetch(KEY_RESULTS, found, MAX_CHARACTERS_READ), "objective_id")
    parents = _by(await fetch_visible(snapshot, PARENTS, found), "child_id")
    places = [_place(row, parents[row["id"]]) for row in rows]
    priorities = await count_priorities(snapshot, found)
    around = await load_surroundings(snapshot, places, settings)
    subjects, time_slice = list[Subject](), TimeSlice()
    for at, (row, place) in enumerate(zip(rows, places, strict=True)):
        plan = replace(
            _objective(row, key_results[row["id"]], parents[row["id"]], snapshot.now),
            priorities=priorities.get(row["id"], 0),
        )
        subjects.append(subject_at(place, around, at, plan, cycle_plan(row, snapshot.now)))
        await time_slice.pause()
    return subjects


def _objective(row: Row, key_results: Sequence[Row], parents: Sequence[Row], now: datetime) -> ObjectivePlan:
    return ObjectivePlan(
        title=row["title"],
        has_description=row["has_description"],
        kind=ObjectiveKind(row["kind"]),
        has_owner=row["owner_id"] is not None,
        key_results=tuple(map(_key_result, key_results)),
        parents=tuple(
            ParentPlan(parent["title"], NodeName(NodeType.OBJECTIVE, parent["id"])) for parent in parents
        ),
        has_children=row["has_children"],
        stands_alone_reason=row["stands_alone_reason"],
        days_as_draft=_days_as_draft(row, row, now),
        node=NodeName(NodeType.OBJECTIVE, row["id"]),
    )


def subject_at(
    place: Place, around: Surroundings, at: int, objective: ObjectivePlan, cycle: CyclePlan | None
) -> Subject:
    """Return an objective with what is around its place, which is the one at position `at`."""
    team = around.teams.get(place.team) if place.team else None
    owner = around.owners.get(place.owner) if place.owner else None
    return Subject(
        objective=objective,
        cycle=cycle,
        teams=(team,) if team and place.is_open and not place.is_part else (),
        owners=(owner,) if owner else (),
        pairs=around.similar[at],
        objectives_above=around.above.get(place.team, 0) if place.team else 0,
        has_priorities=around.has_priorities,
    )


def _by(rows: Sequence[Row], column: str) -> Groups:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[column]].append(row)
    return groups


def _place(row: Row, parents: Sequence[Row]) -> Place:
    team, cycle = row["team_id"], row["cycle_id"]
    return Place(
        title=row["title"],
        id=row["id"],
        cycle_id=cycle,
        team_id=team,
        owner_id=row["owner_id"],
        is_part=any(
            parent["team_id"] == team and parent["cycle_id"] == cycle and parent["state"] in OPEN
            for parent in parents
        ),
        is_open=row["state"] in OPEN,
    )


def cycle_plan(row: Row, now: datetime) -> CyclePlan:
    """Return a cycle in a row, with the share of it that has passed."""
    return CyclePlan(row["starts_on"], row["ends_on"], share_elapsed(row["starts_at"], row["ends_at"], now))


def share_elapsed(begin: datetime, end: datetime, now: datetime) -> float:
    """Return the share of a time that has passed, 0 to 1; 1 of a time without duration."""
    return clamp((now - begin) / (end - begin)) if end > begin else 1.0


def _days_as_draft(row: Row, cycle: Row, now: datetime) -> int | None:
    """Return the full days of its cycle for which an objective has been a draft; None if it is none."""
    if row["drafted_at"] is None:
        return None
    since: datetime = max(row["drafted_at"], cycle["starts_at"])
    return max((now - since).days, 0)


def _key_result(row: Row) -> KeyResultPlan:
    start = row["start_value"] if row["start_value"] is not None else row["counted_from"]
    return KeyResultPlan(
        measure=KeyResultMeasure(row["measure"]),
        start_value=start,
        milestones=tuple(map(_milestone, row["milestones"])),
        progress=row["progress"] if row["coverage"] else None,
        is_guard_rail=row["role"] == KeyResultRole.GUARD_RAIL,
        metric=row["metric_id"],
        node=NodeName(NodeType.KEY_RESULT, row["id"]),
        **{name: row[name] for name in COPIED},
    )


def _milestone(document: Row) -> Milestone:
    day = document["dueOn"]
    return Milestone(document["key"], document["name"], due_on=date.fromisoformat(day) if day else None)


async def load_cycles(
    snapshot: Snapshot, ids: Sequence[str], team_id: str | None, settings: Settings
) -> dict[str, Subject]:
    """Return the subjects of those of the cycles whose plan can be edited, of one team if it is given."""
    cycles = await snapshot.fetch(CYCLES, ids)
    if not cycles:
        return {}
    found = [row["id"] for row in cycles]
    teams, owners, titles, drafts = [
        _by(await fetch_visible(snapshot, text, found, team_id), "cycle_id")
        for text in (CYCLE_TEAMS, CYCLE_OWNERS, CYCLE_TITLES, CYCLE_DRAFTS)
    ]
    return {
        row["id"]: Subject(
            cycle=cycle_plan(row, snapshot.now),
            teams=tuple(map(team_load, teams[row["id"]])),
            owners=tuple(map(owner_load, owners[row["id"]])),
            pairs=tuple(pair for group in titles[row["id"]] for pair in _pairs(group)),
            drafts=tuple(
                WaitingDraft(
                    draft["title"],
                    _days_as_draft(draft, row, snapshot.now) or 0,
                    NodeName(NodeType.OBJECTIVE, draft["id"]),
                )
                for draft in drafts[row["id"]]
            ),
            has_priorities=settings.has_priorities,
        )
        for row in cycles
    }


def _pairs(group: Row) -> list[TitlePair]:
    """Return the second and each further objective of a title, paired with the first."""
    first, *others = [NodeName(NodeType.OBJECTIVE, id) for id in group["ids"]]
    title, *titles = map(Title, group["titles"])
    return [
        TitlePair(other_title, title, other, first) for other, other_title in zip(others, titles, strict=True)
    ]
