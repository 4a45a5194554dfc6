"""Mutations that add and remove reactions, follow and unfollow; their inputs and payloads."""

from collections.abc import Awaitable, Callable

import strawberry

from okr_api.auth.actor import Actor, Scope
from okr_api.graphql.context import Info
from okr_api.graphql.fields import one
from okr_api.graphql.mutations.discussed_refs import FollowedRef, ReactedRef, node_ref
from okr_api.graphql.mutations.inputs import Retryable, given, perhaps
from okr_api.graphql.mutations.payloads import MutationPayload, answer
from okr_api.graphql.types.follow import Follow
from okr_api.graphql.types.reaction import Reaction
from okr_api.services import follows, reactions
from okr_api.services.mutation_runner import MutationResult
from okr_api.store.unit_of_work import Work

EMOJI = "One emoji, such as 🎉; another text is NOT_AN_EMOJI."


@strawberry.input(description="Input of `reactionAdd`.")
class ReactionAddInput(Retryable):
    on: ReactedRef = given("What you react to.")
    emoji: str = given(EMOJI)
    external_id: str | None = perhaps(
        "Id of the reaction in your own system, 1 to 200 characters; must be unique among reactions."
    )


@strawberry.input(description="Input of `reactionRemove`.")
class ReactionRemoveInput(Retryable):
    on: ReactedRef = given("What you have reacted to.")
    emoji: str = given(EMOJI)


@strawberry.input(description="Input of `follow`.")
class FollowInput(Retryable):
    on: FollowedRef = given("What to follow.")
    external_id: str | None = perhaps(
        "Id of the follow in your own system, 1 to 200 characters; must be unique among follows. Without "
        "effect if you have followed or unfollowed this before."
    )


@strawberry.input(description="Input of `unfollow`.")
class UnfollowInput(Retryable):
    on: FollowedRef = given("What not to follow.")


@strawberry.type(description="Result of a mutation of a reaction.")
class ReactionPayload(MutationPayload):
    reaction: Reaction | None = one(
        "node_id", "The reaction after the change; null if rejected, and once it is removed."
    )


@strawberry.type(description="Result of a mutation of a follow.")
class FollowPayload(MutationPayload):
    follow: Follow | None = one("node_id", "Your choice after the change; null if rejected.")


@strawberry.type
class ReactionsMutation:
    """Mutations of reactions and follows."""

    @strawberry.mutation(
        description="React with an emoji to what you see, once with each (ALREADY_EXISTS). A service has no "
        "reactions (PEOPLE_ONLY). Needs CHECK_IN."
    )
    async def reaction_add(self, info: Info, input: ReactionAddInput) -> ReactionPayload | None:
        payload: ReactionPayload = await answer(
            info,
            Scope.CHECK_IN,
            input,
            lambda work, actor: reactions.add_reaction(
                work, actor, on=node_ref(input.on), emoji=input.emoji, external_id=input.external_id
            ),
        )
        return payload

    @strawberry.mutation(description="Remove a reaction of yours. Needs CHECK_IN.")
    async def reaction_remove(self, info: Info, input: ReactionRemoveInput) -> ReactionPayload | None:
        payload: ReactionPayload = await answer(
            info,
            Scope.CHECK_IN,
            input,
            lambda work, actor: reactions.remove_reaction(
                work, actor, on=node_ref(input.on), emoji=input.emoji
            ),
        )
        return payload

    @strawberry.mutation(
        description="Follow an objective, a key result or a team that you see, whatever you are to it. "
        "Following again is no change. A service does not follow (PEOPLE_ONLY). Needs CHECK_IN."
    )
    async def follow(self, info: Info, input: FollowInput) -> FollowPayload | None:
        payload: FollowPayload = await answer(
            info,
            Scope.CHECK_IN,
            input,
            _choice(input.on, is_following=True, external_id=input.external_id),
        )
        return payload

    @strawberry.mutation(
        description="Do not follow an objective, a key result or a team. It is remembered: you do not follow "
        "it automatically either, until you `follow` it. Needs CHECK_IN."
    )
    async def unfollow(self, info: Info, input: UnfollowInput) -> FollowPayload | None:
        payload: FollowPayload = await answer(
            info, Scope.CHECK_IN, input, _choice(input.on, is_following=False, external_id=None)
        )
        return payload


def _choice(
    on: FollowedRef, *, is_following: bool, external_id: str | None
) -> Callable[[Work, Actor], Awaitable[MutationResult]]:
    """Return what records the choice to follow a node or not."""

    async def do(work: Work, actor: Actor) -> MutationResult:
        return await follows.choose_to_follow(
            work, actor, on=node_ref(on), is_following=is_following, external_id=external_id
        )

    return do
