"""Concurrent reads: every combination of root fields is answered in time, at the position that it reports.

Of the ordered pairs of root fields a third is asked: each field with a third of the others, in both orders, and with
those that have the most of their own. `make reads` asks all of them (OKR_TEST_READS=full).
"""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest

from okr_api.graphql.app_services import AppServices
from okr_api.graphql.context import Context
from okr_api.graphql.execution.executor import CompiledExecutor
from okr_api.graphql.schema import schema
from okr_api.okr.entity import NodeType
from okr_api.pubsub.change_stream import ChangeStream
from okr_api.query_engine.global_ids import encode_id
from okr_api.services.objectives import edit_objective
from okr_api.store import read_pool as readers_module
from okr_api.store.database import Database
from tests.acme import Acme
from tests.query_engine.executors import EXECUTORS

CALLERS = 12
FEW_CALLERS = 4  # of what a token does one at a time
READERS = 4  # so few connections that callers wait for one another
PARTS = 6  # of the pairs of root fields, so that processes share them
FULL = os.environ.get("OKR_TEST_READS") == "full"
SHARE = 1 if FULL else 3  # one in so many pairs
WITH_ALL = {"seq", "objective", "objectives", "changes"}
IN_TIME_S = 20.0
ROUNDS = 20


@pytest.fixture
async def services(acme: Acme, acme_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[AppServices]:
    """Yield Acme's services with few connections for reading."""
    monkeypatch.setattr(readers_module, "MAX_READERS", READERS)
    async with Database.open(acme_url) as database:
        yield AppServices(
            database,
            acme.mutation_runner,
            acme.group_commit,
            ChangeStream(database, acme.notifier),
            acme.tokens,
        )


def roots(acme: Acme) -> dict[str, str]:
    """Return each root field, selected for something that exists."""
    objective = encode_id(NodeType.OBJECTIVE, acme.never_down)
    key_result = encode_id(NodeType.KEY_RESULT, acme.macros)
    missing = encode_id(NodeType.OBJECTIVE, acme.macros)
    cycle = encode_id(NodeType.CYCLE, acme.quarter)
    return {
        "seq": "seq",
        "viewer": "viewer { name }",
        "organization": "organization { name }",
        "person": f'person(id: "{encode_id(NodeType.PERSON, acme.ann)}") {{ name }}',
        "people": "people { nodes { name } }",
        "team": f'team(id: "{encode_id(NodeType.TEAM, acme.support)}") {{ name }}',
        "teamMembership": 'teamMembership(externalId: "nobody") { role }',
        "priority": 'priority(externalId: "nobody") { title }',
        "priorities": "priorities { nodes { title rank } }",
        "teams": "teams { nodes { name } }",
        "metric": 'metric(externalId: "nobody") { currentValue }',
        "metricReading": 'metricReading(externalId: "nobody") { value }',
        "metrics": "metrics { nodes { name currentValue } }",
        "absence": 'absence(externalId: "nobody") { note }',
        "absences": "absences { nodes { note } }",
        "comment": 'comment(externalId: "nobody") { text }',
        "commentPreview": 'commentPreview(input: { on: { objective: { externalId: "answer_fast" } }, text: "Hm" }) { notifiedCount }',
        "initiative": 'initiative(externalId: "nobody") { title }',
        "checkInDraft": 'checkInDraft(externalId: "nobody") { note }',
        "dependency": 'dependency(externalId: "nobody") { description }',
        "dependencies": "dependencies { nodes { description } }",
        "roadblock": 'roadblock(externalId: "nobody") { title }',
        "roadblocks": "roadblocks { nodes { title } }",
        "meeting": 'meeting(externalId: "nobody") { notes }',
        "meetings": "meetings { nodes { notes } }",
        "reviewRecord": 'reviewRecord(externalId: "nobody") { learned }',
        "pulse": 'pulse(externalId: "nobody") { state }',
        "reviewRecords": "reviewRecords { nodes { learned } }",
        "decision": 'decision(externalId: "nobody") { text }',
        "decisions": "decisions { nodes { text } }",
        "experiment": 'experiment(externalId: "nobody") { hypothesis }',
        "experiments": "experiments { nodes { hypothesis } }",
        "lesson": 'lesson(externalId: "nobody") { title }',
        "lessons": 'lessons(search: "grow") { nodes { title highlights(search: "grow") { title { text } } } }',
        "initiatives": "initiatives { nodes { title } }",
        "cycle": f'cycle(id: "{cycle}") {{ name }}',
        "cycles": "cycles { nodes { name } }",
        "currentCycle": "currentCycle { name objectives(first: 2) { nodes { title } } }",
        "objective": f'objective(id: "{objective}") {{ title keyResults {{ title }} }}',
        "missing": f'missing: objective(id: "{missing}") {{ title }}',
        "externalId": 'named: objective(externalId: "never_down") { title }',
        "objectives": "objectives(first: 2) { nodes { title } totalCount }",
        "keyResult": f'keyResult(id: "{key_result}") {{ title objective {{ title }} }}',
        "keyResults": "keyResults(first: 2) { nodes { title } }",
        "checkIn": 'checkIn(externalId: "nobody") { value }',
        "digest": 'digest(scope: { team: { externalId: "support" } }, since: "2026-01-05T00:00:00Z", until: "2026-01-12T00:00:00Z") { changeCount }',
        "myWork": 'myWork(personExternalId: "ann") { totalCount }',
        "checkInAgenda": 'checkInAgenda(teamExternalId: "support") { sections { totalCount } }',
        "checkIns": "checkIns(first: 2) { nodes { value } totalCount }",
        "objectiveTree": f'objectiveTree(cycleId: "{cycle}") {{ rows {{ depth }} }}',
        "node": f'node(id: "{objective}") {{ id }}',
        "nodes": f'nodes(ids: ["{objective}", "{key_result}"]) {{ id }}',
        "coach": 'coach(draft: { title: "Grow", keyResults: [] }) { rule }',
        "changes": "changes(after: 0, first: 2) { endSeq }",
        "tokens": "tokens(first: 2) { nodes { name } }",
        "webhook": 'webhook(id: "whk_0") { url }',
        "webhooks": "webhooks(first: 2) { nodes { url } }",
        "webhookDryRun": 'webhookDryRun(id: "whk_0") { seq }',
    }


def test_every_root_field_is_asked(resting: Acme) -> None:
    assert schema._schema.query_type is not None
    asked = set(roots(resting)) - {"missing", "externalId"} | {"simulate"}  # it is slow: see below
    assert asked == set(schema._schema.query_type.fields)


def asked_pairs(names: list[str]) -> list[tuple[str, str]]:
    """Return the ordered pairs of root fields that are asked together."""
    place = {name: number for number, name in enumerate(names)}
    return [
        (one, other)
        for one, other in permutations(names, 2)
        if (place[one] + place[other]) % SHARE == 0 or WITH_ALL & {one, other}
    ]


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("executor", EXECUTORS)
async def test_any_two_root_fields_are_answered_in_time_to_many_callers(
    acme: Acme, services: AppServices, executor: str, part: int
) -> None:
    fields = roots(acme)
    alone = {
        name: (await EXECUTORS[executor](services, acme.actor, f"{{ {text} }}", {}))[0]
        for name, text in fields.items()
    }
    # graphql-core reads everything from one snapshot, so that a quarter says as much.
    every = 1 if FULL or executor == "compiled" else 4
    for one, other in asked_pairs(list(fields))[part :: PARTS * every]:
        query = f"{{ {fields[one]} {fields[other]} }}"
        asking = [EXECUTORS[executor](services, acme.actor, query, {}) for _ in range(CALLERS)]
        try:
            async with asyncio.timeout(IN_TIME_S):
                answers = await asyncio.gather(*asking)
        except TimeoutError:
            pytest.fail(f"{one} and {other} wait for one another")
        expected = [alone[one] | alone[other]] * CALLERS
        assert [answer for answer, _ in answers] == expected, (one, other)


@pytest.mark.parametrize("executor", EXECUTORS)
async def test_reads_of_the_past_and_simulations_wait_for_nothing_else(
    acme: Acme, services: AppServices, executor: str
) -> None:
    objective = encode_id(NodeType.OBJECTIVE, acme.never_down)
    change = f'{{ objectiveUpdate: {{ objective: {{ id: "{objective}" }}, title: "T" }} }}'
    query = f"""
        query ($at: DateTime) {{
            then: objective(id: "{objective}", asOf: $at) {{ title }}
            again: objectives(asOf: $at) {{ totalCount }}
            would: simulate(changes: [{change}]) {{ objective(id: "{objective}") {{ title }} }}
            now: objective(id: "{objective}") {{ title }}
        }}
    """
    at = {"at": datetime.now(UTC).isoformat()}
    async with asyncio.timeout(IN_TIME_S):
        answers = await asyncio.gather(
            *[EXECUTORS[executor](services, acme.actor, query, at) for _ in range(FEW_CALLERS)]
        )
    never_down, changed = {"title": "Never go down"}, {"objective": {"title": "T"}}
    expected = {"then": never_down, "again": {"totalCount": 4}, "would": changed, "now": never_down}
    assert [answer for answer, _ in answers] == [expected] * FEW_CALLERS


SEQ_FIRST = "query ($id: ID!) { seq objective(id: $id) { version } }"
SEQ_LAST = "query ($id: ID!) { objective(id: $id) { version } seq }"
SEQ_BETWEEN = "query ($id: ID!) { a: objective(id: $id) { version } seq b: objective(id: $id) { version } }"
BY_LIST = "query ($id: ID!) { seq nodes(ids: [$id]) { ... on Objective { version } } objective(id: $id) { version } }"


@pytest.mark.parametrize("query", (SEQ_FIRST, SEQ_LAST, SEQ_BETWEEN, BY_LIST))
@pytest.mark.parametrize("executor", EXECUTORS)
async def test_an_answer_is_true_at_its_seq_while_others_commit(
    acme: Acme, services: AppServices, executor: str, query: str
) -> None:
    version_at: dict[int, int] = {}
    variables = {"id": encode_id(NodeType.OBJECTIVE, acme.never_down)}

    async def note() -> None:
        [row] = await acme.fetch(
            "select head.seq, objective.version from feed_head head, objective where objective.id = $1",
            acme.never_down,
        )
        version_at[row["seq"]] = row["version"]

    await note()
    writing, answers_read = True, []

    async def reader() -> None:
        while writing:
            answer, _ = await EXECUTORS[executor](services, acme.actor, query, variables)
            answers_read.append(answer)

    async with asyncio.timeout(IN_TIME_S):
        readers = [asyncio.create_task(reader()) for _ in range(CALLERS)]
        for number in range(ROUNDS):
            await acme.done(edit_objective, objective=acme.never_down, edits={"title": f"Title {number}"})
            await note()
        writing = False
        await asyncio.gather(*readers)
    assert len({answer["seq"] for answer in answers_read}) > 1
    wrong = [answer for answer in answers_read if versions(answer) != {version_at[answer["seq"]]}]
    assert not wrong, f"{len(wrong)} of {len(answers_read)} were not true at their seq: {wrong[0]}"


def versions(answer: Any) -> set[int]:
    """Return all versions in a response."""
    if isinstance(answer, list):
        return {found for one in answer for found in versions(one)}
    if not isinstance(answer, dict):
        return set()
    own = {answer["version"]} if "version" in answer else set()
    return own | {found for one in answer.values() for found in versions(one)}


@pytest.mark.parametrize(
    ("query", "most"),
    (
        ("{ objective(id: $id) { title } }", 2),
        ("{ keyResult(id: $id) { title } }", 2),
        ("{ node(id: $id) { id } }", 2),
        ("{ nodes(ids: [$id, $id]) { id } }", 2),
        ("{ objective(externalId: $id) { title keyResults { title } } }", 2),
        ("{ objective(id: $id) { title } seq }", 2),
        ("{ seq objective(id: $id) { title } }", 3),
        ("{ objectives(filter: { team: { externalId: $id } }) { nodes { id } } }", 2),
    ),
)
async def test_what_is_not_there_takes_few_statements(
    acme: Acme, services: AppServices, query: str, most: int
) -> None:
    kind = NodeType.KEY_RESULT if "keyResult(" in query else NodeType.OBJECTIVE
    missing = {"id": encode_id(kind, acme.ann)}
    text = f"query ($id: {'String' if 'xternalId' in query else 'ID'}!) {query}"
    compiled = CompiledExecutor(schema)
    # The first call opens a connection.
    assert await compiled.answer(Context(services, actor=acme.actor), text, missing, None)
    asked: list[str] = []
    connection = await services.database.take_reader(acme.organization.id)
    connection.add_query_logger(lambda record: asked.append(record.query))
    services.database.give_back(connection)
    assert await compiled.answer(Context(services, actor=acme.actor), text, missing, None)
    assert 0 < len(asked) <= most, "\n".join(asked)
