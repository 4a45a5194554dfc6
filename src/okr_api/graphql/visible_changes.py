"""What subscribers see of changes: those that their source selects, without what is hidden."""

from typing import Any

from okr_api.graphql.context import Context
from okr_api.graphql.subscription_sources import Change, EventSource
from okr_api.graphql.subscription_views import RestrictedToSome, check_shared, shared_key
from okr_api.query_engine.change_queries import seen


async def visible_changes(context: Context, source: EventSource, changes: list[Any]) -> list[Change]:
    """Return changes as visible to the actor, with only what is followed; a few statements for all.

    Raises:
        RestrictedToSome: the context is of many, and what they see may differ.
    """
    changes = await source.select(context, changes)
    is_seen_whole = context.actor.visibility.is_everything
    moves_visibility = any(change["has_visibility_changes"] for change in changes)
    if moves_visibility and context.is_of_many:
        raise RestrictedToSome
    if moves_visibility or (changes and not is_seen_whole):

        async def find() -> list[Change]:
            async with context.glance() as snapshot:
                await check_shared(context, snapshot)
                if context.is_of_many and snapshot.visibility.drafts:
                    return changes  # nothing is restricted, so nothing is hidden
                return await seen(snapshot, changes)

        changes = await context.app_services.shared.get(shared_key(context, "seen", changes), find)
    return await source.narrow(context, changes)
