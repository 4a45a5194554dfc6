"""Whatever an input names: what the actor does not see is answered as what is not there, to the letter.

The references of all inputs are found by introspection; one whose name is not known here fails the tests.
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
    """A field of an input that names an entity: its path, and what it may name; `new` gives a new name."""

    path: tuple[str, ...]
    stem: str
    by_id: bool
    kinds: tuple[NodeType, ...]
    new: bool = False

    def input(self, given: Mapping[str, Any], value: str) -> dict[str, Any]:
        """The input of a case with this reference to the value, in the place of whatever named it there."""
        *outer, name = self.path
        input = dict(given)
        if outer:
            return {**input, outer[0]: [replace(self, path=(name,)).input(input[outer[0]][0], value)]}
        for suffix in ("Id", "ExternalId"):
            input.pop(f"{self.stem}{suffix}" if self.stem else suffix[0].lower() + suffix[1:], None)
        return {**input, name: [value] if name.endswith("s") else value}


def references(mutation: str) -> Iterator[Reference]:
    """The references in the input of a mutation, and in the inputs within it."""
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
    """What a reference may name."""
    [noun] = [noun for noun in ITSELF if mutation.startswith(noun)]
    if stem == "":
        return [ITSELF[noun]]
    known = PARENTS[noun] if stem == "parent" else EVERYWHERE.get(stem)
    assert known, f"{stem} of {mutation} names a kind of entity that is not known here"
    return known


@dataclass(frozen=True)
class Blinded(Stage):
    """A stage with what is hidden from `blind`, by scope."""

    hidden: tuple[Hidden, ...] = ()

    def client_of(self, scope: Scope) -> Client:
        """A service with that scope alone."""
        return self.served.client(self.acme.world.tokens[scope])


@pytest.fixture(scope="module")
async def blinded(server: conftest.Server, acme_template: tuple[str, World]) -> AsyncIterator[Blinded]:
    async with set_up(server, acme_template) as stage:
        hidden = await hide(stage.client)
        yield Blinded(**vars(stage), hidden=tuple(hidden))


def names(reference: Reference, hidden: Hidden | None, node_type: NodeType) -> str:
    """How a reference names something hidden; or something of the type that is not there, for None."""
    if reference.by_id:
        return hidden.id if hidden else encode_id(node_type, NOBODY)
    return hidden.external_id if hidden else "nobody"


async def answer(client: Client, mutation: str, input: Mapping[str, Any]) -> dict[str, Any]:
    """The whole answer to a mutation."""
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
    """Every reference of a mutation, with everything hidden that it could name."""
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
    """So that the test above cannot pass because a reference was made wrongly."""
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
    """The fields of a mutation's input."""
    kind = schema._schema.type_map[input_type(mutation)]
    assert isinstance(kind, GraphQLInputObjectType)
    return kind.fields


def may(scope: Scope, mutation: str) -> bool:
    """Whether the scope that a mutation's description asks for is included."""
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
