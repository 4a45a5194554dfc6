"""Plans of real organisations, read from files outside of the project where these are present."""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from okr_api.coaching.subject import (
    CyclePlan,
    KeyResultPlan,
    ObjectivePlan,
    ParentPlan,
    Subject,
    TeamLoad,
    TitlePair,
)
from okr_api.coaching.title import Title
from okr_api.okr.measure import KeyResultMeasure

FOLDER = Path(__file__).parents[3] / "shared" / "data"
FILES = (
    "inquirer-cy22q2",
    "sourcegraph-2019_q4",
    "sourcegraph-2021_q1",
    "chromium-input-2016-2017",
    "nyc-mmr",
)


def subjects(name: str) -> Iterator[Subject]:
    """Yield each objective of a file at the beginning of its cycle.

    What a file lacks as a whole is taken as given: an owner, and the unit of published scores.
    """
    data = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    key_results, children = defaultdict(list), set()
    for row in data["key_results"]:
        key_results[row["objective_id"]].append(row)
    titles = {row["id"]: row["title"] for row in data["objectives"]}
    for row in data["objectives"]:
        children.add(row["parent_objective_id"])
    cycles = {row["id"]: row for row in data["cycles"]}
    teams_of = {row["id"]: row["team_id"] for row in data["objectives"]}
    in_cycle, in_team = defaultdict(list), defaultdict(int)
    for row in data["objectives"]:
        in_cycle[row["cycle_id"]].append(row)
        in_team[row["cycle_id"], row["team_id"]] += counts_for_team(row, teams_of)
    words = {row["id"]: Title(row["title"]) for row in data["objectives"]}
    for row in data["objectives"]:
        cycle = cycles[row["cycle_id"]]
        parent = titles.get(row["parent_objective_id"])
        yield Subject(
            objective=ObjectivePlan(
                title=row["title"],
                has_description=bool(row["description"]),
                has_owner=True,
                key_results=tuple(plan(one) for one in key_results[row["id"]]),
                parents=(ParentPlan(parent),) if parent else (),
                has_children=row["id"] in children,
            ),
            cycle=CyclePlan(date.fromisoformat(cycle["start"]), date.fromisoformat(cycle["end"])),
            teams=(TeamLoad("The team", in_team[row["cycle_id"], row["team_id"]]),)
            if counts_for_team(row, teams_of)
            else (),
            pairs=tuple(
                TitlePair(words[row["id"]], words[other["id"]])
                for other in in_cycle[row["cycle_id"]]
                if other is not row
            ),
        )


def counts_for_team(row: dict[str, Any], teams_of: dict[str, str]) -> bool:
    """Return whether an objective is one of its team: not a person's own, and not beneath another one of it."""
    return row.get("level") != "individual" and teams_of.get(row["parent_objective_id"]) != row["team_id"]


def plan(row: dict[str, Any]) -> KeyResultPlan:
    """Return a key result of a file."""
    down = row["direction"] == "decrease"
    return KeyResultPlan(
        title=row["title"],
        description=row["description"],
        measure=KeyResultMeasure.DECREASE if down else KeyResultMeasure.INCREASE,
        unit="score" if row["type"] == "score" else row["unit"],
        start_value=row["start"],
        target_value=row["target"],
        weight=1.0 if row["weight"] is None else row["weight"],
    )
