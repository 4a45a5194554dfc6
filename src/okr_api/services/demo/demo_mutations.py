"""Demo steps, in order: mutations that add people, plan and check-ins, as data; `seed.py` runs them."""

import itertools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from okr_api.services import (
    alignments,
    cycles,
    key_results,
    objectives,
    organization,
)
from okr_api.services.check_in_lookup import CheckInRequest
from okr_api.services.mutation_runner import MutationResult
from okr_api.services.references import Ref

from .check_in_generator import (
    KEY_RESULTS,
    PLANNED,
    GeneratedCheckIn,
    days_of,
    owner_of,
    slips,
    tellings,
)
from .company import DIRECTOR, PEOPLE, TEAMS
from .dates import Calendar, Days
from .definitions import PlannedKeyResult, PlannedObjective, Serves
from .objectives import OBJECTIVES


@dataclass(frozen=True, slots=True)
class Step:
    """Mutation: a service `do` with its inputs, or check-ins; without `by`, its author is the demo itself."""

    key: str
    by: str | None = None
    do: Callable[..., Awaitable[MutationResult]] | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict)
    items: Sequence[CheckInRequest] = ()


def _ref(key: str | None) -> Ref | None:
    return Ref(external_id=key) if key else None


def joining() -> list[Step]:
    """Return the steps that add people and teams; the demo itself takes them, as there are no people yet."""
    people = [
        Step(
            f"person {each.key}",
            do=organization.add_person,
            inputs={"name": each.name, "email": each.email, "external_id": each.key},
        )
        for each in PEOPLE
    ]
    teams = [
        Step(
            f"team {each.key}",
            do=organization.add_team,
            inputs={"name": each.name, "parent": _ref(each.under), "external_id": each.key},
        )
        for each in TEAMS
    ]
    return people + teams


def _planning(calendar: Calendar) -> list[Step]:
    year, quarter, following = calendar.year, calendar.quarter, calendar.next_quarter
    same_year = following.starts_on.year == year.starts_on.year
    return [
        _cycle(year, None),
        _activation(year),
        _cycle(quarter, year),
        _activation(quarter),
        _cycle(following, year if same_year else None),
        *(_objective(objective, calendar) for objective in OBJECTIVES),
        *(_key_result(key_result) for key_result in KEY_RESULTS),
        *(_edge(objective, serves) for objective in OBJECTIVES for serves in objective.serves),
    ]


def _cycle(days: Days, parent: Days | None) -> Step:
    return Step(
        f"cycle {days.key}",
        DIRECTOR,
        cycles.plan_cycle,
        {
            "name": days.name,
            "starts_on": days.starts_on,
            "ends_on": days.ends_on,
            "parent": _ref(parent.key) if parent else None,
            "external_id": days.key,
        },
    )


def _activation(days: Days) -> Step:
    return Step(f"activate {days.key}", DIRECTOR, cycles.activate_cycle, {"cycle": _ref(days.key)})


def _objective(objective: PlannedObjective, calendar: Calendar) -> Step:
    return Step(
        f"objective {objective.key}",
        objective.owner,
        objectives.draft_objective,
        {
            "cycle": _ref(days_of(objective, calendar).key),
            "title_text": objective.title,
            "description": objective.why,
            "kind": objective.kind,
            "draft": objective.draft,
            "progress_source": objective.source,
            "owner": _ref(objective.owner),
            "team": _ref(objective.team),
            "contributors": [_ref(key) for key in objective.contributors],
            "external_id": objective.key,
        },
    )


def _key_result(key_result: PlannedKeyResult) -> Step:
    return Step(
        f"key result {key_result.key}",
        PLANNED[key_result.objective].owner,
        key_results.define_key_result,
        {
            "objective": _ref(key_result.objective),
            "title_text": key_result.title,
            "measure": key_result.measure,
            "weight": key_result.weight,
            "owner": _ref(owner_of(key_result)),
            "external_id": key_result.key,
        },
    )


def _edge(objective: PlannedObjective, serves: Serves) -> Step:
    return Step(
        f"align {objective.key} to {serves.parent}",
        objective.owner,
        alignments.align,
        {
            "objective": _ref(objective.key),
            "parent": _ref(serves.parent),
            "kind": serves.kind,
            "weight": serves.weight,
        },
    )


def working(calendar: Calendar) -> list[Step]:
    """Return the steps of the people: the plan, check-ins up to yesterday, pauses and drops, mistakes."""
    slipping = [
        Step(f"slip {place}", each.by, items=[each.said]) for place, each in enumerate(slips(calendar))
    ]
    return [*_planning(calendar), *_telling(tellings(calendar)), *_turning(), *slipping]


def last_external_id(calendar: Calendar) -> str:
    """Return the external id of the last check-in: if it exists, the demo is complete."""
    return str(slips(calendar)[-1].said.external_id)


def _telling(everything: Sequence[GeneratedCheckIn]) -> list[Step]:
    """Return one step for all check-ins of a person on a day."""
    days = itertools.groupby(everything, key=lambda telling: (telling.on, telling.by))
    return [Step(f"{on} {by}", by, items=[each.said for each in said]) for (on, by), said in days]


def _turning() -> list[Step]:
    """Return the steps that pause objectives and drop key results."""
    return [
        Step(
            f"pause {objective.key}",
            objective.owner,
            objectives.pause_objective,
            {"objective": _ref(objective.key), "reason": objective.paused_because},
        )
        for objective in OBJECTIVES
        if objective.paused_because
    ] + [
        Step(
            f"drop {key_result.key}",
            owner_of(key_result),
            key_results.drop_key_result,
            {"key_result": _ref(key_result.key), "reason": key_result.dropped_because},
        )
        for key_result in KEY_RESULTS
        if key_result.dropped_because
    ]
