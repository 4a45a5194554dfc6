"""Lookups shared by queries: one entity by id or external id, or a page of a filtered list."""

from typing import Annotated, Any

import strawberry

from okr_api.graphql.consistent_reads import reader_for
from okr_api.graphql.context import Info
from okr_api.graphql.filter_validation import validate_filter
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
    info: Info, node_type: NodeType, id: str | None, external_id: str | None
) -> Any:
    """Return the entity with this id or external id; None if there is none.

    Raises:
        InvalidInput: neither or both are given.
    """
    if (id is None) == (external_id is None):
        raise InvalidInput("Give either id or externalId", path=["id"])
    reader = await reader_for(info)
    if id is not None:
        return await reader.by_key(TYPE_NAMES[node_type], digits_of_type(id, node_type))
    return await reader.first(
        TYPE_NAMES[node_type],
        lambda statement: statement.where(f"{ROW}.external_id = {statement.parameter(external_id)}"),
    )


async def page_of(info: Info, connection: str, order: Ordering, given: Any, **arguments: Any) -> Any:
    """Return a page of the rows of a type that match the filter.

    Raises:
        InvalidInput: the filter contains null or an empty object.
    """
    validate_filter(given)
    reader = await reader_for(info)
    return await reader.page(
        connection, Page(order=order), arguments, lambda statement: apply_filter(statement, given)
    )
