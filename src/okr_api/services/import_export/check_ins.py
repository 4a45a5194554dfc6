"""Import check-ins; a changed row becomes a correction, not in an export. Helpers for metric readings."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from okr_api.okr.calendar import noon_of
from okr_api.okr.check_in import (
    CURRENT,
    CheckIn,
    ReportedStatus,
    effective,
)
from okr_api.okr.errors import AlreadySuperseded, InvalidInput, ReadingInFuture
from okr_api.okr.key_result import reading_fits
from okr_api.okr.measure import Measure
from okr_api.okr.metric import MetricReading
from okr_api.services.references import long_text, whole_external_id
from okr_api.store.database import new_id

from .authors import author_of
from .check_in_index import CheckInIndex
from .check_in_recorder import FIELDS, Recorder, Recorders
from .errors import FactDiffers, RowIsUnclear
from .import_row import own_id
from .import_session import ImportSession
from .measures import scored_from_0_to_1, value_of
from .row_parser import ParsedRow

NAMED = UUID(int=0)  # a placeholder: the ids of check-in rows are never looked up


def take_check_ins(session: ImportSession, check_in_index: CheckInIndex) -> set[UUID]:
    """Import the check-ins; return the ids of what they are on."""
    recorders = Recorders(session, check_in_index)
    for place, fields in session.file.rows("check_ins"):
        with session.row("check_ins", place):
            line = ParsedRow(fields, place)
            name = session.name_of("check_ins", line)
            session.ids["check_ins"][name] = NAMED
            recorder = _recorder_of(recorders, line)
            external_id, uuid = session.identity(line, name)
            said = read_check_in(session, line, recorder, uuid or new_id(), external_id)
            if session.file.full:
                _restore(recorder, line, said)
            else:
                _say(recorder, line, said)
            session.leave_the_rest("check_ins", line)
    recorders.finish()
    return set(recorders.by_id)


def _recorder_of(recorders: Recorders, line: ParsedRow) -> Recorder:
    """Return the recorder of the key result or the objective that a row is on."""
    named = {section: name for section, field in FIELDS.items() if (name := line.reference(field))}
    if len(named) != 1:
        both = "The row has not one of key_result_id and objective_id"
        message = both if named else "key_result_id is missing"
        raise RowIsUnclear(message, path=["key_result_id"])
    [(section, name)] = named.items()
    return recorders.named(name, section)


def read_check_in(
    session: ImportSession, line: ParsedRow, of: Recorder, id: UUID, external_id: str | None
) -> CheckIn:
    """Return the check-in of a row by itself; the one that it supersedes is looked up later."""
    full, key_result = session.file.full, of.key_result
    value = _value_of(line, key_result.measure) if key_result else line.number("value")
    latest = key_result.definition if key_result else 1
    done = None if line.take("milestones_done") is None else tuple(line.references("milestones_done"))
    seq, recorded_at = session.stamp_of(line) if full else (0, None)
    in_place = session.restoring and line.gives("seq")
    if in_place and seq < 1:
        raise line.unclear("seq", "a whole number from 1")
    check_in = CheckIn(
        id=id,
        external_id=external_id,
        key_result_id=key_result.id if key_result else None,
        objective_id=None if key_result else of.node_id,
        definition=line.count("definition", latest, least=1, most=latest) if full else latest,
        effective_at=effective_at_of(session, line),
        recorded_at=recorded_at or session.work.now,
        author=author_of(session, line) if full else session.author,
        seq=seq if in_place else session.work.next_seq,
        place=line.count("place") if in_place else len(session.work.check_ins),
        value=value,
        milestones_done=done,
        confidence=line.number("confidence"),
        status=line.word("status", ReportedStatus),
        note=line.text("note") or None,
        imported_as=_imported_as(line) if full else None,
        metric_reading_id=reading_named(session, line, "metric_reading_id") if full else None,
        retraction_reason=long_text(line.text("retraction_reason"), "retraction_reason"),
    ).checked()
    if key_result and check_in.definition == latest and check_in.retraction_reason is None:
        reading_fits(key_result.measure, check_in.value, check_in.milestones_done)
    return check_in


def _value_of(line: ParsedRow, measure: Measure) -> float | None:
    value = value_of(line, measure, "value")
    return line.number("score") if value is None and scored_from_0_to_1(measure) else value


def _imported_as(line: ParsedRow) -> str | None:
    """Return the external id of the row that an exported check-in was imported from, or `CURRENT`."""
    said_as = line.text("imported_as")
    return said_as if said_as is None or said_as == CURRENT else whole_external_id(said_as)


def effective_at_of(session: ImportSession, line: ParsedRow) -> datetime:
    """Return the instant that a row gives, or noon of its day; at most now."""
    zone = session.work.tree.zone
    at = line.instant("effective_at", zone)
    if at is not None:
        return effective(at, session.now, "effective_at")
    if line.gives_time("date"):
        return effective(line.instant("date", zone), session.now, "date")
    day = line.day("date")
    if day is None:
        raise RowIsUnclear("date is missing", path=["date"])
    if day > session.now.astimezone(zone).date():
        raise ReadingInFuture(f"{day} lies in the future", path=["date"])
    return min(noon_of(day, zone), session.now)


def reading_named(session: ImportSession, line: ParsedRow, field: str) -> UUID | None:
    """Return the id of the reading of a metric that a field names, None without one."""
    name = line.reference(field)
    if name is None:
        return None
    found = session.ids["metric_readings"].get(name) or session.known["metric_readings"].get(name)
    if found is None:
        message = f"{field} names {name!r}, which is not among the metric_readings before it"
        raise session.unknown("metric_readings", name, message)
    return found


def _superseded(session: ImportSession, check_in_index: CheckInIndex, line: ParsedRow) -> CheckIn | None:
    """Return the check-in that the row supersedes, or None."""
    name = line.reference("supersedes_id")
    if name is None:
        return None
    uuid = own_id(name) if session.file.full else None
    known = check_in_index.by_external_id.get(session.file.external_id(name)) or (
        check_in_index.by_id.get(uuid) if uuid else None
    )
    if known is None:
        message = f"supersedes_id names {name!r}, which is not among the check_ins before it"
        raise session.unknown("check_ins", name, message)
    return known


def _restore(recorder: Recorder, line: ParsedRow, said: CheckIn) -> None:
    """Record a check-in of an export, unless it is there already.

    Raises:
        FactDiffers: it is there with other content, and facts are not rewritten.
    """
    check_in_index, counts = recorder.check_in_index, recorder.session.report.of("check_ins")
    superseded = _superseded(recorder.session, check_in_index, line)
    if superseded:
        said = replace(said, supersedes_id=superseded.id)
    known = check_in_index.by_external_id.get(said.external_id or "") or check_in_index.by_id.get(said.id)
    if known is None:
        _refuse_second(check_in_index, said, superseded)
        recorder.record(said)
        counts.created += 1
    elif _content(known) == _content(said) and known.effective_at == said.effective_at:
        counts.unchanged += 1
    else:
        raise FactDiffers("A check-in with this id exists and has other values", path=["id"])


def _say(recorder: Recorder, line: ParsedRow, said: CheckIn) -> None:
    """Record a check-in of a foreign file: a new one, or a correction if the row has changed."""
    session, check_in_index = recorder.session, recorder.check_in_index
    external_id = said.external_id or ""
    counts = session.report.of("check_ins")
    last = check_in_index.latest_of(external_id)
    if last is None:
        superseded = _superseded(session, check_in_index, line)
        said = replace(said, supersedes_id=superseded.id if superseded else None)
        _refuse_second(check_in_index, said, superseded)
        recorder.record(said)
        counts.created += 1
    elif last.about_id != said.about_id:
        raise InvalidInput("The check-in belongs to another key result or objective", path=[_field_of(said)])
    elif _content(last) == _content(said) and is_same_time(session, line, last, said):
        counts.unchanged += 1
    else:
        recorder.correct(last, replace(said, external_id=None, imported_as=external_id))
        counts.updated += 1


def _field_of(said: CheckIn) -> str:
    return "objective_id" if said.objective_id else "key_result_id"


def _content(said: CheckIn) -> tuple[object, ...]:
    return (
        said.about_id,
        said.definition,
        said.value,
        said.milestones_done,
        said.confidence,
        said.status,
        said.note,
        said.retraction_reason,
        said.metric_reading_id,
    )


def is_same_time(
    session: ImportSession, line: ParsedRow, last: CheckIn | MetricReading, said: CheckIn | MetricReading
) -> bool:
    """Return whether both have the same instant; for a row with a day only, the same local day."""
    if line.gives("effective_at") or line.gives_time("date"):
        return last.effective_at == said.effective_at
    return last.effective_at.astimezone(session.work.tree.zone).date() == line.day("date")


def _refuse_second(check_in_index: CheckInIndex, said: CheckIn, superseded: CheckIn | None) -> None:
    if superseded is None:
        return
    if superseded.about_id != said.about_id:
        message = "The check-in to correct belongs to another key result or objective"
        raise InvalidInput(message, path=["supersedes_id"])
    if superseded.id in check_in_index.superseded_by or superseded.retraction_reason is not None:
        raise AlreadySuperseded("That check-in has already been corrected or taken back")
