"""Acme of Berlin, a month into its quarter: the named world that the tests share.

    Customers stay                 of the company and the year; owner Ann
    ├── Answer fast                of Support and the quarter; owner Ben; weight 1
    │   └── Clear the backlog      of no team, of the quarter; owner Ben; weight 1
    │         backlog   DECREASE   200 → 0 tickets
    │         macros    INCREASE   0 → 10
    └── Never go down              of Platform and the quarter; owner Cem; weight 3
          uptime    AT_LEAST   99.9 %
          errors    AT_MOST    1 %
          load      WITHIN     40 to 70 %
          failover  BOOLEAN
          rollout   MILESTONES plan (weight 1), pilot (1), everywhere (2)
          latency   ZONES      400, commit 300, target 200, stretch 100 ms

Nothing has been measured yet. The first two objectives are scored from the objectives that contribute to
them, the other two from their key results. Every entity has an external id: its attribute's name
(`acme.never_down` is `never_down`). The year began 150 days ago and the quarter 30 days ago, in
Europe/Berlin; both are active.

    async def test_half_the_way_is_half(acme: Acme):
        await acme.check_in(acme.macros, 5)
        assert await acme.progress(acme.customers_stay) == 0.0625   # (0.25·1 + 0·3) / 4

Tests create everything else by the same short methods (`objective`, `key_result`, `check_in` …), which
call the real services and return ids; `do` and `say` return the whole result, `refused` returns the
refusal. Create another organisation with `await Workplace.found(database, wakeups, "Beta")`.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson

from okr_api.auth.actor import Actor, Scope
from okr_api.auth.tokens import TokenStore
from okr_api.okr.alignment import AlignmentKind
from okr_api.okr.author import Author
from okr_api.okr.cycle import CycleState
from okr_api.okr.entity import NodeType
from okr_api.okr.errors import Refused
from okr_api.okr.measure import KeyResultMeasure, Measure, Milestone
from okr_api.okr.people import Organization
from okr_api.okr.policy import Role
from okr_api.okr.review_record import ReviewDecision, RootCause
from okr_api.pubsub.notifier import ChangeNotifier
from okr_api.services import (
    alignments,
    cycles,
    key_results,
    objectives,
    organization,
    recompute,
    reviews,
    teams,
)
from okr_api.services.bootstrap import found_organization
from okr_api.services.check_in_lookup import CheckInRequest
from okr_api.services.group_commit import GroupCommit
from okr_api.services.mutation_runner import IdempotencyKey, MutationResult, MutationRunner
from okr_api.services.references import Ref
from okr_api.store.database import Database
from okr_api.store.unit_of_work import Work, unit_of_work

Service = Callable[..., Awaitable[MutationResult]]
ZONE = "Europe/Berlin"
TODAY = datetime.now(ZoneInfo(ZONE)).date()

# Insert $2 copies of the objective $1, bypassing the service.
MORE_OBJECTIVES = """
    insert into objective
    select made.*
    from objective copied, generate_series(1, $2) number, jsonb_populate_record(copied,
        jsonb_build_object('id', gen_random_uuid(), 'external_id', null, 'number', number)) made
    where copied.id = $1
"""


def increase(start: float | None = 0.0, target: float | None = 100.0, unit: str | None = None) -> Measure:
    return Measure(KeyResultMeasure.INCREASE, unit=unit, start_value=start, target_value=target)


def decrease(start: float | None, target: float | None, unit: str | None = None) -> Measure:
    return Measure(KeyResultMeasure.DECREASE, unit=unit, start_value=start, target_value=target)


def at_least(limit: float, unit: str | None = None) -> Measure:
    return Measure(KeyResultMeasure.AT_LEAST, unit=unit, target_value=limit)


def at_most(limit: float, unit: str | None = None) -> Measure:
    return Measure(KeyResultMeasure.AT_MOST, unit=unit, target_value=limit)


def within(lower: float, upper: float, unit: str | None = None) -> Measure:
    return Measure(KeyResultMeasure.WITHIN, unit=unit, lower_bound=lower, upper_bound=upper)


YES_NO = Measure(KeyResultMeasure.BOOLEAN)


def milestones(**weights: float) -> Measure:
    """Return a MILESTONES measure from `key=weight` pairs."""
    steps = tuple(Milestone(key, key.capitalize(), weight) for key, weight in weights.items())
    return Measure(KeyResultMeasure.MILESTONES, milestones=steps)


def zones(start: float, commit: float, target: float, stretch: float, unit: str | None = None) -> Measure:
    return Measure(
        KeyResultMeasure.ZONES,
        unit=unit,
        start_value=start,
        commit_value=commit,
        target_value=target,
        stretch_value=stretch,
    )


def days_ago(days: float) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)


def ref(node: UUID | str | Ref | None) -> Ref | None:
    """Return the reference for an id or an external id; return a `Ref` and None unchanged."""
    if isinstance(node, str):
        return Ref(external_id=node)
    return Ref(node) if isinstance(node, UUID) else node


def said(key_result: UUID | str | Ref | None, value: float | None = None, **more: Any) -> CheckInRequest:
    """Return a check-in item; `more` are other fields of `CheckInRequest`."""
    if isinstance(more.get("supersedes"), UUID | str):
        more["supersedes"] = ref(more["supersedes"])
    return CheckInRequest(key_result=ref(key_result), value=value, **more)


class Workplace:
    """An organisation with short methods for what a team does, all through the real services."""

    def __init__(
        self, database: Database, wakeups: ChangeNotifier, organization: Organization, actor: Actor
    ) -> None:
        self.database = database
        self.notifier = wakeups
        self.organization = organization
        self.actor = actor
        self.tokens = TokenStore(database)
        self.mutation_runner = MutationRunner(database, wakeups)
        self.group_commit = GroupCommit(self.mutation_runner)
        self.current_cycle: UUID | None = None

    @classmethod
    async def found(
        cls, database: Database, wakeups: ChangeNotifier, name: str, zone: str = ZONE
    ) -> "Workplace":
        """Create an empty organisation; its actor is a service named `tests` with the ADMIN scope."""
        organization, actor = await found_with_service(database, name, zone)
        return cls(database, wakeups, organization, actor)

    # ── Running services ──

    async def do(
        self,
        service: Service,
        /,
        *,
        by: Actor | None = None,
        once: IdempotencyKey | None = None,
        scope: Scope = Scope.WRITE,
        **inputs: Any,
    ) -> MutationResult:
        """Run a service through the mutation runner; ids and external ids become references."""
        actor = by or self.actor
        given = {
            name: ref(value) if name in REFERENCES and not isinstance(value, StrEnum) else value
            for name, value in inputs.items()
        }
        return await self.mutation_runner.perform(
            actor, scope, once, lambda work: service(work, actor, **given)
        )

    async def done(self, service: Service, /, **inputs: Any) -> UUID:
        """Run a service that must succeed; return the id of the node that it made or changed."""
        outcome = await self.do(service, **inputs)
        assert not outcome.errors, [(e.code(), e.message, e.path) for e in outcome.errors]
        return node(outcome)

    async def refused(self, service: Service, /, **inputs: Any) -> Refused:
        """Run a service that must be rejected; check that no table changed, and return the refusal."""
        before = await self.tables()
        outcome = await self.do(service, **inputs)
        assert await self.tables() == before
        assert (outcome.seq, dict(outcome.ids), outcome.item_errors) == (await self.seq(), {}, ())
        [refusal] = outcome.errors
        return refusal

    async def say(
        self, *items: CheckInRequest, atomic: bool = True, once: IdempotencyKey | None = None
    ) -> MutationResult:
        """Record check-ins, made by `said`, in one call; return the result."""
        return await self.group_commit.check_in(self.actor, items, atomic=atomic, once=once)

    async def check_in(
        self, key_result: UUID | str | Ref | None, value: float | None = None, **more: Any
    ) -> UUID:
        """Record one check-in, which must succeed; return its id."""
        outcome = await self.say(said(key_result, value, **more))
        assert not outcome.errors, outcome.errors
        assert not outcome.item_errors, outcome.item_errors
        return node(outcome)

    async def review(self, objective: UUID | str, **values: Any) -> UUID:
        """Review an objective of the quarter, which is in review meanwhile and active again."""
        given: dict[str, Any] = {"decision": ReviewDecision.KEEP, "decision_reason": "R"}
        await self.done(cycles.begin_review, cycle="quarter")
        given |= {"root_cause": RootCause.OTHER, **values}
        made = await self.done(reviews.record_review, objective=objective, **given)
        await self.done(cycles.activate_cycle, cycle="quarter")
        return made

    async def retract(self, check_in: UUID | str, reason: str = "Typing error") -> UUID:
        """Retract a check-in; return the id of the retraction."""
        return await self.check_in(None, supersedes=check_in, retraction_reason=reason)

    # ── Creating and editing ──

    async def person(self, name: str, **inputs: Any) -> UUID:
        return await self.done(organization.add_person, name=name, **inputs)

    async def team(self, name: str, **inputs: Any) -> UUID:
        """Create a team; `parent` is the team above it."""
        return await self.done(teams.add_team, name=name, **inputs)

    async def cycle(
        self,
        name: str,
        starts_on: date | None = None,
        ends_on: date | None = None,
        *,
        state: CycleState = CycleState.ACTIVE,
        **inputs: Any,
    ) -> UUID:
        """Create a cycle in that state, by default of 90 days from 30 days ago; it becomes the current one."""
        first = starts_on or TODAY - timedelta(days=30)
        last = ends_on or first + timedelta(days=89)
        id = await self.done(cycles.plan_cycle, name=name, starts_on=first, ends_on=last, **inputs)
        if state is not CycleState.DRAFT:
            await self.done(cycles.activate_cycle, cycle=id)
        if state in (CycleState.REVIEW, CycleState.CLOSED):
            await self.done(cycles.begin_review, cycle=id)
        if state is CycleState.CLOSED:
            await self.done(cycles.close_cycle, cycle=id, not_measured_reason="Nobody looked")
        self.current_cycle = id
        return id

    async def objective(
        self, title: str, under: UUID | str | None = None, weight: float = 1.0, **inputs: Any
    ) -> UUID:
        """Create a published objective in the current cycle (or `cycle`), by default without a parent."""
        inputs.setdefault("cycle", self.current_cycle)
        return await self.done(objectives.draft_objective, title=title, parent=under, weight=weight, **inputs)

    async def key_result(
        self, title: str, objective: UUID | str, measure: Measure | None = None, **inputs: Any
    ) -> UUID:
        """Create a key result, by default INCREASE from 0 to 100."""
        measure = measure or increase()
        return await self.done(
            key_results.define_key_result, objective=objective, title=title, measure=measure, **inputs
        )

    async def align(self, child: UUID | str, parent: UUID | str, weight: float = 1.0, **inputs: Any) -> UUID:
        """Align an objective with another or with a key result, or change the weight of the alignment."""
        return await self.done(alignments.align, objective=child, parent=parent, weight=weight, **inputs)

    async def supports(self, child: UUID | str, parent: UUID | str) -> UUID:
        """Add a SUPPORTS alignment from an objective to another or to a key result."""
        return await self.align(child, parent, kind=AlignmentKind.SUPPORTS)

    async def move(self, child: UUID | str, parent: UUID | str | None, **inputs: Any) -> UUID:
        """Move an objective with everything beneath it."""
        return await self.done(alignments.move, objective=child, parent=parent, **inputs)

    def as_person(self, id: UUID, name: str = "Ann") -> Actor:
        """Return an actor with all scopes that is a person with the role ADMIN."""
        return replace(self.actor, author=Author(name, id), role=Role.ADMIN)

    def seeing_all(self) -> Actor:
        """Return an actor that may do and sees everything: a service that sees what is private."""
        return replace(self.actor, sees_private=True)

    @asynccontextmanager
    async def work_elsewhere(self) -> AsyncIterator[Work]:
        """Open a unit of work like another process: lock the feed head without this process's write queue."""
        async with (
            Database.open(self.database.dsn, most_connections=1) as database,
            unit_of_work(database, self.organization.id) as work,
        ):
            yield work

    # ── Reading ──

    async def fetch(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """Return the rows of a statement."""
        async with self.database.across() as connection:
            return [dict(row) for row in await connection.fetch(statement, *values)]

    async def row(self, table: str, id: UUID) -> dict[str, Any]:
        [row] = await self.fetch(f"select * from {table} where id = $1", id)
        return row

    async def versions(self, table: str, id: UUID) -> list[dict[str, Any]]:
        """Return the versions of a person, team, cycle, objective or key result, oldest first."""
        return await self.fetch(f"select * from {table}_version where id = $1 order by seq", id)

    async def progress(self, node: UUID) -> float | None:
        """Return the stored progress of an objective or a key result."""
        [row] = await self.fetch(
            "select progress from objective where id = $1 union all "
            "select progress from key_result where id = $1",
            node,
        )
        return row["progress"]

    async def seq(self) -> int:
        """Return the current position of the feed."""
        [row] = await self.fetch("select seq from feed_head where organization_id = $1", self.organization.id)
        return row["seq"]

    async def change(self, seq: int | None = None) -> dict[str, Any]:
        """Return a change of the feed with decoded deltas, by default the latest."""
        [row] = await self.fetch(
            "select * from change where organization_id = $1 and seq = $2",
            self.organization.id,
            await self.seq() if seq is None else seq,
        )
        return {**row, "deltas": orjson.loads(row["deltas"])}

    async def moved(self, seq: int | None = None) -> dict[UUID, tuple[float | None, float | None]]:
        """Return the deltas of a change, by default the latest, in order: id to progress before and after."""
        deltas = (await self.change(seq))["deltas"]
        return {UUID(delta["node_id"]): (delta["before"], delta["after"]) for delta in deltas}

    async def tables(self, *besides: str) -> dict[str, list[str]]:
        """Return every row of every table except `besides` as text, to compare the database as a whole.

        Background jobs write when they were done at any time, so theirs is left out.
        """
        names = await self.fetch(
            "select relname::text as name from pg_class "
            "where relkind = 'r' and relnamespace = 'public'::regnamespace order by relname"
        )
        each = (
            f"""select '{name}' as name, array(select every::text from "{name}" every order by 1) as rows"""
            for name in (row["name"] for row in names if row["name"] not in (*besides, "job"))
        )
        whole = await self.fetch(" union all ".join(each))  # hundreds of round trips would take far longer
        return {row["name"]: row["rows"] for row in whole}

    async def written(self, before: Mapping[str, list[str]]) -> dict[str, int]:
        """Count rows per table that are new or changed since `before`; `… gone` if there are fewer.

        Whom changes tell and what they touch is left out: `tests/services/test_notifications.py`, `verify`.
        """
        counts: dict[str, int] = {}
        for name, rows in (await self.tables("change_node", "notification")).items():
            new = len(set(rows) - set(before[name]))
            counts |= {name: new} if new else {}
            fewer = len(before[name]) - len(rows)
            counts |= {f"{name} gone": fewer} if fewer > 0 else {}
        return counts

    async def verify(self) -> list[Any]:
        """Return what is stored and does not follow from the facts; expected to be empty."""
        return await recompute.verify(self.database, self.organization)


REFERENCES = frozenset(
    {
        "cycle",
        "objective",
        "key_result",
        "person",
        "team",
        "team_membership",
        "priority",
        "metric",
        "initiative",
        "absence",
        "delegate",
        "check_in_draft",
        "draft",
        "assignee",
        "dependency",
        "review_record",
        "pulse",
        "roadblock",
        "meeting",
        "decision",
        "experiment",
        "lesson",
        "giving_team",
        "comment",
        "reply_to",
        "owner",
        "parent",
        "supersedes",
    }
)


def measured(name: UUID | str, node_type: NodeType = NodeType.KEY_RESULT) -> Ref:
    """Return a reference to a key result, or to an objective, where an input takes both."""
    found = ref(name)
    assert found is not None
    return replace(found, node_type=node_type)


def node(outcome: MutationResult) -> UUID:
    """Return the id of the node that a mutation made or changed."""
    id = outcome.ids["node"]
    assert isinstance(id, UUID)
    return id


async def found_with_service(database: Database, name: str, zone: str) -> tuple[Organization, Actor]:
    """Create an organisation and its service `tests`, an actor with the ADMIN scope."""
    organization = await found_organization(database, name=name, zone=zone)
    tokens = TokenStore(database)
    actor = await tokens.actor(await tokens.create(organization.id, name="tests", scopes=[Scope.ADMIN]))
    assert actor is not None
    return organization, actor


@dataclass(frozen=True)
class World:
    """The ids of everything in Acme after it was founded, with tokens (`okr_…`).

    `token` is Ann's and has the ADMIN scope; `tokens` has one for each scope, of a service named after it.
    """

    organization: Organization
    actor: Actor
    token: str
    tokens: Mapping[Scope, str]
    ann: UUID
    ben: UUID
    cem: UUID
    support: UUID
    platform: UUID
    year: UUID
    quarter: UUID
    customers_stay: UUID
    answer_fast: UUID
    clear_backlog: UUID
    never_down: UUID
    backlog: UUID
    macros: UUID
    uptime: UUID
    errors: UUID
    load: UUID
    failover: UUID
    rollout: UUID
    latency: UUID

    @property
    def names(self) -> dict[UUID, str]:
        """Map each id to its attribute's name."""
        return {
            getattr(self, each.name): each.name
            for each in fields(self)
            if isinstance(getattr(self, each.name), UUID)
        }


class Acme(Workplace):
    """Acme with methods; the ids of `World` are its attributes: `acme.backlog`, `acme.ann`."""

    def __init__(self, database: Database, wakeups: ChangeNotifier, world: World) -> None:
        super().__init__(database, wakeups, world.organization, world.actor)
        self.world = world
        self.token = world.token
        self.current_cycle = world.quarter
        self.ann, self.ben, self.cem = world.ann, world.ben, world.cem
        self.support, self.platform = world.support, world.platform
        self.year, self.quarter = world.year, world.quarter
        self.customers_stay, self.answer_fast = world.customers_stay, world.answer_fast
        self.clear_backlog, self.never_down = world.clear_backlog, world.never_down
        self.backlog, self.macros = world.backlog, world.macros
        self.uptime, self.errors, self.load = world.uptime, world.errors, world.load
        self.failover, self.rollout, self.latency = world.failover, world.rollout, world.latency

    def named(self, ids: Sequence[UUID] | Mapping[UUID, Any]) -> Any:
        """Replace ids by names, which makes comparisons readable."""
        names = self.world.names
        if isinstance(ids, Mapping):
            return {names.get(id, id): value for id, value in ids.items()}
        return [names.get(id, id) for id in ids]


@dataclass
class _Founding:
    """Creates the entities of `World`, each with its attribute's name as its external id."""

    place: Workplace
    made: dict[str, UUID] = field(default_factory=dict)

    async def make(self, name: str, make: Callable[..., Awaitable[UUID]], *given: Any, **inputs: Any) -> None:
        for key, value in inputs.items():
            if key in REFERENCES | {"under"}:
                inputs[key] = self.made[value]
        self.made[name] = await make(*given, external_id=name, **inputs)


async def found_acme(database: Database, wakeups: ChangeNotifier) -> World:
    """Found Acme, by some thirty mutations."""
    place = await Workplace.found(database, wakeups, "Acme")
    founding = _Founding(place)
    make, begin = founding.make, TODAY
    for name, role in (("ann", Role.ADMIN), ("ben", Role.MEMBER), ("cem", Role.MEMBER)):
        await make(name, place.person, name.capitalize(), email=f"{name}@acme.example", role=role)
    await make("support", place.team, "Support")
    await make("platform", place.team, "Platform")
    await make("year", place.cycle, "Year", begin - timedelta(days=150), begin + timedelta(days=214))
    await make(
        "quarter",
        place.cycle,
        "Quarter",
        begin - timedelta(days=30),
        begin + timedelta(days=59),
        parent="year",
    )
    objective = place.objective
    await make("customers_stay", objective, "Customers stay", cycle="year", owner="ann")
    within_quarter = partial(make, cycle="quarter")
    await within_quarter(
        "answer_fast", objective, "Answer fast", under="customers_stay", owner="ben", team="support"
    )
    await within_quarter("clear_backlog", objective, "Clear the backlog", under="answer_fast", owner="ben")
    await within_quarter(
        "never_down",
        objective,
        "Never go down",
        under="customers_stay",
        weight=3.0,
        owner="cem",
        team="platform",
    )
    for name, parent, measure in KEY_RESULTS:
        await make(name, partial(place.key_result, name.capitalize(), measure=measure), objective=parent)
    tokens = TokenStore(database)
    by_scope = {s: await tokens.create(place.organization.id, name=s, scopes=[s]) for s in Scope}
    ann = await tokens.create(place.organization.id, name="Ann", scopes=[Scope.ADMIN], person="ann")
    return World(
        organization=place.organization, actor=place.actor, token=ann, tokens=by_scope, **founding.made
    )


KEY_RESULTS = (
    ("backlog", "clear_backlog", decrease(200, 0, "tickets")),
    ("macros", "clear_backlog", increase(0, 10)),
    ("uptime", "never_down", at_least(99.9, "%")),
    ("errors", "never_down", at_most(1, "%")),
    ("load", "never_down", within(40, 70, "%")),
    ("failover", "never_down", YES_NO),
    ("rollout", "never_down", milestones(plan=1, pilot=1, everywhere=2)),
    ("latency", "never_down", zones(400, 300, 200, 100, "ms")),
)
