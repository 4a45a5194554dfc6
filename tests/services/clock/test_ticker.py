"""The ticker: what falls due is told once each, in order, at its instant, whatever happens between two ticks."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from okr_api.okr.check_in import ReportedStatus
from okr_api.okr.cycle import CycleState
from okr_api.pubsub.notifier import ChangeNotifier
from okr_api.services import cycles, objectives
from okr_api.services.clock import ticker
from okr_api.services.clock.ticker import tick, tick_organization
from okr_api.services.clock_repair import repair_clock
from okr_api.services.jobs.clock import run_clock
from okr_api.services.references import Ref
from okr_api.store.database import Database
from tests.acme import TODAY, Acme, Workplace, increase, said, within
from tests.conftest import Server
from tests.moving_clock import NOON, after, fail_at, set_clock, with_moving_clock
from tests.services.test_histories import Runner
from tests.serving import PATIENCE_S
from tests.store.test_unit_of_work import wait_for_the_lock

FEED = "select *, deltas::jsonb as told from change where organization_id = $1 order by seq"
TIMELINES = """
    select id, statuses, status_turns, announced_at from objective where organization_id = $1
    union all select id, statuses, status_turns, announced_at from key_result where organization_id = $1
"""
CYCLES = "select * from cycle where organization_id = $1"
CLOCK_KINDS = ("CYCLE_BEGUN", "CYCLE_ENDED", "STATUS_TURNED")


@dataclass
class Told:
    """What a feed has told: the status of each node, and the changes of the clock in their order."""

    status: dict[UUID, str] = field(default_factory=dict)
    turns: list[tuple[datetime, UUID, str, str]] = field(default_factory=list)
    days: list[tuple[datetime, str, UUID]] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)

    @classmethod
    async def by(cls, place: Workplace) -> "Told":
        """Read a feed, and check that each turn continues from the status that was told before."""
        told, due = cls(), datetime.min.replace(tzinfo=UTC)
        for change in await place.fetch(FEED, place.organization.id):
            is_clock = change["kind"] in CLOCK_KINDS
            assert is_clock == (change["due_at"] is not None) == (change["author_name"] == "")
            if is_clock:
                assert due <= change["due_at"] <= change["recorded_at"]
                due = change["due_at"]
                told.sizes.append(len(change["told"]))
            if change["kind"] in CLOCK_KINDS[:2]:
                told.days.append((due, change["kind"], change["node_id"]))
            for delta in change["told"]:
                node = UUID(delta["node_id"])
                if is_clock:
                    assert delta["status_before"] == told.status[node] != delta["status_after"]
                    assert (delta["before"], delta["coverage_before"]) == (
                        delta["after"],
                        delta["coverage_after"],
                    )
                    told.turns.append((due, node, delta["status_before"], delta["status_after"]))
                told.status[node] = delta["status_after"]
        assert max(Counter((at, node) for at, node, *_ in told.turns).values(), default=1) == 1
        assert len(set(told.days)) == len(told.days)
        return told


async def turns_between(
    place: Workplace, begin: datetime, end: datetime
) -> list[tuple[datetime, UUID, str, str]]:
    """Return the turns of all stored timelines within a time, in order, as a reader of rows finds them."""
    return sorted(
        (at, row["id"], row["statuses"][number], row["statuses"][number + 1])
        for row in await place.fetch(TIMELINES, place.organization.id)
        for number, at in enumerate(row["status_turns"])
        if max(begin, row["announced_at"]) < at <= end
    )


async def statuses(place: Workplace, at: datetime) -> dict[UUID, str]:
    """Return the status of each node at an instant."""
    rows = await place.fetch(TIMELINES, place.organization.id)
    return {row["id"]: row["statuses"][sum(turn <= at for turn in row["status_turns"])] for row in rows}


async def days_between(place: Workplace, begin: datetime, end: datetime) -> list[tuple[datetime, str, UUID]]:
    """Return the beginnings and ends of cycles within a time, in order."""
    rows = await place.fetch(CYCLES, place.organization.id)
    days = [("CYCLE_BEGUN", row["starts_at"], row["id"]) for row in rows]
    days += [("CYCLE_ENDED", row["ends_at"], row["id"]) for row in rows]
    return sorted((at, kind, id) for kind, at, id in days if begin < at <= end)


async def test_a_quarter_is_told_as_it_goes_by(timed: Acme):
    await timed.check_in("backlog", 150, confidence=0.5)
    await timed.check_in("macros", 5, status=ReportedStatus.ON_TRACK)
    head = await timed.seq()
    assert await tick(timed.database) == (0, 0)
    for _ in range(13):
        end = await after(timed.database, days=5)
        assert (await tick(timed.database))[1] == 0
    told = await Told.by(timed)
    assert sorted(told.turns) == await turns_between(timed, NOON, end)
    assert {at for at, *_ in told.turns} >= {NOON + timedelta(days=10)}  # ten days after the check-ins
    assert told.status | await statuses(timed, end) == told.status
    assert told.days == await days_between(timed, NOON, end)
    assert [(kind, id) for _, kind, id in told.days] == [("CYCLE_ENDED", timed.quarter)]
    assert await timed.seq() == head + len(told.sizes)
    assert await tick(timed.database) == (0, 0)
    assert await timed.verify() == []


async def test_after_downtime_the_same_is_told_in_the_same_order(timed: Acme):
    await timed.check_in("backlog", 150)
    await timed.check_in("load", 50)
    await tick(timed.database)
    end = await after(timed.database, days=300)
    assert (await run_clock(timed.database)).failures == 0
    told = await Told.by(timed)
    assert sorted(told.turns) == await turns_between(timed, NOON, end)
    assert told.days == await days_between(timed, NOON, end)
    assert {kind: id for _, kind, id in told.days} == {"CYCLE_ENDED": timed.year}
    assert len(told.days) == 2


async def test_a_batch_is_bounded_and_the_next_one_continues_within_an_instant(
    timed: Acme, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(ticker, "MAX_CLOCK_EVENTS", 2)
    monkeypatch.setattr(ticker, "MAX_CLOCK_BATCHES", 2)
    await tick(timed.database)
    end = await after(timed.database, days=300)
    expected = await turns_between(timed, NOON, end)
    runs = 0
    while (await tick(timed.database))[0]:
        runs += 1
        assert len((await Told.by(timed)).turns) <= runs * 4
    told = await Told.by(timed)
    assert sorted(told.turns) == expected
    assert max(told.sizes) == 2 < len(expected)


async def test_children_are_told_before_their_parents(timed: Acme):
    await timed.check_in("macros", 5)
    await tick(timed.database)
    await after(timed.database, days=300)
    await tick(timed.database)
    feed = await timed.fetch(FEED, timed.organization.id)
    of = {
        row["id"]: row["objective_id"] for row in await timed.fetch("select id, objective_id from key_result")
    }
    up = ["macros", "clear_backlog", "answer_fast", "customers_stay"]
    found = 0
    for change in (each for each in feed if each["kind"] == "STATUS_TURNED"):
        names = timed.named([UUID(delta["node_id"]) for delta in change["told"]])
        places = [names.index(name) for name in up if name in names]
        assert places == sorted(places)
        turned = [UUID(delta["node_id"]) for delta in change["told"]]
        assert change["node_id"] == turned[0]
        assert set(change["related_ids"]) == {*turned, *(of[id] for id in turned if id in of)} - {turned[0]}
        found += len(places) > 1
    assert found


async def test_cycles_that_meet_end_before_they_begin_and_the_day_of_one_that_was_moved_is_none(timed: Acme):
    following = await timed.cycle(
        "Next",
        TODAY + timedelta(days=60),
        TODAY + timedelta(days=149),
        parent=timed.year,
        state=CycleState.DRAFT,
    )
    moved = await timed.cycle(
        "Moved", TODAY + timedelta(days=6), TODAY + timedelta(days=9), state=CycleState.DRAFT
    )
    await tick(timed.database)
    await after(timed.database, days=2)
    await timed.done(cycles.edit_cycle, cycle=moved, edits={"starts_on": TODAY + timedelta(days=1)})
    end = await after(timed.database, days=70)
    await tick(timed.database)
    told = await Told.by(timed)
    assert [(kind, id) for _, kind, id in told.days] == [
        ("CYCLE_ENDED", moved),
        ("CYCLE_ENDED", timed.quarter),
        ("CYCLE_BEGUN", following),
    ]
    assert sorted(told.days) == [
        day for day in await days_between(timed, NOON, end) if day[1:] != ("CYCLE_BEGUN", moved)
    ]


async def test_a_status_that_a_mutation_overtakes_is_told_by_it(timed: Acme):
    await timed.check_in("macros", 5)
    await tick(timed.database)
    await after(timed.database, days=40)  # too slow for long by now, and silent
    before = await Told.by(timed)
    await timed.check_in("macros", 5)
    change = await timed.change()
    deltas = {UUID(delta["node_id"]): delta for delta in change["deltas"]}
    assert before.status[timed.macros] == "ON_TRACK"
    assert (
        deltas[timed.macros]["status_after"] == (await statuses(timed, change["recorded_at"]))[timed.macros]
    )
    await tick(timed.database)
    told = await Told.by(timed)
    assert not any(node == timed.macros for _, node, *_ in told.turns)
    assert told.status | await statuses(timed, change["recorded_at"]) == told.status


async def test_a_mutation_that_leaves_the_status_tells_the_one_that_was_not_told(timed: Acme):
    await timed.check_in("macros", 3)
    await tick(timed.database)
    assert (await Told.by(timed)).status[timed.macros] == "ON_TRACK"
    end = await after(timed.database, days=7)  # too slow since the fifth day, which nobody was told
    assert (await statuses(timed, end))[timed.macros] == "AT_RISK"
    await timed.check_in("macros", 3)
    deltas = {UUID(delta["node_id"]): delta for delta in (await timed.change())["deltas"]}
    assert (deltas[timed.macros]["status_before"], deltas[timed.macros]["status_after"]) == (
        "ON_TRACK",
        "AT_RISK",
    )
    assert (await Told.by(timed)).status[timed.macros] == "AT_RISK"
    await tick(timed.database)
    told = await Told.by(timed)
    assert timed.macros not in {node for _, node, *_ in told.turns}
    assert told.status | await statuses(timed, end) == told.status


async def test_a_mutation_before_the_first_tick_tells_what_the_clock_has_not_told(timed: Acme):
    end = await after(timed.database, days=40)  # everything is silent, and nobody was told
    await timed.check_in("backlog", None, status=ReportedStatus.ON_TRACK)  # the first that fell silent
    await tick(timed.database)
    told = await Told.by(timed)
    assert told.status[timed.clear_backlog] == "STALE"
    assert told.status | await statuses(timed, end) == told.status


async def test_what_is_recorded_while_a_tick_begins_is_told_by_the_next_one(timed: Acme):
    await timed.check_in("macros", 3)
    await timed.done(objectives.pause_objective, objective="clear_backlog", reason="Later")
    await tick(timed.database)
    async with timed.work_elsewhere() as work:
        await objectives.restore_objective(work, timed.actor, objective=Ref(external_id="clear_backlog"))
        end = await after(timed.database, days=7)
        ticking = asyncio.create_task(tick_organization(timed.database, timed.organization.id))
        async with asyncio.timeout(PATIENCE_S):
            await wait_for_the_lock(timed)
    await ticking
    await tick(timed.database)
    told = await Told.by(timed)
    assert timed.macros in {node for _, node, *_ in told.turns}
    assert told.status | await statuses(timed, end) == told.status


async def test_two_processes_that_find_the_same_tell_it_once(timed: Acme):
    await tick(timed.database)
    end = await after(timed.database, days=300)
    async with Database.open(timed.database.dsn) as other:
        both = [timed.database, other, timed.database, other]
        counts = await asyncio.gather(*(tick_organization(each, timed.organization.id) for each in both))
    told = await Told.by(timed)
    assert sorted(told.turns) == await turns_between(timed, NOON, end)
    assert sum(counts) == len(told.sizes)


async def test_organisations_begin_at_their_creation_and_those_from_before_the_upgrade_at_it(timed: Acme):
    beta = await Workplace.found(timed.database, timed.notifier, "Beta")
    await beta.cycle("Soon", TODAY + timedelta(days=2), TODAY + timedelta(days=9))
    await timed.fetch(
        "insert into clock_position values ($1, 'cycles', $2, null, -1, null)",
        timed.organization.id,
        NOON + timedelta(days=100),
    )
    end = await after(timed.database, days=200)
    assert (await tick(timed.database))[1] == 0
    assert [kind for _, kind, _ in (await Told.by(beta)).days] == ["CYCLE_BEGUN", "CYCLE_ENDED"]
    told = await Told.by(timed)  # its statuses are told from now on only, its cycles from the upgrade
    assert (told.turns, told.days) == ([], [])
    assert await turns_between(timed, NOON, end) != []


async def test_who_is_not_due_is_not_asked(timed: Acme):
    assert await tick(timed.database) == (0, 0)
    rows = await timed.fetch("select * from clock_position order by source")
    assert await tick(timed.database) == (0, 0)
    await after(timed.database, minutes=1)
    assert await tick(timed.database) == (0, 0)
    assert await timed.fetch("select * from clock_position order by source") == rows
    await timed.person("Dana")
    await tick(timed.database)
    assert await timed.fetch("select * from clock_position order by source") != rows


async def test_nothing_is_told_twice_after_the_clock_was_set_back_or_repaired(timed: Acme):
    await timed.check_in("macros", 5)
    await tick(timed.database)
    ahead = await after(timed.database, days=40)
    await tick(timed.database)
    told = await Told.by(timed)
    await set_clock(timed.database, NOON + timedelta(days=1))
    assert await tick(timed.database) == (0, 0)
    await after(timed.database, hours=1)
    assert (await timed.do(cycles.edit_cycle, cycle="quarter", edits={"name": "Q"})).errors
    assert (await Told.by(timed)).turns == told.turns
    assert await repair_clock(timed.database, timed.organization.id, author=timed.actor.author)
    rows = await timed.fetch("select max(told_until) as until from clock_position")
    assert rows[0]["until"] == NOON + timedelta(days=1, hours=1)
    await set_clock(timed.database, ahead)
    assert (await tick(timed.database))[1] == 0


@pytest.mark.parametrize("is_fatal", (False, True))
async def test_a_tick_that_ends_at_any_statement_has_told_all_or_nothing(timed: Acme, is_fatal: bool):
    await tick(timed.database)
    end = await after(timed.database, days=300)
    expected = await turns_between(timed, NOON, end)
    step = 0
    while True:
        step += 1
        before = await timed.tables()
        await fail_at(timed.database, step, is_fatal=is_fatal)
        try:
            await tick_organization(timed.database, timed.organization.id)
        except Exception:  # noqa: BLE001  whatever the end of a connection is to the one who used it
            if (turns := (await Told.by(timed)).turns) == []:
                assert await timed.tables() == before
            else:  # the next transaction has failed, which finds nothing else
                assert sorted(turns) == expected
        else:
            break
        finally:
            await fail_at(timed.database, None)
    assert step > 14
    told = await Told.by(timed)
    assert sorted(told.turns) == expected
    assert told.days == await days_between(timed, NOON, end)


# ── Histories ──

HISTORIES = settings(
    max_examples=8,
    stateful_step_count=14,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
ANY = st.integers(0, 99)
HOURS = st.sampled_from([0.06, 1.0, 30.0, 100.0, 250.0, 700.0])
VALUES = st.sampled_from([0.0, 20.0, 50.0, 80.0, 100.0])


class History(RuleBasedStateMachine):
    """An organisation that works while time passes, and a clock that is told, killed, set back and forgotten."""

    runner: Runner
    others: Database

    @initialize()
    def found(self) -> None:
        """Found a year and a quarter with three objectives and four key results, and tell the clock once."""
        run, database = self.runner.run, self.runner.database
        run(set_clock(database, NOON))
        self.place = run(Workplace.found(database, ChangeNotifier(database), "History"))
        year = run(self.place.cycle("Year", TODAY - timedelta(days=200), TODAY + timedelta(days=99)))
        self.objectives = [run(self.place.objective("Company"))]
        run(self.place.cycle("Quarter", TODAY - timedelta(days=40), TODAY + timedelta(days=20), parent=year))
        self.objectives += [run(self.place.objective(name, self.objectives[0])) for name in ("One", "Two")]
        self.key_results = [
            run(self.place.key_result("K", self.objectives[1 + number % 2], measure))
            for number, measure in enumerate((increase(), increase(), within(20, 60), increase(None, 100)))
        ]
        self.begin, self.is_behind = NOON, False
        self.values: dict[UUID, float] = {}
        self.tick()

    def _passed(self, hours: float) -> None:
        run, database = self.runner.run, self.runner.database
        run(after(database, hours=hours))

    @rule(hours=HOURS)
    def time_passes(self, hours: float) -> None:
        self._passed(hours)
        self.is_behind = False

    @rule()
    def the_clock_is_set_back(self) -> None:
        if not self.is_behind:
            self._passed(-0.05)
            self.is_behind = True

    @rule(which=ANY, value=VALUES, status=st.sampled_from([None, None, *ReportedStatus]))
    def somebody_checks_in(self, which: int, value: float, status: ReportedStatus | None) -> None:
        key_result = self.key_results[which % len(self.key_results)]
        self.values[key_result] = value
        self.runner.run(self.place.say(said(key_result, value, status=status)))

    @rule(which=ANY)
    def somebody_repeats_a_value(self, which: int) -> None:
        key_result = self.key_results[which % len(self.key_results)]
        self.runner.run(self.place.say(said(key_result, self.values.get(key_result, 20.0))))

    @rule(which=ANY, state=st.sampled_from([objectives.pause_objective, objectives.restore_objective]))
    def an_objective_is_paused_or_restored(self, which: int, state: Any) -> None:
        objective = self.objectives[which % len(self.objectives)]
        reason: dict[str, Any] = {"reason": "Later"} if state is objectives.pause_objective else {}
        self.runner.run(self.place.do(state, objective=objective, **reason))

    @rule(value=VALUES)
    def another_objective_is_made(self, value: float) -> None:
        objective = self.runner.run(self.place.objective("New", self.objectives[1]))
        self.key_results.append(
            self.runner.run(self.place.key_result("K", objective, increase(0, value + 5)))
        )
        self.objectives.append(objective)

    @rule()
    def tick(self) -> None:
        self.runner.run(tick_organization(self.runner.database, self.place.organization.id))
        self.runner.run(self._checked())

    @rule()
    def two_processes_tick(self) -> None:
        async def both() -> None:
            id = self.place.organization.id
            await asyncio.gather(
                tick_organization(self.runner.database, id), tick_organization(self.others, id)
            )

        self.runner.run(both())
        self.runner.run(self._checked())

    @rule(step=st.integers(1, 16), is_fatal=st.booleans())
    def a_tick_is_killed(self, step: int, is_fatal: bool) -> None:
        async def killed() -> None:
            await fail_at(self.others, step, is_fatal=is_fatal)
            try:
                await tick_organization(self.runner.database, self.place.organization.id)
            except Exception:  # noqa: BLE001  whatever the end of a connection is to the one who used it
                pass
            finally:
                await fail_at(self.others, None)

        self.runner.run(killed())

    @rule(which=ANY, value=VALUES)
    def somebody_checks_in_during_a_tick(self, which: int, value: float) -> None:
        async def both() -> None:
            key_result = self.key_results[which % len(self.key_results)]
            told = tick_organization(self.others, self.place.organization.id)
            await asyncio.gather(told, self.place.say(said(key_result, value)))

        self.runner.run(both())

    async def _checked(self) -> None:
        """Check the feed after a tick that came to its end."""
        [row] = await self.place.fetch(
            "select max(told_until) as until from clock_position where organization_id = $1",
            self.place.organization.id,
        )
        told = await Told.by(self.place)
        known = await statuses(self.place, row["until"])
        assert {id: told.status.get(id, "PENDING") for id in known} == known
        assert sorted(told.days) == await days_between(self.place, self.begin, row["until"])


async def test_any_history_is_told_once_and_in_order(server: Server, template: str):
    async with with_moving_clock(server, template) as url:
        await asyncio.to_thread(run_histories, url)


def run_histories(url: str) -> None:
    """Run the histories in an event loop of their own."""
    runner = Runner(url)
    opened = Database.open(url)

    class Here(History):
        pass

    Here.runner, Here.others = runner, runner.run(opened.__aenter__())
    try:
        run_state_machine_as_test(Here, settings=HISTORIES)
    finally:
        runner.run(opened.__aexit__(None, None, None))
        runner.close()
