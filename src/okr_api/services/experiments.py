"""Mutations of experiments: planned by those who may check in, concluded by their owner and others."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from okr_api.auth.actor import Actor
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.errors import StateDoesNotFit
from okr_api.okr.experiment import Experiment, ExperimentOutcome, ExperimentState
from okr_api.okr.experiment_errors import ExperimentIsOver
from okr_api.okr.objective import Objective
from okr_api.okr.policy import Action
from okr_api.okr.relations import RecordPeople
from okr_api.store.database import new_id
from okr_api.store.unit_of_work import Work

from .edits import new_values, resolve_values
from .measured_references import holder_of, takes_records
from .mutation_runner import MutationResult
from .permissions import authorize
from .plain_entities import create, edit, remove
from .record_permissions import authorize_check_in, authorize_record
from .references import Ref, check_version, entity_at, key_result_at, long_text


async def add_experiment(
    work: Work, actor: Actor, *, key_result: Ref, started_on: date | None = None, **values: Any
) -> MutationResult:
    """Add an experiment of a key result, planned or running since a day; without an owner, it is the actor's.

    Raises:
        CycleIsClosed: the cycle of the objective is closed.
        StateDoesNotFit: the objective is dropped.
        PersonIsRemoved: the owner has left.
        InvalidInput: a text is empty or too long, a number not finite, or a day out of reach or ahead.
        ExperimentEndsBeforeItStarts: its effect would be expected before it starts.
    """
    asked = await key_result_at(work, key_result)
    objective = work.tree.objectives[asked.objective_id]
    await authorize_check_in(work, actor, objective, asked, key_result.path)
    takes_records(work, objective, key_result)
    person = actor.author.person_id
    if values.get("owner") is None and person is not None:
        values = {**values, "owner": Ref(person, path=("owner",))}
    state = ExperimentState.PLANNED if started_on is None else ExperimentState.RUNNING
    experiment = Experiment(
        **await new_values(work, Experiment, new_id(), values),
        key_result_id=asked.id,
        state=state,
        started_on=started_on,
    )
    experiment.check_expectation()
    return await create(work, actor, ChangeKind.EXPERIMENT_CREATED, experiment.checked(_today(work)))


async def edit_experiment(
    work: Work,
    actor: Actor,
    *,
    experiment: Ref,
    edits: Mapping[str, Any],
    expected_version: int | None = None,
) -> MutationResult:
    """Edit an experiment; `edits` is keyed by the field's name in inputs. What is concluded can be corrected.

    Raises:
        PersonIsRemoved: the new owner has left.
        InvalidInput: a text is empty or too long, a number not finite, or a day out of reach or ahead.
        StateDoesNotFit: it has no such day, outcome or conclusion in its state, or must have one.
        OutcomeRequired: it is concluded, and the outcome is taken away.
        ExperimentEndsBeforeItStarts: its last day, or the expected one, would be before its first.
    """
    known = await _editable(work, actor, experiment, expected_version)
    edits = await resolve_values(work, Experiment, known.id, edits, known)
    return await _save(work, actor, ChangeKind.EXPERIMENT_UPDATED, known, edits)


async def start_experiment(
    work: Work,
    actor: Actor,
    *,
    experiment: Ref,
    started_on: date | None = None,
    expected_version: int | None = None,
) -> MutationResult:
    """Start a planned experiment, by default today.

    Raises:
        ExperimentIsOver: it is concluded or abandoned.
        StateDoesNotFit: it is running.
        ExperimentEndsBeforeItStarts: its effect was expected before that day; update `expectedBy` first.
        InvalidInput: the day is out of reach, or lies ahead.
    """
    known = await _editable(work, actor, experiment, expected_version)
    _require_under_way(known, experiment)
    if known.state is ExperimentState.RUNNING:
        raise StateDoesNotFit(
            f"It has been running since {known.started_on}; experimentUpdate corrects the day",
            path=experiment.path,
        )
    edits = {"state": ExperimentState.RUNNING, "started_on": started_on or _today(work)}
    return await _save(work, actor, ChangeKind.EXPERIMENT_STARTED, known, edits)


async def conclude_experiment(
    work: Work,
    actor: Actor,
    *,
    experiment: Ref,
    outcome: ExperimentOutcome | None,
    conclusion: str | None = None,
    ended_on: date | None = None,
    expected_version: int | None = None,
) -> MutationResult:
    """Conclude a running experiment, which ends by default today.

    Raises:
        ExperimentIsOver: it is concluded or abandoned already.
        StateDoesNotFit: it has not started.
        OutcomeRequired: there is no outcome.
        ExperimentEndsBeforeItStarts: the last day is before the first.
        InvalidInput: the conclusion is too long, or the day out of reach or ahead.
    """
    said = long_text(conclusion, "conclusion")
    known = await _editable(work, actor, experiment, expected_version)
    _require_under_way(known, experiment)
    if known.state is ExperimentState.PLANNED:
        raise StateDoesNotFit(
            "It has not started; start it first, or abandon it if it is not to be made", path=experiment.path
        )
    edits = {
        "state": ExperimentState.CONCLUDED,
        "outcome": outcome,
        "conclusion": said,
        "ended_on": ended_on or _today(work),
    }
    return await _save(work, actor, ChangeKind.EXPERIMENT_CONCLUDED, known, edits)


async def abandon_experiment(
    work: Work,
    actor: Actor,
    *,
    experiment: Ref,
    reason: str | None = None,
    ended_on: date | None = None,
    expected_version: int | None = None,
) -> MutationResult:
    """Abandon a planned or running experiment, by default today; the reason is kept as its conclusion.

    Raises:
        ExperimentIsOver: it is concluded or abandoned already.
        ExperimentEndsBeforeItStarts: the last day is before the first.
        InvalidInput: the reason is too long, or the day out of reach or ahead.
    """
    said = long_text(reason, "reason")
    known = await _editable(work, actor, experiment, expected_version)
    _require_under_way(known, experiment)
    edits = {
        "state": ExperimentState.ABANDONED,
        "conclusion": said,
        "ended_on": ended_on or _today(work),
    }
    return await _save(work, actor, ChangeKind.EXPERIMENT_ABANDONED, known, edits, said)


async def delete_experiment(
    work: Work, actor: Actor, *, experiment: Ref, expected_version: int | None = None
) -> MutationResult:
    """Delete an experiment softly, by those who may edit the objective; lessons from it stay."""
    known, objective = await experiment_at(work, experiment)
    await authorize(work, actor, Action.EDIT, objective, experiment.path)
    return await remove(work, actor, ChangeKind.EXPERIMENT_DELETED, known, expected_version)


async def experiment_at(work: Work, ref: Ref) -> tuple[Experiment, Objective]:
    """Return an experiment with its objective; raise `NotFound` if the actor does not see that."""
    known = await entity_at(work, Experiment, ref)
    return known, await holder_of(work, None, known.key_result_id, ref.not_found("experiment"))


async def _editable(work: Work, actor: Actor, ref: Ref, expected_version: int | None) -> Experiment:
    """Return an experiment that the actor may edit, in the expected version."""
    known, objective = await experiment_at(work, ref)
    people = RecordPeople(owner_id=known.owner_id)
    await authorize_record(work, actor, people, objective, ref.path, "experiment")
    check_version(known.version, expected_version)
    return known


async def _save(
    work: Work,
    actor: Actor,
    kind: ChangeKind,
    known: Experiment,
    edits: Mapping[str, Any],
    reason: str | None = None,
) -> MutationResult:
    """Check an experiment with its edits, and save it; raises the errors of `Experiment.checked`."""
    edited = replace(known, **edits).checked(_today(work))
    if edits.keys() & {"started_on", "expected_by"}:
        edited.check_expectation()
    return await edit(work, actor, kind, known, edits, reason=reason)


def _require_under_way(known: Experiment, ref: Ref) -> None:
    if known.is_over:
        raise ExperimentIsOver(f"It is {known.state.lower()} already, since {known.ended_on}", path=ref.path)


def _today(work: Work) -> date:
    return work.clock.astimezone(work.tree.zone).date()
