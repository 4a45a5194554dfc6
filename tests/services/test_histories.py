"""Random histories: after any operations in any order, every stored number follows from the facts.

OKR_TEST_HISTORIES=300 runs that many histories of 60 steps instead of the few short ones of the suite.
"""

import asyncio
import os
from collections.abc import Awaitable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from okr_api.okr.check_in import ReportedStatus
from okr_api.okr.measure import KeyResultMeasure, Measure
from okr_api.okr.objective import ObjectiveKind, ProgressSource
from okr_api.pubsub.notifier import ChangeNotifier
from okr_api.services import (
    alignments,
    cycles,
    key_results,
    objectives,
)
from okr_api.services.check_in_lookup import CheckInRequest
from okr_api.store.database import Database
from tests.acme import (
    TODAY,
    YES_NO,
    Workplace,
    at_least,
    at_most,
    decrease,
    increase,
    milestones,
    said,
    within,
    zones,
)

T = TypeVar("T")
LONG = int(os.environ.get("OKR_TEST_HISTORIES", "0"))
FEW = settings(
    max_examples=LONG or 20,
    stateful_step_count=60 if LONG else 30,
    deadline=None,
    derandomize=not LONG,
    database=None,
    suppress_health_check=list(HealthCheck),
)
MEASURES = (
    increase(0, 100),
    increase(None, 100),
    decrease(100, 0),
    at_least(50),
    at_most(50),
    within(20, 60),
    zones(0, 30, 70, 100),
    zones(100, 70, 30, 0),
    milestones(a=1, b=2, c=0),
    YES_NO,
)
WEIGHTS = st.sampled_from([0.0, 0.5, 1.0, 1.0, 1.0, 3.0])
VALUES = st.sampled_from([-10.0, 0.0, 1.0, 20.0, 35.0, 50.0, 60.0, 70.0, 99.0, 100.0, 140.0])
DAYS = st.sampled_from([0, 0, 1, 3, 8, 15, 25, 35, 45, 55, 70, 89, 95, 130])


READINGS = st.tuples(
    VALUES, DAYS, st.sampled_from([None, None, 0.1, 0.9]), st.sampled_from([None, None, *ReportedStatus])
)
SOURCES = st.sampled_from([ProgressSource.AUTO, ProgressSource.AUTO, *ProgressSource])
MEASURE_FIELDS = (
    "kind",
    "start_value",
    "target_value",
    "lower_bound",
    "upper_bound",
    "commit_value",
    "stretch_value",
    "milestones",
)


class Runner:
    """One event loop and one database, for state machines that are not asynchronous."""

    def __init__(self, url: str) -> None:
        self.runner = asyncio.Runner()
        self.opened = Database.open(url)
        self.database = self.run(self.opened.__aenter__())

    def run(self, work: Awaitable[T]) -> T:
        """Return the result of the awaitable."""

        async def waited() -> T:
            return await work

        return self.runner.run(waited())

    def close(self) -> None:
        self.run(self.opened.__aexit__(None, None, None))
        self.runner.close()


ANY = st.integers(0, 999)  # an index, taken modulo the number of those that exist


class History(RuleBasedStateMachine):
    """An organisation to which random operations are applied."""

    runner: Runner

    @initialize()
    def found(self) -> None:
        """Create an objective of the year, a chain of two in the quarter below it, and four key results."""
        self.place = self.runner.run(
            Workplace.found(self.runner.database, ChangeNotifier(self.runner.database), "History")
        )
        year = self._make(self.place.cycle("Year", TODAY - timedelta(days=200), TODAY + timedelta(days=99)))
        self.objectives = [self._make(self.place.objective("Company"))]
        self.quarter = self._make(
            self.place.cycle("Quarter", TODAY - timedelta(days=90), TODAY - timedelta(days=20), parent=year)
        )
        self.key_results: list[UUID] = []
        self.check_ins: list[UUID] = []
        for _ in range(2):
            self.objectives.append(self._make(self.place.objective("O", self.objectives[-1])))
        for number, measure in enumerate(
            (increase(0, 100), increase(None, 100), within(20, 60), at_least(50))
        ):
            self._measure(self.objectives[1 + number % 2], measure, 1.0)

    def _make(self, making: Awaitable[UUID]) -> UUID:
        return self.runner.run(making)

    def _do(self, service: Any, **inputs: Any) -> UUID | None:
        """Return the id of what was made or changed, or None if it was rejected."""
        outcome = self.runner.run(self.place.do(service, **inputs))
        return None if outcome.errors else outcome.ids["node"]

    def _say(self, *items: CheckInRequest) -> None:
        outcome = self.runner.run(self.place.say(*items, atomic=False))
        self.check_ins += [id for id in outcome.ids["items"] if id is not None]

    def _measure(self, objective: UUID, measure: Measure, weight: float) -> None:
        made = self._do(
            key_results.define_key_result, objective=objective, title="K", measure=measure, weight=weight
        )
        self.key_results += [made] if made else []

    def _objective(self, number: int) -> UUID:
        return self.objectives[number % len(self.objectives)]

    def _key_result(self, number: int) -> UUID:
        return self.key_results[number % len(self.key_results)]

    def _above(self, number: int) -> UUID:
        both = self.objectives + self.key_results
        return both[number % len(both)]

    @rule(above=ANY, weight=WEIGHTS, draft=st.booleans(), kind=st.sampled_from(ObjectiveKind), source=SOURCES)
    def set_an_objective(self, above: int, weight: float, draft: bool, kind: Any, source: Any) -> None:
        """Create an objective of the quarter under another objective or a key result."""
        made = self._do(
            objectives.draft_objective,
            cycle=self.quarter,
            title="O",
            parent=self._above(above),
            weight=weight,
            draft=draft,
            kind=kind,
            progress_source=source,
        )
        self.objectives += [made] if made else []

    @rule(objective=ANY, measure=st.sampled_from(MEASURES), weight=WEIGHTS)
    def set_a_key_result(self, objective: int, measure: Measure, weight: float) -> None:
        self._measure(self._objective(objective), measure, weight)

    @rule(
        key_results=st.lists(ANY, min_size=1, max_size=3), readings=st.lists(READINGS, min_size=1, max_size=4)
    )
    def check_in(self, key_results: list[int], readings: list[tuple[float, int, Any, Any]]) -> None:
        """Record several readings of several key results, at different times."""
        items = []
        for number in key_results:
            key_result = self._key_result(number)
            measure = self.runner.run(self.place.row("key_result", key_result))["measure"]
            for value, days, confidence, status in readings:
                what: dict[str, Any] = {
                    "value": float(value > 40) if measure == KeyResultMeasure.BOOLEAN else value
                }
                if measure == KeyResultMeasure.MILESTONES:
                    what = {"milestones_done": ("a", "b", "c")[: int(value) % 4]}
                at = self._at(days)
                items.append(said(key_result, confidence=confidence, status=status, effective_at=at, **what))
        self._say(*items)

    @staticmethod
    def _at(days: int) -> datetime | None:
        midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight - timedelta(days=days) if days else None

    @rule(numbers=st.lists(ANY, min_size=1, max_size=4), value=VALUES)
    def correct(self, numbers: list[int], value: float) -> None:
        if self.check_ins:
            self._say(
                *(said(None, value, supersedes=self.check_ins[n % len(self.check_ins)]) for n in numbers)
            )

    @rule(numbers=st.lists(ANY, min_size=1, max_size=4))
    def take_back(self, numbers: list[int]) -> None:
        """Retract check-ins."""
        gone = [self.check_ins[n % len(self.check_ins)] for n in numbers if self.check_ins]
        if gone:
            self._say(*(said(None, supersedes=each, retraction_reason="R") for each in gone))

    @rule(key_result=ANY, days=DAYS)
    def note(self, key_result: int, days: int) -> None:
        """Record a check-in without a value."""
        self._say(said(self._key_result(key_result), note="N", effective_at=self._at(days)))

    @rule(child=ANY, above=ANY, weight=WEIGHTS, service=st.sampled_from(["align", "move"]))
    def align(self, child: int, above: int, weight: float, service: str) -> None:
        """Add a parent, or replace the parents."""
        inputs = {"objective": self._objective(child), "parent": self._above(above)}
        self._do(getattr(alignments, service), weight=weight, **inputs)

    @rule(child=ANY)
    def unalign(self, child: int) -> None:
        """Remove one of its parents."""
        id = self._objective(child)
        for edge in self.runner.run(
            self.place.fetch("select parent_id from alignment where child_id = $1", id)
        )[:1]:
            self._do(alignments.unalign, objective=id, parent=edge["parent_id"])

    @rule(objective=ANY, step=st.sampled_from(["publish", "pause", "drop", "restore", "restore"]))
    def step_an_objective(self, objective: int, step: str) -> None:
        reason = {"reason": "R"} if step in ("pause", "drop") else {}
        self._do(getattr(objectives, f"{step}_objective"), objective=self._objective(objective), **reason)

    @rule(key_result=ANY, step=st.sampled_from(["pause", "drop", "restore", "restore"]))
    def step_a_key_result(self, key_result: int, step: str) -> None:
        reason = {} if step == "restore" else {"reason": "R"}
        self._do(
            getattr(key_results, f"{step}_key_result"), key_result=self._key_result(key_result), **reason
        )

    @rule(key_result=ANY, objective=ANY)
    def move_a_key_result(self, key_result: int, objective: int) -> None:
        inputs = {"key_result": self._key_result(key_result), "objective": self._objective(objective)}
        self._do(key_results.move_key_result, **inputs)

    @rule(key_result=ANY, weight=WEIGHTS, measure=st.sampled_from(MEASURES))
    def measure_otherwise(self, key_result: int, weight: float, measure: Measure) -> None:
        """Change the measure and the weight."""
        fields = {name: getattr(measure, name) for name in MEASURE_FIELDS}
        id = self._key_result(key_result)
        self._do(
            key_results.edit_key_result, key_result=id, edits={"weight": weight}, measure=fields, reason="R"
        )

    @rule(objective=ANY, source=SOURCES, kind=st.sampled_from(ObjectiveKind))
    def score_otherwise(self, objective: int, source: Any, kind: Any) -> None:
        """Change the progress source and the kind."""
        edits = {"progress_source": source, "kind": kind}
        self._do(objectives.edit_objective, objective=self._objective(objective), edits=edits)

    @rule(first=st.sampled_from([60, 90, 120]), last=st.sampled_from([0, 1, 10, 20, 30, 50]))
    def plan_other_days(self, first: int, last: int) -> None:
        """Change the days of the quarter."""
        edits = {"starts_on": TODAY - timedelta(days=first), "ends_on": TODAY - timedelta(days=last)}
        self._do(cycles.edit_cycle, cycle=self.quarter, edits=edits)

    @rule(close=st.booleans(), number=ANY, value=VALUES)
    def review(self, close: bool, number: int, value: float) -> None:
        """Review the quarter with a last reading, perhaps close and reopen it, and activate it again."""
        self._do(cycles.begin_review, cycle=self.quarter)
        self._say(said(self._key_result(number), value, effective_at=self._at(55)))
        if close:
            self._do(cycles.close_cycle, cycle=self.quarter, not_measured_reason="R")
            assert self.runner.run(self.place.verify()) == []
            self._do(cycles.reopen_cycle, cycle=self.quarter, reason="R")
        self._do(cycles.activate_cycle, cycle=self.quarter)

    def teardown(self) -> None:
        """Verify all stored numbers, and compare them with the feed's deltas."""
        if hasattr(self, "check_ins"):
            assert self.runner.run(self.place.verify()) == []
            assert self.runner.run(progress_by_deltas(self.place)) == self.runner.run(stored(self.place))


async def stored(place: Workplace) -> dict[UUID, float | None]:
    """Return the progress of all objectives and key results that were ever published."""
    rows = await place.fetch(
        "with published as (select id, progress from objective "
        "where organization_id = $1 and state <> 'DRAFT' and not is_dropped_draft) "
        "select id, progress from published union all select key_result.id, key_result.progress "
        "from key_result join published on published.id = objective_id",
        place.organization.id,
    )
    return {row["id"]: row["progress"] for row in rows}


async def progress_by_deltas(place: Workplace) -> dict[UUID, float | None]:
    """Return the same progress as computed from the deltas of the feed alone; None without any."""
    reported: dict[UUID, float | None] = {}
    for change in await place.fetch(
        "select seq, deltas::jsonb from change where organization_id = $1 order by seq", place.organization.id
    ):
        for delta in change["deltas"]:
            reported[UUID(delta["node_id"])] = delta["after"]
    known = await stored(place)
    return {id: reported.get(id) for id in known}


@pytest.fixture
def runner(database_url: str) -> Iterator[Runner]:
    made = Runner(database_url)
    yield made
    made.close()


def test_any_history_leaves_every_stored_number_as_the_facts_say(runner: Runner):
    class Here(History):
        pass

    Here.runner = runner
    run_state_machine_as_test(Here, settings=FEW)
