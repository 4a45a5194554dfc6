"""Lookups shared by queries: one entity by id or external id, or a page of a filtered list."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from okr_api.graphql.context import Info
from okr_api.graphql.filter_validation import validate_filter
from okr_api.graphql.past_reads import reader_as_of
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import InvalidInput
from okr_api.query_engine.field_sources import Ordering, Page
from okr_api.query_engine.global_ids import TYPE_NAMES, digits_of_type
from okr_api.query_engine.sql_builder import ROW
from okr_api.query_engine.sql_filters import apply_filter

IdArgument = Annotated[
    strawberry.ID | None, strawberry.argument(description="Global id; give either this or `externalId`.")
]
ExternalIdArgument = Annotated[
    str | None, strawberry.argument(description="External id; give either this or `id`.")
]


async def by_id_or_external_id(
    info: Info,
    node_type: NodeType,
    id: str | None,
    external_id: str | None,
    as_of: datetime | None = None,
) -> Any:
    """Return the entity with this id or external id, at present or as of an instant; None if there is none.

    Raises:
        InvalidInput: neither or both are given.
    """
    if (id is None) == (external_id is None):
        raise InvalidInput("Give either id or externalId", path=["id"])
    async with reader_as_of(info, as_of) as reader:
        if id is not None:
            return await reader.by_key(TYPE_NAMES[node_type], digits_of_type(id, node_type))
        return await reader.first(
            TYPE_NAMES[node_type],
            lambda statement: statement.where(f"{ROW}.external_id = {statement.parameter(external_id)}"),
        )


async def page_of(
    info: Info,
    connection: str,
    order: Ordering,
    given: Any,
    as_of: datetime | None = None,
    **arguments: Any,
) -> Any:
    """Return a page of the rows of a type that match the filter, at present or as of an instant.

    Raises:
        InvalidInput: the filter contains null or an empty object.
    """
    validate_filter(given)
    async with reader_as_of(info, as_of) as reader:
        return await reader.page(
            connection, Page(order=order), arguments, lambda statement: apply_filter(statement, given)
        )
