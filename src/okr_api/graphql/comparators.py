"""Comparators: how a filter compares ids, text, numbers, days and words."""

from datetime import date
from typing import Any

import strawberry

from okr_api.okr.computed_values import Status
from okr_api.okr.cycle import CycleState
from okr_api.okr.key_result import KeyResultState
from okr_api.okr.measure import KeyResultMeasure
from okr_api.okr.objective import ObjectiveKind, ObjectiveState


def said(description: str, **more: Any) -> Any:
    """A field of a comparator; null is not the same as leaving it out."""
    return strawberry.field(default=strawberry.UNSET, description=description, **more)


@strawberry.input(description="Compares an id; all that is given must hold.")
class IDComparator:
    """Compares an id."""

    eq: strawberry.ID | None = said("It is this one.")
    in_: list[strawberry.ID] | None = said("It is one of these, at most 100.", name="in")


@strawberry.input(description="Compares an entity that is pointed to.")
class EntityFilter:
    """Compares an entity."""

    id: IDComparator | None = said("By its id.")
    external_id: str | None = said("By its external id.")
    is_null: bool | None = said("Whether there is none.")


@strawberry.input(description="Compares text; all that is given must hold.")
class TextComparator:
    """Compares text."""

    eq: str | None = said("It is exactly this.")
    in_: list[str] | None = said("It is exactly one of these, at most 100.", name="in")
    contains: str | None = said("It contains this, upper and lower case alike.")
    starts_with: str | None = said("It begins with exactly this.")
    is_null: bool | None = said("Whether there is none.")


@strawberry.input(description="Compares a number; all that is given must hold. Nothing compares with null.")
class NumberComparator:
    """Compares a number."""

    eq: float | None = said("It is exactly this.")
    gt: float | None = said("It is greater.")
    gte: float | None = said("It is greater or the same.")
    lt: float | None = said("It is less.")
    lte: float | None = said("It is less or the same.")
    is_null: bool | None = said("Whether there is none.")


@strawberry.input(description="Compares a day; all that is given must hold.")
class DateComparator:
    """Compares a day."""

    eq: date | None = said("It is this day.")
    gte: date | None = said("It is this day or a later one.")
    lte: date | None = said("It is this day or an earlier one.")
    is_null: bool | None = said("Whether there is none.")


@strawberry.input(description="Compares a status, as at the instant of the request.")
class StatusComparator:
    """Compares a status."""

    eq: Status | None = said("It is this one.")
    in_: list[Status] | None = said("It is one of these.", name="in")
    not_in: list[Status] | None = said("It is none of these.")


@strawberry.input(description="Compares the state of a cycle.")
class CycleStateComparator:
    """Compares a state."""

    eq: CycleState | None = said("It is this one.")
    in_: list[CycleState] | None = said("It is one of these.", name="in")


@strawberry.input(description="Compares the state of an objective.")
class ObjectiveStateComparator:
    """Compares a state."""

    eq: ObjectiveState | None = said("It is this one.")
    in_: list[ObjectiveState] | None = said("It is one of these.", name="in")


@strawberry.input(description="Compares the kind of an objective.")
class ObjectiveKindComparator:
    """Compares a kind."""

    eq: ObjectiveKind | None = said("It is this one.")
    in_: list[ObjectiveKind] | None = said("It is one of these.", name="in")


@strawberry.input(description="Compares the state of a key result.")
class KeyResultStateComparator:
    """Compares a state."""

    eq: KeyResultState | None = said("It is this one.")
    in_: list[KeyResultState] | None = said("It is one of these.", name="in")


@strawberry.input(description="Compares the measure of a key result.")
class KeyResultMeasureComparator:
    """Compares a measure."""

    eq: KeyResultMeasure | None = said("It is this one.")
    in_: list[KeyResultMeasure] | None = said("It is one of these.", name="in")
