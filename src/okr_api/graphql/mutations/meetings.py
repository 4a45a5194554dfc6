"""Mutations that record, update and delete meetings of teams; their inputs and payload."""

from datetime import datetime

import strawberry

from okr_api.auth.actor import Actor, Scope
from okr_api.graphql.context import Info
from okr_api.graphql.fields import one
from okr_api.graphql.mutations.decisions import ABOUT, DecisionFields
from okr_api.graphql.mutations.entity_inputs import created_values, edited_values
from okr_api.graphql.mutations.inputs import (
    EntityRef,
    MeasuredRef,
    Retryable,
    Versioned,
    given,
    measured_ref,
    perhaps,
    required_ref,
    unchanged,
)
from okr_api.graphql.mutations.payloads import MutationPayload, answer
from okr_api.graphql.types.meeting import Meeting
from okr_api.okr import decision as okr_decision
from okr_api.okr import meeting as okr_meeting
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import Refused
from okr_api.services import meetings
from okr_api.services.decisions import NewDecision
from okr_api.services.mutation_runner import MutationResult
from okr_api.store.unit_of_work import Work


@strawberry.input(description="Decision that is recorded together with its meeting.")
class MeetingDecisionInput(DecisionFields):
    about: MeasuredRef | None = perhaps(ABOUT)


@strawberry.input(description="Input of `meetingRecord`.")
class MeetingRecordInput(Retryable):
    team: EntityRef = given("Team that met; one that you are in or lead, or a team beneath it.")
    cycle: EntityRef = given("Cycle that it was about, in any state.")
    held_at: datetime | None = perhaps("When it was held, at most five minutes ahead; by default now.")
    notes: str | None = perhaps(
        "Notes, as CommonMark, at most 10,000 characters; the whole organisation sees them."
    )
    attendees: list[EntityRef] | None = perhaps("People who were there, at most 200.")
    decisions: list[MeetingDecisionInput] | None = perhaps(
        "What it decided, at most 50; kept in the same change."
    )
    external_id: str | None = perhaps(
        "Id of the meeting in your own system, 1 to 200 characters; must be unique among meetings."
    )


@strawberry.input(description="Input of `meetingUpdate`. Omitted fields stay unchanged.")
class MeetingUpdateInput(Versioned):
    meeting: EntityRef = given("The meeting.")
    cycle: EntityRef | None = unchanged("New cycle that it was about.")
    held_at: datetime | None = unchanged("New instant, at most five minutes ahead.")
    notes: str | None = unchanged("New notes, at most 10,000 characters; null removes them.")
    attendees: list[EntityRef] | None = unchanged("New people who were there, at most 200; null for none.")
    external_id: str | None = unchanged("New external id, 1 to 200 characters; null removes it.")


@strawberry.input(description="Input of `meetingDelete`.")
class MeetingDeleteInput(Versioned):
    meeting: EntityRef = given("The meeting.")


@strawberry.type(description="Result of a mutation of a meeting.")
class MeetingPayload(MutationPayload):
    meeting: Meeting | None = one(
        "node_id", "The meeting after the change; null if rejected, and once it is deleted."
    )


def new_decision(place: int, input: MeetingDecisionInput) -> NewDecision:
    """Return a decision of a new meeting; the path of an error leads to it."""
    try:
        about = measured_ref(input.about, "about") if input.about else None
        return NewDecision(about, created_values(input, okr_decision.Decision))
    except Refused as refused:
        raise refused.under("decisions", place) from None


@strawberry.type
class MeetingsMutation:
    """Mutations of meetings."""

    @strawberry.mutation(
        description="Keep that a team met about a cycle, with what it decided, as one change. Members and "
        "leads of the team and of those above it may. Needs WRITE."
    )
    async def meeting_record(self, info: Info, input: MeetingRecordInput) -> MeetingPayload | None:
        async def do(work: Work, actor: Actor) -> MutationResult:
            decided = [new_decision(place, each) for place, each in enumerate(input.decisions or ())]
            values = created_values(input, okr_meeting.Meeting)
            return await meetings.record_meeting(work, actor, decisions=decided, **values)

        payload: MeetingPayload = await answer(info, Scope.WRITE, input, do)
        return payload

    @strawberry.mutation(
        description="Change a meeting. Members and leads of its team and of those above it may. Needs WRITE."
    )
    async def meeting_update(self, info: Info, input: MeetingUpdateInput) -> MeetingPayload | None:
        async def do(work: Work, actor: Actor) -> MutationResult:
            return await meetings.edit_meeting(
                work,
                actor,
                meeting=required_ref(input, "meeting", NodeType.MEETING),
                edits=edited_values(input, okr_meeting.Meeting),
                expected_version=input.expected_version,
            )

        payload: MeetingPayload = await answer(info, Scope.WRITE, input, do)
        return payload

    @strawberry.mutation(
        description="Delete a meeting that you may edit. Its decisions stay, of its team; it stays in the "
        "feed and in exports. Needs WRITE."
    )
    async def meeting_delete(self, info: Info, input: MeetingDeleteInput) -> MeetingPayload | None:
        payload: MeetingPayload = await answer(
            info,
            Scope.WRITE,
            input,
            lambda work, actor: meetings.delete_meeting(
                work,
                actor,
                meeting=required_ref(input, "meeting", NodeType.MEETING),
                expected_version=input.expected_version,
            ),
        )
        return payload
