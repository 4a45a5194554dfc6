"""Filter inputs; each field says which expression it compares."""

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
from okr_api.graphql.time_derived_fields import STATUS
from okr_api.okr.change import ChangeKind, NodeType
from okr_api.okr.errors import InvalidInput
from okr_api.query_engine.global_ids import decode_id
from okr_api.query_engine.sql_filters import WHERE, Where, given_fields

NOBODY = "0" * 32
NO_NULL = "null compares with nothing: leave the field out, or ask with isNull whether a value is missing"
NOT_EMPTY = "An empty object compares nothing: leave it out, or ask with isNull whether a value is missing"


def where(expression: str, description: str, **more: Any) -> Any:
    """A field of a filter."""
    return strawberry.field(
        default=strawberry.UNSET, description=description, metadata={WHERE: Where(expression, **more)}
    )


def _id(text: str) -> Any:
    """The id in a global id; one that names nothing is compared with what nothing has."""
    decoded = decode_id(text)
    return decoded[1] if decoded else NOBODY


@strawberry.input(description="Which cycles; all that is given must hold.")
class CycleFilter:
    """Which cycles."""

    name: TextComparator | None = where("{row}.name", "By name.")
    external_id: TextComparator | None = where("{row}.external_id", "By external id.")
    state: CycleStateComparator | None = where("{row}.state", "By state.")
    starts_on: DateComparator | None = where("{row}.starts_on", "By first day.")
    ends_on: DateComparator | None = where("{row}.ends_on", "By last day.")
    parent: EntityFilter | None = where("{row}.parent_id", "By enclosing cycle.", value=_id, external="cycle")
    and_: list["CycleFilter"] | None = said("All of these hold.", name="and")
    or_: list["CycleFilter"] | None = said("At least one of these holds.", name="or")
    not_: "CycleFilter | None" = said("This does not hold.", name="not")


@strawberry.input(description="Which objectives; all that is given must hold.")
class ObjectiveFilter:
    """Which objectives."""

    cycle: EntityFilter | None = where("{row}.cycle_id", "By cycle.", value=_id, external="cycle")
    team: EntityFilter | None = where("{row}.team_id", "By team.", value=_id, external="team")
    owner: EntityFilter | None = where("{row}.owner_id", "By owner.", value=_id, external="person")
    title: TextComparator | None = where("{row}.title", "By title.")
    external_id: TextComparator | None = where("{row}.external_id", "By external id.")
    state: ObjectiveStateComparator | None = where("{row}.state", "By state.")
    kind: ObjectiveKindComparator | None = where("{row}.kind", "By kind.")
    status: StatusComparator | None = where(
        STATUS, "By status, as at the instant of the request.", clock=True
    )
    progress: NumberComparator | None = where("{row}.progress", "By progress, 0 to 1.")
    coverage: NumberComparator | None = where("{row}.coverage", "By coverage, 0 to 1.")
    confidence: NumberComparator | None = where("{row}.confidence", "By confidence, 0 to 1.")
    and_: list["ObjectiveFilter"] | None = said("All of these hold.", name="and")
    or_: list["ObjectiveFilter"] | None = said("At least one of these holds.", name="or")
    not_: "ObjectiveFilter | None" = said("This does not hold.", name="not")


CYCLE_OF_KEY_RESULT = """
    (select holder.cycle_id from objective holder
     where holder.organization_id = {row}.organization_id and holder.id = {row}.objective_id)
"""


@strawberry.input(description="Which key results; all that is given must hold.")
class KeyResultFilter:
    """Which key results."""

    objective: EntityFilter | None = where(
        "{row}.objective_id", "By objective.", value=_id, external="objective"
    )
    cycle: EntityFilter | None = where(
        CYCLE_OF_KEY_RESULT, "By the objective's cycle.", value=_id, external="cycle"
    )
    owner: EntityFilter | None = where("{row}.owner_id", "By owner.", value=_id, external="person")
    title: TextComparator | None = where("{row}.title", "By title.")
    external_id: TextComparator | None = where("{row}.external_id", "By external id.")
    state: KeyResultStateComparator | None = where("{row}.state", "By state.")
    measure: KeyResultMeasureComparator | None = where("{row}.measure", "By measure.")
    status: StatusComparator | None = where(
        STATUS, "By status, as at the instant of the request.", clock=True
    )
    progress: NumberComparator | None = where("{row}.progress", "By progress, 0 to 1.")
    confidence: NumberComparator | None = where("{row}.confidence", "By confidence, 0 to 1.")
    due_on: DateComparator | None = where("{row}.due_on", "By due day.")
    and_: list["KeyResultFilter"] | None = said("All of these hold.", name="and")
    or_: list["KeyResultFilter"] | None = said("At least one of these holds.", name="or")
    not_: "KeyResultFilter | None" = said("This does not hold.", name="not")


@strawberry.input(description="Which people or teams; all that is given must hold.")
class NameFilter:
    """Which people or teams."""

    name: TextComparator | None = where("{row}.name", "By name.")
    external_id: TextComparator | None = where("{row}.external_id", "By external id.")


@strawberry.input(description="Which changes; all that is given must hold.")
class ChangeFilter:
    """Which changes."""

    kinds: list[ChangeKind] | None = said("The change is of one of these kinds.")
    node_types: list[NodeType] | None = said("It changed an entity of one of these types.")
    node_id: strawberry.ID | None = said("It changed this entity, or moved its numbers.")


def validate_filter(given: Any) -> None:
    """Reject null and empty objects inside a filter; one that is null or empty as a whole restricts nothing.

    Raises:
        InvalidInput: with the path to the null or the empty object.
    """
    if given is not None:
        for name, value in given_fields(given):
            _validate(value, (name,))


def _validate(value: Any, path: tuple[str, ...]) -> None:
    """Reject null and empty objects in the value that lies there, by Python names and places in lists."""
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
    """Return the path to a value as it was sent."""
    return ("filter", *(to_camel_case(name.rstrip("_")) for name in path))
