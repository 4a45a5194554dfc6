"""Import current values as readings, for key results without check-ins in the file.

Such a reading is dated at the last noon of the cycle, or at the time of the import if that is earlier.
It has no external id; `imported_as` marks it as a current value. While the cycle runs, each value is a
new reading; once it is over, a new value corrects the last.
"""

from dataclasses import replace
from typing import Any
from uuid import UUID

from okr_api.okr.check_in import CURRENT, CheckIn, ReportedStatus
from okr_api.okr.key_result import KeyResult, reading_fits
from okr_api.okr.measure import KeyResultMeasure
from okr_api.store.database import new_id

from .check_in_index import CheckInIndex
from .check_in_recorder import Recorder, Recorders
from .import_row import ImportRow
from .import_session import ImportSession
from .measures import value_of
from .row_parser import ParsedRow

TAKEN_BACK = "The file has check-ins of this key result now"


def take_currents(
    session: ImportSession,
    check_in_index: CheckInIndex,
    entries: list[ImportRow[KeyResult]],
    checked_in: set[UUID],
) -> None:
    """Import current values of key results without check-ins; retract earlier ones of all others."""
    recorders = Recorders(session, check_in_index)
    for entry in entries:
        if entry.external_id is None:
            continue
        with session.row("check_ins", entry.line.place):
            key_result = session.work.tree.key_results[entry.id]
            value_of(entry.line, key_result.measure, "current")  # rejects an invalid one in any case
            last = check_in_index.latest_current(entry.id)
            if entry.id not in checked_in:
                _take(recorders.of(entry.id), key_result, entry.line, last)
            elif last and not session.file.full and check_in_index.standing(last).retraction_reason is None:
                said = _said(session, key_result, retraction_reason=TAKEN_BACK)
                recorders.of(entry.id).correct(last, replace(said, effective_at=last.effective_at))
                session.report.of("check_ins").updated += 1
    recorders.finish()


def _take(recorder: Recorder, key_result: KeyResult, line: ParsedRow, last: CheckIn | None) -> None:
    session = recorder.session
    value, done = value_of(line, key_result.measure, "current"), _done(line, key_result)
    status = line.word("current_status", ReportedStatus)
    if value is None and done is None and status is None:
        return
    if key_result.has_formula:
        session.report.note(line.place, "NOT_KEPT", "current was ignored: the formula computes the value")
        return
    reading_fits(key_result.measure, value, done)
    said = _said(session, key_result, value=value, milestones_done=done, status=status)
    if last is None:
        recorder.record(said)
    elif _content(last) == _content(said):
        session.report.of("check_ins").unchanged += 1
        return
    elif last.effective_at == said.effective_at or last.definition != said.definition:
        recorder.correct(last, said)
    else:
        recorder.record(said)
    session.report.of("check_ins").created += 1
    day = said.effective_at.astimezone(session.work.tree.zone).date()
    session.report.note(line.place, "CURRENT_TAKEN", f"current is taken as a reading of {day}")


def _content(check_in: CheckIn) -> tuple[object, ...]:
    return check_in.value, check_in.milestones_done, check_in.status, check_in.definition


def _said(session: ImportSession, key_result: KeyResult, **says: Any) -> CheckIn:
    """Return a check-in at the cycle's last noon, or now if that is earlier."""
    tree, work = session.work.tree, session.work
    last_noon = tree.cycle_of(key_result.objective_id).last_noon(tree.zone)
    return CheckIn(
        id=new_id(),
        external_id=None,
        imported_as=CURRENT,
        key_result_id=key_result.id,
        definition=key_result.definition,
        effective_at=min(last_noon, session.now),
        recorded_at=work.now,
        author=session.author,
        seq=work.next_seq,
        place=len(work.check_ins),
        **says,
    )


def _done(line: ParsedRow, key_result: KeyResult) -> tuple[str, ...] | None:
    """Return the keys of the milestones that a row marks as done; None if no milestone has `done`."""
    if key_result.measure.kind is not KeyResultMeasure.MILESTONES:
        return None
    if not line.gives("milestones") or line.gives("measure"):
        return None
    steps = [
        ParsedRow(step if isinstance(step, dict) else {}, line.place) for step in line.items("milestones")
    ]
    if not any(step.gives("done") for step in steps):
        return None
    keys = [milestone.key for milestone in key_result.measure.milestones]
    done = [step.flag("done", known=False) for step in steps]
    return tuple(key for key, is_done in zip(keys, done, strict=True) if is_done)
