"""Plans for the rules of coaching, written as in docs/coaching.md."""

import json
import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

from okr_api.coaching.coach import RULE_IDS, advise
from okr_api.coaching.lexicon import lexicon_of
from okr_api.coaching.subject import (
    CyclePlan,
    KeyResultPlan,
    LessonName,
    ObjectivePlan,
    OwnerLoad,
    ParentPlan,
    Subject,
    TeamLoad,
    TitlePair,
    UnknownReference,
)
from okr_api.coaching.title import Title
from okr_api.okr.entity import NodeType
from okr_api.okr.measure import KeyResultMeasure, Milestone
from okr_api.okr.objective import ObjectiveKind
from okr_api.okr.people import Language
from tests.docs.named import text_of

DOCUMENT = "docs/coaching.md"
PLAN = re.compile(r"^```json plan( de)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FURTHER = {"measure": "INCREASE", "unit": "%", "startValue": 3, "targetValue": 17}
SNAKE = re.compile(r"(?=[A-Z])")


@cache
def good_plans() -> dict[Language, dict[str, Any]]:
    """Return the plan of the document in each language."""
    return {
        Language.GERMAN if german else Language.ENGLISH: json.loads(text)
        for german, text in PLAN.findall(text_of(DOCUMENT))
    }


def edited(plan: Mapping[str, Any], edit: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plan with an edit merged into it, as the document says."""
    merged = dict(plan)
    for name, value in edit.items():
        if name == "keyResults":
            known = plan[name] + [{"title": f"Further {place}", **FURTHER} for place in range(len(value))]
            merged[name] = [old | new for old, new in zip(known, value, strict=False)]
        elif isinstance(value, dict):
            merged[name] = plan.get(name, {}) | value
        else:
            merged[name] = value
    return merged


def subject_of(plan: Mapping[str, Any]) -> Subject:
    """Return a plan as the subject of rules."""
    cycle = plan["cycle"]
    team = {SNAKE.sub("_", name).lower(): value for name, value in plan["team"].items()}
    return Subject(
        objective=ObjectivePlan(
            title=plan["title"],
            has_description="description" in plan,
            kind=ObjectiveKind(plan["kind"]),
            has_owner=plan["owner"],
            key_results=tuple(map(key_result_of, plan["keyResults"])),
            parents=tuple(ParentPlan(title) for title in [plan.get("parent")] if title),
            has_children=plan.get("hasChildren", False),
            priorities=plan.get("priorities"),
            stands_alone_reason=plan.get("standsAloneReason"),
            days_as_draft=plan.get("daysAsDraft"),
        ),
        cycle=CyclePlan(
            date.fromisoformat(cycle["startsOn"]), date.fromisoformat(cycle["endsOn"]), cycle["elapsed"]
        ),
        teams=(TeamLoad("Booking", **team),),
        owners=(OwnerLoad("Mei", plan["ownerObjectives"]),),
        pairs=tuple(TitlePair(Title(plan["title"]), Title(other)) for other in plan.get("others", [])),
        lessons=tuple(map(LessonName, plan.get("lessons", []))),
        unknown=tuple(UnknownReference((name,), NodeType(name.upper())) for name in plan.get("unknown", [])),
        objectives_above=plan.get("objectivesAbove", 0),
        has_priorities=plan.get("hasPriorities"),
    )


def key_result_of(row: Mapping[str, Any]) -> KeyResultPlan:
    values = {SNAKE.sub("_", name).lower(): value for name, value in row.items()}
    values["is_guard_rail"] = values.pop("role", None) == "GUARD_RAIL"
    values["measure"] = values["measure"] and KeyResultMeasure(values["measure"])
    values["milestones"] = tuple(
        Milestone(one["name"], one["name"], due_on=day and date.fromisoformat(day))
        for one in values.get("milestones", [])
        for day in [one.get("dueOn")]
    )
    values["due_on"] = date.fromisoformat(row["dueOn"]) if "dueOn" in row else None
    return KeyResultPlan(**values)


def rules_on(plan: Mapping[str, Any], language: Language, only: str | None = None) -> list[str]:
    """Return the rules that advise on a plan; with `only`, all others are switched off."""
    off = RULE_IDS - {only} if only else ()
    return [advice.rule for advice in advise(subject_of(plan), lexicon_of(language), off)]
