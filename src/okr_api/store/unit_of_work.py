"""Unit of work: lock one organisation's feed head, change its tree, save everything in one transaction."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from asyncpg import InvalidCachedStatementError, OutdatedSchemaCacheError

from okr_api.okr.change import Change
from okr_api.okr.change_tracking import PlainEntities
from okr_api.okr.check_in import CheckIn
from okr_api.okr.errors import ClockIsBehind, NotFound
from okr_api.okr.metric import MetricReading
from okr_api.okr.people import Organization, TeamRole
from okr_api.okr.tree import Tree
from okr_api.okr.visibility import EVERYTHING, Visibility

from .bulk_write import Postgres, Row
from .clock_positions import ANNOUNCED_UNTIL
from .database import Database
from .delta_documents import decode_deltas
from .feed_head import IS_THERE, LOCK_HEAD, READ_HEAD
from .idempotency_records import IDEMPOTENCY_TTL, IdempotencyRecord, save_retries
from .mappers.cycle import cycle_of
from .mappers.organization import organization_of
from .time_limits import LONG_IDLE_TRANSACTION
from .time_slicing import MAX_BATCH_ROWS, collection_paused_if_long, complete
from .tree_cache import TreeCache
from .tree_writer import save

# The schema changed under the connection; asyncpg reloads it in the next transaction.
SchemaHasMoved = (OutdatedSchemaCacheError, InvalidCachedStatementError)

MAX_HEAD_LEAD = timedelta(minutes=5)
# `offset 0` forces an index lookup for each key.
READ_LOCKED = f"""
    select clock_timestamp() as now, {ANNOUNCED_UNTIL} as announced_until, organization.*, known.*,
        case when $5 then (select array_agg(cycle) from cycle where organization_id = $1) end as cycles,
        exists (select from key_result where organization_id = $1 and formula_function is not null) formulas
    from organization
    left join (
        select asked.owner, asked.key, kept.input_hash, kept.seq, kept.outcome, first.deltas
        from unnest($2::text[], $3::text[]) asked(owner, key)
        cross join lateral (
            select * from idempotency
            where organization_id = $1 and owner = asked.owner and key = asked.key
                and recorded_at > clock_timestamp() - $4::interval
            offset 0
        ) kept
        left join lateral (
            select deltas from change where organization_id = $1 and seq = kept.seq offset 0
        ) first on true
    ) known on true
    where organization.id = $1
"""


@dataclass
class Work:
    """State of one transaction, which may contain several changes in order.

    `head` is the feed head when it began, `tree_position` the latest change that moved a tree. `now` is not
    before the previous change or an event of the clock; `clock` is the database's. `team_roles`, `delegates`
    (by who is absent) and `parts` are as far as loaded. References are resolved within `visibility`.
    """

    connection: Postgres
    organization: Organization
    tree: Tree
    seq: int
    head: tuple[int, datetime]
    tree_position: tuple[int, datetime]
    now: datetime
    clock: datetime
    known: dict[tuple[str, str], Any] = field(default_factory=dict)
    plain: PlainEntities = field(default_factory=PlainEntities)
    team_roles: dict[tuple[UUID, UUID], frozenset[TeamRole]] = field(default_factory=dict)
    delegates: dict[UUID, UUID | None] = field(default_factory=dict)
    parts: dict[UUID, tuple[UUID, ...]] = field(default_factory=dict)
    check_ins: list[CheckIn] = field(default_factory=list)
    metric_readings: list[MetricReading] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    retries: list[IdempotencyRecord] = field(default_factory=list)
    saved: dict[str, Mapping[UUID, Mapping[str, Any]]] = field(default_factory=dict)
    touched_key_results: set[UUID] = field(default_factory=set)
    touched_objectives: set[UUID] = field(default_factory=set)
    is_committing: bool = False  # from here on the outcome is unknown if the connection is lost
    visibility: Visibility = EVERYTHING
    request_id: str | None = None

    @property
    def next_seq(self) -> int:
        """Return the `seq` of the change being made."""
        return self.seq + len(self.changes) + 1

    def shows(self, node_id: UUID) -> bool:
        """Return whether an objective or a key result is in the tree and within the actor's visibility."""
        objective = self.tree.objectives.get(self.tree.owner_of(node_id))
        return objective is not None and self.visibility.shows(objective)

    def touch(self, *, key_results: Sequence[UUID] = (), objectives: Sequence[UUID] = ()) -> None:
        """Mark nodes to be recomputed, together with the objectives above them."""
        self.touched_key_results.update(key_results)
        self.touched_objectives.update(objectives)


@asynccontextmanager
async def unit_of_work(
    database: Database,
    organization_id: UUID,
    keys: Sequence[tuple[str, str]] = (),
    *,
    trees: TreeCache | None = None,
    planned_anew: bool = False,
    checks_clock: bool = True,
) -> AsyncIterator[Work]:
    """Lock the organisation and yield a `Work`; save and commit it at the end, or roll back.

    `keys` are (owner, idempotency key) pairs to look up; those found are in `known`. The tree is taken from
    the cache `trees` and put back after the commit. `planned_anew` replans statements for large works.

    The head is locked by a statement of its own: under READ COMMITTED later ones see what the previous lock
    holder committed. Time is read after locking, so it never runs backwards against `seq`.

    Raises:
        NotFound: no such organisation.
        ClockIsBehind: with `checks_clock`, the head is more than five minutes ahead of the clock.
    """
    work: Work | None = None
    is_kept = False
    with collection_paused_if_long():
        try:
            async with database.writing(organization_id, planned_anew=planned_anew) as connection:
                head = await connection.fetchrow(LOCK_HEAD, organization_id)
                begun = begin_work(connection, organization_id, head, keys, trees, checks_clock=checks_clock)
                work = await begun
                yield work
                await save_work(work)
                work.is_committing = True
            if trees:
                _keep(work, trees)
                is_kept = True
        finally:
            if work is not None and not is_kept and len(work.tree) > MAX_BATCH_ROWS:
                await complete(work.tree.dismantling())


def _keep(work: Work, trees: TreeCache) -> None:
    """Put the tree of a committed work into the cache."""
    moved = [each for each in work.changes if each.kind.moves_trees]
    position = (moved[-1].seq, moved[-1].recorded_at) if moved else work.tree_position
    trees.keep(work.tree, position, measured=[check_in.about_id for check_in in work.check_ins])


async def begin_work(
    connection: Postgres,
    organization_id: UUID,
    head: Row | None,
    keys: Sequence[tuple[str, str]],
    trees: TreeCache | None,
    *,
    checks_clock: bool,
) -> Work:
    """Return a work that begins at the head, with the idempotency records found for the keys."""
    if head is None:
        raise NotFound("There is no such organisation")
    cached = trees.take(organization_id, (head["tree_seq"], head["tree_recorded_at"])) if trees else None
    asked = ([owner for owner, _ in keys], [key for _, key in keys], IDEMPOTENCY_TTL)
    rows = await connection.fetch(READ_LOCKED, organization_id, *asked, cached is None)
    work = _work_on(connection, head, rows, cached)
    _check_clock(work.clock, work.now if checks_clock else work.clock)
    for row in rows:
        if row["key"] is not None:
            work.known[row["owner"], row["key"]] = await _decoded(row)
    return work


async def _decoded(row: Row) -> dict[str, Any]:
    """Return an idempotency record with its change's deltas; None if the change is no longer stored."""
    return {**row, "deltas": (deltas := row["deltas"]) and await decode_deltas(deltas)}


async def save_work(work: Work) -> None:
    """Save what the work has changed."""
    if work.changes:
        work.saved |= await save(
            work.connection,
            work.tree,
            changes=work.changes,
            plain=work.plain,
            check_ins=work.check_ins,
            metric_readings=work.metric_readings,
            retries=work.retries,
        )
    elif work.retries:
        await save_retries(work.connection, work.organization.id, work.retries, recorded_at=work.now)


@asynccontextmanager
async def unlocked_work(database: Database, organization_id: UUID) -> AsyncIterator[Work]:
    """Yield a `Work` on a read-only snapshot, without a lock; raises the same errors as `unit_of_work`."""
    async with database.snapshot(organization_id) as connection:
        await connection.execute(LONG_IDLE_TRANSACTION)
        head = await connection.fetchrow(READ_HEAD, organization_id)
        yield await begin_work(connection, organization_id, head, (), None, checks_clock=True)


def _work_on(connection: Postgres, head: Row, rows: Sequence[Row], cached: Tree | None) -> Work:
    """Return a work from the head, the rows that were read after it, and the tree cached at the head."""
    first, organization, told_until = rows[0], organization_of(rows[0]), rows[0]["announced_until"]
    tree = Tree(organization) if cached is None else cached
    tree.organization, tree.announced_until = organization, told_until
    tree.formulas.may_exist = first["formulas"]
    for row in first["cycles"] or ():
        tree.cycles.remember(row["id"], cycle_of(row))
    return Work(
        connection=connection,
        organization=organization,
        tree=tree,
        seq=head["seq"],
        head=(head["seq"], head["recorded_at"]),
        tree_position=(head["tree_seq"], head["tree_recorded_at"]),
        now=max(first["now"], head["recorded_at"], told_until or head["recorded_at"]),
        clock=first["now"],
    )


def _check_clock(clock: datetime, recorded_at: datetime) -> None:
    """Raise `ClockIsBehind` when the latest change was recorded too far ahead of the clock."""
    if recorded_at - clock > MAX_HEAD_LEAD:
        raise ClockIsBehind(
            f"The database's clock says {clock:%Y-%m-%d %H:%M:%S} UTC, and the latest change was recorded at "
            f"{recorded_at:%Y-%m-%d %H:%M:%S} UTC: one is wrong, so changes are rejected. Set it right; "
            "if the recorded time is the wrong one, the operator runs: okr-api repair-clock"
        )


async def was_committed(database: Database, organization_id: UUID, change: Change | None) -> bool:
    """Return whether a change is in the feed, after its connection was lost during the commit.

    The head is locked first, so a server process that is still committing the change has finished.
    """
    if change is None:
        return False
    async with database.writing(organization_id) as connection:
        await connection.fetchrow(LOCK_HEAD, organization_id)
        return bool(await connection.fetchval(IS_THERE, organization_id, change.seq, change.node_id))
