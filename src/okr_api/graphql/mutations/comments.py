"""Mutations that create, update and delete comments; their inputs and payload."""

import strawberry

from okr_api.auth.actor import Actor, Scope
from okr_api.graphql.context import Info
from okr_api.graphql.fields import one
from okr_api.graphql.mutations.discussed_refs import DiscussedRef, node_ref
from okr_api.graphql.mutations.entity_inputs import created_values, edited_values
from okr_api.graphql.mutations.inputs import (
    EntityRef,
    Retryable,
    Versioned,
    given,
    optional_ref,
    perhaps,
    required_ref,
    unchanged,
)
from okr_api.graphql.mutations.payloads import MutationPayload, answer
from okr_api.graphql.types.comment import Comment
from okr_api.okr import comment as okr_comment
from okr_api.okr.entity import NodeType
from okr_api.services import comments
from okr_api.services.mutation_runner import MutationResult
from okr_api.store.unit_of_work import Work


@strawberry.input(description="Input of `commentCreate`.")
class CommentCreateInput(Retryable):
    on: DiscussedRef = given("What the comment is on.")
    reply_to: EntityRef | None = perhaps(
        "Comment on the same node to reply to. Replies are one level deep (REPLY_TO_REPLY)."
    )
    text: str = given(
        "The text as CommonMark, 1 to 10,000 characters. `@[Name](id)` mentions the person with that global "
        "id, at most 100 people; an id of nobody is UNKNOWN_MENTION."
    )
    external_id: str | None = perhaps(
        "Id of the comment in your own system, 1 to 200 characters; must be unique among comments."
    )


@strawberry.input(description="Input of `commentUpdate`. Omitted fields stay unchanged.")
class CommentUpdateInput(Versioned):
    comment: EntityRef = given("The comment.")
    text: str | None = unchanged("New text, 1 to 10,000 characters; mentions are those of the new text.")
    external_id: str | None = unchanged("New external id, 1 to 200 characters; null removes it.")


@strawberry.input(description="Input of `commentDelete`.")
class CommentDeleteInput(Versioned):
    comment: EntityRef = given("The comment.")


@strawberry.type(description="Result of a mutation of a comment.")
class CommentPayload(MutationPayload):
    comment: Comment | None = one(
        "node_id", "The comment after the change; null if rejected, and once it is deleted."
    )


@strawberry.type
class CommentsMutation:
    """Mutations of comments."""

    @strawberry.mutation(
        description="Comment on what you see, or reply to a comment on it. `commentPreview` says who would "
        "be told. Needs CHECK_IN."
    )
    async def comment_create(self, info: Info, input: CommentCreateInput) -> CommentPayload | None:
        async def do(work: Work, actor: Actor) -> MutationResult:
            return await comments.add_comment(
                work,
                actor,
                on=node_ref(input.on),
                reply_to=optional_ref(input, "reply_to", NodeType.COMMENT),
                **created_values(input, okr_comment.Comment),
            )

        payload: CommentPayload = await answer(info, Scope.CHECK_IN, input, do)
        return payload

    @strawberry.mutation(description="Change the text of a comment of yours. Needs CHECK_IN.")
    async def comment_update(self, info: Info, input: CommentUpdateInput) -> CommentPayload | None:
        async def do(work: Work, actor: Actor) -> MutationResult:
            return await comments.edit_comment(
                work,
                actor,
                comment=required_ref(input, "comment", NodeType.COMMENT),
                edits=edited_values(input, okr_comment.Comment),
                expected_version=input.expected_version,
            )

        payload: CommentPayload = await answer(info, Scope.CHECK_IN, input, do)
        return payload

    @strawberry.mutation(
        description="Delete a comment of yours, or as an admin any; with it its replies and reactions are no "
        "longer shown. It stays in the feed and in exports. Needs CHECK_IN."
    )
    async def comment_delete(self, info: Info, input: CommentDeleteInput) -> CommentPayload | None:
        payload: CommentPayload = await answer(
            info,
            Scope.CHECK_IN,
            input,
            lambda work, actor: comments.delete_comment(
                work,
                actor,
                comment=required_ref(input, "comment", NodeType.COMMENT),
                expected_version=input.expected_version,
            ),
        )
        return payload
