"""Mutations of pulses: create, edit, open, close and delete them, by admins; answer them, by members.

An answer is no change of the feed, and is kept under no idempotency key: nothing records who gave it or when.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from okr_api.auth.actor import Actor
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.cycle import CycleState
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import AlreadyExists, CycleIsClosed, InvalidInput
from okr_api.okr.policy import Scope
from okr_api.okr.pulse import Ballot, Pulse, PulseState, checked_answers
from okr_api.okr.pulse_errors import AlreadyAnswered, PulseHasBegun, PulseIsNotOpen
from okr_api.store.database import new_id
from okr_api.store.entity_lookup import id_with_values
from okr_api.store.pulse_ballots import discard_ballot, read_ballot, save_ballot
from okr_api.store.unit_of_work import Work

from .change_recorder import record_change
from .edits import new_values, resolve_values
from .mutation_runner import MutationResult
from .permissions import authorize_structure
from .plain_entities import create, edit, remove
from .reactions import person_of
from .references import Ref, check_version, cycle_at, entity_at


async def add_pulse(work: Work, actor: Actor, *, cycle: Ref, **values: Any) -> MutationResult:
    """Add a pulse to a cycle that has none, as a draft.

    Raises:
        CycleIsClosed: the cycle is closed.
        AlreadyExists: the cycle has a pulse.
        InvalidInput: a question is empty, too long or given twice, or there are none or too many.
    """
    authorize_structure(work, actor)
    known = cycle_at(work, cycle)
    if known.state is CycleState.CLOSED:
        raise CycleIsClosed(f"{known.name} is closed; nobody is asked about it any more", path=cycle.path)
    values = await new_values(work, Pulse, new_id(), values | _questions(values))
    if await id_with_values(work.connection, work.organization.id, Pulse, {"cycle_id": known.id}):
        raise AlreadyExists(f"{known.name} has a pulse; pulseUpdate edits it", path=cycle.path)
    return await create(work, actor, ChangeKind.PULSE_CREATED, Pulse(**values, cycle_id=known.id).checked())


async def edit_pulse(
    work: Work, actor: Actor, *, pulse: Ref, edits: Mapping[str, Any], expected_version: int | None = None
) -> MutationResult:
    """Edit a pulse: its questions while it is a draft; raises the errors of `add_pulse`.

    Raises:
        PulseHasBegun: it was opened, and the questions would be others.
    """
    known = await _editable(work, actor, pulse, expected_version)
    edits = await resolve_values(work, Pulse, known.id, {**edits, **_questions(edits)}, known)
    if known.state is not PulseState.DRAFT and edits.get("questions", known.questions) != known.questions:
        raise PulseHasBegun("People were asked these questions; they stay as they are", path=["questions"])
    replace(known, **edits).checked()
    return await edit(work, actor, ChangeKind.PULSE_UPDATED, known, edits)


async def open_pulse(
    work: Work, actor: Actor, *, pulse: Ref, expected_version: int | None = None
) -> MutationResult:
    """Open a draft, so that it can be answered.

    Raises:
        PulseHasBegun: it was opened before.
        CycleIsClosed: its cycle is closed.
    """
    known = await _editable(work, actor, pulse, expected_version)
    if known.state is not PulseState.DRAFT:
        raise PulseHasBegun(f"The pulse is {known.state}; it is opened once", path=pulse.path)
    cycle = work.tree.cycles[known.cycle_id]
    if cycle.state is CycleState.CLOSED:
        raise CycleIsClosed(f"{cycle.name} is closed; nobody is asked about it any more", path=pulse.path)
    opened = replace(known, state=PulseState.OPEN, version=known.version + 1)
    return await _put(work, actor, ChangeKind.PULSE_OPENED, opened)


async def close_pulse(
    work: Work, actor: Actor, *, pulse: Ref, expected_version: int | None = None
) -> MutationResult:
    """Close an open pulse for good: show its results if enough people answered, and forget who did.

    Raises:
        PulseIsNotOpen: it is a draft, or closed.
    """
    known = await _editable(work, actor, pulse, expected_version)
    _check_open(known, pulse)
    ballot = await discard_ballot(work.connection, work.organization.id, known.id)
    return await _put(work, actor, ChangeKind.PULSE_CLOSED, known.closed(ballot))


async def delete_pulse(
    work: Work, actor: Actor, *, pulse: Ref, expected_version: int | None = None
) -> MutationResult:
    """Delete a pulse softly, with all answers if it is open."""
    known = await _editable(work, actor, pulse, expected_version)
    await discard_ballot(work.connection, work.organization.id, known.id)
    return await remove(work, actor, ChangeKind.PULSE_DELETED, known, expected_version)


async def answer_pulse(work: Work, actor: Actor, *, pulse: Ref, answers: Sequence[int]) -> MutationResult:
    """Add the answers of the actor to an open pulse; without a change of the feed.

    Raises:
        PeopleOnly: the actor is a service.
        PulseIsNotOpen: the pulse is a draft, or closed.
        AnswersMissing: there is not one answer to each question.
        InvalidInput: an answer is out of the scale.
        AlreadyAnswered: the actor has answered.
    """
    person_id = person_of(actor, "answer a pulse")
    actor.must(Scope.CHECK_IN)
    known = await entity_at(work, Pulse, pulse)
    _check_open(known, pulse)
    answers = checked_answers(known, answers)
    own = (work.connection, work.organization.id, known.id)
    ballot = await read_ballot(*own) or Ballot.empty(known)
    if ballot.has_answered(person_id):
        raise AlreadyAnswered("You have answered this pulse; an answer cannot be changed", path=pulse.path)
    await save_ballot(*own, ballot.answered(person_id, answers))
    return MutationResult(seq=work.seq, ids={"node": known.id}, is_unchanged=True)


async def _put(work: Work, actor: Actor, kind: ChangeKind, pulse: Pulse) -> MutationResult:
    work.plain.put(pulse)
    return await record_change(work, actor, kind, NodeType.PULSE, pulse.id, fields=("state",))


async def _editable(work: Work, actor: Actor, ref: Ref, expected_version: int | None) -> Pulse:
    """Return a pulse that the actor may edit, in the expected version."""
    authorize_structure(work, actor)
    known = await entity_at(work, Pulse, ref)
    check_version(known.version, expected_version)
    return known


def _check_open(pulse: Pulse, ref: Ref) -> None:
    if pulse.state is not PulseState.OPEN:
        raise PulseIsNotOpen(f"The pulse is {pulse.state}, not OPEN", path=ref.path)


def _questions(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the questions among the values, if they are; null stands for none.

    Raises:
        InvalidInput: one is given twice.
    """
    if "questions" not in values:
        return {}
    questions: list[str] = list(values["questions"] or ())
    trimmed = [question.strip() for question in questions]
    for place, question in enumerate(trimmed):
        if question and question in trimmed[:place]:
            raise InvalidInput("This question is given twice", path=["questions", place])
    return {"questions": questions}
