"""Root fields of queries and mutations are nullable: an error in one does not hide the others."""

from typing import Any

import pytest
from graphql import GraphQLNonNull, GraphQLObjectType

from okr_api.graphql.schema import schema
from tests.acme import Acme
from tests.graphql.conftest import Stage
from tests.serving import Client

WRONG = {
    "person": "person { id }",
    "people": "people(first: 0) { totalCount }",
    "team": "team { id }",
    "teams": 'teams(after: "x") { nodes { id } }',
    "cycle": "cycle { id }",
    "cycles": "cycles(last: 101) { totalCount }",
    "objective": "objective { id }",
    "objectives": "objectives(filter: {title: {}}) { totalCount }",
    "keyResult": "keyResult { id }",
    "keyResults": "keyResults(first: 1, last: 1) { totalCount }",
    "checkIn": "checkIn { id }",
    "coach": 'coach(draft: { title: "T", keyResults: [{ title: "K", startValue: 1e16 }] }) { rule }',
    "teamMembership": "teamMembership { id }",
    "priority": "priority { id }",
    "priorities": "priorities(filter: {title: {}}) { totalCount }",
    "metric": "metric { id }",
    "metricReading": "metricReading { id }",
    "metrics": "metrics(filter: {unit: {}}) { totalCount }",
    "dependency": "dependency { id }",
    "dependencies": "dependencies(filter: {description: {}}) { totalCount }",
    "absence": "absence { id }",
    "absences": "absences(filter: {externalId: {}}) { totalCount }",
    "comment": "comment { id }",
    "commentPreview": 'commentPreview(input: {on: {objective: {externalId: "answer_fast"}}, text: " "}) { notifiedCount }',
    "digest": 'digest(scope: {organization: true}, since: "2026-01-02T00:00:00Z", until: "2026-01-01T00:00:00Z") { changeCount }',
    "myWork": "myWork(first: 0) { totalCount }",
    "checkInAgenda": "checkInAgenda { at }",
    "roadblock": "roadblock { id }",
    "roadblocks": "roadblocks(filter: {title: {}}) { totalCount }",
    "meeting": "meeting { id }",
    "meetings": "meetings(filter: {heldAt: {}}) { totalCount }",
    "decision": "decision { id }",
    "reviewRecord": "reviewRecord { id }",
    "pulse": "pulse { id }",
    "reviewRecords": "reviewRecords(filter: {celebration: {}}) { totalCount }",
    "decisions": "decisions(filter: {text: {}}) { totalCount }",
    "experiment": "experiment { id }",
    "experiments": "experiments(filter: {hypothesis: {}}) { totalCount }",
    "lesson": "lesson { id }",
    "lessons": 'lessons(search: " ") { totalCount }',
    "initiative": "initiative { id }",
    "checkInDraft": "checkInDraft { id }",
    "initiatives": "initiatives(filter: {title: {}}) { totalCount }",
    "checkIns": "checkIns(filter: {note: null}) { totalCount }",
    "objectiveTree": "objectiveTree { seq }",
    "changes": "changes(after: 9000) { endSeq }",
    "simulate": "simulate(changes: []) { at }",
    "node": 'node(id: "per_00000000000000000000000000000001_1") { id }',
    "tokens": "tokens(first: 0) { totalCount }",
    "webhooks": "webhooks(first: 0) { totalCount }",
    "nodes": f"nodes(ids: {['x'] * 101}) {{ id }}".replace("'", '"'),
}
NEVER_WRONG = {
    "seq",
    "viewer",
    "organization",
    "currentCycle",
    "webhook",
    "webhookDryRun",
}  # no argument of theirs can be invalid


def roots(name: str) -> dict[str, Any]:
    """Return the fields of a root type."""
    kind = schema._schema.type_map[name]
    assert isinstance(kind, GraphQLObjectType)
    return dict(kind.fields)


@pytest.mark.parametrize("name", ("Query", "Mutation"))
def test_a_root_field_is_nullable(name: str):
    assert [key for key, field in roots(name).items() if isinstance(field.type, GraphQLNonNull)] == []


def test_every_field_of_a_query_is_tried():
    assert set(roots("Query")) == WRONG.keys() | NEVER_WRONG


@pytest.mark.parametrize("wrong", WRONG)
async def test_what_is_wrong_with_one_field_does_not_hide_its_neighbours(wrong: str, stage: Stage):
    neighbours = (
        'seq viewer { name } objective(externalId: "macros_none") { id } organization { name }'
        " objectives(first: 1) { nodes { title } } again: changes(after: 0, first: 1) { endSeq }"
    )
    right = await stage.client.ask(f"{{ {neighbours} }}")
    assert all(right[name] for name in right if name != "objective")
    answer = await stage.client.answer(f"{{ wrong: {WRONG[wrong]} {neighbours} last: {WRONG[wrong]} }}")
    assert answer["data"] == {"wrong": None, **right, "last": None}
    assert sorted(error["path"] for error in answer["errors"]) == [["last"], ["wrong"]]
    assert len({error["extensions"]["code"] for error in answer["errors"]}) == 1


async def test_what_fails_of_a_mutation_does_not_hide_what_was_done(client: Client, acme: Acme):
    await acme.fetch("alter table person add constraint nobody_new check (name <> 'Dana')")
    answer = await client.answer(
        'mutation { first: personCreate(input: {name: "Eve"}) { person { name } } '
        'second: personCreate(input: {name: "Dana"}) { seq } '
        'third: teamCreate(input: {name: "New"}) { team { name } } }'
    )
    assert answer["data"] == {
        "first": {"person": {"name": "Eve"}},
        "second": None,
        "third": {"team": {"name": "New"}},
    }
    [error] = answer["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["second"], "INTERNAL")
