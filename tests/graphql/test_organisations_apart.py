"""Organisations are isolated: an id of another one gets exactly the response of a missing id (P6)."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from zlib import crc32

import pytest
from graphql import (
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
)

from okr_api.graphql.query_cost import MAX_ROOT_FIELDS
from okr_api.okr.entity import NodeType
from okr_api.okr.review_record import ReviewDecision
from okr_api.pubsub.notifier import ChangeNotifier
from okr_api.query_engine.global_ids import encode_id
from okr_api.services.absences import add_absence
from okr_api.services.check_in_drafts import add_draft
from okr_api.services.comments import add_comment
from okr_api.services.cycles import begin_review
from okr_api.services.decisions import add_decision
from okr_api.services.dependencies import add_dependency
from okr_api.services.experiments import add_experiment
from okr_api.services.follows import choose_to_follow
from okr_api.services.initiatives import add_initiative
from okr_api.services.lessons import add_lesson
from okr_api.services.meetings import record_meeting
from okr_api.services.metric_reading_lookup import MetricReadingRequest
from okr_api.services.metric_readings import record_readings
from okr_api.services.metrics import add_metric
from okr_api.services.priorities import add_priority
from okr_api.services.pulses import add_pulse
from okr_api.services.reactions import add_reaction
from okr_api.services.references import Ref
from okr_api.services.reviews import record_review
from okr_api.services.roadblocks import add_roadblock
from okr_api.services.teams import add_member
from okr_api.store.database import Database, new_id
from tests import conftest
from tests.acme import TODAY, Acme, World, found_acme
from tests.graphql.cases import CASES
from tests.query_engine.naive import plain_schema
from tests.serving import USER_ERROR, Client, Server, input_type, mutations, serving

Path = tuple[str, ...]
NOBODYS = "nobody's"  # an external id that exists nowhere


@dataclass(frozen=True)
class Neighbours:
    """Acme, and another organisation of the same shape whose rows are watched."""

    acme: Acme
    beta: Acme
    client: Client
    served: Server
    pairs: list[tuple[str, str]]  # an id of Beta's, and one of the same type that does not exist
    external: tuple[str, ...]  # external ids that exist only in Beta


@pytest.fixture(scope="module")
async def neighbours(server: conftest.Server, acme_template: tuple[str, World]) -> AsyncIterator[Neighbours]:
    """Serve both organisations from one database."""
    async with server.copy_of(acme_template[0]) as name:
        url = server.url_of(name)
        async with (
            Database.open(url) as database,
            ChangeNotifier.running(database) as wakeups,
            serving(url, rate_limit=1_000_000) as served,  # all fields of all types cost much
        ):
            acme = Acme(database, wakeups, acme_template[1])
            beta = Acme(database, wakeups, await found_acme(database, wakeups))
            only = (
                "only-beta",
                "only-beta-check-in",
                "only-beta-member",
                "only-beta-metric",
                "only-beta-reading",
                "only-beta-priority",
                "only-beta-initiative",
                "only-beta-dependency",
                "only-beta-absence",
                "only-beta-draft",
                "only-beta-comment",
                "only-beta-reaction",
                "only-beta-follow",
                "only-beta-roadblock",
                "only-beta-meeting",
                "only-beta-decision",
                "only-beta-experiment",
                "only-beta-lesson",
                "only-beta-review",
                "only-beta-pulse",
            )
            await beta.objective("Only theirs", external_id=only[0])
            check_in = await beta.check_in("macros", 5, external_id=only[1])
            membership = await beta.done(add_member, team="support", person="ben", external_id=only[2])
            metric = await beta.done(add_metric, name="Revenue", external_id=only[3])
            items = [MetricReadingRequest(Ref(metric), 5.0, external_id=only[4])]
            reading = await beta.done(record_readings, items=items)
            priority = await beta.done(add_priority, title="Only theirs", external_id=only[5])
            absence = await beta.done(
                add_absence, person="ben", starts_on=TODAY, ends_on=TODAY, external_id=only[8]
            )
            initiative = await beta.done(
                add_initiative,
                measured=Ref(beta.macros, node_type=NodeType.KEY_RESULT),
                title="Only theirs",
                external_id=only[6],
            )
            dependency = await beta.done(
                add_dependency,
                needing=Ref(beta.macros, node_type=NodeType.KEY_RESULT),
                giving_team=Ref(beta.platform),
                description="Only theirs",
                external_id=only[7],
            )
            draft = await beta.done(
                add_draft,
                measured=Ref(beta.macros, node_type=NodeType.KEY_RESULT),
                assignee=Ref(beta.ben),
                note="Only theirs",
                external_id=only[8],
            )
            ben = beta.as_person(beta.ben, "Ben")
            on = Ref(beta.macros, node_type=NodeType.KEY_RESULT)
            comment = await beta.done(add_comment, on=on, text="Only theirs", external_id=only[8], by=ben)
            reaction = await beta.done(add_reaction, on=on, emoji="🎉", external_id=only[9], by=ben)
            follow = await beta.done(choose_to_follow, on=on, is_following=True, external_id=only[10], by=ben)
            of_macros = Ref(beta.macros, node_type=NodeType.KEY_RESULT)
            roadblock = await beta.done(add_roadblock, on=of_macros, title="Only theirs", external_id=only[8])
            meeting = await beta.done(
                record_meeting, team=beta.support, cycle=beta.quarter, external_id=only[9]
            )
            decision = await beta.done(
                add_decision, about=of_macros, meeting=meeting, text="Only theirs", external_id=only[10]
            )
            experiment = await beta.done(
                add_experiment, key_result=beta.macros, hypothesis="Only theirs", external_id=only[16]
            )
            lesson = await beta.done(
                add_lesson,
                source=Ref(experiment, node_type=NodeType.EXPERIMENT),
                title="Only theirs",
                external_id=only[17],
            )
            await beta.done(begin_review, cycle=beta.quarter)
            review = await beta.done(
                record_review,
                objective=beta.never_down,
                decision=ReviewDecision.KEEP,
                decision_reason="Only theirs",
                external_id="only-beta-review",
            )
            given = {"cycle": beta.year, "questions": ["Only theirs?"]}
            pulse = await beta.done(add_pulse, **given, external_id="only-beta-pulse")
            theirs = [
                (NodeType.ORGANIZATION, beta.organization.id),
                (NodeType.PERSON, beta.ben),
                (NodeType.TEAM, beta.support),
                (NodeType.TEAM_MEMBERSHIP, membership),
                (NodeType.ABSENCE, absence),
                (NodeType.PRIORITY, priority),
                (NodeType.METRIC, metric),
                (NodeType.METRIC_READING, reading),
                (NodeType.CYCLE, beta.quarter),
                (NodeType.OBJECTIVE, beta.never_down),
                (NodeType.KEY_RESULT, beta.macros),
                (NodeType.CHECK_IN, check_in),
                (NodeType.CHECK_IN_DRAFT, draft),
                (NodeType.INITIATIVE, initiative),
                (NodeType.DEPENDENCY, dependency),
                (NodeType.ROADBLOCK, roadblock),
                (NodeType.MEETING, meeting),
                (NodeType.DECISION, decision),
                (NodeType.EXPERIMENT, experiment),
                (NodeType.REVIEW_RECORD, review),
                (NodeType.LESSON, lesson),
                (NodeType.PULSE, pulse),
                (NodeType.COMMENT, comment),
                (NodeType.REACTION, reaction),
                (NodeType.FOLLOW, follow),
            ]
            assert [node_type for node_type, _ in theirs] == list(NodeType)
            pairs = [(encode_id(kind, id), encode_id(kind, new_id())) for kind, id in theirs]
            yield Neighbours(acme, beta, served.client(acme.token), served, pairs, only)


def ids_in(kind: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the paths to all ids and external ids in an input type."""
    named = get_named_type(kind)
    if isinstance(named, GraphQLInputObjectType):
        for name, one in named.fields.items():
            if name not in ("and", "or", "not"):
                yield from ids_in(one.type, (*path, name))
    elif named.name == "ID" or path[-1].lower().endswith("externalid"):
        yield path


# What else an input needs, by its type.
NEEDED_BESIDES: dict[str, dict[str, Any]] = {
    "KeyResultFormulaInput": {"function": "SUM"},
    "CheckInRoadblockInput": {"title": "Wall"},
    "CheckInInitiativeInput": {"title": "Work"},
    "CheckInDecisionInput": {"text": "Go"},
    "MeetingDecisionInput": {"text": "Go"},
    "CommentPreviewInput": {"on": {"objective": {"externalId": "answer_fast"}}, "text": "Hm"},
}


def placed(kind: Any, path: Path, value: Any) -> Any:
    """Return an input of this type that contains only the value, at the path."""
    if isinstance(kind, GraphQLNonNull):
        return placed(kind.of_type, path, value)
    if isinstance(kind, GraphQLList):
        return [placed(kind.of_type, path, value)]
    if not path or not isinstance(kind, GraphQLInputObjectType):
        return value
    besides = NEEDED_BESIDES.get(kind.name, {})
    return besides | {path[0]: placed(kind.fields[path[0]].type, path[1:], value)}


NEEDED_ARGUMENTS = {
    "toExternalId": '(toExternalId: "customers_stay")',
    "search": '(search: "theirs")',
}

# Where a mutation gives what it makes an external id.
NEW = ((), ("items",), ("roadblocks",), ("initiatives",), ("decisions",))
LONGEST = 20_000  # characters of a selection: below the limit of a document's tokens
LINEAGE = (
    "replaces",
    "replacedBy",
    "carriedFrom",
    "carriedTo",
)  # of whose own type all fields are asked for by themselves


def selected(kind: Any, depth: int = 2) -> str:
    """Return a selection of all leaf fields of a type and of related types to the given depth."""
    named = get_named_type(kind)
    if is_leaf_type(named):
        return ""
    if not isinstance(named, GraphQLObjectType):
        return "{ __typename id }"
    parts = ["__typename"]
    for name, one in named.fields.items():
        # Not what the clock moves from one request to the next; the last point of a history is now.
        if (depth or is_leaf_type(get_named_type(one.type))) and name not in (
            "expectedProgress",
            "progressGap",
            "requiredRate",
            "history",
        ):
            deeper = 0 if name in LINEAGE else depth - 1
            asked = next((given for argument, given in NEEDED_ARGUMENTS.items() if argument in one.args), "")
            parts.append(f"{name}{asked} {selected(one.type, deeper)}")
    return "{ " + " ".join(parts) + " }"


def whole(kind: Any) -> str:
    """Return a selection to depth 2, or to depth 1 where that would be too long a document."""
    text = selected(kind)
    return text if len(text) < LONGEST else selected(kind, 1)


def every_place(root: GraphQLObjectType) -> list[tuple[str, str, Path]]:
    """Return each root field, argument and path within it that takes an id."""
    return [
        (name, argument, path[1:])
        for name, one in root.fields.items()
        if name != "simulate"  # its changes are inputs of mutations, which are tried below
        for argument, given in one.args.items()
        for path in ids_in(given.type, (argument,))
    ]


def root(name: str) -> GraphQLObjectType:
    """Return the root type of this name."""
    kind = plain_schema().type_map[name]
    assert isinstance(kind, GraphQLObjectType)
    return kind


QUERY, SUBSCRIPTION = root("Query"), root("Subscription")
NEEDED: Mapping[str, Mapping[str, Any]] = {
    "changes": {"after": 0},
    "digest": {"since": '"2026-01-01T00:00:00Z"', "until": '"2026-02-01T00:00:00Z"'},
    "checkInAgenda": {"teamExternalId": '"support"'},
}


def test_the_places_that_take_ids_are_found():
    places = {f"{name}.{'.'.join((argument, *path))}" for name, argument, path in every_place(QUERY)}
    assert {"node.id", "nodes.ids", "objectiveTree.rootId", "objectives.filter.owner.id.in"} <= places
    assert {"keyResults.filter.cycle.externalId", "changes.filter.nodeId", "cycle.externalId"} <= places


def is_nothing(value: Any) -> bool:
    """Return whether an answer has no object, so that a larger selection of it would have nothing more."""
    return value is None or value == [None] or (isinstance(value, dict) and value.get("nodes") == [])


@pytest.mark.parametrize(("name", "argument", "path"), every_place(QUERY), ids=lambda one: str(one))
async def test_a_query_answers_their_id_as_it_answers_nobodys(
    name: str, argument: str, path: Path, neighbours: Neighbours
):
    one = QUERY.fields[name]
    kind = one.args[argument].type
    needed = {} if argument in ("teamId", "teamExternalId") else NEEDED.get(name, {})
    required = "".join(f", {key}: {value}" for key, value in needed.items())
    leaf = path[-1] if path else argument
    is_external = leaf.lower().endswith("externalid")
    pairs = [(theirs, NOBODYS) for theirs in neighbours.external] if is_external else neighbours.pairs
    first_pair = pairs[crc32(f"{name} {argument} {path}".encode()) % len(pairs)]  # over all places, each

    @cache
    def asking(selection: str, value: str) -> "asyncio.Task[dict[str, Any]]":
        text = f"query ($v: {kind}) {{ {name}({argument}: $v{required}) {selection} }}"
        return asyncio.create_task(neighbours.client.answer(text, v=placed(kind, path, value)))

    async def answer_of_both(selection: str, theirs: str, nobodys: str) -> Any:
        answer = await asking(selection, theirs)
        assert answer == await asking(selection, nobodys)
        assert ("errors" in answer) == (name == "commentPreview" and path[0] == "replyTo")
        return answer["data"] and answer["data"][name]

    small, large = selected(one.type, 1), whole(one.type)
    await answer_of_both(large, *first_pair)
    asked_whole: list[Any] = []  # the same objects once: the place decides which ones are found
    for theirs, nobodys in pairs:
        value = await answer_of_both(small, theirs, nobodys)
        if not is_nothing(value) and value not in asked_whole:
            asked_whole.append(value)
            await answer_of_both(large, theirs, nobodys)


@pytest.mark.parametrize("mutation", mutations())
async def test_a_mutation_answers_their_id_as_it_answers_nobodys_and_touches_nothing(
    mutation: str, neighbours: Neighbours
):
    kind = plain_schema().type_map[input_type(mutation)]
    tables = await neighbours.acme.tables("job")
    for path in ids_in(kind):
        if path[-1] == "externalId" and path[:-1] in NEW:
            continue  # the new one of what the mutation makes
        external = path[-1].lower().endswith("externalid")
        pairs = [(t, NOBODYS) for t in neighbours.external] if external else neighbours.pairs
        values = dict.fromkeys(value for pair in pairs for value in pair)
        inputs = [in_the_place_of(CASES[mutation].input, kind, path, value) for value in values]
        answers = dict(zip(values, await tried(neighbours.client, mutation, inputs), strict=True))
        for theirs, nobodys in pairs:
            assert answers[theirs] == answers[nobodys]
            assert answers[theirs]["errors"], (path, theirs)
    assert await neighbours.acme.tables("job") == tables


async def tried(client: Client, mutation: str, inputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Run a mutation with each of the inputs, in one operation; return the payloads."""
    assert len(inputs) <= MAX_ROOT_FIELDS
    type_ = input_type(mutation)
    names = [f"a{number}" for number in range(len(inputs))]
    declared = ", ".join(f"${name}: {type_}!" for name in names)
    fields = (
        f"{name}: {mutation}(input: ${name}) {{ __typename seq replayed {USER_ERROR} }}" for name in names
    )
    answer = await client.ask(
        f"mutation({declared}) {{ {' '.join(fields)} }}", **dict(zip(names, inputs, strict=True))
    )
    return [answer[name] for name in names]


def in_the_place_of(input: Any, kind: Any, path: Path, value: Any) -> Any:
    """The input of that type with the value at the path."""
    name, *rest = path
    if name == "items":
        first, *others = input[name]
        item = get_named_type(kind.fields[name].type)
        return {**input, name: [in_the_place_of(first, item, tuple(rest), value), *others]}
    return {**input, name: placed(kind.fields[name].type, tuple(rest), value)}


async def test_a_subscription_answers_their_id_as_it_answers_nobodys(neighbours: Neighbours):
    places = every_place(SUBSCRIPTION)
    assert {(name, argument) for name, argument, _ in places} >= {("progressChanged", "objectiveId"), ("progressChanged", "cycleId"), ("changes", "filter")}  # fmt: skip
    async with neighbours.served.socket(neighbours.acme.token) as socket:
        for name, argument, path in places:
            kind = SUBSCRIPTION.fields[name].args[argument].type
            for pair in neighbours.pairs:
                if name == "changes":
                    continue  # tested as a query above and by its events below
                problems = []
                for value in pair:
                    text = f"subscription ($v: {kind}) {{ {name}({argument}: $v) {{ seq }} }}"
                    events = await socket.subscribe(text, v=placed(kind, path, value))
                    problems.append(await events.problem())
                assert problems[0] == problems[1]


async def test_what_they_do_is_pushed_to_nobody_here(neighbours: Neighbours):
    acme, beta = neighbours.acme, neighbours.beta
    async with neighbours.served.socket(acme.token) as socket:
        events = await socket.follow("subscription { changes { seq node { id } deltas { nodeId } } }")
        await beta.check_in("macros", 6)
        await acme.check_in("macros", 7)
        event = await events.next()
        ours = {encode_id(NodeType.KEY_RESULT, acme.macros), *(encode_id(NodeType.OBJECTIVE, id) for id in (acme.clear_backlog, acme.answer_fast, acme.customers_stay))}  # fmt: skip
        assert {delta["nodeId"] for delta in event["deltas"]} == ours
        assert events.waiting() == 0
