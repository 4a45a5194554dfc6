"""Random histories followed by people and services: what is pushed leads everybody to what a fresh read gives.

Each applies the events to a copy: what is shown is added, what is hidden is forgotten with all that hangs on it.
Nothing that is pushed ever names what its receiver neither sees nor saw.
"""

import asyncio
import json
import random
import re
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest

from okr_api.okr.entity import NodeType
from okr_api.query_engine.global_ids import encode_id
from tests.acme import Acme
from tests.graphql.viewers import NAMES, PEOPLE, Viewers, by_external_id
from tests.serving import PATIENCE_S, Client, Events, Server, Socket, serving

STEPS = 45
OBJECTIVE = "__typename id title state visibility owner { id } team { id } version progress status"
KEY_RESULT = (
    "__typename id title objective { id } version progress currentValue status latestCheckIn { id note }"
)
# Aliases, because the types have fields of the same name and different types.
NODE = f"objective: node {{ ... on Objective {{ {OBJECTIVE} keyResults {{ {KEY_RESULT} }} }} }} keyResult: node {{ ... on KeyResult {{ {KEY_RESULT} }} }}"
EVENT = f"seq kind nodeId fields reason {NODE} deltas {{ nodeId {NODE} }} visibilityChanges {{ nodeId nodeType {NODE} }}"
FOLLOWED = f"subscription ($after: Seq) {{ changes(after: $after) {{ {EVENT} }} }}"
READ = f"{{ seq objectives(first: 100) {{ nodes {{ {OBJECTIVE} }} }} keyResults(first: 100) {{ nodes {{ {KEY_RESULT} }} }} }}"
SCOPED = f"subscription ($c: ID, $after: Seq) {{ progressChanged(cycleId: $c, after: $after) {{ seq deltas {{ nodeId }} cause {{ checkIns {{ id }} }} visibilityChanges {{ nodeId {NODE} }} }} }}"
OBJECTIVES = ("customers_stay", "answer_fast", "clear_backlog", "never_down")
KEY_RESULTS = ("backlog", "macros", "uptime", "errors", "failover")
TEAMS = ("support", "platform")
SEES = """
    select objective.id, objective.viewer_ids, state = 'DRAFT' or is_dropped_draft as is_draft,
        (select array_agg(id) from key_result where objective_id = objective.id) as key_results,
        (select array_agg(said.id) from key_result held join check_in said on said.key_result_id = held.id
         where held.objective_id = objective.id) as check_ins
    from objective
"""
IDS = re.compile(r"\b(?:obj|key|chk)_[0-9a-f]{32}\b")


class Copy:
    """What a client has of the objectives and key results that it was shown."""

    def __init__(self) -> None:
        self.nodes: dict[str, Any] = {}

    async def read(self, client: Client) -> int:
        data = await client.ask(READ)
        found = [*data["objectives"]["nodes"], *data["keyResults"]["nodes"]]
        self.nodes = {node["id"]: node for node in found}
        return int(data["seq"])

    def apply(self, event: Any) -> None:
        for change in event["visibilityChanges"]:
            if not change["objective"] and not change["keyResult"]:
                self.forget(change["nodeId"])
        for said in (event, *event["deltas"], *event["visibilityChanges"]):
            for node in (said["objective"], said["keyResult"]):
                if node:
                    self.add(dict(node))

    def add(self, node: dict[str, Any]) -> None:
        for key_result in node.pop("keyResults", ()):
            self.nodes[key_result["id"]] = key_result
        self.nodes[node["id"]] = node

    def forget(self, id: str) -> None:
        self.nodes.pop(id, None)
        hanging = [each for each, node in self.nodes.items() if node.get("objective", {}).get("id") == id]
        for each in hanging:
            del self.nodes[each]


@dataclass
class Follower:
    """One viewer with a copy, two subscriptions, and the ids of everything that they ever saw."""

    name: str
    token: str
    client: Client
    copy: Copy = field(default_factory=Copy)
    saw: set[str] = field(default_factory=set)
    position: int = 0
    named: list[tuple[int, set[str]]] = field(default_factory=list)
    stack: AsyncExitStack | None = None
    socket: Socket | None = None
    events: Events | None = None
    scoped: Events | None = None

    async def connect(self, served: Server, cycle: str) -> None:
        """Subscribe after the last known position."""
        self.stack = AsyncExitStack()
        self.socket = await self.stack.enter_async_context(served.socket(self.token))
        self.events = await self.socket.subscribe(FOLLOWED, after=self.position)
        self.scoped = await self.socket.subscribe(SCOPED, c=cycle, after=self.position)

    async def disconnect(self) -> None:
        """Apply what has arrived, and close the socket."""
        self.take()
        if self.stack is not None:
            await self.stack.aclose()
        self.stack = None

    def take(self) -> bool:
        """Apply what has arrived; return False if a subscription has ended."""
        assert self.events is not None
        assert self.scoped is not None
        is_open = True
        for events in (self.events, self.scoped):
            while events.waiting():
                is_open &= self.accept(events, events.queue.get_nowait())
        return is_open

    def accept(self, events: Events, message: Any) -> bool:
        """Apply a message; return False if it is the last one."""
        if isinstance(message, Exception) or message["type"] != "next":
            return False
        assert "errors" not in message["payload"], message
        [event] = message["payload"]["data"].values()
        self.named.append((event["seq"], set(IDS.findall(json.dumps(event)))))
        if events is self.events:
            assert event["seq"] > self.position, "once and in order"
            self.position = event["seq"]
            self.copy.apply(event)
        return True


class History:
    """Random mutations by Ann, who is an admin throughout."""

    def __init__(self, acme: Acme, ann: Client, seed: int) -> None:
        self.acme = acme
        self.ann = ann
        self.random = random.Random(seed)
        self.members: list[str] = []
        self.drafts: list[str] = []
        self.created = list(OBJECTIVES)
        self.parents: dict[str, str | None] = {}
        self.count = 0

    async def step(self) -> int:
        """Make one random change; return the position of the feed after it."""
        self.count += 1
        make = self.random.choice(self.kinds())
        mutation, input = make()
        done = await self.ann.try_(mutation, **by_external_id(input))
        return int(done["seq"])

    def kinds(self) -> list[Callable[[], tuple[str, dict[str, Any]]]]:
        """Return the kinds of changes, frequent ones several times."""
        twice = [self.visibility, self.check_in, self.title, self.role, self.move]
        once = [self.sharing, self.owner, self.contributors, self.team, self.member, self.leaves]
        return [*twice, *twice, *once, self.team_parent, self.create, self.publish]

    def some(self, names: tuple[str, ...], most: int = 2) -> list[str]:
        return self.random.sample(names, self.random.randint(0, most))

    def one(self) -> str:
        return self.random.choice(self.created)

    def person(self) -> str:
        return self.random.choice([name for name in PEOPLE if name != "ann"])

    def visibility(self) -> tuple[str, dict[str, Any]]:
        chosen = self.random.choice(("ORGANIZATION", "TEAM", "PRIVATE"))
        return "objectiveUpdate", {"objective": self.one(), "visibility": chosen}

    def sharing(self) -> tuple[str, dict[str, Any]]:
        return "objectiveUpdate", {"objective": self.one(), "sharedWith": self.some(tuple(PEOPLE))}

    def owner(self) -> tuple[str, dict[str, Any]]:
        return "objectiveUpdate", {"objective": self.one(), "owner": self.person()}

    def contributors(self) -> tuple[str, dict[str, Any]]:
        return "objectiveUpdate", {"objective": self.one(), "contributors": self.some(tuple(PEOPLE))}

    def team(self) -> tuple[str, dict[str, Any]]:
        return "objectiveUpdate", {"objective": self.one(), "team": self.random.choice(TEAMS)}

    def member(self) -> tuple[str, dict[str, Any]]:
        name = f"member_{self.count}"
        self.members.append(name)
        team = self.random.choice(TEAMS)
        return "teamMemberAdd", {"team": team, "person": self.person(), "externalId": name}

    def leaves(self) -> tuple[str, dict[str, Any]]:
        known = ["dana_in_support", "eve_in_platform", *self.members]
        return "teamMemberRemove", {"teamMembership": self.random.choice(known)}

    def team_parent(self) -> tuple[str, dict[str, Any]]:
        below, above = self.random.sample(TEAMS, 2)
        return "teamUpdate", {"team": below, "parent": self.random.choice((None, above))}

    def role(self) -> tuple[str, dict[str, Any]]:
        role = self.random.choice(("ADMIN", "MEMBER", "VIEWER"))
        return "personUpdate", {"person": self.person(), "role": role}

    def check_in(self) -> tuple[str, dict[str, Any]]:
        given = {"value": self.random.randint(0, 90), "note": f"note {self.count}"}
        return "checkInRecord", {"keyResult": self.random.choice(KEY_RESULTS[:4]), **given}

    def title(self) -> tuple[str, dict[str, Any]]:
        return "objectiveUpdate", {"objective": self.one(), "title": f"Title {self.count}"}

    def create(self) -> tuple[str, dict[str, Any]]:
        name, is_draft = f"made_{self.count}", self.random.random() < 0.5
        self.created.append(name)
        self.drafts += [name] if is_draft else []
        visibility = self.random.choice(("ORGANIZATION", "TEAM", "PRIVATE"))
        return "objectiveCreate", {
            "title": name, "externalId": name, "draft": is_draft, "visibility": visibility, "owner": self.person(),
            "team": self.random.choice(TEAMS), "cycle": {"externalId": "quarter"},
            "parent": {"objective": {"externalId": self.random.choice(OBJECTIVES)}},
        }  # fmt: skip

    def publish(self) -> tuple[str, dict[str, Any]]:
        if not self.drafts:
            return self.title()
        return "objectivePublish", {"objective": self.drafts.pop()}

    def move(self) -> tuple[str, dict[str, Any]]:
        published = [name for name in self.created if name not in self.drafts]
        key_result, objective = self.random.choice(KEY_RESULTS), self.random.choice(published)
        return "keyResultMove", {"keyResult": key_result, "objective": objective}


async def note_what_is_seen(acme: Acme, followers: list[Follower]) -> None:
    """Add the ids of everything that each of them sees by the stored audiences and roles."""
    rows = await acme.fetch(SEES)
    acme.tokens.forget()
    for one in followers:
        actor = await acme.tokens.actor(one.token)
        assert actor is not None
        sight = actor.visibility
        for row in rows:
            is_hidden = row["is_draft"] and not sight.drafts
            audience = row["viewer_ids"]
            if not is_hidden and (sight.restricted or audience is None or sight.person_id in audience):
                one.saw.add(encode_id(NodeType.OBJECTIVE, row["id"]))
                one.saw |= {encode_id(NodeType.KEY_RESULT, id) for id in row["key_results"] or ()}
                one.saw |= {encode_id(NodeType.CHECK_IN, id) for id in row["check_ins"] or ()}


@pytest.mark.parametrize(
    ("seed", "compiled", "steps"), ((0, True, STEPS), (1, True, STEPS), (2, False, STEPS // 3))
)
async def test_everybody_ends_with_what_a_fresh_read_gives_and_is_told_of_nothing_else(
    seed: int, compiled: bool, steps: int, acme: Acme, acme_url: str
):
    async with serving(acme_url, compiled=compiled) as served:
        await follow_a_history(served, acme, seed, steps)


async def follow_a_history(served: Server, acme: Acme, seed: int, steps: int) -> None:
    viewers = await Viewers.join(acme, served)
    history = History(acme, served.client(acme.token), seed)
    cycle = encode_id(NodeType.CYCLE, acme.quarter)
    followers = [Follower(name, viewers.tokens[name], viewers.clients[name]) for name in NAMES]
    await note_what_is_seen(acme, followers)
    begun = 0
    for one in followers:
        one.position = begun = await one.copy.read(one.client)
        await one.connect(served, cycle)
    late = [Follower(one.name, one.token, one.client) for one in followers]
    for one in late:
        one.position = await one.copy.read(one.client)
        assert one.position == begun
    for _ in range(steps):
        await history.step()
        await note_what_is_seen(acme, followers)
        for one in history.random.sample(followers, 2):
            if history.random.random() < 0.3:
                await one.disconnect()
        await reconnected(served, followers, cycle)
    seq = (await history.ann.do("personUpdate", person={"externalId": "ann"}, name="Anna"))["seq"]
    for one in late:  # resume with `after` once the history is over
        one.saw = next(each.saw for each in followers if each.name == one.name)
        await one.connect(served, cycle)
    for one in (*followers, *late):
        await caught_up(served, one, cycle, seq)
    for one in (*followers, *late):
        fresh = Copy()
        await fresh.read(one.client)
        assert one.copy.nodes == fresh.nodes, one.name
        for at, named in one.named:
            assert named <= one.saw, (one.name, at)
        await one.disconnect()
    assert sum(len(one.named) for one in followers) > steps


async def reconnected(served: Server, followers: list[Follower], cycle: str) -> None:
    """Apply what has arrived; connect those again whose socket was closed, as their rights have changed."""
    for one in followers:
        if one.stack is not None and not one.take():
            await one.disconnect()
        if one.stack is None:
            await one.connect(served, cycle)


async def caught_up(served: Server, one: Follower, cycle: str, seq: int) -> None:
    """Apply everything up to the position of a change that everybody sees."""
    while one.position < seq:
        assert one.events is not None
        async with asyncio.timeout(PATIENCE_S):
            message = await one.events.queue.get()
        if not one.accept(one.events, message):
            await one.disconnect()
            await one.connect(served, cycle)
    one.take()
