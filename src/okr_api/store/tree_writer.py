"""Save a tree, facts, changes, idempotency records and the feed head; in one statement, if not too large."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from operator import itemgetter
from typing import Any
from uuid import UUID

from sqlalchemy import Table

from okr_api.okr.change import Change
from okr_api.okr.change_tracking import PlainEntities, TrackedDict
from okr_api.okr.check_in import CheckIn
from okr_api.okr.computed_values import Curve, KeyResultStanding, ObjectiveStanding
from okr_api.okr.cycle import Cycle
from okr_api.okr.entities import ATTACHED
from okr_api.okr.metric import MetricReading
from okr_api.okr.people import Person
from okr_api.okr.tree import Tree

from . import tables
from .audiences import move_audiences
from .bulk_write import Batch, Postgres, Row, referred_first
from .change_writer import append_changes
from .entity_tables import ENTITY_TABLES, PLAIN_TABLES, EntityTable
from .feed_head import MOVE_HEAD, positions_after
from .idempotency_records import IdempotencyRecord, idempotency_rows
from .mappers.alignment import alignment_row
from .mappers.check_in import check_in_row
from .mappers.computed_columns import CURVE, TURNS, moving_columns, turning_columns
from .mappers.metric_reading import metric_reading_row
from .mappers.row_mapper import document_of
from .notification_writer import notify_followers, record_notifications
from .saved_rows import SavedRows
from .scored_tables import KEY_RESULTS, OBJECTIVES, RowOf, ScoredTable
from .tables import table_of
from .time_slicing import MAX_BATCH_ROWS, Batches, collect, mapped
from .token_statements import REVOKE_OF_PEOPLE

Stamps = Mapping[UUID | tuple[UUID, UUID], Mapping[str, Any]]
NO_STAMPS: Stamps = {}
BY_ID, BY_EDGE = itemgetter("id"), itemgetter("child_id", "parent_id")


async def save(
    connection: Postgres,
    tree: Tree,
    *,
    changes: Sequence[Change],
    plain: PlainEntities,
    check_ins: Sequence[CheckIn],
    metric_readings: Sequence[MetricReading] = (),
    retries: Sequence[IdempotencyRecord],
    stamps: Stamps = NO_STAMPS,
) -> dict[str, Mapping[UUID, Mapping[str, Any]]]:
    """Save what has changed, referenced rows first; return rows for mutation payloads, by table and id.

    `stamps` has `seq` and `recorded_at` of versions that are not of the last change, by id or edge.
    """
    writer = TreeWriter(connection, tree, changes[-1], stamps)
    if plain:
        await writer.plain(plain)
    await writer.cycles()
    await writer.objectives()
    await writer.key_results()
    if plain:
        await writer.plain(plain, attached=True)
    await writer.alignments()
    readings = await mapped(metric_reading_row, metric_readings)
    await writer.append(table_of(tables.MetricReadingRow), referred_first(readings, "supersedes_id"))
    said = await mapped(check_in_row, check_ins)
    await writer.append(table_of(tables.CheckInRow), referred_first(said, "supersedes_id"))
    await append_changes(writer.batch, tree.organization.id, changes)
    are_told = await notify_followers(writer.batch, tree, plain, changes)
    if retries:
        kept = idempotency_rows(retries, changes[-1].recorded_at)
        await writer.batch.put(table_of(tables.IdempotencyRow), kept, writer.owner)
    writer.batch.add(MOVE_HEAD, tree.organization.id, *positions_after(tree, changes))
    await writer.batch.write()
    for move in await move_audiences(connection, tree, plain, changes[-1].seq):
        writer.show_to(move.objective_id, move.after)
    if not are_told:
        await record_notifications(connection, tree, plain, changes)
    return {
        **writer.saved,
        "check_in": {row["id"]: row for row in said},
        "metric_reading": {row["id"]: row for row in readings},
    }


def _curve(standing: KeyResultStanding | ObjectiveStanding | None) -> Curve | None:
    return standing.expected if standing else None


def _numbers_row(of: RowOf, columns_of: RowOf, standings: Mapping[UUID, Any], id: UUID) -> dict[str, Any]:
    standing = standings[id]
    return {"id": id, **of(standing), **columns_of(standing)}


class TreeWriter:
    """Writer of one organisation's rows; each definition gets a version at the change's `seq`."""

    def __init__(self, connection: Postgres, tree: Tree, change: Change, stamps: Stamps) -> None:
        self.batch = Batch(connection)
        self.saved: dict[str, SavedRows] = {}
        self.tree = tree
        self.owner = {"organization_id": tree.organization.id}
        self.stamp = {"seq": change.seq, "recorded_at": change.recorded_at}
        self.stamps = stamps

    async def append(self, table: Table, rows: Iterable[Row], **more: object) -> None:
        """Insert rows that are never updated."""
        await self.batch.append(table, rows, {**self.owner, **more})

    async def define(
        self, table: Table, versions: Table, rows: Iterable[Row], in_order: bool = False
    ) -> None:
        """Upsert definitions with their versions; `in_order` executes each batch before the next."""
        async for batch in Batches(rows):
            await self.batch.put(table, batch, self.owner)
            await self._versions(versions, batch, BY_ID)
            if in_order and len(batch) == MAX_BATCH_ROWS:  # parts of one statement run in no certain order
                await self.batch.write()

    async def cycles(self) -> None:
        """Save new and edited cycles; one of which only the instants moved gets no version."""
        cycles, table, changed = self.tree.cycles, ENTITY_TABLES[Cycle], self.tree.cycles.changed()
        moved = [cycle for cycle in changed if cycles.before(cycle.id) == cycle]
        await self.entities(table, [cycle for cycle in changed if cycles.before(cycle.id) != cycle])
        rows = [table.row_of(cycle, self.tree.organization) for cycle in moved]
        await self.batch.put(table.table, rows, self.owner)

    async def entities(self, table: EntityTable, changed: Sequence[Any]) -> None:
        """Save entities: removed ones first, as they free unique values, and each after its parent."""
        ordered = sorted(changed, key=table.entity.is_removed, reverse=True)
        rows: Iterable[Row] = (table.row_of(entity, self.tree.organization) for entity in ordered)
        if table.entity.loops:
            rows = referred_first(list(rows), "parent_id")
        await self.define(table.table, table.versions, rows, in_order=bool(table.entity.unique))

    async def plain(self, plain: PlainEntities, *, attached: bool = False) -> None:
        """Save new, edited and removed plain entities, those that are `ATTACHED` or the others.

        With people who have left, their tokens are revoked.
        """
        for model, table in PLAIN_TABLES.items():
            changed = plain[model].changed() if model in plain else ()
            if changed and (table.entity in ATTACHED) is attached:
                await self.entities(table, changed)
        people = plain[Person].changed() if Person in plain and not attached else ()
        if left := [person.id for person in people if not person.active]:
            self.batch.add(REVOKE_OF_PEOPLE, self.tree.organization.id, left)

    async def objectives(self) -> None:
        tree = self.tree
        self.saved["objective"] = await self._save(OBJECTIVES, tree.objectives, tree.objective_standings)
        await self._move_cadences()

    async def _move_cadences(self) -> None:
        """Update the cadences that apply to objectives, of those that are not saved as a whole."""
        moved = self.tree.moved_cadences
        if moved:
            await self.batch.write()  # one statement updates a row once
            whole = set(self.tree.objectives.changed_keys())
            rows = (
                {"id": id, "effective_cadence": document_of(effective)}
                for id, effective in moved.items()
                if id not in whole
            )
            await self.batch.update(
                table_of(OBJECTIVES.row), await collect(rows), ("effective_cadence",), self.owner
            )

    def show_to(self, id: UUID, viewers: tuple[UUID, ...] | None) -> None:
        """Give a saved objective the audience that was stored after it."""
        objectives = self.tree.objectives
        if id in objectives:
            objectives[id] = replace(objectives[id], viewer_ids=viewers)
            self.saved["objective"].redefine(id, objectives[id])

    async def key_results(self) -> None:
        tree = self.tree
        self.saved["key_result"] = await self._save(KEY_RESULTS, tree.key_results, tree.key_result_standings)

    async def _save(
        self, kind: ScoredTable, definitions: TrackedDict[UUID, Any], standings: TrackedDict[UUID, Any]
    ) -> SavedRows:
        """Save new and edited definitions as whole rows, and of all others only the numbers that moved."""
        saved = SavedRows(kind.row_of)
        defined = definitions.changed_keys()
        moved = standings.changed_keys()
        if defined:
            whole = set(defined)
            moved = await collect(id for id in moved if id not in whole)
            async for ids in Batches(defined):
                saved.add(ids, definitions, standings)
                rows = (kind.row_of(definitions[id], standings[id]) for id in ids)
                await self.define(table_of(kind.row), table_of(kind.version), rows)
        async for ids in Batches(moved):
            saved.add(ids, definitions, standings)
            await self._update(kind, ids, standings)
        return saved

    async def _update(
        self, kind: ScoredTable, ids: Sequence[UUID], standings: TrackedDict[UUID, Any]
    ) -> None:
        """Update the numbers that moved; the curve only where it differs."""
        bent = {id for id in ids if _curve(standings.before(id)) != _curve(standings[id])}
        for some, names, columns_of in (
            ([id for id in ids if id in bent], kind.numbers + CURVE + TURNS, moving_columns),
            ([id for id in ids if id not in bent], kind.numbers + TURNS, turning_columns),
        ):
            if some:
                rows = await mapped(partial(_numbers_row, kind.numbers_of, columns_of, standings), some)
                await self.batch.update(table_of(kind.row), rows, names, self.owner)

    async def alignments(self) -> None:
        """Save new, edited and removed alignments, each with a version."""
        removed, changed = self.tree.alignments.removed(), self.tree.alignments.changed()
        if not removed and not changed:
            return
        gone, kept = await mapped(alignment_row, removed), await mapped(alignment_row, changed)
        table, versions = table_of(tables.AlignmentRow), table_of(tables.AlignmentVersionRow)
        await self.batch.delete(table, gone, self.owner)
        await self.batch.put(table, kept, self.owner)
        await self.append(versions, gone, ended=True, **self.stamp)
        await self._versions(versions, kept, BY_EDGE, ended=False)

    async def _versions(
        self, table: Table, rows: Iterable[Row], key: Callable[[Any], Any], **more: object
    ) -> None:
        """Append versions at the change's `seq`, or at their own of `stamps`."""
        if not self.stamps:
            await self.append(table, rows, **self.stamp, **more)
            return
        stamped = ({**row, **self.stamps.get(key(row), self.stamp)} for row in rows)
        await self.append(table, stamped, **more)
