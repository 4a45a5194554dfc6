"""Import key results: new definition for a changed measure, past targets as versions, unknown fields kept."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from okr_api.okr.calendar import noon_of
from okr_api.okr.errors import Refused
from okr_api.okr.guard_rail import KeyResultRole, check_role
from okr_api.okr.key_result import KeyResult, KeyResultState
from okr_api.okr.measure import Measure
from okr_api.okr.numbers import SMALLEST_SPAN
from okr_api.services.alignments import check_enclosed
from okr_api.store.import_history import Version

from .dependencies import refuse_loop_of_move
from .errors import RowIsUnclear
from .formulas import PARTS, check_formula_in_file, keep_fitting_parts, parts_first, read_formula
from .grades import read_grade
from .import_row import ImportRow
from .import_session import OF_AN_EXPORT, ImportSession
from .json_values import kept_as_it_is
from .lineages import carried_first
from .measures import Measured, read_measure
from .metrics import bound_in_file
from .row_fields import read_entity, read_field
from .row_parser import ParsedRow
from .state_transitions import report_key_result_steps
from .target_revisions import read_revisions


@dataclass(frozen=True, slots=True)
class Retargeting:
    """A change of the target on a day."""

    on: date
    before: float | None
    after: float | None


def take_key_results(session: ImportSession) -> list[ImportRow[KeyResult]]:
    """Import the key results; return the rows that were not rejected."""
    taken: list[ImportRow[KeyResult]] = []
    for entry in carried_first(session, "key_results", parts_first(session), PARTS):
        with session.row("key_results", entry.line.place):
            _take(session, entry)
            taken.append(entry)
    keep_fitting_parts(session, taken)
    return taken


def _take(session: ImportSession, entry: ImportRow[KeyResult]) -> None:
    tree = session.work.tree
    key_result, measured = read_key_result(session, entry)
    key_result = _redefined(session, entry, bound_in_file(session, entry.known, key_result))
    check_formula_in_file(session, entry, key_result)
    if key_result != entry.known:
        cycle = tree.cycle_of(key_result.objective_id)
        session.takes_changes(cycle)
        key_result.due_within(cycle)
        if entry.known is not None:
            session.takes_changes(tree.cycle_of(entry.known.objective_id))
    earlier = session.history(entry, lambda then: read_key_result(session, then)[0])
    retargeted = [] if session.file.full else _retargeted(entry.line)
    if retargeted and entry.known is None:
        put: KeyResult | None = _with_earlier_targets(session, entry, key_result, retargeted)
    else:
        put = session.settle("key_results", entry, key_result, earlier)
    session.leave_names("key_results", entry.line.unread())
    if put is None:
        return
    _put(session, entry, put)
    report_key_result_steps(session, entry, put)
    if measured.note:
        session.report.note(entry.line.place, *measured.note)


def _put(session: ImportSession, entry: ImportRow[KeyResult], put: KeyResult) -> None:
    """Store a key result; if edges to it do not fit its new cycle, restore the known one and raise."""
    tree = session.work.tree
    tree.put_key_result(put)
    try:
        for edge in tree.served_by(put.objective_id):
            if edge.parent_id == put.id:
                check_enclosed(session.work, edge)
        refuse_loop_of_move(session, entry.known, put)
    except Refused:
        if entry.known is not None:
            tree.put_key_result(entry.known)
        raise


def read_key_result(session: ImportSession, entry: ImportRow[KeyResult]) -> tuple[KeyResult, Measured]:
    """Return the key result of a row, and its measure with a note for the report."""
    line, known = entry.line, entry.known
    line.take("id")
    given = {"objective_id": read_field(session, KeyResult, entry, "objective_id")}
    fractional = str(line.fields.get("id")) in session.file.fractional
    measured = read_measure(line, known.measure if known else None, fractional=fractional)
    further: list[str] = []
    if line.has("owner_ids"):
        names = line.references("owner_ids")
        first = session.resolve("people", names[0], "owner_ids") if names else None
        given["owner_id"] = session.refer(line, "people", "owner_id", first)
        further = names[1:]
    state = known.state if known else KeyResultState.ACTIVE
    definition = known.definition if known else 1
    key_result: KeyResult = read_entity(
        session,
        KeyResult,
        entry,
        **given,
        measure=measured.measure,
        state=line.word("state", KeyResultState, state) or state,
        definition=line.count("definition", definition, least=1) if entry.full else definition,
        target_revisions=read_revisions(session, entry),
        grade=read_grade(session, entry),
        formula_part_ids=(),
        imported_fields=None,
        created_at=_created_at(entry),
    )
    given_weight = key_result.weight if line.has("weight") else None
    weight = check_role(key_result.role, key_result.measure, given_weight, key_result.broken_budget)
    if key_result.role is KeyResultRole.GUARD_RAIL:
        key_result = replace(key_result, weight=weight)
    key_result = read_formula(session, entry, key_result)
    further_owners = {"further_owner_ids": further} if further else {}
    return replace(
        key_result, imported_fields=_imported_fields(entry, measured.originals | further_owners)
    ), measured


def _created_at(entry: ImportRow[KeyResult]) -> datetime | None:
    """Return when it was created, as an export says; as is known, where the row does not say it."""
    if entry.full and (entry.known is None or entry.line.has("created_at")):
        return entry.line.instant("created_at")
    return entry.known.created_at if entry.known else None


def _imported_fields(entry: ImportRow[KeyResult], originals: dict[str, Any]) -> dict[str, Any] | None:
    """Return the unknown fields of a row; an export has them under `imported_fields`."""
    line = entry.line
    line.taken |= {"current", "current_status"}
    if entry.full:
        line.taken |= OF_AN_EXPORT
    inner = line.line("imported_fields")
    if inner:
        inner.taken |= inner.fields.keys()
    return kept_as_it_is((inner.fields if inner else {}) | originals | line.rest())


def _redefined(session: ImportSession, entry: ImportRow[KeyResult], key_result: KeyResult) -> KeyResult:
    """Increase `definition` if a foreign file changes the measure of existing measurements."""
    known = entry.known
    if known is None or entry.full or known.measured_alike(key_result.measure):
        return key_result
    readings = session.work.tree.readings.get(known.id, [])
    if any(reading.measures and reading.definition == known.definition for reading in readings):
        return replace(key_result, definition=known.definition + 1)
    return key_result


def _retargeted(line: ParsedRow) -> list[Retargeting]:
    """Return the changes of the target, oldest first."""
    found: list[Retargeting] = []
    # Read apart from `line`, where the field counts as unknown and is kept with the others.
    apart = ParsedRow(line.fields, line.place)
    for each in apart.lines("target_history"):
        on = each.day("date")
        if on is None:
            raise RowIsUnclear(f"{each.within}date is missing", path=["target_history"])
        found.append(Retargeting(on, each.number("from"), each.number("to")))
    return sorted(found, key=lambda change: change.on)


def _with_earlier_targets(
    session: ImportSession, entry: ImportRow[KeyResult], key_result: KeyResult, changes: list[Retargeting]
) -> KeyResult:
    """Add a version for each earlier target; return the key result as the last version."""
    zone, cycle = session.work.tree.zone, session.work.tree.cycle_of(key_result.objective_id)
    instants = [min(noon_of(change.on, zone), session.now) for change in changes]
    began = min(cycle.starts_at(zone), instants[0])
    earlier = [
        Version(replace(key_result, measure=_aiming_at(entry.line, change.before), version=i), 0, at)
        for i, (change, at) in enumerate(zip(changes, [began, *instants], strict=False), start=1)
    ]
    last = replace(key_result, version=len(changes) + 1)
    after, target = changes[-1].after, key_result.measure.target_value
    if after is None or target is None or abs(after - target) >= SMALLEST_SPAN:
        session.report.warn(
            entry.line.place, "TARGET_DIFFERS", f"target_history ends at {after}, the target is {target}"
        )
    session.report.of("key_results").created += 1
    session.remember("key_results", earlier, Version(last, session.work.next_seq, instants[-1]))
    return last


def _aiming_at(line: ParsedRow, target: float | None) -> Measure:
    return read_measure(ParsedRow({**line.fields, "target": target}, line.place), None).measure
