"""asOf: what the service answered at an instant is what it answers as of that instant, later."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import pytest

from okr_api.auth.actor import Scope
from okr_api.graphql.app_services import AppServices
from okr_api.graphql.past_reads import MAX_PAST_READS
from okr_api.okr.policy import ObjectiveVisibility, Role
from okr_api.query_engine.global_ids import encode_id
from okr_api.query_engine.marked_ids import mark_id
from okr_api.services.objectives import edit_objective
from okr_api.store.feed_head import LOCK_HEAD
from tests.acme import Acme
from tests.graphql.past_questions import as_living, ask, is_answered, services_of
from tests.query_engine.executors import Told, told_by_compiled, told_by_core


@pytest.fixture
async def services(acme: Acme) -> AppServices:
    return await services_of(acme)


async def told(services: AppServices, acme: Acme, text: str, **variables: object) -> Told:
    """Return the answer to a query, which has no error."""
    answer = await told_by_compiled(services, acme.actor, text, variables)
    assert not answer.errors, (answer.errors, text)
    return answer


async def test_numbers_are_those_of_the_instant(acme: Acme, services: AppServices):
    query = "query ($id: ID, $at: DateTime) { objective(id: $id, asOf: $at) { id currentId progress title } }"
    id = encode_id("OBJECTIVE", acme.clear_backlog)
    before = await told(services, acme, query, id=id, at=None)
    await acme.check_in(acme.macros, 5)
    after = await told(services, acme, query, id=id, at=None)
    then = await told(services, acme, query, id=id, at=before.now.isoformat())
    assert as_living(then.data, before.now) == before.data
    assert after.data != before.data


async def test_an_id_of_the_past_is_answered_as_of_its_instant(acme: Acme, services: AppServices):
    query = "query ($id: ID, $at: DateTime) { objective(id: $id, asOf: $at) { id title keyResults { id } } }"
    id = encode_id("OBJECTIVE", acme.clear_backlog)
    before = await told(services, acme, query, id=id, at=None)
    at = before.now.isoformat()
    await acme.done(edit_objective, objective="clear_backlog", edits={"title": "Later"})
    then = (await told(services, acme, query, id=id, at=at)).data["objective"]
    marked = [then["id"], then["keyResults"][0]["id"]]
    nodes = "query ($ids: [ID!]!) { nodes(ids: $ids) { id currentId ... on Objective { title } } }"
    found = (await told(services, acme, nodes, ids=[*marked, id, "obj_1"])).data["nodes"]
    assert [one and one["id"] for one in found] == [*marked, id, None]
    assert [found[0]["title"], found[2]["title"]] == ["Clear the backlog", "Later"]
    assert found[0]["currentId"] == found[2]["currentId"] == id
    node = "query ($id: ID!) { node(id: $id) { id } }"
    assert (await told(services, acme, node, id=marked[1])).data == {"node": {"id": marked[1]}}
    unknown = encode_id("OBJECTIVE", UUID(int=1)) + marked[0].removeprefix(id)
    assert (await told(services, acme, node, id=unknown)).data == {"node": None}
    two = [marked[0], f"{id}_{(then_of(marked[0]) - 1)}"]
    refused = await told_by_compiled(services, acme.actor, nodes, {"ids": two})
    assert [error["extensions"]["code"] for error in refused.errors] == ["TOO_MANY"]


def then_of(marked: str) -> int:
    """Return the microseconds in an id of the past."""
    return int(marked.rpartition("_")[2])


@pytest.mark.parametrize("mark", ("_", "_x", "_-1", "_٣", f"_{'9' * 18}", f"_{'1' * 19}", "_1s", "_1_1"))
async def test_what_is_no_id_of_the_past_names_nothing(acme: Acme, services: AppServices, mark: str):
    query = "query ($id: ID!) { node(id: $id) { id } }"
    answer = await told(services, acme, query, id=encode_id("OBJECTIVE", acme.clear_backlog) + mark)
    assert answer.data == {"node": None}


async def test_a_mutation_does_not_know_ids_of_the_past(acme: Acme, services: AppServices):
    marked = mark_id(encode_id("OBJECTIVE", acme.clear_backlog), datetime.now(UTC))
    text = 'mutation ($id: ID) { objectiveUpdate(input: { objective: { id: $id }, title: "T" }) { errors { code } } }'
    answer = await told(services, acme, text, id=marked)
    assert answer.data["objectiveUpdate"]["errors"] == [{"code": "NOT_FOUND"}]


async def test_an_instant_that_cannot_be_read_has_an_error_of_its_own(acme: Acme, services: AppServices):
    query = "query ($at: DateTime) { objectives(asOf: $at) { totalCount } }"
    [begun] = await acme.fetch("select min(recorded_at) as at from organization_version")
    messages = []
    for at in (datetime.now(UTC) + timedelta(minutes=1), begun["at"] - timedelta(microseconds=1)):
        refused = await told_by_compiled(services, acme.actor, query, {"at": at.isoformat()})
        [error] = refused.errors
        assert (refused.data, error["extensions"]) == (
            {"objectives": None},
            {"code": "INVALID_INPUT", "path": ["asOf"]},
        )
        messages.append(error["message"])
    assert "future" in messages[0]
    assert "before the first change" in messages[1]
    first = await told(services, acme, query, at=begun["at"].isoformat())
    assert first.data == {"objectives": {"totalCount": 0}}


async def test_an_operation_reads_the_past_at_most_so_often(acme: Acme, services: AppServices):
    at = datetime.now(UTC).isoformat()

    def query(number: int) -> str:
        fields = (f'a{place}: objectives(asOf: "{at}") {{ totalCount }}' for place in range(number))
        return f"{{ {' '.join(fields)} }}"

    await told(services, acme, query(MAX_PAST_READS))
    for by in (told_by_compiled, told_by_core):
        refused = await by(services, acme.actor, query(MAX_PAST_READS + 1), {})
        assert {error["extensions"]["code"] for error in refused.errors} == {"TOO_MANY"}


async def test_present_rights_decide_what_is_seen_of_the_past(acme: Acme, services: AppServices):
    query = """
        query ($at: DateTime) { objectives(asOf: $at) { nodes { externalId viewerCan { edit } } } }
    """
    cem, ben = replace(acme.as_person(acme.cem), role=Role.MEMBER), acme.as_person(acme.ben)

    async def restate(visibility: ObjectiveVisibility) -> None:
        await acme.done(edit_objective, objective="clear_backlog", edits={"visibility": visibility}, by=ben)

    async def seen(at: str | None) -> set[str]:
        answer = await told_by_compiled(services, cem, query, {"at": at})
        assert not answer.errors, answer.errors
        nodes = answer.data["objectives"]["nodes"]
        assert at is None or not any(one["viewerCan"]["edit"] for one in nodes)
        return {one["externalId"] for one in nodes}

    def now() -> str:
        return datetime.now(UTC).isoformat()

    open_at = now()
    await restate(ObjectiveVisibility.PRIVATE)
    private_at = now()
    assert await seen(None) == await seen(open_at) == await seen(private_at)
    assert "clear_backlog" not in await seen(open_at)
    await restate(ObjectiveVisibility.ORGANIZATION)
    assert "clear_backlog" in await seen(private_at)


async def test_an_instant_waits_for_the_change_that_may_still_be_recorded_by_it(
    acme: Acme, services: AppServices
):
    query = 'query ($at: DateTime) { cycle(externalId: "quarter", asOf: $at) { id } }'
    waiting = "select count(*) from pg_locks where not granted"
    async with acme.database.across() as connection, connection.transaction():
        await connection.execute(LOCK_HEAD, acme.organization.id)
        asked = asyncio.create_task(told(services, acme, query, at=datetime.now(UTC).isoformat()))
        while not asked.done() and not (await acme.fetch(waiting))[0]["count"]:  # noqa: ASYNC110  nothing tells it
            await asyncio.sleep(0)
        assert not asked.done()
    assert (await asked).data["cycle"]


async def test_random_questions_have_the_answers_of_then(acme: Acme, services: AppServices):
    random = Random(1)
    ids = {"cycle": encode_id("CYCLE", acme.quarter)}
    ben = acme.as_person(acme.ben)
    secret = await acme.objective(
        "Secret", "never_down", visibility=ObjectiveVisibility.PRIVATE, owner="ben", by=ben
    )
    await acme.objective("Draft", secret, draft=True, by=ben)
    actors = [acme.actor, acme.seeing_all(), ben]
    actors += [
        replace(acme.as_person(id), role=role, scopes=scopes)
        for id, role, scopes in (
            (acme.ann, Role.MEMBER, acme.actor.scopes),
            (acme.cem, Role.VIEWER, frozenset({Scope.READ})),
        )
    ]
    asked = []
    for _ in range(120):
        ids["objective"] = encode_id(
            "OBJECTIVE", random.choice([acme.never_down, acme.customers_stay, acme.clear_backlog, secret])
        )
        ids["keyResult"] = encode_id("KEY_RESULT", random.choice([acme.macros, acme.backlog, acme.uptime]))
        question = ask(random, ids)
        by = random.choice([told_by_compiled, told_by_core])
        actor = random.choice(actors)
        answer = await by(services, actor, question.at_present(), question.variables)
        if is_answered(answer):
            asked.append((actor, question, answer))
        await acme.check_in(acme.macros, random.randint(0, 10), confidence=random.choice([None, 0.3]))
    assert len(asked) > 100
    for actor, question, answer in asked:
        by = random.choice([told_by_compiled, told_by_core])
        again = await by(services, actor, question.as_of(answer.now), question.variables)
        assert not again.errors, (again.errors, question.text)
        assert as_living(again.data, answer.now) == answer.data, question.text
