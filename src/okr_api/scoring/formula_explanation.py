"""Explanations of current values: which readings a formula is the sum or the mean of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from okr_api.okr.computed_values import KeyResultStanding, ProgressReason
from okr_api.okr.entity import NodeType
from okr_api.okr.formula import FormulaFunction
from okr_api.okr.key_result import KeyResult
from okr_api.okr.numbers import TOLERANCE
from okr_api.okr.tree import Tree

from .contributions import add_up_to
from .explained_parts import ExplainedPart, Explanation, FoldedParts, PartReason
from .explanation_rules import REASONS, formula_rule, number
from .formula import Series, is_left_out, values_of_parts

PRECISION = 1e-12  # of contributions, relative to the largest


def explain_value(
    tree: Tree,
    key_result: KeyResult,
    standing: KeyResultStanding,
    series: Mapping[UUID, Series],
    is_hidden: Callable[[KeyResult], bool],
) -> Explanation:
    """Return how the current value of a key result follows; `series` are those of a formula's parts."""
    value = standing.current_value
    if key_result.formula_function is None:
        rule = REASONS[ProgressReason.NOT_MEASURED]
        return Explanation(
            value, (), rule=rule if value is None else f"Value of its latest reading: {number(value)}."
        )
    kept = standing.part_values
    if kept is None:
        values = values_of_parts(tree, key_result, series)
        named = zip(key_result.formula_part_ids, values, strict=True)
        parts = [_part(tree, tree.key_results[id], value) for id, value in named]
    else:
        parts = [_kept_part(id, value) for id, value in zip(key_result.formula_part_ids, kept, strict=True)]
    counted = [part for part in parts if part.value is not None]
    each = dict(zip([part.id for part in counted], _contributions(key_result, value, counted), strict=True))
    parts = [
        replace(part, share=1 / len(counted), contribution=each[part.id]) if part.id in each else part
        for part in parts
    ]
    shown = tuple(part for part in parts if not is_hidden(tree.key_results[part.id]))
    hidden = [part for part in parts if part.counted and is_hidden(tree.key_results[part.id])]
    return Explanation(
        value,
        shown,
        hidden=_folded(hidden, len(counted)),
        rule=formula_rule(
            key_result.formula_function, value, counted=len(counted), named=len(shown) + len(hidden)
        ),
    )


def _kept_part(id: UUID, value: float | None) -> ExplainedPart:
    """Return a part of a formula in a closed cycle, with the value that it had when the cycle was closed."""
    reason = PartReason.NO_VALUE if value is None else None
    return ExplainedPart(NodeType.KEY_RESULT, id, 1.0, value=value, reason=reason)


def _part(tree: Tree, part: KeyResult, value: float | None) -> ExplainedPart:
    """Return a part with its value at the end of the formula's cycle, or with the reason why it has none."""
    found = ExplainedPart(NodeType.KEY_RESULT, part.id, 1.0)
    if is_left_out(tree, part):
        unpublished = tree.objectives[part.objective_id].is_unpublished
        return replace(found, reason=PartReason.DRAFT if unpublished else PartReason.DROPPED)
    return replace(found, reason=PartReason.NO_VALUE) if value is None else replace(found, value=value)


def _contributions(
    key_result: KeyResult, value: float | None, counted: Sequence[ExplainedPart]
) -> list[float]:
    """Return what each part adds to the value.

    They add up to it exactly, unless it was graded with other readings, or limited to what a value can be.
    """
    divisor = 1 if key_result.formula_function is FormulaFunction.SUM else len(counted)
    each = [(part.value or 0.0) / divisor for part in counted]
    if value is None or not each:
        return each
    try:
        return add_up_to(value, each, tolerance=max(TOLERANCE, PRECISION * max(map(abs, each))))
    except ValueError:
        return each


def _folded(parts: Sequence[ExplainedPart], total: int) -> FoldedParts | None:
    """Return hidden parts that count as one; None if there are none."""
    if not parts:
        return None
    contribution = sum(part.contribution or 0.0 for part in parts)
    return FoldedParts(len(parts), float(len(parts)), len(parts) / total, contribution)
