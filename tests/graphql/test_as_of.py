"""asOf: what the service answered at an instant is what it answers as of that instant, later."""

from random import Random

import pytest

from okr_api.graphql.app_services import AppServices
from okr_api.query_engine.global_ids import encode_id
from tests.acme import Acme
from tests.graphql.past_questions import as_living, ask, services_of
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


async def test_random_questions_have_the_answers_of_then(acme: Acme, services: AppServices):
    random = Random(1)
    ids = {"cycle": encode_id("CYCLE", acme.quarter)}
    asked = []
    for _ in range(200):
        ids["objective"] = encode_id(
            "OBJECTIVE", random.choice([acme.never_down, acme.customers_stay, acme.clear_backlog])
        )
        ids["keyResult"] = encode_id("KEY_RESULT", random.choice([acme.macros, acme.backlog, acme.uptime]))
        question = ask(random, ids)
        by = random.choice([told_by_compiled, told_by_core])
        answer = await by(services, acme.actor, question.at_present(), question.variables)
        if not answer.errors:  # some cost too much
            asked.append((question, answer))
        await acme.check_in(acme.macros, random.randint(0, 10), confidence=random.choice([None, 0.3]))
    assert len(asked) > 180
    for question, answer in asked:
        by = random.choice([told_by_compiled, told_by_core])
        again = await by(services, acme.actor, question.as_of(answer.now), question.variables)
        assert not again.errors, (again.errors, question.text)
        assert as_living(again.data, answer.now) == answer.data, question.text
