"""Mutations of experiments."""

from datetime import date

import strawberry

from okr_api.auth.actor import Actor, Scope
from okr_api.graphql.context import Info
from okr_api.graphql.fields import one
from okr_api.graphql.mutations.entity_inputs import created_values, edited_values
from okr_api.graphql.mutations.inputs import (
    EntityRef,
    Retryable,
    Versioned,
    given,
    perhaps,
    required_ref,
    unchanged,
)
from okr_api.graphql.mutations.payloads import MutationPayload, answer
from okr_api.graphql.types.experiment import Experiment
from okr_api.graphql.work_enums import ExperimentOutcome
from okr_api.okr import experiment as okr_experiment
from okr_api.okr.entity import NodeType
from okr_api.services import experiments
from okr_api.services.mutation_runner import MutationResult
from okr_api.store.unit_of_work import Work


@strawberry.input(description="Input of `experimentCreate`.")
class ExperimentCreateInput(Retryable):
    key_result: EntityRef = given("Key result that it is to move.")
    hypothesis: str = given(
        'What is believed, such as "We believe that … will …", as CommonMark; 1 to 10,000 characters.'
    )
    what_changes: str | None = perhaps("What is changed for it, as CommonMark, at most 10,000 characters.")
    expected_value: float | None = perhaps("Value that the key result is expected to reach, in its unit.")
    expected_by: date | None = perhaps("Day by which the effect is expected.")
    owner: EntityRef | None = perhaps(
        "Person who sees to it. Without one it is you, or nobody if your token is a service's."
    )
    started_on: date | None = perhaps(
        "First day, today or earlier: then it is RUNNING. Without one it is PLANNED, see `experimentStart`."
    )
    external_id: str | None = perhaps(
        "Id of the experiment in your own system, 1 to 200 characters; must be unique among experiments."
    )


@strawberry.input(description="Input of `experimentUpdate`. Omitted fields stay unchanged.")
class ExperimentUpdateInput(Versioned):
    experiment: EntityRef = given("The experiment, in any state.")
    hypothesis: str | None = unchanged("New hypothesis, 1 to 10,000 characters.")
    what_changes: str | None = unchanged(
        "New text on what is changed, at most 10,000 characters; null removes it."
    )
    expected_value: float | None = unchanged("New expected value; null removes it.")
    expected_by: date | None = unchanged("New day by which the effect is expected; null removes it.")
    owner: EntityRef | None = unchanged("New person who sees to it; null for none.")
    started_on: date | None = unchanged("Corrected first day of one that has started, today or earlier.")
    ended_on: date | None = unchanged("Corrected last day of one that is over, today or earlier.")
    outcome: ExperimentOutcome | None = unchanged("Corrected outcome of a concluded one.")
    conclusion: str | None = unchanged(
        "Corrected conclusion of one that is over, at most 10,000 characters; null removes it."
    )
    external_id: str | None = unchanged("New external id, 1 to 200 characters; null removes it.")


@strawberry.input(description="Input of `experimentStart`.")
class ExperimentStartInput(Versioned):
    experiment: EntityRef = given("The planned experiment.")
    started_on: date | None = perhaps(
        "First day, today or earlier, in the organisation's time zone; today if omitted."
    )


@strawberry.input(description="Input of `experimentConclude`.")
class ExperimentConcludeInput(Versioned):
    experiment: EntityRef = given("The running experiment.")
    outcome: ExperimentOutcome | None = perhaps(
        "What you conclude. Required: without one it is rejected with OUTCOME_REQUIRED."
    )
    conclusion: str | None = perhaps("What was learned, as CommonMark, at most 10,000 characters.")
    ended_on: date | None = perhaps("Last day, from the first day to today; today if omitted.")


@strawberry.input(description="Input of `experimentAbandon`.")
class ExperimentAbandonInput(Versioned):
    experiment: EntityRef = given("The planned or running experiment.")
    reason: str | None = perhaps("Why; kept as `conclusion` and in the feed. At most 10,000 characters.")
    ended_on: date | None = perhaps("Last day, from the first day to today; today if omitted.")


@strawberry.input(description="Input of `experimentDelete`.")
class ExperimentDeleteInput(Versioned):
    experiment: EntityRef = given("The experiment.")


@strawberry.type(description="Result of a mutation of an experiment.")
class ExperimentPayload(MutationPayload):
    experiment: Experiment | None = one(
        "node_id", "The experiment after the change; null if rejected, and once it is deleted."
    )


@strawberry.type
class ExperimentsMutation:
    """Mutations of experiments."""

    @strawberry.mutation(
        description="Plan an experiment on a key result on which you may check in, or say that one is "
        "running. It changes no number. Needs CHECK_IN."
    )
    async def experiment_create(self, info: Info, input: ExperimentCreateInput) -> ExperimentPayload | None:
        async def do(work: Work, actor: Actor) -> MutationResult:
            values = created_values(input, okr_experiment.Experiment)
            return await experiments.add_experiment(work, actor, **values)

        payload: ExperimentPayload = await answer(info, Scope.CHECK_IN, input, do)
        return payload

    @strawberry.mutation(
        description="Change an experiment, or correct its days and its result. Its owner may, and who may "
        "edit the objective. Needs WRITE."
    )
    async def experiment_update(self, info: Info, input: ExperimentUpdateInput) -> ExperimentPayload | None:
        async def do(work: Work, actor: Actor) -> MutationResult:
            return await experiments.edit_experiment(
                work,
                actor,
                experiment=required_ref(input, "experiment", NodeType.EXPERIMENT),
                edits=edited_values(input, okr_experiment.Experiment),
                expected_version=input.expected_version,
            )

        payload: ExperimentPayload = await answer(info, Scope.WRITE, input, do)
        return payload

    @strawberry.mutation(description="Start a planned experiment that you may edit. Needs WRITE.")
    async def experiment_start(self, info: Info, input: ExperimentStartInput) -> ExperimentPayload | None:
        payload: ExperimentPayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: experiments.start_experiment(
                work,
                actor,
                experiment=required_ref(input, "experiment", NodeType.EXPERIMENT),
                started_on=input.started_on,
                expected_version=input.expected_version,
            ),
        )
        return payload

    @strawberry.mutation(
        description="Conclude a running experiment that you may edit, with an outcome; `measuredEffect` says "
        "what the readings say. One that is over is rejected with EXPERIMENT_IS_OVER. Needs WRITE."
    )
    async def experiment_conclude(
        self, info: Info, input: ExperimentConcludeInput
    ) -> ExperimentPayload | None:
        payload: ExperimentPayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: experiments.conclude_experiment(
                work,
                actor,
                experiment=required_ref(input, "experiment", NodeType.EXPERIMENT),
                outcome=input.outcome,
                conclusion=input.conclusion,
                ended_on=input.ended_on,
                expected_version=input.expected_version,
            ),
        )
        return payload

    @strawberry.mutation(
        description="Abandon a planned or running experiment that you may edit; it has no outcome. One that "
        "is over is rejected with EXPERIMENT_IS_OVER. Needs WRITE."
    )
    async def experiment_abandon(self, info: Info, input: ExperimentAbandonInput) -> ExperimentPayload | None:
        payload: ExperimentPayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: experiments.abandon_experiment(
                work,
                actor,
                experiment=required_ref(input, "experiment", NodeType.EXPERIMENT),
                reason=input.reason,
                ended_on=input.ended_on,
                expected_version=input.expected_version,
            ),
        )
        return payload

    @strawberry.mutation(
        description="Delete an experiment of which you may edit the objective. It stays in the feed and in "
        "exports, and lessons from it stay; one that is not to be made is abandoned instead. Needs WRITE."
    )
    async def experiment_delete(self, info: Info, input: ExperimentDeleteInput) -> ExperimentPayload | None:
        payload: ExperimentPayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: experiments.delete_experiment(
                work,
                actor,
                experiment=required_ref(input, "experiment", NodeType.EXPERIMENT),
                expected_version=input.expected_version,
            ),
        )
        return payload
