"""Import readings of metrics: index of known ones, differing ones rejected; no check-ins are made of them."""

from dataclasses import dataclass, field
from uuid import UUID

from okr_api.okr.errors import AlreadySuperseded, InvalidInput
from okr_api.okr.metric import MetricReading
from okr_api.services.references import long_text
from okr_api.store.bulk_insert import batches_of
from okr_api.store.database import new_id
from okr_api.store.entity_lookup import ids_by_external_id
from okr_api.store.metric_lookup import metric_readings_by_id, superseded_readings

from .authors import author_of
from .check_ins import effective_at_of, is_same_time, reading_named
from .errors import FactDiffers, RowIsUnclear
from .import_row import own_id
from .import_session import ImportSession
from .row_parser import ParsedRow


@dataclass
class MetricReadingIndex:
    """Known readings that the rows of a file may repeat or supersede, including those of this import."""

    by_id: dict[UUID, MetricReading] = field(default_factory=dict)
    superseded: set[UUID] = field(default_factory=set)

    def add(self, reading: MetricReading) -> None:
        """Add a reading."""
        self.by_id[reading.id] = reading
        if reading.supersedes_id is not None:
            self.superseded.add(reading.supersedes_id)


async def load_metric_readings(session: ImportSession) -> MetricReadingIndex:
    """Load the readings that the file names, and put their ids into the session."""
    index, work, file = MetricReadingIndex(), session.work, session.file
    named = session.known["metric_readings"] = {}
    if session.restoring:
        return index  # the organisation has no readings yet
    names: set[str] = set()
    for section, fields_with_names in (
        ("metric_readings", ("id", "uuid", "supersedes_id")),
        ("check_ins", ("metric_reading_id",)),
    ):
        for _, fields in file.rows(section):
            given = [fields.get(name) for name in fields_with_names] if isinstance(fields, dict) else []
            names |= {str(name) for name in given if isinstance(name, str | int)}
    connection, organization = work.connection, work.organization.id
    for some in batches_of(sorted(names)):
        external = {file.external_id(name): name for name in some}
        found = await ids_by_external_id(connection, organization, "metric_reading", list(external))
        ids = {external[external_id]: id for external_id, id in found.items()}
        if file.full:
            ids |= {name: own for name in some if name not in ids and (own := own_id(name))}
        known = await metric_readings_by_id(connection, organization, list(ids.values()))
        for reading in known.values():
            index.add(reading)
        index.superseded |= await superseded_readings(connection, organization, list(known))
        named |= {name: id for name, id in ids.items() if id in known}
    return index


def take_metric_readings(session: ImportSession, index: MetricReadingIndex) -> None:
    """Import the readings of metrics."""
    for place, fields in session.file.rows("metric_readings"):
        with session.row("metric_readings", place):
            line = ParsedRow(fields, place)
            name = session.name_of("metric_readings", line)
            metric_id = session.refer(line, "metrics", "metric_id")
            if metric_id is None:
                raise RowIsUnclear("metric_id is missing", path=["metric_id"])
            external_id, uuid = session.identity(line, name)
            known = session.known["metric_readings"]
            known_id = known.get(name) or known.get(str(uuid))
            made = _read(session, line, metric_id, known_id or uuid or new_id(), external_id)
            _take(session, index, line, made)
            session.ids["metric_readings"][name] = made.id
            session.leave_the_rest("metric_readings", line)


def _read(
    session: ImportSession, line: ParsedRow, metric_id: UUID, id: UUID, external_id: str | None
) -> MetricReading:
    """Return the reading of a row."""
    full, work = session.file.full, session.work
    seq, recorded_at = session.stamp_of(line) if full else (0, None)
    in_place = session.restoring and line.gives("seq")
    if in_place and seq < 1:
        raise line.unclear("seq", "a whole number from 1")
    return MetricReading(
        id=id,
        external_id=external_id,
        metric_id=metric_id,
        effective_at=effective_at_of(session, line),
        recorded_at=recorded_at or work.now,
        author=author_of(session, line) if full else session.author,
        seq=seq if in_place else work.next_seq,
        place=line.count("place") if in_place else len(work.metric_readings),
        value=line.number("value"),
        note=line.text("note") or None,
        supersedes_id=reading_named(session, line, "supersedes_id"),
        retraction_reason=long_text(line.text("retraction_reason"), "retraction_reason"),
    ).checked()


def _take(session: ImportSession, index: MetricReadingIndex, line: ParsedRow, made: MetricReading) -> None:
    """Record a reading, unless it is there already.

    Raises:
        FactDiffers: it is there with other content.
        InvalidInput: it supersedes a reading of another metric.
        AlreadySuperseded: what it supersedes does not count any more.
    """
    counts, known = session.report.of("metric_readings"), index.by_id.get(made.id)
    if known is not None:
        if _content(known) != _content(made) or not is_same_time(session, line, known, made):
            raise FactDiffers("A reading with this id exists and has other values", path=["id"])
        counts.unchanged += 1
        return
    if made.supersedes_id is not None:
        earlier = index.by_id[made.supersedes_id]
        if earlier.metric_id != made.metric_id:
            raise InvalidInput("The reading to correct is of another metric", path=["supersedes_id"])
        if earlier.id in index.superseded or earlier.retraction_reason is not None:
            raise AlreadySuperseded("That reading has already been corrected or taken back")
    index.add(made)
    session.work.metric_readings.append(made)
    counts.created += 1


def _content(reading: MetricReading) -> tuple[object, ...]:
    return (
        reading.metric_id,
        reading.value,
        reading.note,
        reading.supersedes_id,
        reading.retraction_reason,
    )
