"""References to entities that the actor cannot see get exactly the response of references to missing ones.

The references of all inputs are found by introspection; an unknown kind of reference fails the tests.
"""

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, GraphQLObjectType, get_named_type

from okr_api.auth.actor import Scope
from okr_api.graphql.schema import schema
from okr_api.okr.entities import BY_TYPE
from okr_api.okr.entity import NodeType
from okr_api.query_engine.global_ids import encode_id
from tests import conftest
from tests.acme import World
from tests.graphql.cases import CASES, NEXT
from tests.graphql.conftest import Stage, set_up
from tests.graphql.hidden import Hidden, hide, restrict_records
from tests.serving import Client, input_type, item_field, mutations, node_field

BLIND = (Scope.READ, Scope.CHECK_IN, Scope.WRITE)
NAMED = {
    "objective": NodeType.OBJECTIVE,
    "keyResult": NodeType.KEY_RESULT,
    "fromCycle": NodeType.CYCLE,
    "toCycle": NodeType.CYCLE,
    "keyResults": NodeType.KEY_RESULT,
    "checkIn": NodeType.CHECK_IN,
    "supersedes": NodeType.CHECK_IN,
    "person": NodeType.PERSON,
    "delegate": NodeType.PERSON,
    "absence": NodeType.ABSENCE,
    "owner": NodeType.PERSON,
    "checkInOwner": NodeType.PERSON,
    "contributors": NodeType.PERSON,
    "sharedWith": NodeType.PERSON,
    "priorities": NodeType.PRIORITY,
    "team": NodeType.TEAM,
    "teamMembership": NodeType.TEAM_MEMBERSHIP,
    "priority": NodeType.PRIORITY,
    "metricReading": NodeType.METRIC_READING,
    "metric": NodeType.METRIC,
    "initiative": NodeType.INITIATIVE,
    "checkInDraft": NodeType.CHECK_IN_DRAFT,
    "draft": NodeType.CHECK_IN_DRAFT,
    "assignee": NodeType.PERSON,
    "dependency": NodeType.DEPENDENCY,
    "comment": NodeType.COMMENT,
    "replyTo": NodeType.COMMENT,
    "givingTeam": NodeType.TEAM,
    "roadblock": NodeType.ROADBLOCK,
    "to": NodeType.PERSON,
    "meeting": NodeType.MEETING,
    "attendees": NodeType.PERSON,
    "decision": NodeType.DECISION,
    "experiment": NodeType.EXPERIMENT,
    "lesson": NodeType.LESSON,
    "reviewRecord": NodeType.REVIEW_RECORD,
    "pulse": NodeType.PULSE,
    "cycle": NodeType.CYCLE,
}
HOLDERS = {NodeType.OBJECTIVE, NodeType.KEY_RESULT}  # what belongs to one is hidden with it
LISTS = ("items", "contributors", "priorities", "keyResults", "attendees", "decisions")
INSIDE = {"formula": {"function": "SUM"}}  # what else an input within an input needs
NOBODY = "0" * 32
DELTAS = "deltas { nodeId progressBefore progressAfter statusBefore statusAfter }"


@dataclass(frozen=True)
class Reference:
    """A reference in an input: the path of its `id` or `externalId`, and the type of what it names."""

    path: tuple[str, ...]
    node_type: NodeType

    @property
    def by_id(self) -> bool:
        """Return whether it names by id."""
        return self.path[-1] == "id"

    def input(self, given: Mapping[str, Any], value: str) -> dict[str, Any]:
        """Return the input of a case with this reference to the value."""
        return put(given, self.path, value)

    def error_path(self, *, of_item: bool) -> list[str]:
        """Return the path of an error about it, within its item if it is in one."""
        path = [step for name in self.path for step in ((name, "0") if name in LISTS else (name,))]
        return path[2:] if of_item else path


def put(given: Mapping[str, Any], path: tuple[str, ...], value: str) -> dict[str, Any]:
    """Return the input with the reference at the path naming the value."""
    name, *rest = path
    if (
        name == "objective" and "keyResult" in given and "objective" not in given
    ):  # a check-in is on one of both
        given = {key: value for key, value in given.items() if key not in ("keyResult", "value")}
    if name in ("items", "decisions"):
        return {**given, name: [put(given[name][0], tuple(rest), value)]}
    if name in INSIDE:
        return {**given, name: put(INSIDE[name], tuple(rest), value)}
    reference: Any = value
    for step in reversed(rest):
        reference = {step: reference}
    return {**given, name: [reference] if name in LISTS else reference}


def references(mutation: str) -> Iterator[Reference]:
    """Return the references in the input of a mutation, and in the inputs within it."""
    noun = next((noun for noun in NAMED if mutation.startswith(noun)), "")
    return _within(noun, input_type(mutation), ())


def _within(noun: str, type_name: str, outer: tuple[str, ...]) -> Iterator[Reference]:
    kind = schema._schema.type_map[type_name]
    assert isinstance(kind, GraphQLInputObjectType)
    for name, field in kind.fields.items():
        named = get_named_type(field.type)
        if named.name == "EntityRef":
            by_noun = name == "parent" or (name == "supersedes" and noun == "metricReading")
            node_type = NAMED[noun if by_noun else name]
            yield from (Reference((*outer, name, by), node_type) for by in ("id", "externalId"))
        elif isinstance(named, GraphQLInputObjectType):
            yield from _within(noun, named.name, (*outer, name))
        else:
            assert named.name != "ID", f"{type_name}.{name} is an id beside the references"


@dataclass(frozen=True)
class Blinded(Stage):
    """A stage with the entities that are hidden from the scopes in `BLIND`; from WRITE the restricted ones."""

    hidden: tuple[Hidden, ...] = ()

    def client_of(self, scope: Scope) -> Client:
        """Return the client of a service with only this scope."""
        return self.served.client(self.acme.world.tokens[scope])


@pytest.fixture(scope="module")
async def blinded(server: conftest.Server, acme_template: tuple[str, World]) -> AsyncIterator[Blinded]:
    async with set_up(server, acme_template) as stage:
        hidden = [*await hide(stage.client), *await restrict_records(stage.client, stage.acme)]
        await stage.client.do(NEXT[0], **NEXT[1])
        yield Blinded(**vars(stage), hidden=tuple(hidden))


def names(reference: Reference, hidden: Hidden | None, node_type: NodeType) -> str:
    """Return the id or external id of a hidden entity; of a missing one if `hidden` is None."""
    if reference.by_id:
        return hidden.id if hidden else encode_id(node_type, NOBODY)
    return hidden.external_id if hidden else "nobody"


async def answer(client: Client, mutation: str, input: Mapping[str, Any]) -> dict[str, Any]:
    """Return the whole response to a mutation."""
    field = node_field(mutation)
    inside = (
        f"index {item_field(mutation)} {{ id }} errors {{ code message path }}"
        if field == "results"
        else "__typename id version"
    )
    if field == "checkIn":
        inside = "id note"
    return await client.answer(
        f"mutation($input: {input_type(mutation)}!) {{ {mutation}(input: $input) {{ seq replayed {DELTAS} "
        f"errors {{ code message path currentVersion }} {field} {{ {inside} }} }} }}",
        input=input,
    )


def probes(mutation: str, hidden: tuple[Hidden, ...]) -> Iterator[tuple[Reference, Hidden]]:
    """Yield every reference of a mutation with every hidden entity that it may name."""
    for reference in references(mutation):
        for one in hidden:
            if one.node_type is reference.node_type:
                yield reference, one


@pytest.mark.parametrize("scope", BLIND)
@pytest.mark.parametrize("mutation", mutations())
async def test_what_is_hidden_is_answered_as_what_is_not_there(mutation: str, scope: Scope, blinded: Blinded):
    client, case = blinded.client_of(scope), CASES[mutation].input
    before = await blinded.acme.tables()
    unseen = tuple(one for one in blinded.hidden if one.is_restricted or scope is not Scope.WRITE)
    for reference, hidden in probes(mutation, unseen):
        for more in ({}, {"atomic": False}) if "atomic" in fields_of(mutation) else ({},):
            ask = partial(answer, client, mutation)
            found = await ask({**reference.input(case, names(reference, hidden, hidden.node_type)), **more})
            absent = await ask({**reference.input(case, names(reference, None, hidden.node_type)), **more})
            assert found == absent, (reference.path, hidden)
            if may(scope, mutation):
                assert "NOT_FOUND" in str(absent)
                path = reference.error_path(of_item="items" in reference.path and bool(more))
                assert str(path) in str(absent)
    assert await blinded.acme.tables() == before


@pytest.mark.parametrize("mutation", mutations())
async def test_who_sees_it_is_answered_otherwise(mutation: str, blinded: Blinded):
    """Make sure that the test above does not pass because of invalid references."""
    client, case = blinded.client, CASES[mutation].input
    unchanging = {"expectedVersion": 999} if "expectedVersion" in fields_of(mutation) else {"weight": -1}
    refused = blinded.hidden
    if mutation.startswith("checkIn") and "expectedVersion" not in fields_of(mutation):
        unchanging, refused = {}, tuple(one for one in refused if not one.is_restricted)  # as unpublished
    before = await blinded.acme.tables()
    for reference, hidden in probes(mutation, refused):
        input = reference.input({**case, **unchanging}, names(reference, hidden, hidden.node_type))
        found = str(await answer(client, mutation, input))
        assert "'code'" in found
        assert "NOT_FOUND" not in found
    assert await blinded.acme.tables() == before


def fields_of(mutation: str) -> Mapping[str, Any]:
    """Return the fields of a mutation's input."""
    kind = schema._schema.type_map[input_type(mutation)]
    assert isinstance(kind, GraphQLInputObjectType)
    return kind.fields


def may(scope: Scope, mutation: str) -> bool:
    """Return whether the scope includes the one that the mutation's description requires."""
    kind = schema._schema.mutation_type
    assert isinstance(kind, GraphQLObjectType)
    [needed] = re.findall(r"Needs (\w+)\.", kind.fields[mutation].description or "")
    return list(Scope).index(Scope[needed]) <= list(Scope).index(scope)


def test_every_kind_of_hidden_thing_is_hidden_here_and_named_by_some_reference(blinded: Blinded):
    named = (name for name in mutations() if name != "organizationUpdate")
    found = {(one.node_type, one.by_id) for mutation in named for one in references(mutation)}
    belonging = {
        node_type
        for node_type, declaration in BY_TYPE.items()
        if HOLDERS & {node_type, *declaration.references.values()} and node_type in NAMED.values()
    }
    assert {one.node_type for one in blinded.hidden} == belonging
    assert {(node_type, by_id) for node_type in belonging for by_id in (True, False)} <= found


async def test_a_taken_external_id_is_refused_in_the_same_words_whether_it_is_hidden_or_not(blinded: Blinded):
    client, case = blinded.client_of(Scope.CHECK_IN), CASES["checkInRecord"].input
    before = await blinded.acme.tables()
    visible = str(await answer(client, "checkInRecord", {**case, "externalId": "first"}))
    assert "EXTERNAL_ID_IS_TAKEN" in visible
    for hidden in (one for one in blinded.hidden if one.node_type is NodeType.CHECK_IN):
        found = str(await answer(client, "checkInRecord", {**case, "externalId": hidden.external_id}))
        assert found.replace(hidden.external_id, "first") == visible
        unfit = {**case, "milestonesDone": ["plan"], "externalId": hidden.external_id}
        free = {**case, "milestonesDone": ["plan"], "externalId": "nobody"}
        assert await answer(client, "checkInRecord", unfit) == await answer(client, "checkInRecord", free)
    assert await blinded.acme.tables() == before
