"""Limits on variables (values, depth, list and object sizes) and their cost, in a walk before coercion."""

from collections.abc import Mapping
from typing import Any

from okr_api.graphql.query_cost import TooComplex

MAX_INPUT_VALUES = 12_000  # 1,000 check-ins with every field
MAX_INPUT_LIST = 1_100  # above each list's own limit, whose error message is more specific
MAX_INPUT_DEPTH = 20
MAX_INPUT_OBJECT_FIELDS = 50
MAX_INPUT_NAME_CHARACTERS = 200  # graphql-core compares unknown names with known ones for suggestions
MAX_INPUT_OBJECTS = 3_200  # 1,000 check-ins with two references each, and a margin
VALUES_PER_COST = 20
NESTED = frozenset({dict, list})


def price_of_inputs(variables: Mapping[str, Any]) -> int:
    """Return the cost of coercing the variables, by their number of values including lists and objects.

    Raises:
        TooComplex: too many values or objects, nested too deep, or a list, an object or a name is too large.
    """
    if len(variables) < VALUES_PER_COST and NESTED.isdisjoint(map(type, variables.values())):
        longest = len(max(variables, key=len, default=""))
        if longest > MAX_INPUT_NAME_CHARACTERS:
            raise _too_many(longest, MAX_INPUT_NAME_CHARACTERS, "characters in a name")
        return 0
    count = objects = depth = 0
    level: list[Any] = [variables]
    while level:
        below: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                if depth and len(value) > MAX_INPUT_OBJECT_FIELDS:
                    raise _too_many(len(value), MAX_INPUT_OBJECT_FIELDS, "fields of an input object")
                longest = len(max(value, key=len, default=""))
                if longest > MAX_INPUT_NAME_CHARACTERS:
                    raise _too_many(longest, MAX_INPUT_NAME_CHARACTERS, "characters in a name")
                objects += 1
                below.extend(value.values())
            elif isinstance(value, list):
                if len(value) > MAX_INPUT_LIST:
                    raise _too_many(len(value), MAX_INPUT_LIST, "values of a list")
                below.extend(value)
            if count + len(below) > MAX_INPUT_VALUES:
                raise _too_many(count + len(below), MAX_INPUT_VALUES, "values in all")
        if objects > MAX_INPUT_OBJECTS + 1:  # the mapping of the variables counts as one
            raise _too_many(objects - 1, MAX_INPUT_OBJECTS, "input objects")
        count += len(below)
        level = [one for one in below if isinstance(one, dict | list)]
        depth += 1
        if level and depth > MAX_INPUT_DEPTH:
            raise _too_many(depth, MAX_INPUT_DEPTH, "levels of lists and objects")
    return count // VALUES_PER_COST


def _too_many(found: int, most: int, what: str) -> TooComplex:
    return TooComplex(f"The variables have too many {what}: {found}, and at most {most} are allowed")
