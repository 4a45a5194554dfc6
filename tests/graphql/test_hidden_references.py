"""References to entities that the actor cannot see get exactly the response of references to missing ones.

The references of all inputs are found by introspection; an unknown kind of reference fails the tests.
"""

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, GraphQLObjectType, get_named_type

from okr_api.auth.actor import Scope
from okr_api.graphql.schema import schema
from okr_api.okr.change import NodeType
from okr_api.query_engine.global_ids import encode_id
from tests import conftest
from tests.acme import World
from tests.graphql.cases import CASES
from tests.graphql.conftest import Stage, set_up
from tests.graphql.hidden import Hidden, hide
from tests.serving import Client, input_type, mutations, node_field

BLIND = (Scope.READ, Scope.CHECK_IN)
EVERYWHERE = {
    "objective": [NodeType.OBJECTIVE],
    "keyResult": [NodeType.KEY_RESULT],
    "supersedes": [NodeType.CHECK_IN],
    "owner": [NodeType.PERSON],
    "contributor": [NodeType.PERSON],
    "team": [NodeType.TEAM],
    "cycle": [NodeType.CYCLE],
}
PARENTS = {
    "objective": [NodeType.OBJECTIVE, NodeType.KEY_RESULT],
    "team": [NodeType.TEAM],
    "cycle": [NodeType.CYCLE],
}
ITSELF = {
    "objective": NodeType.OBJECTIVE,
    "keyResult": NodeType.KEY_RESULT,
    "checkIn": NodeType.CHECK_IN,
    "person": NodeType.PERSON,
    "team": NodeType.TEAM,
    "cycle": NodeType.CYCLE,
}
NOBODY = "0" * 32
DELTAS = "deltas { nodeId before after statusBefore statusAfter }"


@dataclass(frozen=True)
class Reference:
    """An input field that names an entity: its path and what it may name; `new` assigns a new external id."""

    path: tuple[str, ...]
    stem: str
    by_id: bool
    kinds: tuple[NodeType, ...]
    new: bool = False

    def input(self, given: Mapping[str, Any], value: str) -> dict[str, Any]:
        """Return an input with this reference set to the value, and no other reference to the same entity."""
        *outer, name = self.path
        input = dict(given)
        if outer:
            return {**input, outer[0]: [replace(self, path=(name,)).input(input[outer[0]][0], value)]}
        for suffix in ("Id", "ExternalId"):
            input.pop(f"{self.stem}{suffix}" if self.stem else suffix[0].lower() + suffix[1:], None)
        return {**input, name: [value] if name.endswith("s") else value}


def references(mutation: str) -> Iterator[Reference]:
    """Yield the references in the input of a mutation and in its nested inputs."""
    yield from _within(mutation, input_type(mutation), ())


def _within(mutation: str, type_name: str, outer: tuple[str, ...]) -> Iterator[Reference]:
    kind = schema._schema.type_map[type_name]
    assert isinstance(kind, GraphQLInputObjectType)
    for name, field in kind.fields.items():
        named = get_named_type(field.type)
        found = re.fullmatch(r"id|externalId|(\w+?)(?:Id|ExternalId)s?", name)
        if isinstance(named, GraphQLInputObjectType):
            yield from _within(mutation, named.name, (*outer, name))
        elif named.name == "ID" or found:
            assert found, f"{type_name}.{name} is an ID of no kind that is known here"
            by_id = named.name == "ID"
            stem = found[1] or ""
            new = stem == "new" or (name == "externalId" and "id" not in kind.fields)
            kinds = tuple(kinds_of(mutation, "" if new else stem))
            yield Reference((*outer, name), stem, by_id, kinds, new)


def kinds_of(mutation: str, stem: str) -> list[NodeType]:
    """Return the node types that a reference may name."""
    [noun] = [noun for noun in ITSELF if mutation.startswith(noun)]
    if stem == "":
        return [ITSELF[noun]]
    known = PARENTS[noun] if stem == "parent" else EVERYWHERE.get(stem)
    assert known, f"{stem} of {mutation} names a kind of entity that is not known here"
    return known


@dataclass(frozen=True)
class Blinded(Stage):
    """A stage with the entities that are hidden from the scopes in `BLIND`."""

    hidden: tuple[Hidden, ...] = ()

    def client_of(self, scope: Scope) -> Client:
        """Return the client of a service with only this scope."""
        return self.served.client(self.acme.world.tokens[scope])


@pytest.fixture(scope="module")
async def blinded(server: conftest.Server, acme_template: tuple[str, World]) -> AsyncIterator[Blinded]:
    async with set_up(server, acme_template) as stage:
        hidden = await hide(stage.client)
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
        "index checkIn { id } errors { code message path }" if field == "results" else "__typename id version"
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
            if one.node_type in reference.kinds and not reference.new:
                yield reference, one


@pytest.mark.parametrize("scope", BLIND)
@pytest.mark.parametrize("mutation", mutations())
async def test_what_is_hidden_is_answered_as_what_is_not_there(mutation: str, scope: Scope, blinded: Blinded):
    client, case = blinded.client_of(scope), CASES[mutation].input
    before = await blinded.acme.tables()
    for reference, hidden in probes(mutation, blinded.hidden):
        for more in ({}, {"atomic": False}) if "atomic" in fields_of(mutation) else ({},):
            ask = partial(answer, client, mutation)
            found = await ask({**reference.input(case, names(reference, hidden, hidden.node_type)), **more})
            absent = await ask({**reference.input(case, names(reference, None, hidden.node_type)), **more})
            assert found == absent, (reference.path, hidden)
            if may(scope, mutation):
                assert "NOT_FOUND" in str(absent)
                assert str([*(["items", "0"] if len(reference.path) > 1 and not more else []), reference.path[-1]]) in str(absent)  # fmt: skip
    assert await blinded.acme.tables() == before


@pytest.mark.parametrize("scope", (Scope.WRITE, Scope.ADMIN))
@pytest.mark.parametrize("mutation", mutations())
async def test_who_sees_it_is_answered_otherwise(mutation: str, scope: Scope, blinded: Blinded):
    """Make sure that the test above does not pass because of invalid references."""
    client, case = blinded.client_of(scope), CASES[mutation].input
    unchanging = {"expectedVersion": 999} if "expectedVersion" in fields_of(mutation) else {"weight": -1}
    unchanging = {} if mutation.startswith("checkIn") else unchanging
    before = await blinded.acme.tables()
    for reference, hidden in probes(mutation, blinded.hidden):
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


def test_every_kind_of_hidden_thing_is_named_by_some_reference():
    found = {(kind, one.by_id) for mutation in mutations() if mutation != "organizationUpdate" for one in references(mutation) for kind in one.kinds if not one.new}  # fmt: skip
    for node_type in (NodeType.OBJECTIVE, NodeType.KEY_RESULT, NodeType.CHECK_IN):
        assert {(node_type, True), (node_type, False)} <= found


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
