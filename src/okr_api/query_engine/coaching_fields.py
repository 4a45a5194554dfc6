"""Loaders of the fields `coaching`: advice on many objectives, key results or cycles, as rows of `Advice`."""

from collections.abc import Mapping, Sequence
from typing import Any

from okr_api.coaching.advice import Advice
from okr_api.coaching.coach import advise
from okr_api.coaching.subject import NodeName, Subject
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import InvalidInput, TooMany
from okr_api.store.time_slicing import TimeSlice

from .coaching_sql import OBJECTIVES_OF_KEY_RESULTS
from .coaching_subjects import load_cycles, load_objectives
from .coaching_surroundings import Settings, load_settings
from .global_ids import digits_of, digits_of_type, id_of_argument
from .snapshot import Snapshot

MAX_OBJECTIVES_COACHED = 500
Rows = list[dict[str, Any]]
TEAM = "select id from team where organization_id = $1 and id = $2::uuid"


async def objective_advice(snapshot: Snapshot, ids: Sequence[str]) -> Mapping[str, Rows]:
    """Return the advice on each objective and its key results.

    Raises:
        TooMany: there are more than 500 objectives.
    """
    await snapshot.begin()
    wanted = list(dict.fromkeys(ids))
    if len(wanted) > MAX_OBJECTIVES_COACHED:
        raise TooMany(f"Coaching looks at most at {MAX_OBJECTIVES_COACHED} objectives at a time")
    settings = await load_settings(snapshot)
    found: dict[str, Rows] = {}
    time_slice = TimeSlice()
    for subject in await load_objectives(snapshot, wanted, settings):
        assert subject.objective is not None
        assert subject.objective.node is not None
        found[subject.objective.node.id] = advice_rows(subject, settings)
        await time_slice.pause()
    return found


async def key_result_advice(snapshot: Snapshot, ids: Sequence[str]) -> Mapping[str, Rows]:
    """Return the advice on each key result; raises the errors of `objective_advice`."""
    await snapshot.begin()
    rows = await snapshot.fetch(OBJECTIVES_OF_KEY_RESULTS, list(dict.fromkeys(ids)))
    of_objectives = await objective_advice(snapshot, [row["objective_id"] for row in rows])
    found: dict[str, Rows] = {row["id"]: [] for row in rows}
    for advice in (one for some in of_objectives.values() for one in some):
        if advice["node_type"] == NodeType.KEY_RESULT and advice["node_id"] in found:
            found[advice["node_id"]].append(advice)
    return found


async def cycle_advice(
    snapshot: Snapshot,
    ids: Sequence[str],
    *,
    team_id: str | None = None,
    team_external_id: str | None = None,
) -> Mapping[str, Rows]:
    """Return the advice on each cycle, or on a team in each; nothing if there is no such team.

    Raises:
        InvalidInput: the team is given by both of its ids.
    """
    if team_id is not None and team_external_id is not None:
        raise InvalidInput("Give either teamId or teamExternalId", path=["teamId"])
    await snapshot.begin()
    wanted, team = list(dict.fromkeys(ids)), None
    if team_id is not None or team_external_id is not None:
        team = await _team(snapshot, team_id, team_external_id)
        if team is None:
            return {}
    settings = await load_settings(snapshot)
    subjects = await load_cycles(snapshot, wanted, team, settings)
    found: dict[str, Rows] = {id: [] for id in wanted}
    time_slice = TimeSlice()
    for id, subject in subjects.items():
        found[id] = advice_rows(subject, settings)
        await time_slice.pause()
    return found


async def _team(snapshot: Snapshot, id: str | None, external_id: str | None) -> str | None:
    """Return the id of a team that exists."""
    if external_id is not None:
        named = await id_of_argument(snapshot, NodeType.TEAM, "team_external_id", external_id)
        return None if named is None else digits_of(named)
    digits = digits_of_type(id or "", NodeType.TEAM)
    rows = await snapshot.fetch(TEAM, digits) if digits else []
    return digits if rows else None


def advice_rows(subject: Subject, settings: Settings) -> Rows:
    """Return the advice on a subject as rows of `Advice`."""
    return [_row(subject, advice) for advice in advise(subject, settings.lexicon, settings.rules_off)]


def _row(subject: Subject, advice: Advice) -> dict[str, Any]:
    node, path = _place_of(subject, advice)
    return {
        "rule": advice.rule,
        "severity": str(advice.severity),
        "message": advice.message,
        "suggestion": advice.suggestion,
        "source": str(advice.source),
        "path": [str(step) for step in path],
        "node_type": node and node.type,
        "node_id": node and node.id,
        "related_type": advice.related and advice.related.type,
        "related_id": advice.related and advice.related.id,
    }


def _place_of(subject: Subject, advice: Advice) -> tuple[NodeName | None, tuple[str | int, ...]]:
    """Return the saved entity that advice is about, and the path within it; no entity for a draft."""
    if advice.node is not None or subject.objective is None or subject.objective.node is None:
        return advice.node, advice.path
    match advice.path:
        case ("keyResults", int(place), *rest):
            return subject.objective.key_results[place].node, tuple(rest)
    return subject.objective.node, advice.path
