"""Random histories of cadences, check-ins, absences and ticks: slots, statuses and events are the model's.

Without more, the same few rounds run, and no further one begins once a minute has passed, which it does on a slow machine.
OKR_TEST_CADENCE_MINUTES=60 runs other histories for that long; `make histories` does. Each round prints its seed,
and OKR_TEST_CADENCE_SEED=… begins with that one.
"""

import asyncio
import itertools
import os
import random
import sys
import time as wall_time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from okr_api.auth.actor import Scope
from okr_api.okr.cadence import Cadence, Weekday
from okr_api.okr.check_in import ReportedStatus
from okr_api.okr.check_in_slots import next_due_at
from okr_api.okr.holiday_calendar import HolidayCalendar
from okr_api.okr.on_time_share import on_time_share
from okr_api.pubsub.notifier import ChangeNotifier
from okr_api.services import cycles, key_results, objectives, organization, teams
from okr_api.services.absences import add_absence, delete_absence, edit_absence
from okr_api.services.clock import ticker
from okr_api.services.clock.event_sources import SOURCES
from okr_api.services.clock.ticker import tick_organization
from okr_api.services.references import Ref
from okr_api.store.check_in_plans import load_slots
from okr_api.store.clock_positions import due_organizations
from okr_api.store.cycle_slots import load_slot_states
from okr_api.store.database import Database
from tests.acme import Workplace, said
from tests.conftest import Server
from tests.moving_clock import fail_at, set_clock, with_moving_clock
from tests.services.test_histories import Runner

from .cadence_model import KINDS, Absence, CheckIn, Model, Node, Past, Rule, Turn

MINUTES = float(os.environ.get("OKR_TEST_CADENCE_MINUTES", "0"))
FIRST_SEED = int(os.environ.get("OKR_TEST_CADENCE_SEED", "0")) or random.randrange(1_000_000_000)
ROUNDS = 4  # without MINUTES
ROUNDS_END_AFTER_S = 60
HISTORIES = settings(
    max_examples=40 if MINUTES else 10,
    stateful_step_count=60 if MINUTES else 40,
    deadline=None,
    derandomize=not MINUTES,
    database=None,
    suppress_health_check=list(HealthCheck),
)
DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)
# Weeks before summer time begins, and before it ends, in the first two zones; the third has half an hour of it.
BEGINS = (datetime(2027, 3, 3, 12, tzinfo=UTC), datetime(2027, 10, 11, 12, tzinfo=UTC))
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
ANY = st.integers(0, 999)  # an index, taken modulo the number of those that exist
MOSTLY_ONE = st.one_of(st.just(2), st.just(2), ANY)  # the first key result, or any node
HOURS = st.sampled_from([0.5, 5.0, 26.0, 75.0, 168.0])
Passed = (
    float | tuple[int, int]
)  # hours, or one of the next instants at which something changes, with an offset
PASSED = st.one_of(HOURS, st.tuples(st.integers(0, 11), st.sampled_from([-1, 0, 0, 1])))
FEED = """
    select seq, kind, node_id, due_at, recorded_at, deltas from change
    where organization_id = $1 and seq > $2 order by seq
"""
POSITIONS = "select source, told_until, node_id from clock_position where organization_id = $1"
TIMELINES = """
    select id, statuses, status_turns from objective where organization_id = $1
    union all select id, statuses, status_turns from key_result where organization_id = $1
"""
COUNTING = """
    select id, team_id from objective
    where organization_id = $1 and cycle_id = $2 and state in ('PUBLISHED', 'CLOSED')
    union all
    select part.id, holder.team_id from objective holder
    join key_result part on part.organization_id = $1 and part.objective_id = holder.id and part.state = 'ACTIVE'
    where holder.organization_id = $1 and holder.cycle_id = $2 and holder.state in ('PUBLISHED', 'CLOSED')
"""
RULES = st.one_of(
    st.builds(
        Rule,
        unit=st.just("weeks"),
        every=st.sampled_from([1, 1, 2, 3]),
        on=st.integers(0, 6),
        at=st.sampled_from([time(0), time(2, 15), time(9), time(17), time(23, 59)]),
        counted_from=st.sampled_from([None, None, date(2027, 2, 18)]),
        grace=st.sampled_from([0, 1, 3, 6]),
        tolerance=st.sampled_from([0, 1, 2]),
        locked=st.sampled_from([False] * 7 + [True]),
    ),
    st.builds(
        Rule,
        unit=st.just("months"),
        every=st.sampled_from([1, 1, 2]),
        on=st.sampled_from([1, 15, 29, 31]),
        at=st.sampled_from([time(2, 15), time(12)]),
        counted_from=st.sampled_from([None, date(2027, 2, 18)]),
        grace=st.sampled_from([0, 3, 27]),
        tolerance=st.sampled_from([0, 1, 2]),
        locked=st.sampled_from([False] * 7 + [True]),
    ),
).map(lambda given: replace(given, tolerance=min(given.tolerance, given.grace)))
CADENCES = st.one_of(st.none(), RULES, RULES)
Position = tuple[datetime, UUID | None]
FREE = ("PUBLISHED", "ACTIVE")
MAX_NODES = 9


def cadence_of(given: Rule | None) -> Cadence | None:
    """Return a rule of the model as the service takes it."""
    if given is None:
        return None
    when: dict[str, Any] = (
        {"weeks": given.every, "weekday": list(Weekday)[given.on]}
        if given.unit == "weeks"
        else {"months": given.every, "day": given.on}
    )
    return Cadence(
        **when,
        at=given.at,
        counted_from=given.counted_from,
        grace_days=given.grace,
        tolerance_days=given.tolerance,
        locked=given.locked,
    )


def is_after(at: datetime, node: UUID, position: Position) -> bool:
    """Return whether something lies after the position up to which the clock has told."""
    until, last = position
    return at > until or (at == until and last is not None and node > last)


class CadenceHistory(RuleBasedStateMachine):
    """An organisation and its model, to which the same things happen."""

    runner: Runner
    others: Database

    # ── The beginning ──

    @initialize(
        begin=st.sampled_from(BEGINS),
        zone=st.sampled_from(ZONES),
        first=st.sampled_from([-30, -3, 4]),
        days=st.sampled_from([45, 90]),
        cadences=st.tuples(st.one_of(RULES, RULES, CADENCES), CADENCES, CADENCES),
    )
    def found(
        self, begin: datetime, zone: str, first: int, days: int, cadences: Sequence[Rule | None]
    ) -> None:
        """Found two teams, three people, and two objectives with three key results in a cycle."""
        run = self.runner.run
        self.now, self.seq = begin, 0
        run(set_clock(self.runner.database, begin))
        notifier = ChangeNotifier(self.runner.database)
        self.place = run(Workplace.found(self.runner.database, notifier, "History", zone))
        today = begin.astimezone(ZoneInfo(zone)).date()
        last = today + (first + days) * DAY
        self.cycle = run(self.place.cycle("Cycle", today + first * DAY, last))
        self.cycle_state = "ACTIVE"
        self.model = Model(
            ZoneInfo(zone),
            today + first * DAY,
            Past(begin, last),
            Past(begin, None),
            Past(begin, frozenset()),
        )
        self.people = [run(self.place.person(name)) for name in ("Ann", "Ben", "Cem")]
        self.top = run(self.place.team("Top"))
        self.sub = run(self.place.team("Sub", parent=self.top))
        self.model.above = {self.top: None, self.sub: self.top}
        self.model.teams = {self.top: Past(begin, None), self.sub: Past(begin, None)}
        for team, owner in ((self.sub, 0), (None, 2)):
            id = run(self.place.objective("O", team=team, owner=self.people[owner]))
            past = Past[Rule | None](begin, None), Past(begin, "PUBLISHED")
            self.model.nodes[id] = Node(id, begin, self.people[owner], *past, team=team)
        self.objectives = list(self.model.nodes)
        for number in (0, 0, 1):
            objective = self.model.nodes[self.objectives[number]]
            id = run(self.place.key_result("K", objective.id))
            past = Past[Rule | None](begin, None), Past(begin, "ACTIVE")
            self.model.nodes[id] = Node(id, begin, None, *past, objective=objective)
        self.key_results = list(self.model.nodes)[2:]
        self.status = dict.fromkeys(self.model.nodes, "PENDING")  # as the feed has told it
        self.told_at = dict.fromkeys(self.model.nodes, begin)  # up to which mutations have told it
        self.touched_at = dict.fromkeys(self.model.nodes, begin)
        self.positions: dict[str, Position] = {source.name: (begin, None) for source in SOURCES}
        self._read_feed()
        for node, cadence in zip(
            (self.place.organization.id, self.objectives[1], self.key_results[0]), cadences, strict=True
        ):
            self._set_cadence(node, cadence)

    def _node(self, number: int) -> Node:
        nodes = list(self.model.nodes.values())
        return nodes[number % len(nodes)]

    def _move_clock(self, at: datetime) -> None:
        self.now = at
        self.runner.run(set_clock(self.runner.database, at))

    # ── Mutations ──

    def _do(self, service: Any, *, refusals: Sequence[str] = (), **inputs: Any) -> UUID | None:
        """Run a service; return the id that it made, or None if it was refused as expected."""
        outcome = self.runner.run(self.place.do(service, scope=Scope.ADMIN, **inputs))
        if refusals:
            assert [error.code() in refusals for error in outcome.errors] == [True], (
                refusals,
                outcome.errors,
            )
            return None
        assert not outcome.errors, [(error.code(), error.message) for error in outcome.errors]
        id = outcome.ids["node"]
        assert isinstance(id, UUID)
        return id

    def _follow(self, change: Callable[[], object], *touched: UUID) -> None:
        """Let the same happen in the model, and compare what the feed has told of it."""
        assert self._followed(change, *touched) == []

    def _followed(self, change: Callable[[], object], *touched: UUID) -> list[dict[str, Any]]:
        """Let the same happen in the model; return what the clock has told meanwhile."""
        before = self.model.timelines()
        change()
        for id in touched:
            self.touched_at[id] = self.now
        for id, timeline in self.model.timelines().items():
            if before.get(id) != timeline:
                self.told_at[id] = self.now
        return self._read_feed()

    def _read_feed(self) -> list[dict[str, Any]]:
        """Read new changes; return those of the clock, and compare the statuses that others told."""
        clock = []
        for change in self.runner.run(self.place.fetch(FEED, self.place.organization.id, self.seq)):
            self.seq = change["seq"]
            assert change["recorded_at"] == self.now
            for delta in orjson.loads(change["deltas"]):
                node = self.model.nodes[UUID(delta["node_id"])]
                if change["due_at"] is not None:
                    assert delta["status_before"] == self.status[node.id] != delta["status_after"]
                else:
                    known = self.model.status(node, self.now)
                    assert delta["status_after"] == known or known == "CLOSED"
                    self.told_at[node.id] = self.now
                self.status[node.id] = delta["status_after"]
            if change["due_at"] is not None:
                clock.append(change)
        return clock

    def _set_cadence(self, id: UUID, cadence: Rule | None) -> None:
        edits = {"cadence": cadence_of(cadence)}
        if id == self.place.organization.id:
            past = self.model.cadence
            self._do(organization.edit_organization, edits=edits)
        else:
            past = self.model.teams[id] if id in self.model.teams else self.model.nodes[id].cadence
            is_new = cadence is not None and cadence != past.now
            refusals = ["CADENCE_IS_LOCKED"] if is_new and self.model.is_locked_for(id) else []
            if id in self.model.teams:
                self._do(teams.edit_team, team=id, edits=edits, refusals=refusals)
            elif id in self.objectives:
                self._do(objectives.edit_objective, objective=id, edits=edits, refusals=refusals)
            else:
                service = key_results.edit_key_result
                self._do(service, key_result=id, edits=edits, measure={}, refusals=refusals)
            if refusals:
                return
        self._follow(lambda: past.set(self.now, cadence))

    @rule(which=ANY, cadence=CADENCES)
    def a_cadence_is_set(self, which: int, cadence: Rule | None) -> None:
        ids = [self.place.organization.id, *self.model.teams]
        ids += self.model.nodes if self.cycle_state == "ACTIVE" else []
        self._set_cadence(ids[which % len(ids)], cadence)

    @rule(which=ANY, cadence=CADENCES, back=ANY)
    def a_cadence_is_varied(self, which: int, cadence: Rule | None, back: int) -> None:
        """Change a detail of a cadence that is set, as people do in mid-cycle."""
        if self.cycle_state != "ACTIVE" or cadence is None:
            return
        pasts = {self.place.organization.id: self.model.cadence, **self.model.teams}
        pasts |= {node.id: node.cadence for node in self.model.nodes.values()}
        ids = [id for id, past in pasts.items() if past.now]
        if ids:
            id = ids[which % len(ids)]
            known = pasts[id].now
            assert known
            varied = (
                replace(known, locked=not known.locked),
                replace(known, grace=0, tolerance=0),
                replace(known, at=cadence.at),
                replace(known, every=cadence.every),
            )
            self._set_cadence(id, varied[back % len(varied)])

    @rule(which=ANY, first=st.integers(-1, 2), lengths=st.lists(st.integers(1, 9), min_size=0, max_size=2))
    def holidays_are_set(self, which: int, first: int, lengths: list[int]) -> None:
        """Let holidays begin on days on which check-ins are due."""
        today = self.now.astimezone(self.model.zone).date()
        node = self._node(which)
        due = [one.nominal for one in self.model.windows(node) if one.day >= today] or [today]
        begins = [*due[max(0, first) :], today]
        days = {
            begin + number * DAY
            for begin, length in zip(begins, lengths, strict=False)
            for number in range(min(0, first), length)
        }
        calendar = HolidayCalendar(days=tuple(sorted(days)))
        self._do(organization.edit_organization, edits={"holiday_calendar": calendar})
        self._follow(lambda: self.model.holidays.set(self.now, frozenset(days)))

    @rule(zone=st.sampled_from(ZONES))
    def the_time_zone_changes(self, zone: str) -> None:
        self._do(organization.edit_organization, edits={"time_zone": zone})
        self.place.organization = replace(self.place.organization, time_zone=zone)
        self._follow(lambda: vars(self.model).update(zone=ZoneInfo(zone)))

    def _moment(self, node: Node, back: int) -> datetime | None:
        """Return when a check-in is effective: None for now, some hours ago, or at an instant of a slot."""
        if back % 2 == 0:
            return None
        exact = [at for one in self.model.windows(node) for at in one.instants if at <= self.now][-6:]
        exact += [at + INSTANT for at in exact if at < self.now]
        ago = [self.now - timedelta(hours=hours) for hours in (2, 30, 100, 200)]
        return (ago + exact)[back // 2 % len(ago + exact)]

    def _saying(
        self, node: Node, by: int, what: dict[str, Any], at: datetime | None
    ) -> tuple[list[str], Awaitable[Any], Callable[[Any], None]]:
        """Return why a check-in is refused, the check-in, and what it does in the model when it was made."""
        person = self.people[by] if by < len(self.people) else None
        actor = self.place.as_person(person) if person else self.place.actor
        item = said(node.id if node.objective else None, **what, effective_at=at)
        if node.objective is None:
            item = replace(item, objective=Ref(node.id))
        effective, status = at or self.now, what.get("status")

        def record(outcome: Any) -> None:
            id = outcome.ids["items"][0]
            more = status and str(status), what.get("confidence")
            node.check_ins.append(CheckIn(id, effective, person is not None, *more))

        making = self.place.group_commit.check_in(actor, [item])
        return self._refusals_of_check_in(node, effective), making, record

    def _refusals_of_check_in(self, node: Node, effective: datetime) -> list[str]:
        if self.cycle_state == "CLOSED":
            return ["CYCLE_IS_CLOSED"]
        if {"DROPPED", "DRAFT"} & {node.state.now, node.holder.state.now}:
            return ["STATE_DOES_NOT_FIT"]
        is_within = self.model.begin <= effective < self.model.end
        return ["READING_OUTSIDE_CYCLE"] if self.cycle_state == "REVIEW" and not is_within else []

    @staticmethod
    def _codes(outcome: Any) -> list[str]:
        return [error.code for error in outcome.item_errors] + [error.code() for error in outcome.errors]

    SAID = st.sampled_from(
        [{"note": "N"}, {"note": "N"}, {"confidence": 0.5}, *({"status": each} for each in ReportedStatus)]
    )

    @rule(which=MOSTLY_ONE, by=st.integers(0, 5), what=SAID, backs=st.lists(ANY, min_size=1, max_size=3))
    def somebody_checks_in(self, which: int, by: int, what: dict[str, Any], backs: list[int]) -> None:
        node = self._node(which)
        for back in backs:
            refusals, making, record = self._saying(node, by, what, self._moment(node, back))
            outcome = self.runner.run(making)
            assert self._codes(outcome) == refusals
            if not refusals:
                self._follow(partial(record, outcome), node.id, node.holder.id)

    @rule(which=ANY, number=ANY)
    def a_check_in_is_retracted(self, which: int, number: int) -> None:
        node = self._node(which)
        if not node.check_ins:
            return
        known = node.check_ins[number % len(node.check_ins)]
        item = said(None, supersedes=known.id, retraction_reason="R")
        outcome = self.runner.run(self.place.group_commit.check_in(self.place.actor, [item]))
        refusals = self._refusals_of_check_in(node, known.at)
        assert self._codes(outcome) == refusals
        if not refusals:
            self._follow(lambda: node.check_ins.remove(known), node.id, node.holder.id)

    # ── People ──

    def _refusals_of_absence(self, absence: Absence, others: Sequence[Absence]) -> list[str]:
        if absence.last < absence.first or absence.delegate == absence.person:
            return ["INVALID_INPUT"]
        found = []
        if any(one.person == absence.person and one.shares_a_day(absence) for one in others):
            found.append("ABSENCE_OVERLAPS")
        if any(one.person == absence.delegate and one.shares_a_day(absence) for one in others):
            found.append("DELEGATE_IS_ABSENT")
        return found

    @rule(
        person=st.integers(0, 2),
        delegate=st.integers(0, 3),
        first=st.integers(-5, 15),
        days=st.sampled_from([-1, 0, 3, 10, 30, 60]),
    )
    def somebody_is_absent(self, person: int, delegate: int, first: int, days: int) -> None:
        begin = self.now.astimezone(self.model.zone).date() + first * DAY
        other = self.people[delegate] if delegate < len(self.people) else None
        absence = Absence(self.people[person], begin, begin + days * DAY, other)
        id = self._do(
            add_absence,
            refusals=self._refusals_of_absence(absence, list(self.model.absences.values())),
            person=absence.person,
            delegate=other,
            starts_on=absence.first,
            ends_on=absence.last,
        )
        if id:
            self._follow(lambda: self.model.absences.update({id: absence}))

    @rule(number=ANY, days=st.one_of(st.none(), st.integers(-1, 10)), delegate=st.integers(0, 3))
    def an_absence_is_edited_or_deleted(self, number: int, days: int | None, delegate: int) -> None:
        if not self.model.absences:
            return
        id = list(self.model.absences)[number % len(self.model.absences)]
        known = self.model.absences[id]
        if days is None:
            self._do(delete_absence, absence=id)
            self._follow(lambda: self.model.absences.pop(id))
            return
        other = self.people[delegate] if delegate < len(self.people) else None
        edited = replace(known, last=known.first + days * DAY, delegate=other)
        others = [one for one in self.model.absences.values() if one is not known]
        edits = {"ends_on": edited.last, "delegate": other and Ref(other)}
        refusals = [] if edited == known else self._refusals_of_absence(edited, others)
        self._do(edit_absence, absence=id, edits=edits, refusals=refusals)
        if not refusals:
            self._follow(lambda: self.model.absences.update({id: edited}))

    @precondition(lambda self: self.cycle_state == "ACTIVE")
    @rule(which=ANY, owner=st.integers(0, 3), check_in_owner=st.integers(0, 3))
    def somebody_else_owes(self, which: int, owner: int, check_in_owner: int) -> None:
        node = self._node(which)
        first, second = [*self.people, None][owner], [*self.people, None][check_in_owner]
        edits = {"owner": first and Ref(first)}
        if node.objective is None:
            self._do(objectives.edit_objective, objective=node.id, edits=edits)
            self._follow(lambda: vars(node).update(owner=first))
        else:
            edits["check_in_owner"] = second and Ref(second)
            self._do(key_results.edit_key_result, key_result=node.id, edits=edits, measure={})
            self._follow(lambda: vars(node).update(owner=first, check_in_owner=second))

    # ── What is owed ──

    @precondition(lambda self: self.cycle_state == "ACTIVE" and len(self.model.nodes) < MAX_NODES)
    @rule(which=ANY, person=st.integers(0, 2), is_objective=st.booleans())
    def something_is_made(self, which: int, person: int, is_objective: bool) -> None:
        """Make a draft of an objective, or a key result."""
        owner = self.people[person]
        past = Past[Rule | None](self.now, None)
        if is_objective:
            team = (self.top, self.sub, None)[which % 3]
            id = self.runner.run(self.place.objective("O", team=team, owner=owner, draft=True))
            node = Node(id, self.now, owner, past, Past(self.now, "DRAFT"), team=team)
            self.objectives.append(id)
        else:
            objective = self.model.nodes[self.objectives[which % len(self.objectives)]]
            if objective.state.now == "DROPPED":
                return
            id = self.runner.run(self.place.key_result("K", objective.id, owner=owner))
            node = Node(id, self.now, owner, past, Past(self.now, "ACTIVE"), objective)
        self.status[id] = "PENDING"
        self._follow(lambda: self.model.nodes.update({id: node}), id)

    @precondition(lambda self: self.cycle_state == "ACTIVE")
    @rule(which=ANY, step=st.sampled_from(["pause", "drop", "restore", "restore"]))
    def a_state_changes(self, which: int, step: str) -> None:
        node = self._node(which)
        state, free = node.state.now, FREE[node.objective is not None]
        if node.holder.state.now == "DRAFT":
            self._do(objectives.publish_objective, objective=node.holder.id)
            self._follow(lambda: node.holder.state.set(self.now, "PUBLISHED"))
            return
        if step == "restore" if state == free else state == "DROPPED" and step != "restore":
            return
        if state == "PAUSED" and step == "pause":
            return
        kind, services = ("objective", objectives) if node.objective is None else ("key_result", key_results)
        inputs: dict[str, Any] = {kind: node.id} | ({} if step == "restore" else {"reason": "R"})
        self._do(getattr(services, f"{step}_{kind}"), **inputs)
        following = {"pause": "PAUSED", "drop": "DROPPED", "restore": free}[step]
        self._follow(lambda: node.state.set(self.now, following))

    @precondition(lambda self: self.cycle_state == "ACTIVE")
    @rule(what=st.sampled_from(["above", "team", "team"]), which=ANY, number=ANY)
    def something_moves(self, what: str, which: int, number: int) -> None:
        if what == "above":
            parent = (self.top, None)[number % 2]
            self._do(teams.edit_team, team=self.sub, edits={"parent": parent and Ref(parent)})
            self._follow(lambda: self.model.above.update({self.sub: parent}))
        else:
            objective = self.model.nodes[self.objectives[which % len(self.objectives)]]
            team = (self.top, self.sub, None)[number % 3]
            self._do(objectives.edit_objective, objective=objective.id, edits={"team": team and Ref(team)})
            self._follow(lambda: vars(objective).update(team=team))

    @rule(
        step=st.sampled_from(["days", "days", "review", "close", "activate", "activate"]),
        days=st.integers(35, 95),
    )
    def the_cycle_changes(self, step: str, days: int) -> None:
        if step == "days" and self.cycle_state == "ACTIVE":
            last = self.model.starts_on + days * DAY
            self._do(cycles.edit_cycle, cycle=self.cycle, edits={"ends_on": last})
            self._follow(lambda: self.model.ends_on.set(self.now, last))
        elif step == "review" and self.cycle_state == "ACTIVE":
            self._do(cycles.begin_review, cycle=self.cycle)
            self._become("REVIEW")
        elif step == "close" and self.cycle_state == "REVIEW":
            self._do(cycles.close_cycle, cycle=self.cycle, not_measured_reason="R")
            self._become("CLOSED", {"PUBLISHED": "CLOSED"})
            # Changes of one instant are not told apart, and a clock that advances gives none to two.
            self._move_clock(self.now + INSTANT)
        elif step == "activate" and self.cycle_state == "REVIEW":
            self._do(cycles.activate_cycle, cycle=self.cycle)
            self._become("ACTIVE")
        elif step == "activate" and self.cycle_state == "CLOSED":
            self._do(cycles.reopen_cycle, cycle=self.cycle, reason="R")
            self._become("REVIEW", {"CLOSED": "PUBLISHED"})

    def _become(self, state: str, objective_states: dict[str, str] | None = None) -> None:
        """Give the cycle of the model a state, and its objectives the states that follow."""
        self.cycle_state = state

        def change() -> None:
            self.model.is_running = state == "ACTIVE"
            self.model.kept = self.model.kept_zone = None
            if state == "CLOSED":
                self.model.close(self.now)
            for id in self.objectives:
                known = self.model.nodes[id].state
                if following := (objective_states or {}).get(known.now):
                    known.set(self.now, following)

        self._follow(change, *self.model.nodes)

    # ── Time ──

    def _pass(self, passed: Passed) -> None:
        """Let hours pass, or the time until one of the next things changes, with an offset of an instant."""
        if not isinstance(passed, tuple):
            self._move_clock(self.now + timedelta(hours=passed))
        elif ahead := self.model.instants_between(self.now + INSTANT, self.now + 10 * DAY)[:12]:
            self._move_clock(ahead[passed[0] % len(ahead)] + passed[1] * INSTANT)

    @rule(passed=PASSED)
    def time_passes(self, passed: Passed) -> None:
        self._pass(passed)

    @rule(passed=PASSED, limit=st.sampled_from([1, 2, 200, 200, 200]))
    def tick(self, passed: Passed, limit: int) -> None:
        """Tick as a process does: unless nothing can be due."""
        self._pass(passed)
        id = self.place.organization.id
        names = [source.name for source in SOURCES]
        [*due] = self.runner.run(due_organizations(self.runner.database, UUID(int=id.int - 1), names, 1))
        if id in due:
            self._tick(lambda: tick_organization(self.runner.database, id), limit)
        else:
            expected = self._expected()
            assert expected == ([], [], [], [])

    @rule(passed=PASSED)
    def two_processes_tick(self, passed: Passed) -> None:
        self._pass(passed)
        id = self.place.organization.id
        self._tick(
            lambda: asyncio.gather(
                tick_organization(self.runner.database, id), tick_organization(self.others, id)
            )
        )

    @rule(
        passed=PASSED, step=st.integers(1, 20), is_fatal=st.booleans(), limit=st.sampled_from([1, 200, 200])
    )
    def a_tick_is_killed(self, passed: Passed, step: int, is_fatal: bool, limit: int) -> None:
        """Kill a tick at one of its statements, or at its commit; the next tick is that of a new process."""
        self._pass(passed)

        async def killed() -> None:
            await fail_at(self.others, step, is_fatal=is_fatal)
            try:
                await tick_organization(self.runner.database, self.place.organization.id)
            except Exception:  # noqa: BLE001  whatever the end of a connection is to the one who used it
                pass
            finally:
                await fail_at(self.others, None)

        self._tick(killed, limit, is_killed=True)

    @rule(passed=PASSED, which=ANY, by=st.integers(0, 5), what=SAID)
    def somebody_checks_in_during_a_tick(
        self, passed: Passed, which: int, by: int, what: dict[str, Any]
    ) -> None:
        self._pass(passed)
        node = self._node(which)
        refusals, making, record = self._saying(node, by, what, None)
        events, turns, *_ = self._expected()

        async def both() -> Any:
            told = tick_organization(self.others, self.place.organization.id)
            outcome, _ = await asyncio.gather(making, told)
            return outcome

        outcome = self.runner.run(both())
        assert self._codes(outcome) == refusals
        if refusals:
            clock = self._read_feed()
        else:
            clock = self._followed(lambda: record(outcome), node.id, node.holder.id)
        told_events, told_turns, told_days = self._told(clock)
        events_after, turns_after, needed, days = self._expected()
        assert set(events_after) <= set(told_events) <= {*events, *events_after}
        assert set(needed) <= set(told_turns) <= {*turns, *turns_after}
        assert told_days == days
        self._read_positions()
        self._compare_statuses()

    def _expected(self) -> tuple[list[Any], list[Turn], list[Turn], list[Any]]:
        """Return the slots' events that are to be told by now, the turns that may and must be, and the days."""
        events = [
            one for one in self.model.events(self.now) if is_after(one[0], one[2], self.positions["slots"])
        ]
        may = [
            turn
            for node in self.model.nodes.values()
            for turn in self.model.turns(node)
            if is_after(turn[0], turn[1], self.positions["status"])
            and self.told_at[turn[1]] < turn[0] <= self.now
        ]
        must = [turn for turn in may if turn[0] > self.touched_at[turn[1]]]
        days = [
            one for one in self.model.days(self.now) if is_after(one[0], self.cycle, self.positions["cycles"])
        ]
        return events, may, must, days

    def _told(self, clock: Sequence[dict[str, Any]]) -> tuple[list[Any], list[Turn], list[Any]]:
        """Return what changes of the clock have told: events of slots, turns, days of the cycle."""
        due = [change["due_at"] for change in clock]
        assert due == sorted(due)
        events = [
            (one["due_at"], KINDS.index(one["kind"]), one["node_id"]) for one in clock if one["kind"] in KINDS
        ]
        turns = [
            (change["due_at"], UUID(delta["node_id"]), delta["status_before"], delta["status_after"])
            for change in clock
            for delta in orjson.loads(change["deltas"])
            if self.model.nodes[UUID(delta["node_id"])].holder.state.now != "CLOSED"
        ]
        days = [
            (one["due_at"], one["kind"]) for one in clock if one["kind"] in ("CYCLE_BEGUN", "CYCLE_ENDED")
        ]
        assert len(clock) == len(events) + len(days) + sum(one["kind"] == "STATUS_TURNED" for one in clock)
        return events, turns, days

    def _tick(self, ticking: Callable[[], Any], limit: int = 200, *, is_killed: bool = False) -> None:
        """Tick, and compare what was told up to the positions where it has ended."""

        async def ticked() -> None:
            await ticking()

        expected = self._expected()
        whole = ticker.MAX_CLOCK_EVENTS, ticker.MAX_CLOCK_BATCHES
        ticker.MAX_CLOCK_EVENTS, ticker.MAX_CLOCK_BATCHES = limit, 10_000
        try:
            self.runner.run(ticked())
        finally:
            ticker.MAX_CLOCK_EVENTS, ticker.MAX_CLOCK_BATCHES = whole
        self._read_positions()
        if not is_killed:
            assert set(self.positions.values()) == {(self.now, None)}
        events, turns, days = self._told(self._read_feed())
        due, may, must, due_days = expected
        due = [one for one in due if not is_after(one[0], one[2], self.positions["slots"])]
        assert (events if limit == 200 else sorted(events)) == due
        assert len(set(turns)) == len(turns)
        until = self.positions["status"]
        assert set(turns) <= {turn for turn in may if not is_after(turn[0], turn[1], until)}
        assert {turn for turn in must if not is_after(turn[0], turn[1], until)} <= set(turns)
        assert days == [one for one in due_days if not is_after(one[0], self.cycle, self.positions["cycles"])]
        if not is_killed:
            self._compare_statuses()

    def _read_positions(self) -> None:
        for row in self.runner.run(self.place.fetch(POSITIONS, self.place.organization.id)):
            position = row["told_until"], row["node_id"]
            known = self.positions[row["source"]]
            assert position[0] >= known[0]
            self.positions[row["source"]] = position

    def _compare_statuses(self) -> None:
        """Compare the statuses that the feed has told after a tick that came to its end."""
        for node in self.model.nodes.values():
            known = self.model.status(node, self.now)
            assert self.status[node.id] == known or known == "CLOSED"

    # ── What readers see ──

    @invariant()
    def slots_and_statuses_are_those_of_the_model(self) -> None:
        if hasattr(self, "positions"):
            self.runner.run(self._compare())

    async def _compare(self) -> None:
        async with self.runner.database.of(self.place.organization.id) as connection:
            slots = await load_slots(connection, self.place.organization, list(self.model.nodes), self.now)
            rows = await connection.fetch(TIMELINES, self.place.organization.id)
            counting = await connection.fetch(COUNTING, self.place.organization.id, self.cycle)
            counted = await load_slot_states(connection, self.place.organization, {self.cycle: self.now})
        expected_counts: defaultdict[Any, Counter[Any]] = defaultdict(Counter)
        for row in counting:
            states = Counter(slot.state for slot in slots.get(row["id"], ()))
            expected_counts[self.cycle, row["team_id"]].update(states)
        assert {place: counts for place, counts in counted.items() if counts} == {
            place: counts for place, counts in expected_counts.items() if counts
        }
        for id, found in slots.items():
            expected = self.model.slots(id, self.now)
            assert [
                (
                    one.due.opens_at,
                    one.due.due_at,
                    one.due.on_time_until,
                    one.due.closes_at,
                    str(one.state),
                    one.check_in_id,
                    one.owed_by_id,
                    one.excused_id,
                )
                for one in found
            ] == [slot.known for slot in expected]
            assert next_due_at(found) == self.model.next_due(expected)
            assert on_time_share(found) == self.model.on_time_share(expected)
        timelines = self.model.timelines()
        for row in rows:
            begin, turns = timelines[row["id"]]
            if begin != "CLOSED":
                known = [begin, *(turn[3] for turn in turns)], [turn[0] for turn in turns]
                assert (row["statuses"], row["status_turns"]) == known

    def teardown(self) -> None:
        """Verify all stored numbers, and tell the rest of the cycle after a week of downtime."""
        if sys.exc_info()[0] is not None or not hasattr(self, "positions"):
            return
        self._move_clock(self.now + 7 * DAY)
        self._tick(lambda: tick_organization(self.runner.database, self.place.organization.id))
        assert self.runner.run(self.place.verify()) == []


async def test_any_history_of_cadences_is_that_of_the_model(server: Server, template: str):
    async with with_moving_clock(server, template) as url:
        await asyncio.to_thread(run_histories, url)


def run_histories(url: str) -> None:
    """Run the histories in an event loop of their own, for as long as is asked for."""
    runner = Runner(url)
    opened = Database.open(url)

    class Here(CadenceHistory):
        pass

    Here.runner, Here.others = runner, runner.run(opened.__aenter__())
    end = wall_time.monotonic() + (MINUTES * 60 or ROUNDS_END_AFTER_S)
    try:
        for number in itertools.count(FIRST_SEED) if MINUTES else range(ROUNDS):
            print(f"OKR_TEST_CADENCE_SEED={number}", flush=True)  # noqa: T201  to try it again
            run_state_machine_as_test(seed(number)(Here), settings=HISTORIES)
            if wall_time.monotonic() >= end:
                break
    finally:
        runner.run(opened.__aexit__(None, None, None))
        runner.close()
