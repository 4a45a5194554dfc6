"""Changes as an actor sees them, read once for all actors who see the same."""

from collections.abc import Mapping
from typing import Any

from okr_api.graphql.context import Context
from okr_api.graphql.subscription_views import RestrictedToSome, check_shared
from okr_api.okr.entity import NodeType
from okr_api.query_engine.change_queries import seen

Change = Mapping[str, Any]


async def visible_changes(context: Context, changes: list[Any]) -> list[Change]:
    """Return changes as visible to the actor; a few statements for all.

    Raises:
        RestrictedToSome: the context is of many, and what they see may differ.
    """
    is_seen_whole = context.actor.visibility.is_everything
    moves_visibility = any(change["has_visibility_changes"] for change in changes)
    if context.is_of_many and (moves_visibility or any(map(_is_of_draft, changes))):
        raise RestrictedToSome
    if moves_visibility or (changes and not is_seen_whole):

        async def find() -> list[Change]:
            async with context.glance() as snapshot:
                await check_shared(context, snapshot)
                if context.is_of_many and snapshot.visibility.drafts:
                    return changes  # nothing is restricted, so nothing is hidden
                return await seen(snapshot, changes)

        changes = await context.app_services.shared.get(key_of_changes(context, "seen", changes), find)
    return changes


def _is_of_draft(change: Change) -> bool:
    """Return whether a change is of a draft of a check-in, which is hidden from most people."""
    return bool(change["node_type"] == NodeType.CHECK_IN_DRAFT)


def key_of_changes(context: Context, what: str, changes: list[Change]) -> tuple[Any, ...]:
    """Return the cache key for a result on changes, shared by actors of equal visibility."""
    actor = context.actor
    rewinds = context.app_services.feed.rewinds(actor.organization_id)
    visibility = (actor.visibility, context.is_of_many)
    return (what, actor.organization_id, visibility, rewinds, *[change["seq"] for change in changes])
