"""Queries of comments: one by id, and the preview of one that is being written."""

from typing import Annotated

import strawberry

from okr_api.graphql.consistent_reads import reader_for
from okr_api.graphql.context import Info
from okr_api.graphql.mutations.discussed_refs import DiscussedRef, node_ref
from okr_api.graphql.mutations.inputs import EntityRef, given, optional_ref, perhaps
from okr_api.graphql.queries.lookups import ExternalIdArgument, IdArgument, by_id_or_external_id
from okr_api.graphql.types.comment import Comment
from okr_api.graphql.types.comment_preview import CommentPreview
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import InvalidInput, NotFound, Refused
from okr_api.okr.objective import MAX_TEXT_LENGTH
from okr_api.query_engine.comment_preview import Named, preview_comment
from okr_api.services.references import Ref, title


@strawberry.input(description="A comment that is being written, as for `commentCreate`.")
class CommentPreviewInput:
    on: DiscussedRef = given("What the comment is on.")
    reply_to: EntityRef | None = perhaps(
        "Comment on the same node that it replies to; rejected as by `commentCreate`."
    )
    text: str = given("The text, 1 to 10,000 characters.")


@strawberry.type
class CommentsQuery:
    @strawberry.field(
        description="The comment with this `id` or `externalId`; give exactly one. Null if it does not "
        "exist, was deleted, or is not visible."
    )
    async def comment(
        self, info: Info, id: IdArgument = None, external_id: ExternalIdArgument = None
    ) -> Comment | None:
        found: Comment | None = await by_id_or_external_id(info, NodeType.COMMENT, id, external_id)
        return found

    @strawberry.field(
        description="Who would be notified of a comment, and which mentions reach nobody. Nothing is saved. "
        "Null if what it is on does not exist or is not visible."
    )
    async def comment_preview(
        self,
        info: Info,
        input: Annotated[CommentPreviewInput, strawberry.argument(description="The comment.")],
    ) -> CommentPreview | None:
        try:
            text = title(input.text, "text", MAX_TEXT_LENGTH)
        except InvalidInput as refusal:
            raise refusal.under("input") from None
        try:
            on = _named(node_ref(input.on))
        except NotFound:  # an id of another type
            return None
        reader = await reader_for(info)
        try:
            ref = optional_ref(input, "reply_to", NodeType.COMMENT)
            row = await preview_comment(reader.snapshot, on, _named(ref) if ref else None, text)
        except Refused as refusal:
            raise refusal.under("input") from None
        if row is None:
            return None
        preview: CommentPreview = await reader.made("CommentPreview", row)
        return preview


def _named(ref: Ref) -> Named:
    assert ref.node_type is not None
    return Named(ref.node_type, ref.id, ref.external_id, ref.path)
