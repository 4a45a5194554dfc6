"""Lengths of the schema's introspection lists, with which `query_cost.py` estimates introspection."""

from functools import lru_cache
from math import ceil

from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLSchema, is_interface_type, is_object_type

OBJECTS_PER_COST = 20  # introspection objects are small and need no database


@lru_cache(maxsize=4)
def list_sizes(schema: GraphQLSchema) -> dict[tuple[str, str], int]:
    """Return the lengths of introspection lists by type and field.

    Lists within a type or a field have the average length, rounded up.
    """
    types = list(schema.type_map.values())
    composite = [one for one in types if is_object_type(one) or is_interface_type(one)]
    fields = [field for one in composite for field in one.fields.values()]
    inputs = [one for one in types if isinstance(one, GraphQLInputObjectType)]
    enums = [one for one in types if isinstance(one, GraphQLEnumType)]

    def average(found: int, of: int = len(types)) -> int:
        return ceil(found / of) if of else 1

    return {
        ("__Schema", "types"): len(types),
        ("__Schema", "directives"): len(schema.directives),
        ("__Type", "fields"): average(len(fields)),
        ("__Type", "inputFields"): average(sum(len(one.fields) for one in inputs)),
        ("__Type", "enumValues"): average(sum(len(one.values) for one in enums)),
        ("__Type", "interfaces"): average(sum(len(one.interfaces) for one in composite)),
        ("__Type", "possibleTypes"): 1,
        ("__Field", "args"): average(sum(len(field.args) for field in fields), len(fields)),
    }
