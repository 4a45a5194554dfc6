"""Unpublished objectives are invisible: a token that only reads sees an organisation without them.

Two organisations differ only in drafts, dropped drafts and what belongs to them; every query field and every
subscription is sent to both.
"""

import re
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from graphql import (
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from okr_api.auth.actor import Scope
from okr_api.graphql.schema import schema
from okr_api.okr.entity import NodeType
from okr_api.pubsub.notifier import ChangeNotifier
from okr_api.query_engine.global_ids import encode_id
from okr_api.store.database import Database
from tests import conftest
from tests.acme import Acme, World, ref
from tests.graphql.cases import ids_of
from tests.graphql.hidden import Hidden, hide
from tests.graphql.test_pushing import all_have_read
from tests.serving import Client, Server, serving

CORE = schema._schema
# Feed positions, which drafts advance too; and fields that change with time.
BESIDES = {("ChangePage", "endSeq"), ("ObjectiveTree", "seq"), ("Explanations", "status")}
CLOCK = {"expectedProgress", "progressGap", "requiredRate"}
LINEAGE = (
    "replaces",
    "replacedBy",
    "carriedFrom",
    "carriedTo",
    "review",
)  # of whose own type all fields are asked for by themselves
DEPTH = 2
MAX_CHARACTERS = 15_000  # of a selection: below the limit of a document's tokens
WHOLE = {"objectiveTree", "coach"}
FROM_THE_BEGINNING = "(after: 0)"
SIMULATED = """{
    results { index errors { code path message } notices { code } deltas { progressAfter } }
    deltas { node { title } progressBefore progressAfter }
    objectives(first: 20) { totalCount nodes { title progress hiddenCount keyResults { title } } }
    objectiveTree(cycleExternalId: "quarter") { rows { depth objective { title progress } } }
}"""
NEEDED = '(toExternalId: "customers_stay")'  # of `paths`, which take one of two arguments


def selected(kind: GraphQLNamedType, depth: int, clashing: Collection[str] = ()) -> str:
    """Return all fields that need no argument, to this depth, with aliases for the `clashing` ones."""
    if isinstance(kind, GraphQLUnionType | GraphQLInterfaceType):
        members = CORE.get_possible_types(kind)
        return _of_members(members, depth, clashing_fields(members))
    return f"__typename {' '.join(fields_of(kind, depth, clashing))}"


def fields_of(kind: GraphQLNamedType, depth: int, clashing: Collection[str] = ()) -> list[str]:
    """Return the fields of an object type that need no argument, each with its selection."""
    assert isinstance(kind, GraphQLObjectType)
    found = []
    for name, field in kind.fields.items():
        of = get_named_type(field.type)
        if (
            (kind.name, name) in BESIDES
            or name in CLOCK
            or any(map(is_required_argument, field.args.values()))
        ):
            continue
        alias = f"{kind.name}_{name}: " if name in clashing else ""
        if is_leaf_type(of):
            found.append(f"{alias}{name}")
        elif (
            kind.name == "Advice" or name in LINEAGE
        ):  # all fields of what it is about would make documents too long
            found.append(f"{alias}{name} {{ __typename id }}")
        elif (
            depth > 0 and "first" in field.args and hasattr(of, "fields") and "nodes" in of.fields
        ):  # what is in it is asked of the list of everything
            listed = get_named_type(of.fields["nodes"].type)
            id = "id" if "id" in listed.fields else ""  # values have none
            counted = (
                f"totalCount nodes {{ __typename {id} }}"
                if "totalCount" in of.fields
                else "nodes { summary }"
                if of.name == "ChangeConnection"
                else "unreadCount nodes { reason change { summary } }"
            )
            found.append(f"{alias}{name}(first: 10) {{ {counted} }}")
        elif depth > 0:
            deeper = depth if of.name.endswith(("Connection", "Page", "Edge")) else depth - 1
            found.append(
                f"{alias}{name}{NEEDED if 'toExternalId' in field.args else ''} {{ {selected(of, deeper)} }}"
            )
    return found


def packed(texts: Iterable[str]) -> list[str]:
    """Return the texts joined to as few as fit into a document each."""
    found: list[str] = []
    for text in texts:
        if found and len(found[-1]) + len(text) < MAX_CHARACTERS:
            found[-1] += f" {text}"
        else:
            found.append(text)
    return found


def _of_members(members: Sequence[GraphQLObjectType], depth: int, clashing: Collection[str]) -> str:
    fragments = (f"... on {one.name} {{ {selected(one, depth, clashing)} }}" for one in members)
    return f"__typename {' '.join(fragments)}"


@cache
def selections(kind: GraphQLNamedType) -> list[str]:
    """Return selections that have all fields together, some of them in each document."""
    if not isinstance(kind, GraphQLUnionType | GraphQLInterfaceType):
        return [f"__typename {part}" for part in packed(fields_of(kind, DEPTH))]
    members = list(CORE.get_possible_types(kind))
    clashing = clashing_fields(members)
    fragments = [
        f"... on {member.name} {{ {part} }}"
        for member in members
        for part in packed(fields_of(member, DEPTH, clashing))
    ]
    return [f"__typename {part}" for part in packed(fragments)]


def every_query(
    ids: Mapping[str, str], hidden: list[Hidden]
) -> Iterator[tuple[str, str, dict[str, list[str]]]]:
    """Yield each field of the query type with queries for it, and their variables.

    Fields of what is found are all asked for once by a field of the query type, and by those in `WHOLE` with
    all arguments; with other arguments, which only decide what is found, the fields without a selection.
    """
    assert CORE.query_type is not None
    known = set()
    for field, arguments in questions(ids, hidden):
        if field == "simulate":  # its ids have the instant
            yield field, f"{{ simulate{arguments} {SIMULATED} }}", {}
            continue
        kind = get_named_type(CORE.query_type.fields[field].type)
        is_whole = field not in known or field in WHOLE or arguments == FROM_THE_BEGINNING
        known.add(field)
        for selection in selections(kind) if is_whole else [leaves(kind)]:
            yield field, f"{{ {field}{arguments} {{ {selection} }} }}", {}
    # All at once would cost too much. Their documents are long, and prepared once for all ids.
    asked = [*ids.values(), *(one.id for one in hidden)]
    for selection in selections(get_named_type(CORE.query_type.fields["nodes"].type)):
        for place in range(8):
            query = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ {selection} }} }}"
            yield "nodes", query, {"ids": asked[place::8]}


@cache
def leaves(kind: GraphQLNamedType) -> str:
    """Return the fields of a type, or of the nodes of its pages, that need no selection."""
    is_page = kind.name.endswith(("Connection", "Page"))
    return selected(kind, 1 if is_page else 0)


def clashing_fields(members: Sequence[GraphQLObjectType]) -> set[str]:
    """Return the fields whose type differs between the types."""
    types = defaultdict(set)
    for member in members:
        for name, field in member.fields.items():
            types[name].add(str(field.type))
    return {name for name, kinds in types.items() if len(kinds) > 1}


def questions(ids: Mapping[str, str], hidden: list[Hidden]) -> Iterator[tuple[str, str]]:
    """Yield each field of the query type with arguments, those of hidden entities included."""
    known = {"person": "ann", "team": "support", "teamMembership": "nobody", "absence": "nobody", "priority": "nobody", "metric": "nobody", "metricReading": "nobody", "cycle": "quarter", "objective": "answer_fast", "keyResult": "macros", "checkIn": "none", "initiative": "rewrite", "checkInDraft": "drafted", "dependency": "handover", "comment": "remark", "roadblock": "no_budget", "meeting": "weekly", "decision": "ask_sales", "experiment": "trial", "lesson": "learned", "reviewRecord": "looked_back", "pulse": "nobody"}  # fmt: skip
    of = {
        "objective": NodeType.OBJECTIVE,
        "keyResult": NodeType.KEY_RESULT,
        "initiative": NodeType.INITIATIVE,
        "checkInDraft": NodeType.CHECK_IN_DRAFT,
        "dependency": NodeType.DEPENDENCY,
        "comment": NodeType.COMMENT,
        "roadblock": NodeType.ROADBLOCK,
        "decision": NodeType.DECISION,
        "experiment": NodeType.EXPERIMENT,
        "lesson": NodeType.LESSON,
        "reviewRecord": NodeType.REVIEW_RECORD,
    }
    for field, name in known.items():
        yield field, f'(externalId: "{name}")'
        for one in (one for one in hidden if one.node_type is of.get(field)):
            yield field, f'(externalId: "{one.external_id}")'
            yield field, f'(id: "{one.id}")'
    for field in ("viewer", "organization", "currentCycle"):
        yield field, ""
    for field in (
        "people",
        "teams",
        "absences",
        "priorities",
        "metrics",
        "cycles",
        "objectives",
        "keyResults",
        "checkIns",
        "initiatives",
        "roadblocks",
        "meetings",
        "decisions",
        "experiments",
        "lessons",
        "reviewRecords",
        "dependencies",
    ):
        yield field, "(first: 10)"
    yield "lessons", '(first: 10, search: "Title")'
    yield "lessons", '(first: 10, tags: ["title"])'
    now = datetime.now(UTC)
    interval = f'since: "{(now - timedelta(days=50)).isoformat()}", until: "{(now + timedelta(hours=1)).isoformat()}"'
    yield "digest", f"(scope: {{ organization: true }}, {interval})"
    for name in ("answer_fast", hidden[0].external_id):
        yield "digest", f'(scope: {{ objective: {{ externalId: "{name}" }} }}, {interval})'
    yield "myWork", ""
    as_of = f'asOf: "{now.isoformat()}"'
    for field in ("objectives", "keyResults"):
        yield field, f"(first: 10, {as_of})"
    yield "objectiveTree", f'(cycleId: "{ids["quarter"]}", {as_of})'
    yield "cycle", f'(externalId: "quarter", {as_of})'
    for one in [one for one in hidden if one.node_type is NodeType.OBJECTIVE][:2]:  # rebuilding takes longer
        yield "objective", f'(id: "{one.id}", {as_of})'
        yield "objectiveTree", f'(rootExternalId: "{one.external_id}", {as_of})'
        change = f'objective: {{ externalId: "{one.external_id}" }}, title: "Title"'
        yield "simulate", f"(changes: [{{ objectiveUpdate: {{ {change} }} }}])"
    for more in ("", f', cycleId: "{ids["quarter"]}"'):
        yield "checkInAgenda", f'(teamExternalId: "support", at: "{now.isoformat()}"{more})'
    for missing in ("true", "false"):
        yield "dependencies", f"(first: 10, filter: {{ givingObjective: {{ isNull: {missing} }} }})"
    for orphan in ("true", "false"):
        yield "objectives", f"(first: 10, filter: {{ isOrphan: {orphan} }})"
        yield "objectives", f"(first: 10, filter: {{ parent: {{ isNull: {orphan} }} }})"
    for state in ("DRAFT", "DROPPED"):
        yield "objectives", f"(first: 10, filter: {{ state: {{ eq: {state} }} }})"
    yield "objectives", '(first: 10, filter: { not: { title: { contains: "Title" } } })'
    for one in (one for one in hidden if one.node_type is NodeType.OBJECTIVE):
        for within in (f'id: {{ eq: "{one.id}" }}', f'externalId: "{one.external_id}"'):
            for around in ("objective: { %s }", "not: { objective: { %s } }"):
                yield "keyResults", f"(first: 10, filter: {{ {around % within} }})"
                yield "checkIns", f"(first: 10, filter: {{ {around % within} }})"
                yield "initiatives", f"(first: 10, filter: {{ {around % within} }})"
                yield "roadblocks", f"(first: 10, filter: {{ {around % within} }})"
                yield "decisions", f"(first: 10, filter: {{ {around % within} }})"
                yield "experiments", f"(first: 10, filter: {{ {around % within} }})"
                yield "lessons", f"(first: 10, filter: {{ {around % within} }})"
                for side in ("needingObjective:", "givingObjective:"):
                    one_side = (around % within).replace("objective:", side)
                    yield "dependencies", f"(first: 10, filter: {{ {one_side} }})"
                parent = (around % within).replace("objective:", "parent:")
                yield "objectives", f"(first: 10, filter: {{ {parent} }})"
        yield "objectiveTree", f'(rootId: "{one.id}")'
        yield "objectiveTree", f'(rootExternalId: "{one.external_id}")'
    for root in ("customers_stay", "never_down"):
        yield "objectiveTree", f'(rootId: "{ids[root]}")'
    for cycle in ("year", "quarter"):
        yield "objectiveTree", f'(cycleId: "{ids[cycle]}")'
    for id in (*ids.values(), *(one.id for one in hidden)):
        yield "node", f'(id: "{id}")'
        yield "changes", f'(after: 0, filter: {{ nodeId: "{id}" }})'
    placed = 'team: { externalId: "support" }, owner: { externalId: "ann" }, cycle: { externalId: "quarter" }'
    for title in ("Title of one", "Title of two", "Title since"):
        yield "coach", f'(draft: {{ title: "{title}", {placed} }})'
    for on in ('objective: { externalId: "answer_fast" }', 'keyResult: { externalId: "one_key_result" }'):
        yield "commentPreview", f'(input: {{ on: {{ {on} }}, text: "Hm" }})'
        yield "commentPreview", f'(input: {{ on: {{ {on} }}, text: "Hm", {REPLY} }})'
    yield "changes", FROM_THE_BEGINNING
    yield (
        "changes",
        "(after: 0, filter: { nodeTypes: [OBJECTIVE, KEY_RESULT, CHECK_IN, CHECK_IN_DRAFT, INITIATIVE, DEPENDENCY, COMMENT, REACTION, FOLLOW, ROADBLOCK, DECISION, EXPERIMENT, LESSON, REVIEW_RECORD] })",
    )


REPLY = 'replyTo: { externalId: "one_remark" }'


@dataclass(frozen=True)
class Twin:
    """An organisation behind a server."""

    acme: Acme
    served: Server
    reader: Client

    async def token_of_ann(self) -> str:
        """Return a token of Ann that only reads: drafts are hidden from it, and nothing that is restricted."""
        acme = self.acme
        return await acme.tokens.create(acme.organization.id, name="ann", scopes=[Scope.READ], person="ann")


@dataclass(frozen=True)
class Twins:
    """Two equal organisations, one of which has the `hidden` entities too."""

    bare: Twin
    drafting: Twin
    hidden: list[Hidden]
    last_seq: int
    last_of_ann: int


@pytest.fixture(scope="module")
async def twins(server: conftest.Server, acme_template: tuple[str, World]) -> AsyncIterator[Twins]:
    template, world = acme_template
    async with AsyncExitStack() as stack:
        common = await stack.enter_async_context(server.copy_of(template))
        url = server.url_of(common)
        async with Database.open(url) as database, ChangeNotifier.running(database) as wakeups:
            acme = Acme(database, wakeups, world)
            await acme.check_in(None, objective=ref("customers_stay"), note="Fine")
            last_of_ann = await acme.seq()
            for key_result, value in (("backlog", 120), ("uptime", 99.95), ("load", 50)):
                wrong = await acme.check_in(key_result, value + 1)
                await acme.check_in(key_result, value, supersedes=wrong)
            seq = await acme.seq()

        async def open_copy() -> Twin:
            url = server.url_of(await stack.enter_async_context(server.copy_of(common)))
            database = await stack.enter_async_context(Database.open(url))
            wakeups = await stack.enter_async_context(ChangeNotifier.running(database))
            served = await stack.enter_async_context(serving(url))
            return Twin(Acme(database, wakeups, world), served, served.client(world.tokens[Scope.READ]))

        bare, drafting = await open_copy(), await open_copy()
        yield Twins(bare, drafting, await never_publish(drafting), seq, last_of_ann)


# Of a draft and of its key result: comments with a reply and a mention, a reaction, a follow; by Ann.
ON_ONE, ON_PART = {"objective": {"externalId": "one"}}, {"keyResult": {"externalId": "one_key_result"}}
DISCUSSED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("commentCreate", {"on": ON_ONE, "text": "Title?", "externalId": "one_remark"}),
    (
        "commentCreate",
        {"on": ON_ONE, "replyTo": {"externalId": "one_remark"}, "text": "Title!", "externalId": "one_reply"},
    ),
    ("commentCreate", {"on": ON_PART, "text": "Title", "externalId": "one_key_result_remark"}),
    ("commentUpdate", {"comment": {"externalId": "one_reply"}, "text": "Title."}),
    (
        "reactionAdd",
        {"on": {"comment": {"externalId": "one_reply"}}, "emoji": "🎉", "externalId": "cheer_of_one"},
    ),
    ("reactionAdd", {"on": ON_PART, "emoji": "👍"}),
    ("reactionRemove", {"on": ON_PART, "emoji": "👍"}),
    ("follow", {"on": ON_ONE, "externalId": "follow_of_one"}),
)
ON_RECORDS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("commentCreate", {"on": {"roadblock": {"externalId": "one_block"}}, "text": "Title"}),
    (
        "commentCreate",
        {
            "on": {"decision": {"externalId": "one_key_result_said"}},
            "text": "Title",
            "externalId": "one_decision_remark",
        },
    ),
    (
        "reactionAdd",
        {"on": {"comment": {"externalId": "one_decision_remark"}}, "emoji": "🎉", "externalId": "joy_of_one"},
    ),
    (
        "reactionAdd",
        {"on": {"roadblock": {"externalId": "one_block"}}, "emoji": "🎉", "externalId": "pain_of_one"},
    ),
    ("commentCreate", {"on": {"experiment": {"externalId": "one_trial"}}, "text": "Title"}),
    ("commentCreate", {"on": {"lesson": {"externalId": "one_lesson"}}, "text": "Title"}),
)
# By table, the column whose value begins with Title, or an external id that ends with `of_one`.
NAMES = {
    "objective": "title",
    "key_result": "title",
    "initiative": "title",
    "dependency": "description",
    "comment": "text",
    "reaction": "external_id",
    "follow": "external_id",
    "roadblock": "title",
    "decision": "text",
    "experiment": "hypothesis",
    "lesson": "title",
}


async def never_publish(twin: Twin) -> list[Hidden]:
    """Do everything possible to drafts that are never published; return the entities that result."""
    acme, client = twin.acme, twin.served.client(twin.acme.token)
    await acme.objective("Title of one", "answer_fast", draft=True, external_id="one")
    await acme.objective("Title of two", "macros", draft=True, external_id="two")
    await acme.objective("Title of three", "one", draft=True, external_id="three")
    for objective in ("one", "two", "three"):
        await acme.key_result("Title", objective, external_id=f"{objective}_key_result")
    await acme.align("two", "one_key_result")
    await acme.move("three", "two_key_result", weight=2)
    steps: tuple[tuple[str, dict[str, Any]], ...] = (
        ("objectiveUpdate", {"objective": {"externalId": "one"}, "description": "Title"}),
        (
            "keyResultUpdate",
            {"keyResult": {"externalId": "one_key_result"}, "targetValue": 7, "reason": "Title"},
        ),
        (
            "keyResultMove",
            {"keyResult": {"externalId": "three_key_result"}, "objective": {"externalId": "two"}},
        ),
        ("keyResultPause", {"keyResult": {"externalId": "two_key_result"}, "reason": "Title"}),
        ("objectiveDrop", {"objective": {"externalId": "two"}, "reason": "Title"}),
        ("keyResultDrop", {"keyResult": {"externalId": "three_key_result"}, "reason": "Title"}),
        ("objectiveUpdate", {"objective": {"externalId": "two"}, "title": "Title since"}),
        (
            "initiativeCreate",
            {"for": {"objective": {"externalId": "one"}}, "title": "Title", "externalId": "one_work"},
        ),
        (
            "initiativeCreate",
            {
                "for": {"keyResult": {"externalId": "one_key_result"}},
                "title": "Title",
                "owner": {"externalId": "ann"},
                "externalId": "one_key_result_work",
            },
        ),
        ("initiativeUpdate", {"initiative": {"externalId": "one_work"}, "state": "DONE"}),
        (
            "dependencyCreate",
            {
                "needing": {"objective": {"externalId": "one"}},
                "givingTeam": {"externalId": "support"},
                "description": "Title",
                "externalId": "one_need",
            },
        ),
        (
            "dependencyCreate",
            {
                "needing": {"keyResult": {"externalId": "one_key_result"}},
                "givingTeam": {"externalId": "support"},
                "giving": {"objective": {"externalId": "answer_fast"}},
                "description": "Title",
                "owner": {"externalId": "ann"},
                "externalId": "one_key_result_need",
            },
        ),
        ("dependencyUpdate", {"dependency": {"externalId": "one_need"}, "state": "AGREED"}),
        *DISCUSSED,
        (
            "roadblockCreate",
            {"on": {"objective": {"externalId": "one"}}, "title": "Title", "externalId": "one_block"},
        ),
        (
            "roadblockCreate",
            {
                "on": {"keyResult": {"externalId": "one_key_result"}},
                "title": "Title",
                "owner": {"externalId": "ann"},
                "externalId": "one_key_result_block",
            },
        ),
        ("roadblockEscalate", {"roadblock": {"externalId": "one_block"}, "to": {"externalId": "ann"}}),
        ("roadblockResolve", {"roadblock": {"externalId": "one_block"}, "resolution": "Title"}),
        (
            "decisionCreate",
            {"about": {"objective": {"externalId": "one"}}, "text": "Title", "externalId": "one_said"},
        ),
        (
            "decisionCreate",
            {
                "about": {"keyResult": {"externalId": "one_key_result"}},
                "text": "Title",
                "owner": {"externalId": "ann"},
                "externalId": "one_key_result_said",
            },
        ),
        ("decisionUpdate", {"decision": {"externalId": "one_said"}, "state": "DONE"}),
        (
            "experimentCreate",
            {
                "keyResult": {"externalId": "one_key_result"},
                "hypothesis": "Title",
                "owner": {"externalId": "ann"},
                "externalId": "one_trial",
            },
        ),
        ("experimentStart", {"experiment": {"externalId": "one_trial"}}),
        ("experimentConclude", {"experiment": {"externalId": "one_trial"}, "outcome": "CONFIRMED"}),
        (
            "lessonCreate",
            {
                "source": {"experiment": {"externalId": "one_trial"}},
                "title": "Title of one",
                "tags": ["title"],
                "owner": {"externalId": "ann"},
                "externalId": "one_lesson",
            },
        ),
        (
            "lessonCreate",
            {"source": {"objective": {"externalId": "one"}}, "title": "Title", "externalId": "one_learned"},
        ),
        *ON_RECORDS,
        ("objectiveDrop", {"objective": {"externalId": "three"}, "reason": "Title"}),
        ("objectiveRestore", {"objective": {"externalId": "three"}}),
        (
            "objectiveUnalign",
            {"objective": {"externalId": "three"}, "parent": {"keyResult": {"externalId": "two_key_result"}}},
        ),
        ("objectiveDrop", {"objective": {"externalId": "three"}, "reason": "Title"}),
    )
    for mutation, input in steps:
        await client.do(mutation, **input)
    made = []
    for table, named in NAMES.items():
        node_type = NodeType[table.upper()]
        rows = await acme.fetch(
            f"select id, external_id from {table} where {named} similar to '(Title%|%of_one)'"
        )
        made += [Hidden(node_type, encode_id(node_type, row["id"]), row["external_id"]) for row in rows]
    assert len(made) == 28
    return made


async def test_every_query_is_answered_as_if_it_had_never_been(twins: Twins):
    asked = set()
    both = (twins.bare, twins.drafting)
    readers = [twin.reader for twin in both]
    anns = [twin.served.client(await twin.token_of_ann()) for twin in both]  # services owe nothing
    for field, query, variables in every_query(ids_of(twins.bare.acme), twins.hidden):
        answers = [await one.answer(query, **variables) for one in (anns if field == "myWork" else readers)]
        for answer in answers:
            answer.pop("extensions", None)
        assert answers[0] == answers[1], (query, variables)
        refused = [error["extensions"]["code"] for error in answers[0].get("errors", ())]
        is_reply = REPLY in query and "answer_fast" in query  # what the other one is on is hidden itself
        assert refused == (["NOT_FOUND"] if is_reply else []), query
        asked.add(field)
    assert CORE.query_type is not None
    assert asked == set(CORE.query_type.fields) - {
        "seq",
        "tokens",
        "webhook",
        "webhooks",
        "webhookDryRun",
    }  # the last four are for admins, who see everything


async def test_whoever_may_write_sees_all_of_it(twins: Twins):
    client = twins.drafting.served.client(twins.drafting.acme.token)
    ids = [one.id for one in twins.hidden]
    found = await client.one("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=ids)
    assert [one["id"] for one in found] == ids


async def test_every_subscription_tells_what_it_had_told(twins: Twins):
    assert CORE.subscription_type is not None
    ids = ids_of(twins.bare.acme)
    asked = set()
    for field, arguments in (
        ("changes", "(after: 0)"),
        ("changes", "(after: 0, filter: { nodeTypes: [CHECK_IN] })"),
        ("progressChanged", f'(cycleId: "{ids["quarter"]}", after: 0)'),
        ("progressChanged", f'(objectiveId: "{ids["customers_stay"]}", after: 0)'),
        ("myWorkChanged", "(after: 0)"),
    ):
        is_ann = field == "myWorkChanged"
        of = get_named_type(CORE.subscription_type.fields[field].type)
        told: list[list[Any]] = []
        for twin in (twins.bare, twins.drafting):
            token = await twin.token_of_ann() if is_ann else twin.acme.world.tokens[Scope.READ]
            async with twin.served.socket(token) as socket:
                query = f"subscription {{ {field}{arguments} {{ place: seq {selected(of, DEPTH - 1)} }} }}"
                events = await socket.subscribe(query)
                told.append([await events.next()])
                while told[-1][-1]["place"] < (twins.last_of_ann if is_ann else twins.last_seq):
                    told[-1].append(await events.next())
                await all_have_read(twin.served, await twin.acme.seq())
                assert events.waiting() == 0
        assert told[0] == told[1]
        asked.add(field)
    assert asked == set(CORE.subscription_type.fields) - {"notificationReceived"}  # services have none


async def test_following_what_is_hidden_is_refused_as_following_nothing(twins: Twins):
    for one in (one for one in twins.hidden if one.node_type is NodeType.OBJECTIVE):
        problems = []
        for twin in (twins.bare, twins.drafting):
            async with twin.served.socket(twin.acme.world.tokens[Scope.READ]) as socket:
                events = await socket.subscribe(
                    "subscription ($id: ID) { progressChanged(objectiveId: $id) { seq } }", id=one.id
                )
                problems.append(await events.problem())
        assert problems[0] == problems[1]
        assert problems[0]["code"] == "NOT_FOUND"


PAGE = "query ($s: Seq!, $f: ChangeFilter) { changes(after: $s, filter: $f) { nodes { seq kind nodeId nodeType node { id } fields reason deltas { nodeId } } } }"  # fmt: skip


async def test_what_was_moved_into_a_draft_is_told_by_what_it_left_and_not_by_its_id(
    client: Client, reader: Client, served: Server, acme: Acme
):
    begun = await acme.seq()
    told_on = f"subscription {{ changes(after: {begun}) {{ seq nodeId node {{ id }} }} }}"
    [_, key_result, *check_ins] = [one for one in await hide(client) if one.external_id.startswith("draft")]
    nodes = (await reader.one(PAGE, s=begun))["nodes"]
    hidden = [one for one in nodes if one["nodeId"] is None]
    assert {one["kind"] for one in hidden} == {
        "KEY_RESULT_CREATED", "CHECK_IN_RECORDED", "KEY_RESULT_MOVED",
    }  # fmt: skip
    never_down = encode_id(NodeType.OBJECTIVE, acme.never_down)
    for one in hidden:
        assert (one["node"], one["fields"], one["reason"]) == (None, [], None)
        assert never_down in [delta["nodeId"] for delta in one["deltas"]]
    assert not re.search("|".join(one.id for one in (key_result, *check_ins)), str(nodes))
    for one in (key_result, *check_ins):
        assert (await reader.one(PAGE, s=begun, f={"nodeId": one.id}))["nodes"] == []
    async with served.socket(acme.world.tokens[Scope.READ]) as socket:
        events = await socket.subscribe(told_on)
        told = await events.take(len(nodes))
    assert told == [{name: one[name] for name in ("seq", "nodeId", "node")} for one in nodes]


async def test_a_retry_by_who_sees_less_by_now_tells_nothing_of_what_is_hidden(
    client: Client, served: Server, acme: Acme
):
    lesser = served.client(
        await acme.tokens.create(acme.organization.id, name="Ann", scopes=[Scope.CHECK_IN], person="ann")
    )
    await client.do(
        "objectiveCreate", cycle={"externalId": "quarter"}, title="Secret", draft=True, externalId="secret"
    )
    await client.do("keyResultCreate", objective={"externalId": "secret"}, title="Hush", measure="BOOLEAN", externalId="hush")  # fmt: skip
    await client.do("checkInRecord", keyResult={"externalId": "macros"}, value=1, externalId="old")
    await client.do("keyResultUpdate", keyResult={"externalId": "macros"}, startValue=1)
    payload = (
        "deltas { nodeId } notices { message } results { index checkIn { id } errors { code message path } }"
    )
    items = [
        {"keyResult": {"externalId": name}, "value": 1} for name in ("macros", "hush", "nobody", "backlog")
    ]
    items.append({"supersedes": {"externalId": "old"}, "value": 2})
    many = {"items": items, "atomic": False, "idempotencyKey": "once"}
    first = await client.do("checkInRecordMany", payload, **many)
    assert "Secret" in str(first)
    assert "Macros" in str(first["notices"])
    await client.do("keyResultMove", keyResult={"externalId": "macros"}, objective={"externalId": "secret"})
    again = await lesser.do("checkInRecordMany", payload, **many)
    macros = encode_id(NodeType.KEY_RESULT, acme.macros)
    assert macros in str(first)
    assert [one["nodeId"] for one in again["deltas"]] == [
        one["nodeId"] for one in first["deltas"] if one["nodeId"] != macros
    ]
    assert [one["checkIn"] is None for one in again["results"]] == [True, True, True, False, True]
    assert again["notices"] == []
    _, hush, nobody, _, _ = [one["errors"] for one in again["results"]]
    assert hush == nobody
    assert [(one["code"], one["path"]) for one in hush] == [("NOT_FOUND", ["keyResult", "externalId"])]
    assert await client.do("checkInRecordMany", payload, **many) == {**first, "replayed": True}
