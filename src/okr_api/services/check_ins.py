"""Mutation that records check-ins, corrections and retractions as one change: all items or the valid ones."""

from collections.abc import Collection, Iterator, Sequence
from uuid import UUID

from okr_api.auth.actor import Actor
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.check_in import MAX_CHECK_INS, CheckIn
from okr_api.okr.cycle import CycleState
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import (
    AlreadySuperseded,
    ExternalIdIsTaken,
    FormulaDoesNotFit,
    InvalidInput,
    ReadingOutsideCycle,
    Refused,
    StateDoesNotFit,
    TooMany,
)
from okr_api.okr.key_result import KeyResult, KeyResultState, reading_fits
from okr_api.okr.notice import Notice
from okr_api.okr.objective import ObjectiveState
from okr_api.store.database import new_id
from okr_api.store.time_slicing import STEPS_BETWEEN_CHECKS, TimeSlice
from okr_api.store.unit_of_work import Work

from .change_recorder import record_change
from .check_in_lookup import CheckInRequest, Lookup, Named, add_check_ins, check_permitted_check_in, named_in
from .effective_time import effective_time
from .mutation_runner import ItemError, MutationResult
from .notices import notice_of_check_in
from .objectives import needed_reason
from .references import Ref, check_text, whole_external_id


async def check_in(
    work: Work, actor: Actor, items: Sequence[CheckInRequest], found: Lookup, *, atomic: bool = True
) -> MutationResult:
    """Record check-ins as one change.

    With `atomic`, record all items or none; else record each valid one. Each invalid item returns an error.

    Raises:
        InvalidInput: there are no items.
        TooMany: there are more than `MAX_CHECK_INS`.
    """
    if not 1 <= len(items) <= MAX_CHECK_INS:
        kind = TooMany if items else InvalidInput
        raise kind(f"items has 1 to {MAX_CHECK_INS} check-ins", path=["items"])
    prepared, errors = await _all_prepared(work, actor, items, found)
    recorded = [made for made in prepared if made is not None]
    if (atomic and errors) or not recorded:
        return MutationResult(
            seq=work.next_seq - 1, ids={"items": [None] * len(items)}, item_errors=tuple(errors)
        )
    add_check_ins(work, recorded)
    for made in recorded:
        found.add(made)
    retracted = all(made.retraction_reason is not None for made in recorded)
    return await record_change(
        work,
        actor,
        ChangeKind.CHECK_IN_RETRACTED if retracted else ChangeKind.CHECK_IN_RECORDED,
        NodeType.CHECK_IN,
        recorded[0].id,
        check_ins=recorded,
        reason=recorded[0].retraction_reason if retracted else None,
        notices=tuple(_notices(work, items, prepared)),
        ids={"node": recorded[0].id, "items": [made.id if made else None for made in prepared]},
        item_errors=tuple(errors),
    )


async def _all_prepared(
    work: Work, actor: Actor, items: Sequence[CheckInRequest], found: Lookup
) -> tuple[list[CheckIn | None], list[ItemError]]:
    """Return the check-in of each item, None for a rejected one, and the errors."""
    prepared: list[CheckIn | None] = []
    errors: list[ItemError] = []
    taken: dict[str, CheckIn] = {}
    superseding: set[UUID] = set()
    time_slice = TimeSlice() if len(items) > STEPS_BETWEEN_CHECKS else None
    for place, item in enumerate(items):
        if time_slice:
            await time_slice.pause()
        try:
            prepared.append(_prepared(work, actor, item, place, found, taken, superseding))
        except Refused as refusal:
            prepared.append(None)
            errors.append(ItemError(place, refusal.code(), refusal.message, refusal.path))
    return prepared, errors


def _notices(
    work: Work, items: Sequence[CheckInRequest], prepared: Sequence[CheckIn | None]
) -> Iterator[Notice]:
    """Yield a notice for each measurement that counts nowhere; its path begins with `items`."""
    for place, (item, made) in enumerate(zip(items, prepared, strict=True)):
        if made is None or made.key_result_id is None:
            continue
        key_result = work.tree.key_results[made.key_result_id]
        cycle = work.tree.cycle_of(key_result.objective_id)
        field = "effectiveAt" if item.effective_on is None else "effectiveOn"
        notice = notice_of_check_in(work.tree, cycle, key_result, made, ("items", str(place), field))
        if notice:
            yield notice


def _prepared(
    work: Work,
    actor: Actor,
    item: CheckInRequest,
    place: int,
    found: Lookup,
    taken: dict[str, CheckIn],
    superseding: set[UUID],
) -> CheckIn:
    """Return an item's check-in without applying it; a correction keeps the corrected one's definition."""
    if item.problem:
        raise item.problem
    named = named_in(work, item, found, taken)
    earlier, objective, key_result = named
    check_permitted_check_in(work, actor, named, item)
    if earlier and item.supersedes:
        _takes_correction(earlier, item.supersedes, named, found.superseded | superseding)
    check_in = CheckIn(
        id=new_id(),
        external_id=None if item.external_id is None else whole_external_id(item.external_id),
        key_result_id=key_result.id if key_result else None,
        objective_id=None if key_result else objective.id,
        definition=earlier.definition if earlier else _definition_of(key_result),
        effective_at=effective_time(work, item.effective_at, item.effective_on, earlier),
        recorded_at=work.now,
        author=actor.author,
        seq=work.next_seq,
        place=place,
        value=item.value,
        milestones_done=_in_order(item.milestones_done),
        confidence=item.confidence,
        status=item.status,
        note=check_text(item.note, "note") if item.note is not None else None,
        supersedes_id=earlier.id if earlier else None,
        retraction_reason=None if item.retraction_reason is None else needed_reason(item.retraction_reason),
    ).checked()
    takes_check_in(work, item, named, check_in)
    _reserve_external_id(check_in, found, taken)
    if earlier:
        superseding.add(earlier.id)
    return check_in


def _definition_of(key_result: KeyResult | None) -> int:
    """Return the definition that a new check-in is by; an objective has only one."""
    return key_result.definition if key_result else 1


def _fits(key_result: KeyResult, check_in: CheckIn) -> None:
    """Raise if the key result takes no such value; it takes none at all with a formula."""
    if key_result.has_formula and check_in.reading.measures:
        raise FormulaDoesNotFit(
            f"The value of {key_result.title!r} is computed from other key results; check in on those, or "
            "here without a value",
            path=["value"],
        )
    if check_in.definition == key_result.definition:
        reading_fits(key_result.measure, check_in.value, check_in.milestones_done)


def _in_order(done: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return None if done is None else tuple(dict.fromkeys(done))


def _takes_correction(earlier: CheckIn, ref: Ref, named: Named, superseded: Collection[UUID]) -> None:
    """Raise unless `earlier` is live (`AlreadySuperseded`) and on the same node (`InvalidInput`)."""
    if earlier.retraction_reason is not None or earlier.id in superseded:
        raise AlreadySuperseded("That check-in has already been corrected or taken back", path=ref.path)
    if earlier.about_id != named.node.id:
        kind = "key result" if named.key_result else "objective"
        raise InvalidInput(f"The check-in to correct is not of this {kind}", path=ref.path)


def _reserve_external_id(check_in: CheckIn, found: Lookup, taken: dict[str, CheckIn]) -> None:
    """Add the check-in to `taken` by its external id, if it has one.

    Checked last, so that callers cannot probe external ids without recording check-ins (decision 28).

    Raises:
        ExternalIdIsTaken: another check-in, visible or hidden, has it.
    """
    external_id = check_in.external_id
    if external_id is None:
        return
    if external_id in found.check_in_ids or external_id in taken:
        raise ExternalIdIsTaken(f"Another check-in is {external_id!r}", path=["externalId"])
    taken[external_id] = check_in


def _path_of_effect(item: CheckInRequest) -> Sequence[str | int]:
    """Return the input path of the effective time; a correction without one has that of `supersedes`."""
    if item.effective_at is None and item.effective_on is not None:
        return ["effectiveOn"]
    return item.supersedes.path if item.supersedes and item.effective_at is None else ["effectiveAt"]


def takes_check_in(work: Work, item: CheckInRequest, named: Named, check_in: CheckIn) -> None:
    """Raise if the state of the cycle, objective or key result does not allow the check-in, or its value."""
    if named.key_result:
        _fits(named.key_result, check_in)
    ref = item.key_result or item.objective or item.supersedes
    path = ref.path if ref else ()
    objective, key_result = named.objective, named.key_result
    cycle = work.tree.cycle_of(objective.id)
    cycle.takes_check_ins(path)
    if objective.state is ObjectiveState.DRAFT:
        message = f"{objective.title!r} is a draft; publish it before checking in"
        raise StateDoesNotFit(message, path=path)
    dropped = key_result is not None and key_result.state is KeyResultState.DROPPED
    if objective.state is ObjectiveState.DROPPED or dropped:
        message = f"{named.node.title!r} is dropped; restore it before checking in"
        raise StateDoesNotFit(message, path=path)
    inside = cycle.starts_at(work.tree.zone) <= check_in.effective_at < cycle.ends_at(work.tree.zone)
    if cycle.state is CycleState.REVIEW and not inside:
        raise ReadingOutsideCycle(
            f"{cycle.name} is in review: it accepts only check-ins effective within its days",
            path=_path_of_effect(item),
        )
