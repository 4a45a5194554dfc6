"""Demo steps, in order: mutations that add the plan and its check-ins, as data; `seed.py` runs them."""

import itertools
from collections.abc import Sequence

from okr_api.services import (
    alignments,
    cycles,
    key_results,
    objectives,
)

from .check_in_generator import (
    KEY_RESULTS,
    PLANNED,
    GeneratedCheckIn,
    days_of,
    owner_of,
    slips,
    tellings,
)
from .company import DIRECTOR
from .dates import Calendar, Days
from .definitions import PlannedKeyResult, PlannedObjective, Serves
from .discussion import discussion_steps
from .formulas import formula_steps
from .last_quarter import last_quarter_steps
from .last_year import last_year_steps
from .lessons import learning_steps
from .meetings import meeting_steps
from .metrics import metric_steps
from .objectives import OBJECTIVES
from .replacements import replacement_steps
from .reports import report_steps
from .rhythm import rhythm_steps
from .roll_overs import roll_over_steps
from .steps import Step, ref_to
from .strategy import stating
from .webhook import webhook_steps
from .work import work_steps


def _planning(calendar: Calendar) -> list[Step]:
    year, quarter, following = calendar.year, calendar.quarter, calendar.next_quarter
    same_year = following.starts_on.year == year.starts_on.year
    return [
        *stating(calendar),
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
            "parent": ref_to(parent.key) if parent else None,
            "external_id": days.key,
        },
    )


def _activation(days: Days) -> Step:
    return Step(f"activate {days.key}", DIRECTOR, cycles.activate_cycle, {"cycle": ref_to(days.key)})


def _objective(objective: PlannedObjective, calendar: Calendar) -> Step:
    return Step(
        f"objective {objective.key}",
        objective.owner,
        objectives.draft_objective,
        {
            "cycle": ref_to(days_of(objective, calendar).key),
            "title": objective.title,
            "description": objective.why,
            "kind": objective.kind,
            "draft": objective.draft,
            "progress_source": objective.source,
            "owner": ref_to(objective.owner),
            "team": ref_to(objective.team),
            "contributors": [ref_to(key) for key in objective.contributors],
            "priorities": [ref_to(key) for key in objective.priorities],
            "stands_alone_reason": objective.stands_alone,
            "visibility": objective.visibility,
            "shared_with": [ref_to(key) for key in objective.shared_with],
            "external_id": objective.key,
        },
    )


def _key_result(key_result: PlannedKeyResult) -> Step:
    return Step(
        f"key result {key_result.key}",
        PLANNED[key_result.objective].owner,
        key_results.define_key_result,
        {
            "objective": ref_to(key_result.objective),
            "title": key_result.title,
            "measure": key_result.measure,
            "role": key_result.role,
            "weight": key_result.weight if key_result.broken_budget is None else None,
            "broken_budget": key_result.broken_budget,
            "owner": ref_to(owner_of(key_result)),
            "external_id": key_result.key,
        },
    )


def _edge(objective: PlannedObjective, serves: Serves) -> Step:
    return Step(
        f"align {objective.key} to {serves.parent}",
        objective.owner,
        alignments.align,
        {
            "objective": ref_to(objective.key),
            "parent": ref_to(serves.parent),
            "kind": serves.kind,
            "weight": serves.weight,
        },
    )


def working(calendar: Calendar) -> list[Step]:
    """Return the steps of the people: the plan, check-ins up to yesterday, pauses and drops, mistakes."""
    slipping = [
        Step(f"slip {place}", each.by, items=[each.said]) for place, each in enumerate(slips(calendar))
    ]
    telling = _telling(tellings(calendar))
    more = [
        *metric_steps(calendar),
        *formula_steps(),
        *work_steps(calendar),
        *rhythm_steps(calendar),
        *report_steps(calendar),
        *discussion_steps(),
        *meeting_steps(calendar),
        *learning_steps(calendar),
        *last_year_steps(calendar),
        *last_quarter_steps(calendar),
        *roll_over_steps(calendar),
        *webhook_steps(),
    ]
    return [*_planning(calendar), *telling, *_turning(), *more, *slipping]


def last_external_id(calendar: Calendar) -> str:
    """Return the external id of the last check-in: if it exists, the demo is complete."""
    return str(slips(calendar)[-1].said.external_id)


def _telling(everything: Sequence[GeneratedCheckIn]) -> list[Step]:
    """Return one step for all check-ins of a person on a day."""
    days = itertools.groupby(everything, key=lambda telling: (telling.on, telling.by))
    return [Step(f"{on} {by}", by, items=[each.said for each in said]) for (on, by), said in days]


def _turning() -> list[Step]:
    """Return the steps that pause and replace objectives, and drop and ease key results."""
    pauses = [
        Step(
            f"pause {objective.key}",
            objective.owner,
            objectives.pause_objective,
            {"objective": ref_to(objective.key), "reason": objective.paused_because},
        )
        for objective in OBJECTIVES
        if objective.paused_because
    ]
    drops = [
        Step(
            f"drop {key_result.key}",
            PLANNED[key_result.objective].owner,
            key_results.drop_key_result,
            {"key_result": ref_to(key_result.key), "reason": key_result.dropped_because},
        )
        for key_result in KEY_RESULTS
        if key_result.dropped_because
    ]
    eases = [
        Step(
            f"ease {key_result.key}",
            PLANNED[key_result.objective].owner,
            key_results.edit_key_result,
            {
                "key_result": ref_to(key_result.key),
                "edits": {},
                "measure": {"target_value": key_result.eased_to},
                "reason": key_result.eased_because,
            },
        )
        for key_result in KEY_RESULTS
        if key_result.eased_because
    ]
    return pauses + drops + eases + replacement_steps()
