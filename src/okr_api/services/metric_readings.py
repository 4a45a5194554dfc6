"""Record, correct and retract readings of metrics as one change, with check-ins on bound key results.

Each reading is a fact of its metric. On every key result that it counts for it becomes an ordinary check-in,
so that scoring, the feed, subscriptions and corrections need to know nothing of metrics.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from uuid import UUID

from okr_api.auth.actor import Actor
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.check_in import CheckIn
from okr_api.okr.cycle import CycleState
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import AlreadySuperseded, ExternalIdIsTaken, InvalidInput, Refused, TooMany
from okr_api.okr.key_result import KeyResult, KeyResultState
from okr_api.okr.metric import MAX_CHECK_INS_OF_READINGS, MAX_METRIC_READINGS, MetricReading
from okr_api.okr.objective import ObjectiveState
from okr_api.store.database import new_id
from okr_api.store.time_slicing import TimeSlice
from okr_api.store.unit_of_work import Work

from .change_recorder import record_change
from .check_in_lookup import add_check_ins
from .effective_time import effective_time
from .metric_reading_lookup import MetricReadingLookup, MetricReadingRequest, load_lookup
from .mutation_runner import ItemError, MutationResult
from .objectives import needed_reason
from .references import Ref, check_text, whole_external_id


async def record_readings(
    work: Work, actor: Actor, *, items: Sequence[MetricReadingRequest], atomic: bool = True
) -> MutationResult:
    """Record readings as one change.

    With `atomic`, record all items or none; else record each valid one. Each invalid item returns an error.

    Raises:
        InvalidInput: there are no items.
        TooMany: there are more than `MAX_METRIC_READINGS`, or they would make more check-ins than
            `MAX_CHECK_INS_OF_READINGS`.
    """
    if not 1 <= len(items) <= MAX_METRIC_READINGS:
        kind = TooMany if items else InvalidInput
        raise kind(f"items has 1 to {MAX_METRIC_READINGS} readings", path=["items"])
    found = await load_lookup(work, items)
    prepared, errors = await _prepared(work, actor, items, found)
    recorded = [made for made in prepared if made is not None]
    if (atomic and errors) or not recorded:
        return MutationResult(
            seq=work.next_seq - 1, ids={"items": [None] * len(items)}, item_errors=tuple(errors)
        )
    check_ins = await _checked_in(work, recorded, found)
    add_check_ins(work, check_ins)
    work.metric_readings.extend(recorded)
    retracted = all(made.retraction_reason is not None for made in recorded)
    outcome = await record_change(
        work,
        actor,
        ChangeKind.METRIC_READING_RETRACTED if retracted else ChangeKind.METRIC_READING_RECORDED,
        NodeType.METRIC_READING,
        recorded[0].id,
        check_ins=check_ins,
        reason=recorded[0].retraction_reason if retracted else None,
    )
    return replace(
        outcome,
        ids={"node": recorded[0].id, "items": [made.id if made else None for made in prepared]},
        item_errors=tuple(errors),
    )


async def _prepared(
    work: Work, actor: Actor, items: Sequence[MetricReadingRequest], found: MetricReadingLookup
) -> tuple[list[MetricReading | None], list[ItemError]]:
    """Return the reading of each item, None for a rejected one, and the errors."""
    prepared: list[MetricReading | None] = []
    errors: list[ItemError] = []
    time_slice = TimeSlice()
    for place, item in enumerate(items):
        await time_slice.pause()
        try:
            made = _reading(work, actor, item, place, found)
            found.add(made)
            prepared.append(made)
        except Refused as refusal:
            prepared.append(None)
            errors.append(ItemError(place, refusal.code(), refusal.message, refusal.path))
    return prepared, errors


def _reading(
    work: Work, actor: Actor, item: MetricReadingRequest, place: int, found: MetricReadingLookup
) -> MetricReading:
    """Return an item's reading; a correction is of the same metric and by default of the same instant."""
    if item.problem:
        raise item.problem
    earlier = found.reading(item.supersedes) if item.supersedes else None
    if earlier and item.supersedes:
        _takes_correction(earlier, item.supersedes, found)
    reason = item.retraction_reason
    made = MetricReading(
        id=new_id(),
        external_id=None if item.external_id is None else whole_external_id(item.external_id),
        metric_id=_metric_id(item, earlier, found),
        effective_at=effective_time(work, item.effective_at, item.effective_on, earlier),
        recorded_at=work.now,
        author=actor.author,
        seq=work.next_seq,
        place=place,
        value=item.value,
        note=check_text(item.note, "note") if item.note is not None else None,
        supersedes_id=earlier.id if earlier else None,
        retraction_reason=None if reason is None else needed_reason(reason),
    ).checked()
    if made.external_id is not None and made.external_id in found.reading_ids:
        raise ExternalIdIsTaken(f"Another metric reading is {made.external_id!r}", path=["externalId"])
    return made


def _metric_id(item: MetricReadingRequest, earlier: MetricReading | None, found: MetricReadingLookup) -> UUID:
    """Return the id of the metric that an item names, or that of what it corrects; both are the same."""
    if item.metric is None:
        if earlier is None:
            raise Ref(path=("metric",)).not_found("metric")
        return earlier.metric_id
    metric = found.metric(item.metric)
    if earlier and item.supersedes and metric.id != earlier.metric_id:
        raise InvalidInput("The reading to correct is of another metric", path=item.supersedes.path)
    return metric.id


def _takes_correction(earlier: MetricReading, ref: Ref, found: MetricReadingLookup) -> None:
    """Raise `AlreadySuperseded` unless the reading counts."""
    if earlier.retraction_reason is not None or earlier.id in found.superseded:
        raise AlreadySuperseded("That reading has already been corrected or taken back", path=ref.path)


async def _checked_in(
    work: Work, recorded: Sequence[MetricReading], found: MetricReadingLookup
) -> list[CheckIn]:
    """Return the check-ins of the readings, in their order.

    Raises:
        TooMany: there are more than `MAX_CHECK_INS_OF_READINGS`.
    """
    check_ins: list[CheckIn] = []
    time_slice = TimeSlice()
    for reading in recorded:
        await time_slice.pause()
        for made in _check_ins_of(work, reading, found):
            if len(check_ins) == MAX_CHECK_INS_OF_READINGS:
                raise TooMany(
                    f"The readings count for key results more than {MAX_CHECK_INS_OF_READINGS} times; "
                    "send fewer at once",
                    path=["items"],
                )
            check_ins.append(replace(made, place=len(check_ins)))
            found.check_ins[reading.id][made.about_id] = made
    return check_ins


def _check_ins_of(work: Work, reading: MetricReading, found: MetricReadingLookup) -> Iterator[CheckIn]:
    """Yield the check-in of a reading on each key result, ties by id.

    Where the reading that it corrects has a check-in, that is corrected too, or retracted if the new instant
    does not count there. One that was itself corrected by hand stays as it is.
    """
    earlier = found.check_ins[reading.supersedes_id] if reading.supersedes_id else {}
    targets = {*earlier, *found.bound.get(reading.metric_id, ())}
    for key_result_id in sorted(targets, key=lambda id: id.int):
        key_result = work.tree.key_results[key_result_id]
        before = earlier.get(key_result_id)
        if not _is_open(work, key_result) or (key_result_id in earlier and before is None):
            continue
        reason = reading.retraction_reason
        if not _is_within(work, key_result, reading, is_bound=before is None):
            if before is None:
                continue
            reason = reason or "The reading of the metric was corrected to another time"
        if before is not None or reason is None:
            yield _check_in(reading, key_result, before, reason)


def _check_in(
    reading: MetricReading, key_result: KeyResult, before: CheckIn | None, reason: str | None
) -> CheckIn:
    """Return the check-in of a reading, in place of an earlier one; `reason` retracts that."""
    return CheckIn(
        id=new_id(),
        external_id=None,
        key_result_id=key_result.id,
        definition=before.definition if before else key_result.definition,
        effective_at=before.effective_at if before and reason is not None else reading.effective_at,
        recorded_at=reading.recorded_at,
        author=reading.author,
        seq=reading.seq,
        value=reading.value if reason is None else None,
        supersedes_id=before.id if before else None,
        retraction_reason=reason,
        metric_reading_id=reading.id,
    )


def _is_open(work: Work, key_result: KeyResult) -> bool:
    """Return whether a key result takes check-ins at present."""
    objective = work.tree.objectives[key_result.objective_id]
    return (
        work.tree.cycles[objective.cycle_id].state in (CycleState.ACTIVE, CycleState.REVIEW)
        and objective.state not in (ObjectiveState.DRAFT, ObjectiveState.DROPPED)
        and key_result.state is not KeyResultState.DROPPED
    )


def _is_within(work: Work, key_result: KeyResult, reading: MetricReading, *, is_bound: bool) -> bool:
    """Return whether a reading is of a time that counts: from the day of binding to the end of the cycle.

    In review, as for check-ins, the cycle has begun. Without `is_bound`, it may be before the binding.
    """
    zone, cycle = work.tree.zone, work.tree.cycle_of(key_result.objective_id)
    if is_bound:
        assert key_result.metric_from is not None
        if reading.effective_at.astimezone(zone).date() < key_result.metric_from:
            return False
    begun = cycle.state is not CycleState.REVIEW or reading.effective_at >= cycle.starts_at(zone)
    return begun and reading.effective_at < cycle.ends_at(zone)
