"""What docs/policy.md says is what `viewerCan` tells and what the mutations then do.

People of every relation to `never_down`, its key result `uptime` and its team `platform` try every mutation, in
every role and under both rules of who edits. An update that is permitted ends with VERSION_CONFLICT, so that it
changes nothing.
"""

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from okr_api.auth.actor import Scope
from okr_api.okr.people import TeamRole
from okr_api.okr.policy import Action, Editing, Relation, Role
from okr_api.services import metrics, organization, priorities, teams
from okr_api.services.absences import add_absence
from tests import conftest
from tests.acme import TODAY, Acme, World
from tests.docs.policy_tables import permits, table
from tests.graphql.cases import CASES, DRAFT, MEASURED, NEXT
from tests.graphql.conftest import Stage, set_up
from tests.serving import UNRECORDED, Client, Server, mutations

# What a person is to the objective, to its key result and to its team; NONE is left out.
PEOPLE: Mapping[str, tuple[set[Relation], ...]] = {
    "cem": ({Relation.OWNER}, {Relation.OWNER}, set()),
    "contributor": ({Relation.CONTRIBUTOR}, {Relation.CONTRIBUTOR}, set()),
    "lead": (*[{Relation.TEAM_LEAD}] * 3,),
    "lead_above": (*[{Relation.TEAM_LEAD}] * 3,),
    "member": (*[{Relation.TEAM_MEMBER}] * 3,),
    "member_above": (*[{Relation.TEAM_MEMBER}] * 3,),
    "measuring": (set(), {Relation.KEY_RESULT_OWNER}, set()),
    "checking": (set(), {Relation.CHECK_IN_OWNER}, set()),
    "delegate": (set(), {Relation.DELEGATE}, set()),
    "stranger": (set(), set(), set()),
}
CAN = {"edit": Action.EDIT, "checkIn": Action.CHECK_IN, "comment": Action.COMMENT, "changeVisibility": Action.CHANGE_VISIBILITY, "delete": Action.DELETE, "review": Action.REVIEW}  # fmt: skip
STRUCTURE = {"edit": Action.EDIT_STRUCTURE, "delete": Action.EDIT_STRUCTURE}
OF_WORK = {"edit": Action.EDIT_RECORD, "delete": Action.EDIT}
EVERYTHING = "viewerCan { edit checkIn comment changeVisibility delete review editMembers editStructure recordMeeting }"
# Each node that is asked for: the actions behind its fields, and which of the person's relations matter.
NODES: Mapping[str, tuple[Mapping[str, Action], int | None]] = {
    'objective(externalId: "never_down")': (CAN, 0),
    'keyResult(externalId: "uptime")': (CAN, 1),
    'checkIn(externalId: "up")': ({"edit": Action.CHECK_IN, "comment": Action.COMMENT, "delete": Action.CHECK_IN}, 1),
    'team(externalId: "platform")': ({**STRUCTURE, "editMembers": Action.EDIT_MEMBERS, "recordMeeting": Action.RECORD_MEETING}, 2),
    'teamMembership(externalId: "member")': ({"edit": Action.EDIT_MEMBERS, "delete": Action.EDIT_MEMBERS}, 2),
    'dependency(externalId: "handover")': (OF_WORK, 0),
    'roadblock(externalId: "no_budget")': ({**OF_WORK, "comment": Action.COMMENT}, 0),
    'decision(externalId: "ask_sales")': ({"edit": Action.EDIT_RECORD, "comment": Action.COMMENT, "delete": Action.EDIT_RECORD}, 0),
    'experiment(externalId: "trial")': ({**OF_WORK, "comment": Action.COMMENT}, None),
    'lesson(externalId: "learned")': ({**OF_WORK, "comment": Action.COMMENT}, None),
    'reviewRecord(externalId: "looked_back")': ({"edit": Action.REVIEW, "comment": Action.COMMENT, "delete": Action.REVIEW}, None),
    'meeting(externalId: "weekly")': ({"edit": Action.RECORD_MEETING, "delete": Action.RECORD_MEETING}, None),
    'person(externalId: "ann")': (STRUCTURE, None),
    'cycle(externalId: "quarter")': (STRUCTURE, None),
    'pulse(externalId: "how_are_you")': (STRUCTURE, None),
    'priority(externalId: "any-priority")': (STRUCTURE, None),
    'metric(externalId: "any-metric")': (STRUCTURE, None),
    "organization": ({"edit": Action.ADMINISTER, "editStructure": Action.EDIT_STRUCTURE}, None),
}  # fmt: skip
RANK = list(Scope)
RESULTS = "results { index errors { code path } }"
# What an input names has to be free to be tried again and again, and must not change who is what.
OTHER_INPUTS: Mapping[str, Mapping[str, Any]] = {
    "teamMemberAdd": {"team": {"externalId": "platform"}, "person": {"externalId": "ben"}},
    "tokenCreate": {"service": "made", "scopes": ["READ"]},
    "tokenRevoke": {"id": "nobody"},
    "webhookCreate": {"url": "https://127.0.0.1/", "selection": "{ seq }"},
    "webhookUpdate": {"id": "nobody"},
    "webhookDelete": {"id": "nobody"},
    "webhookRotateSecret": {"id": "nobody"},
    "webhookReplay": {"id": "nobody", "after": 0},
    "webhookEnable": {"id": "nobody"},
    "notificationsRead": {"upTo": 1},
    "pulseAnswer": {"pulse": {"externalId": "how_are_you"}, "answers": [1]},
}
NEEDS = table("What each mutation needs")
NODE_AND_FIELD = re.compile(r"\b([a-z]\w*)\.([a-z]\w*)")


@dataclass(frozen=True)
class Cast:
    """A server on Acme, with a client for each person and for a service of each scope."""

    stage: Stage
    people: Mapping[str, Client]
    services: Mapping[Scope, Client]

    async def set(self, editing: Editing, role: Role = Role.MEMBER) -> None:
        """Let the people have the role and the organisation the rule, past the services."""
        await self.stage.acme.fetch("update person set role = $1 where external_id = any($2) returning id", role, list(PEOPLE))  # fmt: skip
        await self.stage.acme.fetch("update organization set editing = $1 returning id", editing)
        assert self.stage.served.app_services
        self.stage.served.app_services.tokens.forget()


@pytest.fixture(scope="module")
async def cast(server: conftest.Server, acme_template: tuple[str, World]) -> AsyncIterator[Cast]:
    async with set_up(server, acme_template) as stage:
        acme = stage.acme
        for name in PEOPLE.keys() - {"cem"}:
            await acme.person(name, external_id=name)
        await acme.team("Operations", external_id="operations")
        await acme.done(teams.edit_team, team="platform", edits={"parent": acme_ref("operations")})
        for name, team, role in (
            ("lead", "platform", TeamRole.LEAD),
            ("lead_above", "operations", TeamRole.LEAD),
            ("member", "platform", TeamRole.MEMBER),
            ("member_above", "operations", TeamRole.MEMBER),
        ):
            await acme.done(teams.add_member, team=team, person=name, role=role, external_id=name)
        await stage.client.do("objectiveUpdate", objective={"externalId": "never_down"}, contributors=[{"externalId": "contributor"}])  # fmt: skip
        await stage.client.do("keyResultUpdate", keyResult={"externalId": "uptime"}, owner={"externalId": "measuring"}, checkInOwner={"externalId": "checking"})  # fmt: skip
        around = {"starts_on": TODAY - timedelta(days=1), "ends_on": TODAY + timedelta(days=1)}
        await acme.done(add_absence, person=acme_ref("checking"), delegate=acme_ref("delegate"), **around)
        await acme.check_in("uptime", 99.95, external_id="up")
        await acme.done(priorities.add_priority, title="Any", external_id="any-priority")
        await acme.done(metrics.add_metric, name="Any", external_id="any-metric")
        await stage.client.do(NEXT[0], **NEXT[1])
        people = {
            name: stage.served.client(
                await acme.tokens.create(acme.organization.id, name=name, scopes=[Scope.ADMIN], person=name)
            )
            for name in PEOPLE
        }
        services = {scope: stage.served.client(token) for scope, token in acme.world.tokens.items()}
        yield Cast(stage, people, services)


def acme_ref(name: str) -> Any:
    return organization.Ref(external_id=name)


def expected(
    actions: Mapping[str, Action], editing: Editing, role: Role, relations: set[Relation]
) -> dict[str, bool]:
    """Return what the tables say of the fields of `viewerCan`."""
    highest = RANK.index(Scope(table("Roles")[role]["at most the scope"]))
    relations = (relations | ({Relation.ADMIN} if role is Role.ADMIN else set())) or {Relation.NONE}

    def permitted(action: Action) -> bool:
        row = table(editing.value)[action]
        return RANK.index(Scope(row["scope"])) <= highest and any(permits(row[each]) for each in relations)

    fields = ("edit", "checkIn", "comment", "changeVisibility", "delete", "review", "editMembers", "editStructure", "recordMeeting")  # fmt: skip
    return {name: name in actions and permitted(actions[name]) for name in fields}


@pytest.mark.parametrize(("editing", "role"), tuple(product(Editing, Role)))
async def test_a_person_is_told_what_the_tables_say(editing: Editing, role: Role, cast: Cast):
    await cast.set(editing, role)
    query = "{" + " ".join(f"n{place}: {node} {{ {EVERYTHING} }}" for place, node in enumerate(NODES)) + "}"
    for name, client in cast.people.items():
        told = await client.ask(query)
        for place, (node, (actions, which)) in enumerate(NODES.items()):
            relations = set() if which is None else PEOPLE[name][which]
            right = expected(actions, editing, role, set(relations))
            assert told[f"n{place}"]["viewerCan"] == right, (name, node)


@pytest.mark.parametrize("editing", Editing)
async def test_a_service_is_told_what_the_tables_say(editing: Editing, cast: Cast):
    await cast.set(editing)
    query = "{" + " ".join(f"n{place}: {node} {{ {EVERYTHING} }}" for place, node in enumerate(NODES)) + "}"
    for scope, client in cast.services.items():
        told = await client.ask(query)
        for place, (actions, _) in enumerate(NODES.values()):
            can = told[f"n{place}"]["viewerCan"]
            for field, action in actions.items():
                needed = Scope(table(editing.value)[action]["a service"])
                assert can[field] is (RANK.index(needed) <= RANK.index(scope)), (scope, field)
            assert not any(can[field] for field in can.keys() - actions.keys())


# ── Mutations ──


def every_mutation() -> list[str]:
    return [*mutations(), *UNRECORDED]


def test_every_mutation_has_a_row_that_says_what_it_needs():
    assert sorted(NEEDS) == sorted(every_mutation())


def named_nodes(mutation: str, input: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what the row of a mutation names: a node as a root field, and a field of its `viewerCan`."""
    for node, field in NODE_AND_FIELD.findall(NEEDS[mutation]["viewerCan"]):
        items = input.get("items", [input])
        for item in items:
            reference = item.get(node) or item.get("supersedes")
            if reference is None and node != "organization":  # a check-in is on one of two types of nodes
                continue
            if node == "organization":
                yield node, field
            elif "supersedes" in item:
                yield f'checkIn(externalId: "{reference["externalId"]}") {{ keyResult', field
            else:
                yield f'{node}(externalId: "{reference["externalId"]}")', field


async def may_by_viewer_can(client: Client, mutation: str, input: Mapping[str, Any]) -> bool:
    """Return whether `viewerCan` of all nodes that the mutation names permits it; what is not seen does not."""
    nodes = list(named_nodes(mutation, input))
    assert nodes
    for node, field in nodes:
        closing = " }" * node.count("{")
        told = await client.one(f"{{ {node} {{ viewerCan {{ {field} }} }}{closing} }}")
        told = told["keyResult"] if told and "keyResult" in told else told
        if not told or not told["viewerCan"][field]:
            return False
    return True


def input_of(mutation: str) -> dict[str, Any]:
    given = dict(OTHER_INPUTS.get(mutation) or CASES[mutation].input)
    return given | ({"expectedVersion": 999} if takes_version(mutation) else {})


def takes_version(mutation: str) -> bool:
    return mutation not in UNRECORDED and CASES[mutation].other == {"expectedVersion": 999}


async def try_it(cast: Cast, client: Client, mutation: str) -> None:
    """Check that the mutation is rejected as forbidden exactly if `viewerCan` says so."""
    input = input_of(mutation)
    may = await may_by_viewer_can(client, mutation, input)
    seq = await cast.stage.acme.seq()
    done = await client.try_(mutation, **input)
    codes = {error["code"] for error in done["errors"]}
    assert ("FORBIDDEN" not in codes) is may, (mutation, done["errors"])
    if not may:
        assert codes == {"FORBIDDEN"}
        assert await cast.stage.acme.seq() == seq
        assert all(not error["path"] or error["path"][0] in input for error in done["errors"])
    elif takes_version(mutation):
        assert codes == {"VERSION_CONFLICT"}


# Of a metric's readings everybody; the rest is in tests of its own, and in a table below.
OF_NO_NODE = {
    "objectiveCreate",
    "metricReadingRecord",
    "metricReadingRetract",
    "metricReadingRecordMany",
    "initiativeCreate",
    "absenceCreate",
    "absenceUpdate",
    "absenceDelete",
    "dependencyCreate",
    "roadblockCreate",
    "experimentCreate",
    "lessonCreate",
    "checkInDraftCreate",
    "checkInDraftUpdate",
    "checkInDraftDelete",
    "checkInPublish",
    "commentCreate",
    "commentUpdate",
    "commentDelete",
    "reactionAdd",
    "reactionRemove",
    "follow",
    "unfollow",
    "notificationsRead",
    "notificationSettingsUpdate",
    "pulseAnswer",
}
TRIED = [name for name in every_mutation() if name not in OF_NO_NODE]


@pytest.mark.parametrize("mutation", TRIED)
async def test_a_mutation_does_what_viewer_can_says(mutation: str, cast: Cast):
    for editing, role in ((Editing.RESPONSIBLE, Role.VIEWER), (Editing.EVERYONE, Role.MEMBER), (Editing.RESPONSIBLE, Role.MEMBER), (Editing.RESPONSIBLE, Role.ADMIN)):  # fmt: skip
        await cast.set(editing, role)
        some = ("cem", "stranger") if role is not Role.MEMBER else tuple(PEOPLE)
        for name in some:
            await try_it(cast, cast.people[name], mutation)
        if role is Role.MEMBER:
            for client in cast.services.values():
                await try_it(cast, client, mutation)


# Without `write` only for what the service itself prepared, see tests/services/test_check_in_drafts.py; what only
# authors may do is FORBIDDEN to these services, whatever their scope, see tests/services/test_comments.py.
OF_AUTHORS = {"checkInDraftUpdate", "checkInDraftDelete", "commentUpdate", "commentDelete"}


@pytest.mark.parametrize("mutation", [name for name in every_mutation() if name not in OF_AUTHORS])
async def test_a_mutation_needs_the_scope_in_its_row(mutation: str, cast: Cast):
    await cast.set(Editing.EVERYONE)
    needed = Scope(NEEDS[mutation]["scope"])
    for scope, client in cast.services.items():
        codes = {error["code"] for error in (await client.try_(mutation, **input_of(mutation)))["errors"]}
        assert ("FORBIDDEN" not in codes) is (RANK.index(needed) <= RANK.index(scope)), scope


async def test_a_refusal_says_what_would_be_enough_and_where_it_is(cast: Cast):
    await cast.set(Editing.RESPONSIBLE)
    stranger = cast.people["stranger"]
    edited = await stranger.try_("objectiveUpdate", objective={"externalId": "never_down"}, title="Mine")
    assert edited["errors"] == [
        {
            "code": "FORBIDDEN",
            "message": "To edit this objective and what belongs to it you must be the owner of the objective, "
            "a contributor, a lead of the team or of a team above it or an admin",
            "path": ["objective", "externalId"],
            "currentVersion": None,
        }
    ]
    many = [{"keyResult": {"externalId": name}, "value": 99.9} for name in ("uptime", "nobody")]
    done = await cast.people["measuring"].try_("checkInRecordMany", RESULTS, items=many, atomic=False)  # fmt: skip
    assert done["results"] == [
        {"index": 0, "errors": []},
        {"index": 1, "errors": [{"code": "NOT_FOUND", "path": ["keyResult", "externalId"]}]},
    ]
    done = await stranger.try_("checkInRecordMany", RESULTS, items=many, atomic=False)  # fmt: skip
    assert [error["code"] for result in done["results"] for error in result["errors"]] == ["FORBIDDEN", "NOT_FOUND"]  # fmt: skip
    assert (await stranger.refused("teamCreate", name="Mine")) == [("FORBIDDEN", [])]
    [refused] = (await cast.services[Scope.WRITE].try_("teamCreate", name="Mine"))["errors"]
    assert refused["message"] == "This needs a token with the scope admin"
    await cast.set(Editing.RESPONSIBLE, Role.VIEWER)
    [refused] = (await stranger.try_("checkInRecord", keyResult={"externalId": "uptime"}, value=1))["errors"]
    assert refused["message"] == "This needs the role MEMBER; yours is VIEWER"


async def test_a_draft_is_edited_by_those_responsible_for_it(cast: Cast):
    await cast.set(Editing.RESPONSIBLE)
    client = cast.stage.client
    await client.try_(DRAFT[0], **DRAFT[1])
    await client.try_(MEASURED[0], **MEASURED[1])
    told = await cast.people["stranger"].one(
        '{ objective(externalId: "perhaps") { viewerCan { edit comment } } }'
    )
    assert told == {"viewerCan": {"edit": False, "comment": True}}


# ── Creating ──

WHO: Mapping[str, Mapping[str, Any]] = {
    "its owner": {"owner": {"externalId": "stranger"}},
    "a contributor": {"contributors": [{"externalId": "stranger"}], "owner": {"externalId": "cem"}},
    "neither": {"owner": {"externalId": "cem"}},
    "an admin or a service": {"owner": {"externalId": "cem"}},
}
WHERE = {
    "without a team": None,
    "for a team that they lead": "led",
    "for a team that they are in": "joined",
    "for another team": "support",
}


@pytest.fixture(scope="module")
async def joined(cast: Cast) -> Cast:
    """Let the stranger lead a team and be in another one."""
    acme = cast.stage.acme
    for name, role in (("led", TeamRole.LEAD), ("joined", TeamRole.MEMBER)):
        await acme.team(name, external_id=name)
        await acme.done(teams.add_member, team=name, person="stranger", role=role)
    return cast


@pytest.mark.parametrize(("who", "where"), tuple(product(WHO, WHERE)))
async def test_an_objective_is_created_by_those_in_the_table(who: str, where: str, joined: Cast):
    await joined.set(Editing.RESPONSIBLE)
    new = {"title": "New", "cycle": {"externalId": "quarter"}, **WHO[who]}
    new |= {"team": {"externalId": WHERE[where]}} if WHERE[where] else {}
    own = joined.people["stranger"]
    clients = [joined.stage.client, joined.services[Scope.WRITE]] if who.startswith("an admin") else [own]
    for client in clients:
        done = await client.try_("objectiveCreate", "objective { viewerCan { edit } }", **new)
        if permits(table("Creating an objective")[who][where]):
            assert done["errors"] == []
            assert done["objective"] == {"viewerCan": {"edit": True}}
        else:
            path = ["team", "externalId"] if where == "for another team" else ["owner"]
            assert [(error["code"], error["path"]) for error in done["errors"]] == [("FORBIDDEN", path)]
    await joined.set(Editing.EVERYONE)
    assert (await own.try_("objectiveCreate", **new))["errors"] == []


async def test_an_objective_is_given_to_another_team_by_who_is_in_it(joined: Cast):
    await joined.set(Editing.RESPONSIBLE)
    own = joined.people["stranger"]
    owned = {"title": "Own", "cycle": {"externalId": "quarter"}, "owner": {"externalId": "stranger"}}
    id = await own.make("objectiveCreate", **owned)
    for team in ("led", "joined"):
        await own.do("objectiveUpdate", objective={"id": id}, team={"externalId": team})
    refused = await own.refused("objectiveUpdate", objective={"id": id}, team={"externalId": "support"})
    assert refused == [("FORBIDDEN", ["team", "externalId"])]
    await own.do("objectiveUpdate", objective={"id": id}, team=None)
    await own.do("objectiveUpdate", objective={"id": id}, owner={"externalId": "cem"})
    assert await own.one("query ($id: ID) { objective(id: $id) { viewerCan { edit } } }", id=id) == {
        "viewerCan": {"edit": False}
    }


async def test_the_acme_of_this_module_still_has_numbers_that_follow_from_its_facts(cast: Cast):
    acme: Acme = cast.stage.acme
    assert await acme.verify() == []


ELSE = table("What else needs a permission")
SIMULATED = """{ simulate(changes: [
    { objectiveDrop: { objective: { externalId: "never_down" }, reason: "What if?" } }
]) { results { errors { code } } } }"""


@pytest.mark.parametrize("scope", Scope)
async def test_a_simulation_and_a_download_need_what_the_page_says(served: Server, acme: Acme, scope: Scope):
    assert set(ELSE) == {"simulate", "GET /export/{table}.csv"}
    client = served.client(acme.world.tokens[scope])
    ranks = {each.value: rank for rank, each in enumerate(RANK)}
    has = {name: ranks[scope.value] >= ranks[row["scope"]] for name, row in ELSE.items()}
    assert has["simulate"]
    [result] = (await client.one(SIMULATED))["results"]
    may_drop = ranks[scope.value] >= ranks[NEEDS["objectiveDrop"]["scope"]]
    assert result["errors"] == ([] if may_drop else [{"code": "FORBIDDEN"}])
    download = await client.http.get("/export/objectives.csv")
    assert download.status_code == (200 if has["GET /export/{table}.csv"] else 403)
