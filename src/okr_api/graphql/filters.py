"""GraphQL filter inputs: the SQL expression of each field, for `query_engine/sql_filters.py`."""

from typing import Any

import strawberry
from strawberry.utils.str_converters import to_camel_case

from okr_api.graphql.comparators import (
    CycleStateComparator,
    DateComparator,
    EntityFilter,
    KeyResultMeasureComparator,
    KeyResultStateComparator,
    NumberComparator,
    ObjectiveKindComparator,
    ObjectiveStateComparator,
    StatusComparator,
    TextComparator,
    said,
)
from okr_api.graphql.values_at_time import STATUS
from okr_api.okr.change import ChangeKind, NodeType
from okr_api.okr.errors import InvalidInput
from okr_api.query_engine.global_ids import decode_id
from okr_api.query_engine.sql_filters import WHERE, Where, given_fields

NOBODY = "0" * 32
NO_NULL = "null compares with nothing: leave the field out, or ask with isNull whether a value is missing"
NOT_EMPTY = "An empty object compares nothing: leave it out, or ask with isNull whether a value is missing"


def where(expression: str, description: str, **more: Any) -> Any:
    """Return a filter field that compares the SQL expression."""
    return strawberry.field(
        default=strawberry.UNSET, description=description, metadata={WHERE: Where(expression, **more)}
    )


def _id(text: str) -> Any:
    """Return the id within a global id; `NOBODY`, which matches no row, if it is malformed."""
    decoded = decode_id(text)
    return decoded[1] if decoded else NOBODY


@strawberry.input(description="Filter for cycles; all conditions are ANDed.")
class CycleFilter:
    """Filter for cycles."""

    name: TextComparator | None = where("{row}.name", "Name.")
    external_id: TextComparator | None = where("{row}.external_id", "External id, assigned by your systems.")
    state: CycleStateComparator | None = where("{row}.state", "State, such as ACTIVE.")
    starts_on: DateComparator | None = where("{row}.starts_on", "First day of the cycle.")
    ends_on: DateComparator | None = where("{row}.ends_on", "Last day of the cycle.")
    parent: EntityFilter | None = where(
        "{row}.parent_id", "Enclosing cycle, such as the year of a quarter.", value=_id, external="cycle"
    )
    and_: list["CycleFilter"] | None = said("All of these filters match.", name="and")
    or_: list["CycleFilter"] | None = said(
        "At least one of these filters matches; an empty list matches nothing.", name="or"
    )
    not_: "CycleFilter | None" = said(
        "This filter does not match; a comparison with a missing value counts as no match.", name="not"
    )


@strawberry.input(description="Filter for objectives; all conditions are ANDed.")
class ObjectiveFilter:
    """Filter for objectives."""

    cycle: EntityFilter | None = where(
        "{row}.cycle_id", "Cycle of the objective.", value=_id, external="cycle"
    )
    team: EntityFilter | None = where("{row}.team_id", "Team of the objective.", value=_id, external="team")
    owner: EntityFilter | None = where("{row}.owner_id", "Person accountable.", value=_id, external="person")
    title: TextComparator | None = where("{row}.title", "Title.")
    external_id: TextComparator | None = where("{row}.external_id", "External id, assigned by your systems.")
    state: ObjectiveStateComparator | None = where("{row}.state", "State, such as PUBLISHED.")
    kind: ObjectiveKindComparator | None = where("{row}.kind", "Kind, such as COMMITTED.")
    status: StatusComparator | None = where(
        STATUS, "Displayed status, evaluated at the time of the request.", clock=True
    )
    progress: NumberComparator | None = where("{row}.progress", "Progress, 0 to 1.")
    coverage: NumberComparator | None = where(
        "{row}.coverage", "Share of the weight below that has a reading, 0 to 1."
    )
    confidence: NumberComparator | None = where("{row}.confidence", "Confidence, 0 to 1.")
    and_: list["ObjectiveFilter"] | None = said("All of these filters match.", name="and")
    or_: list["ObjectiveFilter"] | None = said(
        "At least one of these filters matches; an empty list matches nothing.", name="or"
    )
    not_: "ObjectiveFilter | None" = said(
        "This filter does not match; a comparison with a missing value counts as no match.", name="not"
    )


CYCLE_OF_KEY_RESULT = """
    (select holder.cycle_id from objective holder
     where holder.organization_id = {row}.organization_id and holder.id = {row}.objective_id)
"""


@strawberry.input(description="Filter for key results; all conditions are ANDed.")
class KeyResultFilter:
    """Filter for key results."""

    objective: EntityFilter | None = where(
        "{row}.objective_id", "Objective of the key result.", value=_id, external="objective"
    )
    cycle: EntityFilter | None = where(
        CYCLE_OF_KEY_RESULT, "Cycle of the objective.", value=_id, external="cycle"
    )
    owner: EntityFilter | None = where("{row}.owner_id", "Person accountable.", value=_id, external="person")
    title: TextComparator | None = where("{row}.title", "Title.")
    external_id: TextComparator | None = where("{row}.external_id", "External id, assigned by your systems.")
    state: KeyResultStateComparator | None = where("{row}.state", "State, such as ACTIVE.")
    measure: KeyResultMeasureComparator | None = where(
        "{row}.measure", "How check-in values become progress, such as INCREASE."
    )
    status: StatusComparator | None = where(
        STATUS, "Displayed status, evaluated at the time of the request.", clock=True
    )
    progress: NumberComparator | None = where("{row}.progress", "Progress, 0 to 1.")
    confidence: NumberComparator | None = where("{row}.confidence", "Confidence, 0 to 1.")
    due_on: DateComparator | None = where("{row}.due_on", "Due day; missing if due at the end of the cycle.")
    and_: list["KeyResultFilter"] | None = said("All of these filters match.", name="and")
    or_: list["KeyResultFilter"] | None = said(
        "At least one of these filters matches; an empty list matches nothing.", name="or"
    )
    not_: "KeyResultFilter | None" = said(
        "This filter does not match; a comparison with a missing value counts as no match.", name="not"
    )


@strawberry.input(description="Filter for people or teams; all conditions are ANDed.")
class NameFilter:
    """Filter for people or teams."""

    name: TextComparator | None = where("{row}.name", "Name.")
    external_id: TextComparator | None = where("{row}.external_id", "External id, assigned by your systems.")


@strawberry.input(description="Filter for changes; all conditions are ANDed.")
class ChangeFilter:
    """Filter for changes."""

    kinds: list[ChangeKind] | None = said("The kind is one of these.")
    node_types: list[NodeType] | None = said("The changed entity is of one of these types.")
    node_id: strawberry.ID | None = said("The change edited this entity or moved its numbers.")


def validate_filter(given: Any) -> None:
    """Reject nulls and empty objects inside a filter; a filter that is itself null or empty is allowed.

    Raises:
        InvalidInput: a value is null or an empty object; `path` leads to it.
    """
    if given is not None:
        for name, value in given_fields(given):
            _validate(value, (name,))


def _validate(value: Any, path: tuple[str, ...]) -> None:
    """Reject nulls and empty objects in a value; `path` has Python field names and list indexes."""
    if value is None:
        raise InvalidInput(NO_NULL, path=_sent(path))
    if isinstance(value, list):
        for place, one in enumerate(value):
            _validate(one, (*path, str(place)))
    elif hasattr(value, "__dataclass_fields__"):
        fields = given_fields(value)
        if not fields:
            raise InvalidInput(NOT_EMPTY, path=_sent(path))
        for name, one in fields:
            _validate(one, (*path, name))


def _sent(path: tuple[str, ...]) -> tuple[str, ...]:
    """Return the path with the field names that the client sent."""
    return ("filter", *(to_camel_case(name.rstrip("_")) for name in path))
