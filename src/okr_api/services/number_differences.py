"""Differences between what is stored and what follows from the facts: numbers, days, audiences, cadences."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from okr_api.okr.audience import NOBODY_IN_TEAM, viewers_of
from okr_api.okr.entity import NodeType
from okr_api.okr.tree import Tree
from okr_api.store.audiences import people_in_teams
from okr_api.store.bulk_write import Postgres
from okr_api.store.time_slicing import Batches

from .effective_cadences import cadence_differences


@dataclass(frozen=True, slots=True)
class Difference:
    """Stored number, audience or cadence that differs from the one recomputed from the facts."""

    node_type: NodeType
    node_id: UUID
    title: str
    field: str
    stored: object
    recomputed: object


def differences_of(tree: Tree, days: Mapping[UUID, tuple[datetime, datetime]]) -> list[Difference]:
    """Return what a recomputation of the tree changed, and stored `days` that do not match the time zone."""
    return differences_of_cycles(tree, days) + differences_of_numbers(tree)


def differences_of_cycles(tree: Tree, days: Mapping[UUID, tuple[datetime, datetime]]) -> list[Difference]:
    """Return the cycles whose stored first instant or end does not match their time zone."""
    found: list[Difference] = []
    for cycle in tree.cycles.values():
        instants = (cycle.starts_at(tree.zone), cycle.ends_at(tree.zone))
        for field, old, new in zip(("starts_at", "ends_at"), days[cycle.id], instants, strict=True):
            if old != new:
                found.append(Difference(NodeType.CYCLE, cycle.id, cycle.name, field, old, new))
    return found


def differences_of_numbers(tree: Tree) -> list[Difference]:
    """Return the numbers that a recomputation of the tree changed."""
    found: list[Difference] = []
    for node_type, titles, standings in (
        (NodeType.KEY_RESULT, tree.key_results, tree.key_result_standings),
        (NodeType.OBJECTIVE, tree.objectives, tree.objective_standings),
    ):
        for id in standings.changed_keys():
            stored, recomputed = standings.before(id), standings[id]
            for field in compared_fields(recomputed):
                before, after = getattr(stored, field, None), getattr(recomputed, field)
                if before != after:
                    found.append(Difference(node_type, id, titles[id].title, field, before, after))
    return found


def compared_fields(standing: Any) -> list[str]:
    """Return the fields of a standing that follow from the facts."""
    return [field.name for field in fields(standing) if field.compare]


async def audience_differences(connection: Postgres, tree: Tree, ids: Iterable[UUID]) -> list[Difference]:
    """Return the objectives of a tree whose stored audience does not follow from the facts."""
    found: list[Difference] = []
    async for batch in Batches(ids):
        objectives = [tree.objectives[id] for id in batch]
        restricted = [each for each in objectives if viewers_of(each) is not None]
        teams = {each.team_id for each in restricted if each.team_id is not None}
        people = await people_in_teams(connection, tree.organization.id, teams) if teams else {}
        for each in objectives:
            team = people.get(each.team_id, NOBODY_IN_TEAM) if each.team_id else NOBODY_IN_TEAM
            viewers = viewers_of(each, team)
            if each.viewer_ids != viewers:
                found.append(
                    Difference(
                        NodeType.OBJECTIVE, each.id, each.title, "viewer_ids", each.viewer_ids, viewers
                    )
                )
    return found


async def differences_of_cadences(connection: Postgres, tree: Tree, ids: Iterable[UUID]) -> list[Difference]:
    """Return the objectives of a tree whose stored cadence does not follow from the facts."""
    return [
        Difference(
            NodeType.OBJECTIVE, each.id, each.title, "effective_cadence", each.effective_cadence, effective
        )
        for each, effective in await cadence_differences(connection, tree, ids)
    ]
