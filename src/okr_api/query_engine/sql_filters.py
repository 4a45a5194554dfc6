"""SQL conditions of a filter input, within limits; `Where`, by which a filter field declares its SQL.

The declaration is a `Where` with an expression of `{row}`. Comparators are inputs with fields such as `eq`,
`in_` or `gte`; `and_`, `or_` and `not_` combine filters of the same type.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from okr_api.okr.errors import TooMany
from okr_api.store.hidden_rows import Conditions

from .sql_builder import ROW, SelectStatement

WHERE = "where"
MAX_FILTER_VALUES = 100
MAX_COMPARISONS = 200
OPERATORS = {"eq": "=", "ne": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


@dataclass(frozen=True, slots=True)
class Related:
    """Rows that belong to a `{row}`, in a `from` clause of it; those that are `hidden` do not count."""

    source: str
    condition: str
    hidden: str | None = None

    def exists(self, condition: str, hiding: Conditions) -> str:
        """Return the condition that one of them meets a condition."""
        shown = self.hidden is None or hiding.hide_nothing
        visible = "true" if shown else f"({hiding.fill(self.hidden or '')}) is not true"
        own = self.condition.format(row=ROW)
        source = self.source.format(row=ROW)
        return f"exists (select from {source} where {own} and {visible} and {condition})"


@dataclass(frozen=True, slots=True)
class Where:
    """The expression that a filter field compares; `value` converts an input value to what is stored.

    `external` is the table in which an entity's external id is looked up. With `among`, one of the related
    rows has to meet the conditions; with `none_among`, a Boolean asks whether there are none.
    """

    expression: str
    value: Callable[[Any], Any] = lambda value: value
    external: str | None = None
    clock: bool = False
    among: Related | None = None
    none_among: Related | None = None


def apply_filter(statement: SelectStatement, given: Any) -> None:
    """Add the conditions of a filter to a statement.

    Raises:
        TooMany: it has more than 200 comparisons, or more than 100 values in a list.
    """
    if given is not None:
        statement.where(FilterBuilder(statement).conditions(given))


class FilterBuilder:
    """Builder of the conditions of one filter, which counts its comparisons."""

    def __init__(self, statement: SelectStatement) -> None:
        self.statement = statement
        self.comparisons = 0

    def conditions(self, given: Any) -> str:
        """Return the conditions of the filter, joined by `and`; `true` if it has none."""
        said: list[str] = []
        for name, value in given_fields(given):
            if name in {"and_", "or_"}:
                each = [self.conditions(one) for one in value]
                joined = f" {name.rstrip('_')} ".join(each)
                said.append(f"({joined})" if each else ("true" if name == "and_" else "false"))
            elif name == "not_":
                said.append(f"({self.conditions(value)}) is not true")
            else:
                where: Where = type(given).__dataclass_fields__[name].metadata[WHERE]
                said.append(self._compared(where, value))
        if not said:  # an empty filter counts as one: it adds to the SQL text as well
            self._count(1)
        return " and ".join(said) or "true"

    def _count(self, comparisons: int) -> None:
        self.comparisons += comparisons
        if self.comparisons > MAX_COMPARISONS:
            raise TooMany(f"A filter has at most {MAX_COMPARISONS} comparisons", path=["filter"])

    def _compared(self, where: Where, comparator: Any) -> str:
        if isinstance(comparator, bool):
            self._count(1)
            return self._is(where, value=comparator)
        if where.among is not None:
            return self._among(where, where.among, comparator)
        given = given_fields(comparator)
        self._count(len(given))
        expression = where.expression.format(row=ROW, now=self.statement.now if where.clock else "")
        said = [self._one(where, expression, name, value) for name, value in given]
        return f"({' and '.join(said)})"

    def _is(self, where: Where, *, value: bool) -> str:
        """Return the condition of a Boolean field."""
        if where.none_among is not None:
            found = where.none_among.exists("true", self.statement.hiding)
            return f"({found}) is {not value}"
        return f"({where.expression.format(row=ROW)}) is {value}"

    def _among(self, where: Where, related: Related, comparator: Any) -> str:
        """Return the condition that one related row meets the comparator; of `isNull: true`, that none is."""
        hiding, said = self.statement.hiding, list[str]()
        if comparator.is_null is True:
            self._count(1)
            said.append(f"not {related.exists('true', hiding)}")
        if any(name != "is_null" or not value for name, value in given_fields(comparator)):
            compared = replace(comparator, is_null=False)
            conditions = self._compared(replace(where, among=None), compared)
            said.append(related.exists(conditions, hiding))
        return f"({' and '.join(said)})"

    def _one(self, where: Where, expression: str, operator: str, value: Any) -> str:
        parameter = self.statement.parameter
        match operator:
            case "is_null":
                return f"{expression} is {'' if value else 'not '}null"
            case "in_" | "not_in":
                if len(value) > MAX_FILTER_VALUES:
                    raise TooMany(
                        f"A list in a filter has at most {MAX_FILTER_VALUES} values", path=["filter"]
                    )
                found = f"{expression} = any({parameter([where.value(one) for one in value])})"
                return found if operator == "in_" else f"not ({found})"
            case "contains":
                return f"position(lower({parameter(value)}::text) in lower({expression})) > 0"
            case "starts_with":
                return f"starts_with({expression}, {parameter(value)}::text)"
            case "id":
                return self._compared(where, value)
            case "external_id":
                named = (
                    f"(select named.id from {where.external} named where named.organization_id = $1 "
                    f"and named.external_id = {parameter(value)}::text)"
                )
                return f"{expression} = {named}"
            case _:
                return f"{expression} {OPERATORS[operator]} {parameter(where.value(value))}"


def given_fields(given: Any) -> list[tuple[str, Any]]:
    """Return the fields that were given in an input, as pairs of Python name and value."""
    fields = type(given).__dataclass_fields__
    found = [(name, getattr(given, name)) for name in fields]
    return [(name, value) for name, value in found if value is not fields[name].default]
