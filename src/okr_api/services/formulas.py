"""Formulas of key results: resolve the parts that an input names, and check that they fit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from okr_api.okr.errors import FormulaDoesNotFit, FormulaLoops, InvalidInput, TooMany, UnitDiffers
from okr_api.okr.formula import MAX_FORMULA_PARTS, MAX_FORMULAS_OF_A_KEY_RESULT, FormulaFunction
from okr_api.okr.key_result import KeyResult
from okr_api.okr.metric import WITHOUT_A_NUMBER
from okr_api.okr.tree import Tree
from okr_api.store.entity_lookup import ids_by_external_id
from okr_api.store.formula_loader import count_uses, load_formula_parts, load_formulas
from okr_api.store.unit_of_work import Work

from .references import Ref

PARTS = ("formula", "keyResults")
UNSEEN = "A part that you cannot see"


@dataclass(frozen=True, slots=True)
class FormulaRequest:
    """Input of a formula."""

    function: FormulaFunction
    key_results: Sequence[Ref]


async def with_formula(
    work: Work, known: KeyResult | None, edited: KeyResult, given: Mapping[str, FormulaRequest | None]
) -> KeyResult:
    """Return a new or edited key result with the `formula` that is given, if any; None removes it.

    Raises:
        NotFound: there is no key result that a part names.
        InvalidInput: there are no parts, or one is named twice.
        TooMany: there are more than `MAX_FORMULA_PARTS`, or a part is in too many formulas.
        FormulaDoesNotFit: a measure takes no number, or a metric is bound.
        UnitDiffers: a part has another unit.
        FormulaLoops: the formula would be computed from itself.
    """
    if "formula" in given:
        formula = given["formula"]
        part_ids = await _part_ids(work, formula.key_results) if formula else ()
        if known is not None and part_ids:
            part_ids = await _with_hidden_parts(work, known, part_ids)
        function = formula.function if formula else None
        edited = replace(edited, formula_function=function, formula_part_ids=part_ids)
    if edited.has_formula:
        if "formula" not in given:
            await load_formula_parts(work.connection, work.tree, edited.formula_part_ids)
        check_formula(work.tree, edited, _blamed(known, edited, given), work.shows)
    if "formula" in given:
        await _check_uses(work, edited)
    if known and (known.measure.kind, known.measure.unit) != (edited.measure.kind, edited.measure.unit):
        await load_formulas(work.connection, work.tree, [known.id])
        check_users(work.tree, edited)
    return edited


async def _part_ids(work: Work, refs: Sequence[Ref]) -> tuple[UUID, ...]:
    """Return the ids of the parts, which are loaded with all that they are computed from."""
    if not 1 <= len(refs) <= MAX_FORMULA_PARTS:
        kind = TooMany if refs else InvalidInput
        raise kind(f"A formula has 1 to {MAX_FORMULA_PARTS} key results", path=PARTS)
    names = [ref.external_id for ref in refs if ref.external_id is not None]
    named = await ids_by_external_id(work.connection, work.organization.id, "key_result", names)
    ids = [ref.id or named.get(ref.external_id or "") for ref in refs]
    await load_formula_parts(work.connection, work.tree, [id for id in ids if id is not None])
    found: dict[UUID, int] = {}
    for place, (ref, id) in enumerate(zip(refs, ids, strict=True)):
        if id is None or id not in work.tree.key_results or not work.shows(id):
            raise ref.not_found("key result")
        if found.setdefault(id, place) != place:
            raise InvalidInput(f"It is the same key result as number {found[id]}", path=(*PARTS, place))
    return tuple(found)


async def _with_hidden_parts(work: Work, known: KeyResult, part_ids: tuple[UUID, ...]) -> tuple[UUID, ...]:
    """Return the new parts of a formula with those of the former that the actor does not see, which stay.

    Raises:
        TooMany: there are more than `MAX_FORMULA_PARTS` with these.
    """
    await load_formula_parts(work.connection, work.tree, known.formula_part_ids)
    hidden = [id for id in known.formula_part_ids if not work.shows(id)]
    if part_ids == tuple(id for id in known.formula_part_ids if id not in hidden):
        return known.formula_part_ids
    if len(part_ids) + len(hidden) > MAX_FORMULA_PARTS:
        counted = f"A formula has 1 to {MAX_FORMULA_PARTS} key results, with those that you cannot see"
        raise TooMany(counted, path=PARTS)
    return (*part_ids, *hidden)


def _blamed(
    known: KeyResult | None, edited: KeyResult, given: Mapping[str, Any]
) -> Mapping[str, Sequence[str | int]]:
    """Return the input paths to blame, where it is not the formula."""
    if known is None or "formula" in given:
        return {}
    blamed: dict[str, Sequence[str | int]] = {"measure": ["measure"], "unit": ["unit"]}
    return blamed | ({"metric": ["metric"]} if known.metric_id != edited.metric_id else {})


def check_formula(
    tree: Tree,
    key_result: KeyResult,
    blamed: Mapping[str, Sequence[str | int]] | None = None,
    shows: Callable[[UUID], bool] | None = None,
) -> None:
    """Check that a key result can have its formula; its parts are loaded with all beneath them.

    Errors name only the parts that `shows` returns true for; without it, all.

    Raises:
        FormulaDoesNotFit: a measure takes no number, or a metric is bound.
        UnitDiffers: a part has another unit.
        FormulaLoops: the formula would be computed from itself.
    """
    blamed = blamed or {}
    if key_result.measure.kind in WITHOUT_A_NUMBER:
        raise FormulaDoesNotFit(
            f"A key result measured by {key_result.measure.kind} takes no number, so no formula either",
            path=blamed.get("measure", PARTS[:1]),
        )
    if key_result.metric_id is not None:
        raise FormulaDoesNotFit(
            "A key result has a formula or a metric, not both", path=blamed.get("metric", PARTS[:1])
        )
    for place, id in enumerate(key_result.formula_part_ids):
        part = tree.key_results[id]
        path, name = (*PARTS, place), repr(part.title) if shows is None or shows(id) else UNSEEN
        if id == key_result.id or key_result.id in tree.formulas.beneath([id]):
            raise FormulaLoops(f"{name} is computed from this key result itself", path=path)
        if part.measure.kind in WITHOUT_A_NUMBER:
            raise FormulaDoesNotFit(f"{name} is measured by {part.measure.kind}: no number", path=path)
        if part.measure.unit != key_result.measure.unit:
            units = f"{_unit(part.measure.unit)}, the key result in {_unit(key_result.measure.unit)}"
            raise UnitDiffers(f"{name} is in {units}", path=blamed.get("unit", path))


def check_users(tree: Tree, part: KeyResult) -> None:
    """Check that formulas over an edited key result still fit it; they are loaded.

    Raises:
        FormulaDoesNotFit: its measure takes no number.
        UnitDiffers: a formula has another unit.
    """
    for user in sorted(tree.formulas.users_of(part.id)):
        if part.measure.kind in WITHOUT_A_NUMBER:
            raise FormulaDoesNotFit(
                f"A formula counts its value, and {part.measure.kind} has no number", path=["measure"]
            )
        unit = tree.key_results[user].measure.unit
        if part.measure.unit != unit:
            raise UnitDiffers(
                f"A formula counts its value in {_unit(unit)}; take it out of that first",
                path=["unit"],
            )


async def _check_uses(work: Work, edited: KeyResult) -> None:
    """Raise `TooMany` if a part is in too many other formulas."""
    if not edited.has_formula:
        return
    uses = await count_uses(work.connection, work.organization.id, edited.formula_part_ids, edited.id)
    for place, id in enumerate(edited.formula_part_ids):
        if uses.get(id, 0) >= MAX_FORMULAS_OF_A_KEY_RESULT:
            raise TooMany(
                f"A key result is in at most {MAX_FORMULAS_OF_A_KEY_RESULT} formulas", path=(*PARTS, place)
            )


def _unit(unit: str | None) -> str:
    return "no unit" if unit is None else repr(unit)
