"""Event sources of `progressChanged` (a scope) and `changes` (a filter), and a table of all sources."""

from collections.abc import Awaitable, Callable, Mapping, Set
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from strawberry.utils.str_converters import to_camel_case

from okr_api.graphql.argument_values import only_one_of
from okr_api.graphql.change_conditions import change_conditions
from okr_api.graphql.context import Context
from okr_api.graphql.filters import ChangeFilter
from okr_api.graphql.my_work_events import my_work_source
from okr_api.graphql.notification_source import notification_source
from okr_api.graphql.visible_changes import key_of_changes, visible_changes
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import NotFound
from okr_api.query_engine.change_queries import (
    ChangeConditions,
    is_there,
    nodes_moved_by,
    scopes_of_nodes,
)
from okr_api.query_engine.global_ids import digits_of, id_of_argument
from okr_api.store.time_slicing import collect

Change = Mapping[str, Any]


class EventSource(Protocol):
    """Source of a subscription's events."""

    @property
    def type_name(self) -> str:
        """Return the GraphQL type of its events."""

    @property
    def is_personal(self) -> bool:
        """Return whether events are of who subscribes, and few changes concern any one of them."""

    async def visible(self, context: Context, changes: list[Change]) -> list[Change]:
        """Return consecutive changes as visible to the actor, with only what is followed.

        Raises:
            RestrictedToSome: the context is of many, and what they see may differ.
        """

    def of(self, change: Change, *, quiet: bool) -> Change | None:
        """Return the event of a narrowed change as a row of the type, or None if it yields none.

        `quiet`: no event was sent for so long that one is due, to advance the subscriber's position.
        """

    def check_after(self, event: Change) -> None:
        """Check that the source can be followed after an event.

        Raises:
            NotFound: the event hid what is followed.
        """


@dataclass(frozen=True, slots=True)
class ProgressSource:
    """Source of progress events in a scope: an objective with everything below it, or a cycle."""

    objective_id: UUID | None
    cycle_id: UUID | None
    argument: str = field(compare=False)  # that names the scope
    type_name: str = "ProgressChange"
    is_personal: bool = False

    async def visible(self, context: Context, changes: list[Change]) -> list[Change]:
        """Return visible changes with only what is inside the scope."""
        return await self.narrow(context, await visible_changes(context, changes))

    async def narrow(self, context: Context, changes: list[Change]) -> list[Change]:
        """Return the changes with only the deltas, and what was shown or hidden, inside the scope."""
        nodes = await nodes_moved_by(changes)
        nodes.update(one["node_id"] for change in changes for one in change["visibility_changes"])
        if not nodes:
            return changes

        async def find() -> Mapping[str, Set[str]]:
            async with context.glance() as snapshot:
                return await scopes_of_nodes(snapshot, nodes)

        scopes: Mapping[str, Set[str]] = await context.app_services.shared.get(
            key_of_changes(context, "scopes", changes), find
        )
        scope = self.objective_id or self.cycle_id
        inside = scopes.get(scope.hex, frozenset()) if scope else frozenset()
        narrowed: list[Change] = []
        for change in changes:
            within = (one for one in change["deltas"] if digits_of(one["node_id"]) in inside)
            shown = (one for one in change["visibility_changes"] if one["node_id"] in inside)
            deltas, moved = (await collect(within), await collect(shown)) if inside else ([], [])
            narrowed.append({**change, "deltas": deltas, "visibility_changes": moved})
        return narrowed

    def of(self, change: Change, *, quiet: bool) -> Change | None:
        """Return the change if numbers or what is visible in the scope moved, or an event is due."""
        return change if change["deltas"] or change["visibility_changes"] or quiet else None

    def check_after(self, event: Change) -> None:
        """Raise `NotFound` if the event hid the objective that is the scope."""
        if self.objective_id is None:
            return
        scope = self.objective_id.hex
        if any(one["node_id"] == scope and not one["is_visible"] for one in event["visibility_changes"]):
            raise nothing_to_follow(self.argument)

    async def begin(self, context: Context) -> None:
        """Check that the scope can be followed.

        Raises:
            NotFound: it does not exist or is not visible.
        """

        async def find() -> bool:
            async with context.glance() as snapshot:
                return await is_there(snapshot, self.objective_id, self.cycle_id)

        actor = context.actor
        head = context.app_services.feed.notifier.known_head(actor.organization_id)
        key = (actor.organization_id, actor.visibility, head, self)
        # retry uncached: the object may have been created since
        if not await context.app_services.shared.get(key, find) and not await find():
            raise nothing_to_follow(self.argument)


@dataclass(frozen=True, slots=True)
class ChangesSource:
    """Source of the changes that meet conditions."""

    conditions: ChangeConditions
    type_name: str = "Change"
    is_personal: bool = False

    async def visible(self, context: Context, changes: list[Change]) -> list[Change]:
        """Return the visible changes."""
        return await visible_changes(context, changes)

    def of(self, change: Change, *, quiet: bool) -> Change | None:
        """Return the change if it matches, else None."""
        del quiet
        return change if self.conditions.match(change) else None

    def check_after(self, event: Change) -> None:
        """Do nothing: the feed can always be followed."""


def nothing_to_follow(argument: str) -> NotFound:
    """Return the error for a scope that does not exist or is not visible."""
    return NotFound("There is no objective or cycle with this id", path=[argument])


async def progress_source(
    context: Context,
    objective_id: str | None = None,
    objective_external_id: str | None = None,
    cycle_id: str | None = None,
    cycle_external_id: str | None = None,
) -> EventSource:
    """Return the event source of `progressChanged`.

    An external id is looked up once: the source follows the entity that has it now.

    Raises:
        InvalidInput: not exactly one of the ids is given.
        NotFound: the scope does not exist or is not visible.
    """
    argument, value = only_one_of(
        objective_id=objective_id,
        objective_external_id=objective_external_id,
        cycle_id=cycle_id,
        cycle_external_id=cycle_external_id,
    )
    of_objective = argument.startswith("objective")
    node_type = NodeType.OBJECTIVE if of_objective else NodeType.CYCLE
    async with context.glance() as snapshot:
        scope = await id_of_argument(snapshot, node_type, argument, value)
    if scope is None:
        raise nothing_to_follow(to_camel_case(argument))
    source = ProgressSource(
        objective_id=scope if of_objective else None,
        cycle_id=None if of_objective else scope,
        argument=to_camel_case(argument),
    )
    await source.begin(context)
    return source


async def changes_source(context: Context, filter: ChangeFilter | None = None) -> EventSource:
    """Return the event source of `changes`."""
    del context
    return ChangesSource(change_conditions(filter))


# Factories by root field; they take the arguments of the field except `after`.
SOURCES: Mapping[str, Callable[..., Awaitable[EventSource]]] = {
    "progressChanged": progress_source,
    "changes": changes_source,
    "notificationReceived": notification_source,
    "myWorkChanged": my_work_source,
}
