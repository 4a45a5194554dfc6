"""Load the parts of many nodes at once, explain their numbers by `scoring`, and return documents for GraphQL.

The parts are read as stored rows, in a number of statements that does not depend on the number of nodes.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from okr_api.okr.cycle import CycleState
from okr_api.okr.entity import NodeType
from okr_api.okr.key_result import KeyResult
from okr_api.okr.objective import Objective
from okr_api.okr.tree import Tree
from okr_api.scoring.explained_parts import ExplainedPart, Explanation, FoldedParts, Metric
from okr_api.scoring.explanation import explaining
from okr_api.scoring.explanation_rules import NO_VALUE, NOT_ENDED, mean_rule, status_rule
from okr_api.scoring.formula import Series, computing_series
from okr_api.scoring.formula_explanation import explain_value
from okr_api.scoring.key_result_explanation import explain_key_result
from okr_api.scoring.rollup import guard_rails_of
from okr_api.store.formula_loader import load_formula_parts
from okr_api.store.time_slicing import complete, mapped_one_by_one
from okr_api.store.tree_loader import (
    load_cycles,
    load_key_results,
    load_objectives,
    load_parts,
    load_readings,
)

from .global_ids import digits_of
from .snapshot import Snapshot
from .snapshot_rows import SnapshotRows, new_tree

Document = Mapping[str, Any]


async def load_explained(snapshot: Snapshot, ids: Sequence[UUID]) -> Tree:
    """Return a tree with the named objectives and key results, with all parts of these objectives.

    The metrics of the same nodes are explained from one read.
    """
    named = frozenset(ids)
    async with snapshot.sharing:
        if named not in snapshot.shared:
            snapshot.shared[named] = await _load(snapshot, ids)
        tree: Tree = snapshot.shared[named]
        return tree


async def _load(snapshot: Snapshot, ids: Sequence[UUID]) -> Tree:
    await snapshot.begin()
    rows = SnapshotRows(snapshot)
    tree = await new_tree(rows)
    await load_cycles(rows, tree)
    await load_parts(rows, tree, ids)
    await load_key_results(rows, tree, [id for id in ids if id not in tree.objectives])
    owners = {one.objective_id for one in tree.key_results.values()}
    await load_objectives(rows, tree, owners)
    formulas = tree.formulas.among(ids)
    if formulas:
        await load_formula_parts(rows, tree, tree.formulas.parts_of(formulas))
        await load_readings(rows, tree, list(tree.formulas.beneath(formulas) | formulas))
    return tree


def explainer(metric: Metric) -> Callable[[Snapshot, Sequence[Any]], Awaitable[Mapping[Any, Document]]]:
    """Return a loader of the explanations of a metric, by the id of the objective or key result."""

    async def explain(snapshot: Snapshot, keys: Sequence[Any]) -> Mapping[Any, Document]:
        named = {key: UUID(key) for key in keys}
        tree = await load_explained(snapshot, list(named.values()))
        loaded = {key: id for key, id in named.items() if id in tree.objectives or id in tree.key_results}

        async def document(id: UUID) -> Document:
            return as_document(tree, await _explained(tree, snapshot, id, metric))

        return dict(zip(loaded, await mapped_one_by_one(document, loaded.values()), strict=True))

    return explain


async def _explained(tree: Tree, snapshot: Snapshot, id: UUID, metric: Metric) -> Explanation:
    if id in tree.objectives:
        return await _explained_objective(tree, snapshot, tree.objectives[id], metric)
    key_result = tree.key_results[id]
    if metric is Metric.CURRENT_VALUE:
        return await _explained_value(tree, snapshot, key_result)
    return explain_key_result(
        key_result,
        tree.key_result_standings[id],
        tree.objectives[key_result.objective_id],
        tree.cycle_of(key_result.objective_id),
        metric,
        snapshot.now,
        ended=has_ended(tree, snapshot, key_result.objective_id),
    )


async def _explained_value(tree: Tree, snapshot: Snapshot, key_result: KeyResult) -> Explanation:
    series: dict[UUID, Series] = {}
    if key_result.has_formula:
        await complete(computing_series(tree, key_result.id, series))

    def is_hidden(part: KeyResult) -> bool:
        return not snapshot.visibility.shows(tree.objectives[part.objective_id])

    return explain_value(tree, key_result, tree.key_result_standings[key_result.id], series, is_hidden)


async def _explained_objective(
    tree: Tree, snapshot: Snapshot, objective: Objective, metric: Metric
) -> Explanation:
    if metric is Metric.SCORE and not has_ended(tree, snapshot, objective.id):
        return Explanation(None, (), rule=NOT_ENDED)
    steps = explaining(tree, objective, metric, snapshot.now, _hides(tree, snapshot))
    explanation: Explanation = await complete(steps)
    if metric is Metric.CURRENT_VALUE:
        return replace(explanation, rule=NO_VALUE)
    if metric is not Metric.STATUS:
        return replace(explanation, rule=mean_rule(metric, explanation))
    standing = tree.objective_standings[objective.id]
    rule = status_rule(
        standing,
        objective,
        tree.cycle_of(objective.id),
        snapshot.now,
        floor=standing.final_floor,
        broken_guard_rails=sum(guard.broken for guard in guard_rails_of(tree, objective)),
    )
    return replace(explanation, rule=rule)


def _hides(tree: Tree, snapshot: Snapshot) -> Callable[[ExplainedPart], bool]:
    """Return a predicate for parts that the viewer may not see; key results are seen with their objective."""

    def is_hidden(part: ExplainedPart) -> bool:
        child = tree.objectives.get(part.id)
        return child is not None and not snapshot.visibility.shows(child)

    return is_hidden


def has_ended(tree: Tree, snapshot: Snapshot, objective_id: UUID) -> bool:
    """Return whether scores of the objective's cycle are shown: it has ended, or is in review or closed."""
    cycle = tree.cycle_of(objective_id)
    return cycle.state in (CycleState.REVIEW, CycleState.CLOSED) or snapshot.now >= cycle.ends_at(tree.zone)


def as_document(tree: Tree, explanation: Explanation) -> Document:
    """Return an explanation as the mapping that its GraphQL type reads."""
    return {
        "value": explanation.value,
        "rule": explanation.rule,
        "parts": [_part(tree, part) for part in explanation.parts],
        "hidden": _fold(explanation.hidden),
        "others": _fold(explanation.others),
    }


def _part(tree: Tree, part: ExplainedPart) -> Document:
    own = part.node_type is NodeType.KEY_RESULT
    title = (tree.key_results if own else tree.objectives)[part.id].title
    return {
        "node_type": part.node_type,
        "node_id": None if part.milestone else digits_of(part.id),
        "title": part.milestone or title,
        "weight": part.weight,
        "share": part.share,
        "value": part.value,
        "status": part.status,
        "contribution": part.contribution,
        "counted": part.counted,
        "reason": part.reason,
        "from_first_start": part.from_first_start,
    }


def _fold(parts: FoldedParts | None) -> Document | None:
    if parts is None:
        return None
    return {
        "count": parts.count,
        "weight": parts.weight,
        "share": parts.share,
        "contribution": parts.contribution,
    }
