"""Mutation that records one check-in with roadblocks, initiatives and decisions of its key result.

It has a transaction of its own: check-ins without records share theirs (`group_commit.py`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from okr_api.auth.actor import Actor, Scope
from okr_api.okr.change_tracking import PlainEntity
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import ExternalIdIsTaken, InvalidInput, Refused, TooMany
from okr_api.store.unit_of_work import Work

from .check_in_lookup import CheckInRequest, load_references, undecided_items
from .check_ins import check_in
from .decisions import NewDecision, new_decision
from .initiatives import new_initiative
from .measured_references import measured_at
from .mutation_runner import MutationResult
from .next_check_ins import next_check_in_day
from .permissions import load_undecided
from .record_permissions import authorize_check_in
from .references import Ref
from .roadblocks import new_roadblock

MAX_RECORDS_AT_ONCE = 20
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NewRecords:
    """Records to add; the values of each are by the field's name in inputs."""

    roadblocks: Sequence[Values] = ()
    initiatives: Sequence[Values] = ()
    decisions: Sequence[Values] = ()


async def check_in_with_records(
    work: Work, actor: Actor, *, item: CheckInRequest, records: NewRecords
) -> MutationResult:
    """Record a check-in, and add records to its key result; all or nothing.

    Raises:
        InvalidInput: the key result is not named, as it could be for a correction; or a record is invalid.
        TooMany: there are more than `MAX_RECORDS_AT_ONCE` records of one kind.
        Forbidden: the actor may not check in, or not add a record.
    """
    if item.problem:
        raise item.problem
    if item.key_result is None:
        raise InvalidInput("Name keyResult to add something to it", path=["keyResult"])
    ref = replace(item.key_result, node_type=NodeType.KEY_RESULT)
    objective, ids = await measured_at(work, ref)
    key_result = work.tree.key_results[ids["key_result_id"]]
    await authorize_check_in(work, actor, objective, key_result, ref.path)
    has_no_day = any(values.get("due_on") is None for values in records.roadblocks)
    meets_slot = bool(actor.author.person_id or item.status or item.confidence is not None)
    next_day = await next_check_in_day(work, key_result.id, is_checked_in=meets_slot) if has_no_day else None
    on = Ref(key_result.id, path=(), node_type=NodeType.KEY_RESULT)
    await _add(work, actor, on, records, next_day)
    found = await load_references(work, [item], whole=True)
    await load_undecided(work, undecided_items(work, actor, [item], found))
    return await check_in(work, actor, [item], found)


async def _add(work: Work, actor: Actor, on: Ref, records: NewRecords, next_day: date | None) -> None:
    """Put the records into the work; the path of an error leads to the one that is wrong.

    Roadblocks without a due day are due at `next_day`, that of the next check-in.
    """

    async def decision(values: Values) -> PlainEntity:
        actor.must(Scope.WRITE)
        return (await new_decision(work, NewDecision(on, values), None))[0]

    async def initiative(values: Values) -> PlainEntity:
        actor.must(Scope.WRITE)
        return await new_initiative(work, actor, on, values)

    async def roadblock(values: Values) -> PlainEntity:
        made = await new_roadblock(work, actor, on, values)
        return made if made.due_on is not None else replace(made, due_on=next_day)

    for name, given, make in (
        ("roadblocks", records.roadblocks, roadblock),
        ("initiatives", records.initiatives, initiative),
        ("decisions", records.decisions, decision),
    ):
        if len(given) > MAX_RECORDS_AT_ONCE:
            raise TooMany(f"A check-in has at most {MAX_RECORDS_AT_ONCE} {name}", path=[name])
        for place, values in enumerate(given):
            try:
                made = await make(values)
                _refuse_repeated(work, made)
            except Refused as refused:
                raise refused.under(name, place) from None
            work.plain.put(made)


def _refuse_repeated(work: Work, made: PlainEntity) -> None:
    """Raise `ExternalIdIsTaken` if a record before it in the same input has its external id."""
    before = (each.external_id for each in work.plain.of(type(made)).values())
    if made.external_id is not None and made.external_id in before:
        raise ExternalIdIsTaken(f"{made.external_id!r} is there twice", path=["externalId"])
