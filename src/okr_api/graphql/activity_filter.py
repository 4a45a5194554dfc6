"""Filter and arguments of `activity`, and the loader of its pages."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import strawberry

from okr_api.graphql.comparators import said
from okr_api.graphql.filter_fields import id_within
from okr_api.graphql.filter_validation import validate_filter
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import InvalidInput, TooMany
from okr_api.query_engine.activity import ActivityConditions, load_activity
from okr_api.query_engine.activity_statements import ActivityScope
from okr_api.query_engine.cursors import PageRequest
from okr_api.query_engine.snapshot import Snapshot
from okr_api.query_engine.sql_filters import MAX_FILTER_VALUES, given_fields

PAGED = (
    " Latest first, each with a `summary`. A page scans at most 2,000 changes: if few of them match `filter` "
    "or are visible, it may have fewer items than `first`, or none, while `pageInfo.hasNextPage` is true; "
    "continue with `endCursor`."
)
OF_MEASURED = (
    "What happened to it: changes of it and of what belongs to it, such as key results, check-ins and "
    "initiatives, and changes that moved its numbers." + PAGED
)


@strawberry.input(description="Filter for the changes of an activity; all conditions are ANDed.")
class ActivityFilter:
    """Filter for activities."""

    kinds: list[ChangeKind] | None = said("The kind is one of these.")
    node_types: list[NodeType] | None = said("The changed entity is of one of these types.")
    author_ids: list[strawberry.ID] | None = said("One of these people made it; at most 100.")
    since: datetime | None = said("Recorded at this instant or later.")
    until: datetime | None = said("Recorded before this instant.")


ActivityFilterArgument = Annotated[
    ActivityFilter | None,
    strawberry.argument(description="Only changes that match; all conditions are ANDed."),
]
IsDirect = Annotated[
    bool | None,
    strawberry.argument(
        description="true: only changes that are of it; false: only those that moved its numbers without "
        "being of it, such as check-ins further down. Both if omitted."
    ),
]


def conditions_of(given: ActivityFilter | None, *, is_direct: bool | None) -> ActivityConditions:
    """Return the conditions of a filter.

    Raises:
        InvalidInput: it has a null, or `since` is not before `until`.
        TooMany: it names more than 100 people.
    """
    validate_filter(given)
    values = dict(given_fields(given)) if given is not None else {}
    authors = values.get("author_ids")
    if authors is not None:
        if len(authors) > MAX_FILTER_VALUES:
            message = f"A list in a filter has at most {MAX_FILTER_VALUES} values"
            raise TooMany(message, path=["filter", "authorIds"])
        values["author_ids"] = [id_within(id) for id in authors]
    since, until = values.get("since"), values.get("until")
    if since is not None and until is not None and since >= until:
        raise InvalidInput("since must be before until", path=["filter", "since"])
    return ActivityConditions(**values, is_direct=is_direct)


def activity_loader(scope: ActivityScope) -> Callable[..., Awaitable[Mapping[str, Any]]]:
    """Return the loader of a field `activity`: the page of each node, by its id."""

    async def load(snapshot: Snapshot, keys: Sequence[str], **given: Any) -> Mapping[str, Any]:
        conditions = conditions_of(given.get("filter"), is_direct=given.get("is_direct"))
        return await load_activity(
            snapshot, scope, list(dict.fromkeys(keys)), PageRequest.of(given), conditions
        )

    return load
