"""Arguments `cycleId` and `cycleExternalId` of nested fields: declaration, SQL condition, look-up."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

import strawberry

from okr_api.graphql.argument_values import only_one_of
from okr_api.okr.entity import NodeType
from okr_api.query_engine.global_ids import id_of_argument, id_of_type
from okr_api.query_engine.snapshot import Snapshot
from okr_api.query_engine.sql_builder import SelectStatement

CycleId = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="Only of this cycle; give either this or `cycleExternalId`."),
]
CycleExternalId = Annotated[
    str | None,
    strawberry.argument(
        description="Only of the cycle with this external id; give either this or `cycleId`."
    ),
]
OF_EXTERNAL = """
    {{row}}.cycle_id = (select named.id from cycle named
        where named.organization_id = $1 and named.external_id = {external_id})
"""


def narrow_to_cycle(statement: SelectStatement, given: Mapping[str, Any]) -> None:
    """Add the condition that rows are of the cycle that the arguments name, if they name one.

    Raises:
        InvalidInput: both arguments are given.
    """
    id, external_id = given.get("cycle_id"), given.get("cycle_external_id")
    if id is None and external_id is None:
        return
    only_one_of(cycle_id=id, cycle_external_id=external_id)
    if id is not None:
        statement.where(f"{{row}}.cycle_id = {statement.parameter(id_of_type(id, NodeType.CYCLE))}")
    else:
        statement.where(OF_EXTERNAL.format(external_id=f"{statement.parameter(external_id)}::text"))


async def named_cycle(snapshot: Snapshot, given: Mapping[str, Any]) -> UUID | None:
    """Return the id of the cycle that the arguments name; None if there is none.

    Raises:
        InvalidInput: none or both arguments are given.
    """
    id, external_id = given.get("cycle_id"), given.get("cycle_external_id")
    name, value = only_one_of(cycle_id=id, cycle_external_id=external_id)
    return await id_of_argument(snapshot, NodeType.CYCLE, name, value)
