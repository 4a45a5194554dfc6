"""GraphQL type of formulas, read from the row of the key result that has it."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from okr_api.graphql.enums import describe
from okr_api.graphql.fields import column, listed, view_of
from okr_api.okr.formula import FormulaFunction

if TYPE_CHECKING:
    from okr_api.graphql.types.key_result import KeyResult

describe(
    FormulaFunction,
    "How the values of key results become the value of a formula.",
    SUM="Their sum. A key result without a value adds nothing.",
    MEAN="Their mean, each with the same weight, without those that have no value.",
)

# Join for the formulas that name the key results `{parents}`, as `{row}`.
USES = """
    join unnest({parents}::uuid[]) part(id) on {row}.organization_id = $1
        and {row}.formula_function is not null and {row}.formula_part_ids @> array[part.id]
"""


@view_of()
@strawberry.type(
    description="How the value of a key result is computed from those of others. A dropped key result, and "
    "one of a dropped objective or of a draft, is left out."
)
class KeyResultFormula:
    function: FormulaFunction = column("formula_function", "SUM or MEAN of their current values.")
    key_results: list[Annotated["KeyResult", strawberry.lazy("okr_api.graphql.types.key_result")]] = listed(
        "formula_part_ids",
        "Key results that it is computed from, 1 to 50, in the given order, without those that you cannot "
        "see.",
    )
