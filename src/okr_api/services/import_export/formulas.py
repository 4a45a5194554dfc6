"""Import formulas of key results: order rows parts first (no circles), read parts, check that all fit."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from okr_api.okr.entities import BY_MODEL
from okr_api.okr.errors import FormulaLoops, Refused, TooMany
from okr_api.okr.formula import MAX_FORMULAS_OF_A_KEY_RESULT
from okr_api.okr.key_result import KeyResult
from okr_api.services.edits import limited
from okr_api.services.formulas import check_formula, check_users

from .errors import RowIsUnclear
from .import_row import ImportRow
from .import_session import ImportSession

SECTION = "key_results"
FUNCTION, PARTS = "formula_function", "formula_key_result_ids"


def parts_first(session: ImportSession) -> list[ImportRow[KeyResult]]:
    """Return the rows of the key results, each after those that its formula names.

    Rows in a circle, and those whose formulas are over them, are rejected with `FormulaLoops`.
    """
    entries = {entry.id: entry for entry in session.entries(SECTION)}
    parts = {id: _named_rows(session, entry, entries) for id, entry in entries.items()}
    users: dict[UUID, list[UUID]] = {}
    for id, named in parts.items():
        for part in named:
            users.setdefault(part, []).append(id)
    ready = [id for id, named in reversed(parts.items()) if not named]
    ordered: list[ImportRow[KeyResult]] = []
    while ready:
        id = ready.pop()
        ordered.append(entries.pop(id))
        for user in users.get(id, ()):
            parts[user].discard(id)
            if not parts[user]:
                ready.append(user)
    for entry in entries.values():
        with session.row(SECTION, entry.line.place):
            raise FormulaLoops("The row is computed from itself, or from rows that are", path=[PARTS])
    return ordered


def _named_rows(session: ImportSession, entry: ImportRow[Any], entries: dict[UUID, Any]) -> set[UUID]:
    """Return which rows of the file a row's formula names; what is no list is rejected when it is read."""
    names = entry.line.fields.get(PARTS)
    found = [session.ids[SECTION].get(str(name)) for name in names] if isinstance(names, list) else []
    return {id for id in found if id is not None and id in entries}


def read_formula(session: ImportSession, entry: ImportRow[KeyResult], key_result: KeyResult) -> KeyResult:
    """Return a key result with the parts of its formula; earlier versions may name rows that come later.

    Raises:
        RowIsUnclear: it has a function without parts, or parts without a function.
        ReferenceIsUnknown: there is no key result that a part names.
    """
    known = entry.known.formula_part_ids if entry.known else ()
    parts: tuple[UUID, ...] = known
    if entry.line.has(PARTS):
        found = [_named(session, name) for name in entry.line.references(PARTS)]
        entity = BY_MODEL[KeyResult]
        parts = limited(entity, entity.field("formula_part_ids"), tuple(dict.fromkeys(found)), PARTS)
    elif key_result.formula_function is None:
        parts = ()
    if (key_result.formula_function is None) != (not parts):
        raise RowIsUnclear(f"{FUNCTION} and {PARTS} come together", path=[FUNCTION])
    return replace(key_result, formula_part_ids=parts)


def _named(session: ImportSession, name: str) -> UUID:
    return session.ids[SECTION].get(name) or session.resolve(SECTION, name, PARTS)


def check_formula_in_file(session: ImportSession, entry: ImportRow[KeyResult], key_result: KeyResult) -> None:
    """Check that the formula of a row fits; the rows of its parts were imported before.

    Raises:
        ReferenceIsUnknown: the row of a part was rejected.
        TooMany: a part is in too many formulas.
        Refused: the errors of `check_formula`.
    """
    tree = session.work.tree
    for id in key_result.formula_part_ids:
        if id not in tree.key_results:
            [name] = [name for name, known in session.ids[SECTION].items() if known == id]
            raise session.unknown(SECTION, name, f"{PARTS} names {name!r}, which is not imported")
        if len(tree.formulas.users_of(id) - {entry.id}) >= MAX_FORMULAS_OF_A_KEY_RESULT:
            message = f"A key result is in at most {MAX_FORMULAS_OF_A_KEY_RESULT} formulas"
            raise TooMany(message, path=[PARTS])
    if key_result.has_formula and key_result != entry.known:
        check_formula(tree, key_result)


def keep_fitting_parts(session: ImportSession, entries: list[ImportRow[KeyResult]]) -> None:
    """Reject rows after which a formula over them fits no more, once all rows are imported."""
    tree = session.work.tree
    for entry in entries:
        if entry.known is None or not tree.formulas.users_of(entry.id):
            continue
        try:
            check_users(tree, tree.key_results[entry.id])
        except Refused as refusal:
            tree.put_key_result(entry.known)
            session.report.of(SECTION).updated -= 1
            with session.row(SECTION, entry.line.place):
                raise refusal
