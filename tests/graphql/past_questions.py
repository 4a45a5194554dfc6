"""Random selections for reads of the past: the same question at present, and as of an instant."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from okr_api.graphql.app_services import AppServices
from okr_api.pubsub.change_stream import ChangeStream
from okr_api.query_engine.marked_ids import EPOCH, MICROSECOND
from tests.acme import Workplace
from tests.query_engine.executors import Told
from tests.query_engine.naive import plain_schema

# What an answer about the past has of the present: see docs/time-travel.md.
OF_THE_PRESENT = frozenset({"viewerCan", "viewerHasAnswered", "currentId"})
OF_PRESENT_RIGHTS = frozenset({"followers"})  # of those who may see the object at present
DEEPEST = 4
ARGUMENTS = {  # of fields of these names that take them
    "paths": {"toExternalId": '"customers_stay"'},
    "highlights": {"search": '"less"'},
    "history": {"metric": "PROGRESS"},
    "progress": {"cycleExternalId": '"quarter"'},
}
TOO_EXPENSIVE = "TOO_COMPLEX"
ROOTS: Mapping[str, tuple[str, str]] = {
    "objective": ("Objective", "objective(id: $objective@)"),
    "keyResult": ("KeyResult", "keyResult(id: $keyResult@)"),
    "cycle": ("Cycle", "cycle(id: $cycle@)"),
    "objectives": ("ObjectiveConnection", "objectives(first: 3@)"),
    "keyResults": ("KeyResultConnection", "keyResults(last: 3@)"),
    "objectiveTree": ("ObjectiveTree", "objectiveTree(cycleId: $cycle@)"),
    "subtree": ("ObjectiveTree", "objectiveTree(rootId: $objective@)"),
}


async def services_of(place: Workplace) -> AppServices:
    """Return services on an organisation whose size is known, so that its trees have their real cost."""
    services = AppServices(
        place.database,
        place.mutation_runner,
        place.group_commit,
        ChangeStream(place.database, place.notifier),
        place.tokens,
    )
    services.sizes.of(place.database, place.organization.id)
    await asyncio.gather(*services.sizes._counting.values())
    assert services.sizes.get(place.organization.id) is not None
    return services


@dataclass(frozen=True)
class Question:
    """A query with its variables, which are global ids."""

    text: str
    variables: Mapping[str, Any]

    def at_present(self) -> str:
        """Return its text."""
        return self.text.replace("@", "")

    def as_of(self, at: datetime) -> str:
        """Return its text as of an instant."""
        return self.text.replace("@", f', asOf: "{at.isoformat()}"')


def ask(random: Random, ids: Mapping[str, str], *, without: Collection[str] = OF_THE_PRESENT) -> Question:
    """Return a random question about some nodes, whose ids are given by the name of their field.

    It selects no field of the names in `without`.
    """
    chosen = random.choice(tuple(ROOTS))
    type_name, field = ROOTS[chosen]
    used = {name: id for name, id in ids.items() if f"${name}" in field}
    declared = ", ".join(f"${name}: ID" for name in used)
    selected = _selection(random, plain_schema().type_map[type_name], DEEPEST, without)
    return Question(f"query Q{f'({declared})' if declared else ''} {{ {field} {selected} }}", used)


def _selection(random: Random, kind: GraphQLNamedType, deepest: int, without: Collection[str]) -> str:
    assert isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
    fields = [name for name, field in kind.fields.items() if name not in without and _is_asked(name, field)]
    leaves = [name for name in fields if is_leaf_type(get_named_type(kind.fields[name].type))]
    others = [name for name in fields if name not in leaves] if deepest else []
    asked = random.sample(leaves, min(len(leaves), random.choice((2, 5, 20))))
    chosen = [f"{name}{_arguments(name, kind.fields[name])}" for name in asked]
    for name in random.sample(others, min(len(others), random.choice((1, 2, 3)))):
        within = _within(random, get_named_type(kind.fields[name].type), deepest - 1, without)
        chosen.append(f"{name}{_arguments(name, kind.fields[name])} {within}")
    return f"{{ __typename {' '.join(chosen)} }}"


def _within(random: Random, kind: GraphQLNamedType, deepest: int, without: Collection[str]) -> str:
    if isinstance(kind, GraphQLUnionType):
        parts = [f"... on {one.name} {_selection(random, one, deepest, without)}" for one in kind.types]
        return f"{{ __typename {' '.join(parts)} }}"
    return _selection(random, kind, deepest, without)


def _is_asked(name: str, field: GraphQLField) -> bool:
    needed = {name for name, argument in field.args.items() if is_required_argument(argument)}
    return needed <= ARGUMENTS.get(name, {}).keys()


def _arguments(name: str, field: GraphQLField) -> str:
    given = ARGUMENTS.get(name, {})
    values = ", ".join(f"{argument}: {value}" for argument, value in given.items() if argument in field.args)
    return f"({values})" if values else ""


def is_answered(told: Told) -> bool:
    """Return whether there is an answer, as some questions cost too much; check that there is no other error."""
    assert {error["extensions"]["code"] for error in told.errors} <= {TOO_EXPENSIVE}, told.errors
    return not told.errors


def as_living(value: Any, at: datetime) -> Any:
    """Return an answer with living ids in place of those of the instant."""
    mark = f"_{(at - EPOCH) // MICROSECOND}"
    match value:
        case dict():
            return {key: as_living(one, at) for key, one in value.items()}
        case list():
            return [as_living(one, at) for one in value]
        case str():
            return value.removesuffix(mark)
    return value
