"""Audiences: who sees an objective is stored, and right after every mutation that can move it."""

from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any
from uuid import UUID

import pytest

from okr_api.auth.actor import Actor
from okr_api.okr.audience import viewers_of
from okr_api.okr.author import Author
from okr_api.okr.people import TeamRole
from okr_api.okr.policy import ObjectiveVisibility, Role, Scope
from okr_api.services import cycles, key_results, objectives, teams
from okr_api.services.mutation_runner import IdempotencyKey
from okr_api.services.number_repair import recount_organization
from okr_api.store.audiences import people_in_teams, update_audiences
from okr_api.store.database import new_id
from okr_api.store.mappers.objective import objective_of
from tests.acme import Acme, Workplace, increase, ref, said
from tests.docs.policy_tables import permits, table

ORGANIZATION, TEAM, PRIVATE = ObjectiveVisibility
Audiences = dict[UUID, list[UUID] | None]


def person(acme: Acme, id: UUID, role: Role = Role.MEMBER) -> Actor:
    scopes = frozenset({Scope.ADMIN if role is Role.ADMIN else Scope.WRITE})
    return Actor(acme.organization.id, new_id(), Author("somebody", id), scopes, role)


async def stored(acme: Workplace) -> Audiences:
    return {row["id"]: row["viewer_ids"] for row in await acme.fetch("select id, viewer_ids from objective")}


async def by_hand(acme: Workplace) -> Audiences:
    """The audiences as the guide says them, with loops and no relations."""
    parents = {row["id"]: row["parent_id"] for row in await acme.fetch("select id, parent_id from team")}
    members = await acme.fetch("select * from team_membership where not removed")
    found: Audiences = {}
    for row in await acme.fetch("select * from objective"):
        seeing = {row["owner_id"], *row["contributor_ids"]} - {None}
        if row["visibility"] == "PRIVATE":
            seeing |= set(row["shared_with_ids"])
        if row["visibility"] == "TEAM":
            team = row["team_id"]
            while team is not None:
                seeing |= {each["person_id"] for each in members if each["team_id"] == team}
                team = parents[team]
        found[row["id"]] = None if row["visibility"] == "ORGANIZATION" else sorted(seeing)
    return found


async def of_objects(acme: Workplace) -> Audiences:
    """The audiences by the pure function."""
    found: Audiences = {}
    async with acme.database.of(acme.organization.id) as connection:
        for row in await acme.fetch("select * from objective"):
            objective = objective_of(row)
            team = [objective.team_id] if objective.team_id else []
            people = await people_in_teams(connection, acme.organization.id, team)
            viewers = viewers_of(objective, *people.values())
            found[objective.id] = None if viewers is None else list(viewers)
    return found


async def check_law(acme: Workplace) -> None:
    audiences = await stored(acme)
    assert audiences == await by_hand(acme)
    assert audiences == await of_objects(acme)
    async with acme.database.of(acme.organization.id) as connection:
        assert (
            await update_audiences(connection, acme.organization.id, seq=1, objectives=list(audiences)) == []
        )


class RandomMutations:
    """Random mutations of what audiences follow from, by an admin."""

    def __init__(self, acme: Acme, random: Random) -> None:
        self.acme = acme
        self.random = random
        self.by = acme.seeing_all()
        self.people: list[UUID] = []
        self.teams: list[UUID] = []
        self.objectives: list[UUID] = []
        self.members: dict[tuple[UUID, UUID], UUID] = {}

    async def fill(self) -> None:
        acme = self.acme
        self.people = [acme.ann, acme.ben, acme.cem, *[await acme.person(f"P{n}") for n in range(4)]]
        self.teams = [acme.support, acme.platform]
        for number in range(4):
            self.teams.append(await acme.team(f"T{number}", parent=self.random.choice([None, *self.teams])))
        for team in self.teams:
            for one in self.random.sample(self.people, 2):
                await self._join(team, one)
        for number in range(8):
            made = await acme.objective(f"O{number}", cycle="quarter", by=self.by, **self._facts())
            self.objectives.append(made)

    def _some(self) -> list[Any]:
        return [ref(one) for one in self.random.sample(self.people, self.random.randint(0, 3))]

    def _facts(self) -> dict[str, Any]:
        return {
            "visibility": self.random.choice(list(ObjectiveVisibility)),
            "shared_with": self._some(),
            "contributors": self._some(),
            "owner": ref(self.random.choice([None, *self.people])),
            "team": ref(self.random.choice([None, *self.teams])),
        }

    async def _join(self, team: UUID, one: UUID) -> None:
        role = self.random.choice(list(TeamRole))
        if (team, one) not in self.members:
            self.members[team, one] = await self.acme.done(teams.add_member, team=team, person=one, role=role)

    async def edit(self) -> None:
        facts = self._facts()
        edits = {name: facts[name] for name in self.random.sample(sorted(facts), 2)}
        await self.acme.done(
            objectives.edit_objective, by=self.by, objective=self.random.choice(self.objectives), edits=edits
        )

    async def join(self) -> None:
        await self._join(self.random.choice(self.teams), self.random.choice(self.people))

    async def leave(self) -> None:
        if self.members:
            pair = self.random.choice(list(self.members))
            await self.acme.done(teams.remove_member, team_membership=self.members.pop(pair))

    async def change_role(self) -> None:
        if self.members:
            one = self.random.choice(list(self.members.values()))
            edits = {"role": self.random.choice(list(TeamRole))}
            await self.acme.done(teams.edit_member, team_membership=one, edits=edits)

    async def move_team(self) -> None:
        edits = {"parent": ref(self.random.choice([None, *self.teams]))}
        outcome = await self.acme.do(teams.edit_team, team=self.random.choice(self.teams), edits=edits)
        assert [error.code() for error in outcome.errors] in ([], ["TEAM_LOOPS"])

    async def any(self) -> None:
        await self.random.choice([self.edit, self.join, self.leave, self.change_role, self.move_team])()


@pytest.mark.parametrize("seed", range(4))
async def test_after_any_mutations_the_stored_audience_is_that_of_sql_of_objects_and_by_hand(
    seed: int, acme: Acme
):
    mutations = RandomMutations(acme, Random(seed))
    await mutations.fill()
    await check_law(acme)
    for _ in range(25):
        await mutations.any()
        await check_law(acme)
    assert any(len(viewers) > 1 for viewers in (await stored(acme)).values() if viewers)
    assert await acme.verify() == []


async def hidden(acme: Acme, **inputs: Any) -> UUID:
    """Create an objective of Ben's, by default private, with a key result of the external id `hidden-kr`."""
    inputs = {"visibility": PRIVATE, "owner": "ben", "external_id": "hidden", **inputs}
    id = await acme.objective("Hidden title", cycle="quarter", by=acme.seeing_all(), **inputs)
    await acme.done(key_results.define_key_result, by=acme.seeing_all(), objective=id, title="Hidden key result",
                    measure=increase(), external_id="hidden-kr")  # fmt: skip
    return id


async def test_an_audience_is_sorted_and_everybody_is_null(acme: Acme):
    id = await hidden(acme, contributors=[ref("cem")], shared_with=[ref("ann"), ref("ben")])
    assert (await stored(acme))[id] == sorted([acme.ann, acme.ben, acme.cem])
    assert {viewers for one, viewers in (await stored(acme)).items() if one != id} == {None}


async def test_shared_with_is_kept_and_counts_only_while_it_is_private(acme: Acme):
    id = await hidden(acme, shared_with=[ref("cem")])
    for visibility, viewers in (
        (TEAM, [acme.ben]),
        (ORGANIZATION, None),
        (PRIVATE, sorted([acme.ben, acme.cem])),
    ):
        await acme.done(
            objectives.edit_objective, by=acme.seeing_all(), objective=id, edits={"visibility": visibility}
        )
        assert (await stored(acme))[id] == viewers
        assert (await acme.row("objective", id))["shared_with_ids"] == [acme.cem]
    versions = await acme.versions("objective", id)
    assert [(row["visibility"], row["shared_with_ids"]) for row in versions] == [
        (visibility, [acme.cem]) for visibility in ("PRIVATE", "TEAM", "ORGANIZATION", "PRIVATE")
    ]


async def test_a_wrong_audience_is_found_and_repaired(acme: Acme):
    id = await hidden(acme, visibility=TEAM, team="support")
    await acme.done(teams.add_member, team="support", person="cem")
    right = sorted([acme.ben, acme.cem])
    assert (await stored(acme))[id] == right
    for wrong in (None, [], [acme.ben], [acme.ann, *right], right[::-1]):
        await acme.fetch("update objective set viewer_ids = $2 where id = $1 returning id", id, wrong)
        [found] = await acme.verify()
        assert (found.node_id, found.field, found.recomputed) == (id, "viewer_ids", tuple(right))
        author = Author("okr-api recount")
        dry = await recount_organization(acme.database, acme.organization.id, author=author, dry_run=True)
        assert (dry.differences, dry.seq) == ([found], None)
        repair = await recount_organization(acme.database, acme.organization.id, author=author)
        assert (repair.differences, repair.seq) == ([found], await acme.seq())
        assert (await stored(acme))[id] == right
        assert await acme.verify() == []


# ── Who may restrict it: the table of docs/policy.md ──

RESTRICTING = table("Restricting who sees an objective")
# For each row, whether Ben acts, what he is to the objective, and the team that he is in, as what.
AS_BEN: Mapping[str, tuple[dict[str, Any], tuple[str, TeamRole] | None]] = {
    "its owner": ({"owner": "ben"}, None),
    "a contributor": ({"contributors": ["ben"]}, None),
    "a lead of its team": ({}, ("support", TeamRole.LEAD)),
    "a lead of a team above": ({}, ("platform", TeamRole.LEAD)),
    "a member of its team": ({}, ("support", TeamRole.MEMBER)),
    "in `sharedWith`": ({"shared_with": ["ben"]}, None),
    "nothing of that": ({}, None),
}
SERVICES = {
    f"a service with `{scope}`{more}": (scope, bool(more))
    for scope in (Scope.WRITE, Scope.ADMIN)
    for more in ("", " that sees what is private")
}


def referred(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: [ref(one) for one in value] if isinstance(value, list) else ref(value)
        for name, value in inputs.items()
    }


async def cast_as(acme: Acme, row: str) -> tuple[Actor, dict[str, Any]]:
    """Return the actor of a row, and the objective's inputs that make them what it says."""
    await acme.done(teams.edit_team, team="support", edits={"parent": ref("platform")})
    inputs: dict[str, Any] = {"owner": "cem", "team": "support"}
    if row == "an admin":
        return person(acme, acme.ann, Role.ADMIN), inputs
    if row in SERVICES:
        scope, sees_private = SERVICES[row]
        who = replace(acme.actor, scopes=frozenset({scope}), sees_private=sees_private)
        return who, inputs
    related, membership = AS_BEN[row]
    if membership:
        await acme.done(teams.add_member, team=membership[0], person="ben", role=membership[1])
    return person(acme, acme.ben), inputs | related


def test_the_table_has_everybody():
    assert RESTRICTING.keys() == {*AS_BEN, *SERVICES, "an admin"}


@pytest.mark.parametrize("row", RESTRICTING)
async def test_who_restricts_an_objective_is_as_the_table_says(row: str, acme: Acme):
    await acme.fetch("update organization set editing = 'EVERYONE' returning id")
    actor, inputs = await cast_as(acme, row)
    given = {"cycle": "quarter", "title": "Seen", **referred(inputs)}
    seen = await acme.done(objectives.draft_objective, external_id="seen", **given)
    shared = {"shared_with": [*given.get("shared_with", ()), ref("ann")]}
    calls: dict[str, tuple[Any, dict[str, Any]]] = {
        "creates `TEAM`": (objectives.draft_objective, {**given, "visibility": TEAM}),
        "creates `PRIVATE`": (objectives.draft_objective, {**given, "visibility": PRIVATE}),
        "makes it `TEAM`": (objectives.edit_objective, {"objective": seen, "edits": {"visibility": TEAM}}),
        "makes it `PRIVATE`": (
            objectives.edit_objective,
            {"objective": seen, "edits": {"visibility": PRIVATE}},
        ),
        "changes `sharedWith`": (objectives.edit_objective, {"objective": seen, "edits": shared}),
    }
    assert calls.keys() == RESTRICTING[row].keys()
    for column, (service, call) in calls.items():
        if permits(RESTRICTING[row][column]):
            id = await acme.done(service, by=actor, **call)
            made = objective_of(await acme.row("objective", id))
            assert actor.visibility.shows(made)
            back = {"visibility": ORGANIZATION, "shared_with": list(given.get("shared_with", ()))}
            await acme.done(objectives.edit_objective, by=acme.seeing_all(), objective=id, edits=back)
        else:
            refusal = await acme.refused(service, by=actor, **call)
            path = ("sharedWith",) if column == "changes `sharedWith`" else ("visibility",)
            assert (refusal.code(), refusal.path) == ("FORBIDDEN", path), column
    same = {"title": "Other", "visibility": ORGANIZATION, "shared_with": list(given.get("shared_with", ()))}
    await acme.done(objectives.edit_objective, by=actor, objective=seen, edits=same)


async def test_an_owner_cannot_hide_it_from_themselves_but_can_give_it_away(acme: Acme):
    id = await hidden(acme)
    ben = person(acme, acme.ben)
    await acme.done(objectives.edit_objective, by=ben, objective=id, edits={"visibility": TEAM})
    both = {"visibility": PRIVATE, "owner": ref("cem")}
    refusal = await acme.refused(objectives.edit_objective, by=ben, objective=id, edits=both)
    assert (refusal.code(), refusal.path) == ("FORBIDDEN", ("visibility",))
    await acme.done(objectives.edit_objective, by=ben, objective=id, edits={"owner": ref("cem")})
    assert (await stored(acme))[id] == [acme.cem]
    refusal = await acme.refused(objectives.edit_objective, by=ben, objective=id, edits={"title": "Mine"})
    assert refusal.code() == "NOT_FOUND"


# ── What is told to those who do not see it ──


@pytest.fixture
async def below(acme: Acme) -> UUID:
    """Make `customers_stay`, above `answer_fast` and its key result `macros`, private to Ben."""
    edits = {"visibility": PRIVATE, "owner": ref("ben")}
    return await acme.done(
        objectives.edit_objective, by=acme.seeing_all(), objective="customers_stay", edits=edits
    )


async def moved_by(acme: Acme, by: Actor, value: float, once: IdempotencyKey | None = None) -> set[UUID]:
    outcome = await acme.group_commit.check_in(by, [said("macros", value)], once=once)
    assert not outcome.errors
    return {UUID(str(delta["node_id"])) for delta in outcome.deltas}


async def test_the_deltas_of_a_payload_leave_out_what_the_actor_does_not_see(acme: Acme, below: UUID):
    await acme.fetch("update organization set editing = 'EVERYONE' returning id")
    cem = person(acme, acme.cem)
    once = IdempotencyKey("once", b"hash")
    found = await moved_by(acme, cem, 4, once)
    assert {acme.macros, acme.answer_fast} <= found
    assert below not in found
    assert below in await acme.moved()  # the feed has it
    assert await moved_by(acme, cem, 4, once) == found  # replayed
    assert below in await moved_by(acme, person(acme, acme.ben), 5)
    assert below in await moved_by(acme, person(acme, acme.ann, Role.ADMIN), 6)
    assert below not in await moved_by(acme, acme.actor, 7)
    assert below in await moved_by(acme, acme.seeing_all(), 8)


async def test_a_replay_hides_what_its_caller_does_not_see_any_more(acme: Acme):
    await acme.fetch("update organization set editing = 'EVERYONE' returning id")
    cem, once = person(acme, acme.cem), IdempotencyKey("once", b"hash")
    first = await moved_by(acme, cem, 4, once)
    assert acme.customers_stay in first
    edits = {"visibility": PRIVATE, "owner": ref("ben")}
    await acme.done(objectives.edit_objective, by=acme.seeing_all(), objective="customers_stay", edits=edits)
    assert await moved_by(acme, cem, 4, once) == first - {acme.customers_stay}


async def test_a_cycle_that_cannot_be_closed_names_only_key_results_that_the_actor_sees(acme: Acme):
    month = await acme.cycle("Month", external_id="month")
    id = await acme.objective("Secret title", cycle=month, owner="ben")
    await acme.key_result("Secret key result", id)
    await acme.done(
        objectives.edit_objective, by=acme.seeing_all(), objective=id, edits={"visibility": PRIVATE}
    )
    await acme.done(cycles.begin_review, cycle=month)
    refusal = await acme.refused(cycles.close_cycle, cycle=month)
    assert refusal.code() == "NOT_ALL_GRADED"
    assert refusal.message.startswith("1 key result has no score; ")
    refusal = await acme.refused(cycles.close_cycle, cycle=month, by=acme.seeing_all())
    assert "'Secret key result' first" in refusal.message


async def test_a_taken_external_id_is_refused_alike_whether_its_objective_is_seen_or_not(acme: Acme):
    await acme.fetch("update organization set editing = 'EVERYONE' returning id")
    await hidden(acme)
    given = {"cycle": "quarter", "title": "New", "by": person(acme, acme.cem)}
    refusals = [
        await acme.refused(objectives.draft_objective, external_id=name, **given)
        for name in ("hidden", "answer_fast")
    ]
    told = {(one.code(), one.message.replace(name, "ID"), one.path)
            for one, name in zip(refusals, ("hidden", "answer_fast"), strict=True)}  # fmt: skip
    assert told == {("EXTERNAL_ID_IS_TAKEN", "Another objective is 'ID'", ("externalId",))}
