"""Ticker: append the events of the clock to each organisation's feed, in batches that move the positions.

A batch is read in a snapshot. The organisation is locked only to confirm its events and to commit their
changes together with the positions after them, so that each is told once, whenever a process ends.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from okr_api.okr.clock_event import ClockEvent, ClockWindow, DueEvents
from okr_api.okr.errors import Busy, ClockIsBehind
from okr_api.store.bulk_write import Postgres
from okr_api.store.clock_positions import (
    ClockPositions,
    PositionHasMoved,
    due_organizations,
    instant_between_writes,
    move_position,
    read_positions,
)
from okr_api.store.database import Database
from okr_api.store.unit_of_work import unit_of_work

from .event_batch import EventBatch, changes_of, next_batch
from .event_sources import SOURCES, EventSource

MAX_CLOCK_EVENTS = 200  # of each source in one batch, which is one transaction
MAX_CLOCK_BATCHES = 100  # of one organisation in a run; the next run continues
DUE_PAGE_SIZE = 500
FIRST = UUID(int=0)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answers:
    """What the sources answered in a snapshot, with their positions there."""

    until: datetime
    positions: ClockPositions
    due: Sequence[DueEvents]


async def tick(database: Database, sources: Sequence[EventSource] = SOURCES) -> tuple[int, int]:
    """Tell what is due in all organisations; return how many changes that were, and how many failed."""
    appended, failures, after = 0, 0, FIRST
    names = [source.name for source in sources]
    while page := await due_organizations(database, after, names, DUE_PAGE_SIZE):
        for after in page:
            try:
                appended += await tick_organization(database, after, sources)
            except (Busy, ClockIsBehind) as reason:
                log.warning("The clock of organisation %s is told by the next run: %s", after, reason)
            except Exception:
                log.exception("The clock of organisation %s cannot be told", after)
                failures += 1
    return appended, failures


async def tick_organization(
    database: Database, organization_id: UUID, sources: Sequence[EventSource] = SOURCES
) -> int:
    """Tell what is due in an organisation; return the number of changes."""
    appended = 0
    for _ in range(MAX_CLOCK_BATCHES):
        answers = await _ask(database, organization_id, sources)
        batch = next_batch(
            [due.events for due in answers.due],
            [answers.positions.of(source.name) for source in sources],
            answers.until,
            MAX_CLOCK_EVENTS,
        )
        try:
            if not batch.events:
                await _move(database, organization_id, sources, answers, batch)
                break
            appended += await _append(database, organization_id, sources, answers, batch)
        except PositionHasMoved:
            log.info("Another process tells the clock of organisation %s", organization_id)
    return appended


async def _ask(database: Database, organization_id: UUID, sources: Sequence[EventSource]) -> Answers:
    """Ask every source for its next events up to now."""
    until = await instant_between_writes(database, organization_id)
    async with database.snapshot(organization_id, for_job=True) as connection:
        positions = await read_positions(connection, organization_id, until)
        due = [
            await source.due(
                connection, organization_id, ClockWindow(positions.of(source.name), until, MAX_CLOCK_EVENTS)
            )
            for source in sources
        ]
    return Answers(until, positions, due)


async def _move(
    database: Database,
    organization_id: UUID,
    sources: Sequence[EventSource],
    answers: Answers,
    batch: EventBatch,
) -> None:
    """Store that nothing is due until each source's next event, unless something is changed."""
    async with database.for_jobs() as connection, connection.transaction():
        await _store(connection, organization_id, sources, answers, batch)


async def _append(
    database: Database,
    organization_id: UUID,
    sources: Sequence[EventSource],
    answers: Answers,
    batch: EventBatch,
) -> int:
    """Commit the changes of a batch, as far as its events are still due; return their number."""
    async with unit_of_work(database, organization_id) as work:
        await _store(work.connection, organization_id, sources, answers, batch)
        confirmed: list[tuple[int, ClockEvent]] = []
        for place, source in enumerate(sources):
            if nodes := batch.nodes_of(place):
                window = ClockWindow(
                    answers.positions.of(source.name), answers.until, len(batch.events), nodes
                )
                due = await source.due(work.connection, organization_id, window)
                confirmed += ((place, event) for event in due.events)
        changes = changes_of(batch.still(confirmed), first_seq=work.next_seq, at=work.now)
        work.changes.extend(changes)
    return len(changes)


async def _store(
    connection: Postgres,
    organization_id: UUID,
    sources: Sequence[EventSource],
    answers: Answers,
    batch: EventBatch,
) -> None:
    """Store the positions after a batch.

    Raises:
        PositionHasMoved: another process has moved them since they were read.
    """
    for source, position, due in zip(sources, batch.positions, answers.due, strict=True):
        await move_position(
            connection,
            organization_id,
            source.name,
            answers.positions.stored.get(source.name),
            position,
            seq=answers.positions.seq,
            next_at=due.next_at,
        )
