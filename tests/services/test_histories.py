"""Random histories: whatever is done, in whatever order, every stored number is what the facts say.

OKR_TEST_HISTORIES=300 runs as many histories of 60 steps instead of the few short ones of the suite.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    multiple,
    rule,
    run_state_machine_as_test,
)

from okr_api.live.wakeups import Wakeups
from okr_api.okr.check_in import ReportedStatus
from okr_api.okr.measure import KeyResultMeasure, Measure
from okr_api.okr.objective import ObjectiveKind, ProgressSource
from okr_api.services import aligning, cycles, measuring, organizing, planning
from okr_api.services.naming import Ref
from okr_api.store.database import Database
from tests.acme import (
    TODAY, YES_NO, Workplace, at_least, at_most, decrease, increase, milestones, said, within, zones,
)  # fmt: skip

T = TypeVar("T")
LONG = int(os.environ.get("OKR_TEST_HISTORIES", "0"))
FEW = settings(
    max_examples=LONG or 12,
    stateful_step_count=60 if LONG else 25,
    deadline=None,
    derandomize=not LONG,
    database=None,
    suppress_health_check=list(HealthCheck),
)
MEASURES = (
    increase(0, 100), increase(None, 100), decrease(100, 0), at_least(50), at_most(50), within(20, 60),
    zones(0, 30, 70, 100), zones(100, 70, 30, 0), milestones(a=1, b=2, c=0),
)  # fmt: skip
WEIGHTS = st.sampled_from([0.0, 0.5, 1.0, 1.0, 1.0, 3.0])
VALUES = st.sampled_from([-10.0, 0.0, 1.0, 20.0, 35.0, 50.0, 60.0, 70.0, 99.0, 100.0, 140.0])
DAYS = st.sampled_from([0, 0, 0, 1, 1, 5, 12, 29, 31, 40, 70, 89, 95, 130])


class Runner:
    """One event loop, one database, for machines that are not asynchronous."""

    def __init__(self, url: str) -> None:
        self.runner = asyncio.Runner()
        self.opened = Database.open(url)
        self.database = self.run(self.opened.__aenter__())

    def run(self, work: Awaitable[T]) -> T:
        """Waits for the work."""

        async def waited() -> T:
            return await work

        return self.runner.run(waited())

    def close(self) -> None:
        """Ends it."""
        self.run(self.opened.__aexit__(None, None, None))
        self.runner.close()


class History(RuleBasedStateMachine):
    """An organisation to which anything happens."""

    runner: Runner
    objectives: Bundle[UUID] = Bundle("objectives")
    key_results: Bundle[UUID] = Bundle("key_results")
    check_ins: Bundle[UUID] = Bundle("check_ins")

    @initialize(target=objectives)
    def found(self) -> Any:
        """Two cycles, one within the other, and an objective in each."""
        self.place = self.runner.run(
            Workplace.found(self.runner.database, Wakeups(self.runner.database), "History")
        )
        year = self._make(self.place.cycle("Year", TODAY - timedelta(days=200), TODAY + timedelta(days=99)))
        company = self._make(self.place.objective("Company"))
        self.quarter = self._make(
            self.place.cycle("Quarter", TODAY - timedelta(days=90), TODAY - timedelta(days=1), parent=year)
        )
        return multiple(company, self._make(self.place.objective("Team", company)))

    def _make(self, making: Awaitable[UUID]) -> UUID:
        return self.runner.run(making)

    def _do(self, service: Any, **inputs: Any) -> Any:
        """Whether it was done; refusals are part of life."""
        return not self.runner.run(self.place.do(service, **inputs)).errors

    def _say(self, **more: Any) -> Any:
        key_result = more.pop("key_result", None)
        outcome = self.runner.run(self.place.say(said(key_result, **more)))
        return outcome.ids["node"] if not outcome.item_errors else multiple()

    @rule(
        target=objectives, above=objectives, weight=WEIGHTS, draft=st.booleans(), kind=st.sampled_from(ObjectiveKind),
        source=st.sampled_from([ProgressSource.AUTO, *ProgressSource]),
    )  # fmt: skip
    def set_an_objective(self, above: UUID, weight: float, draft: bool, kind: Any, source: Any) -> Any:
        """Under another, of the quarter."""
        outcome = self.runner.run(
            self.place.do(
                planning.draft_objective, cycle=self.quarter, title_text="O", parent=above, weight=weight,
                draft=draft and weight < 1, kind=kind, progress_source=source,
            )
        )  # fmt: skip
        return outcome.ids["node"] if not outcome.errors else multiple()

    @rule(
        target=key_results, objective=objectives, measure=st.sampled_from([*MEASURES, YES_NO]), weight=WEIGHTS
    )
    def set_a_key_result(self, objective: UUID, measure: Measure, weight: float) -> Any:
        """Of any measure."""
        outcome = self.runner.run(
            self.place.do(
                measuring.define_key_result,
                objective=objective,
                title_text="K",
                measure=measure,
                weight=weight,
            )
        )
        return outcome.ids["node"] if not outcome.errors else multiple()

    @rule(
        target=check_ins, key_result=key_results, value=VALUES, days=DAYS,
        confidence=st.sampled_from([None, None, 0.1, 0.9]), status=st.sampled_from([None, None, *ReportedStatus]),
    )  # fmt: skip
    def check_in(self, key_result: UUID, value: float, days: int, confidence: Any, status: Any) -> Any:
        """Now or then."""
        more = {"confidence": confidence, "status": status, "effective_at": self._at(days)}
        row = self.runner.run(self.place.row("key_result", key_result))
        if row["measure"] == KeyResultMeasure.MILESTONES:
            return self._say(key_result=key_result, milestones_done=("a", "b", "c")[: int(value) % 4], **more)
        if row["measure"] == KeyResultMeasure.BOOLEAN:
            value = float(value > 40)
        return self._say(key_result=key_result, value=value, **more)

    @staticmethod
    def _at(days: int) -> datetime | None:
        noon = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return noon - timedelta(days=days) if days else None

    @rule(target=check_ins, check_in=check_ins, value=VALUES)
    def correct(self, check_in: UUID, value: float) -> Any:
        """What was said."""
        return self._say(supersedes=check_in, value=value)

    @rule(check_in=check_ins)
    def take_back(self, check_in: UUID) -> None:
        """What was said."""
        self._say(supersedes=check_in, retraction_reason="R")

    @rule(key_result=key_results, days=DAYS)
    def note(self, key_result: UUID, days: int) -> None:
        """Something without a number."""
        self._say(key_result=key_result, note="N", effective_at=self._at(days))

    @rule(
        child=objectives,
        above=objectives | key_results,
        weight=WEIGHTS,
        service=st.sampled_from(["align", "move"]),
    )
    def align(self, child: UUID, above: UUID, weight: float, service: str) -> None:
        """One more parent, or another one."""
        self._do(getattr(aligning, service), objective=child, parent=above, weight=weight)

    @rule(child=objectives, above=objectives | key_results)
    def unalign(self, child: UUID, above: UUID) -> None:
        """From one of its parents."""
        self._do(aligning.unalign, objective=child, parent=above)

    @rule(objective=objectives, step=st.sampled_from(["publish", "pause", "drop", "restore"]))
    def step_an_objective(self, objective: UUID, step: str) -> None:
        """In its life."""
        reason = {"reason": "R"} if step in ("pause", "drop") else {}
        self._do(getattr(planning, f"{step}_objective"), objective=objective, **reason)

    @rule(key_result=key_results, step=st.sampled_from(["pause", "drop", "restore"]))
    def step_a_key_result(self, key_result: UUID, step: str) -> None:
        """In its life."""
        reason = {} if step == "restore" else {"reason": "R"}
        self._do(getattr(measuring, f"{step}_key_result"), key_result=key_result, **reason)

    @rule(key_result=key_results, objective=objectives)
    def move_a_key_result(self, key_result: UUID, objective: UUID) -> None:
        """To another objective."""
        self._do(measuring.move_key_result, key_result=key_result, objective=objective)

    @rule(key_result=key_results, weight=WEIGHTS, measure=st.sampled_from([None, None, *MEASURES]))
    def measure_otherwise(self, key_result: UUID, weight: float, measure: Measure | None) -> None:
        """By another measure, or with another weight."""
        names = ("kind", "start_value", "target_value", "lower_bound", "upper_bound", "commit_value", "stretch_value",
                 "milestones")  # fmt: skip
        fields = {name: getattr(measure, name) for name in names} if measure else {}
        self._do(measuring.edit_key_result, key_result=key_result, edits={"weight": weight}, measure=fields)

    @rule(objective=objectives, source=st.sampled_from(ProgressSource), kind=st.sampled_from(ObjectiveKind))
    def score_otherwise(self, objective: UUID, source: Any, kind: Any) -> None:
        """From other parts, with another expectation."""
        self._do(
            planning.edit_objective, objective=objective, edits={"progress_source": source, "kind": kind}
        )

    @rule(first=st.integers(60, 120), last=st.integers(0, 59))
    def plan_other_days(self, first: int, last: int) -> None:
        """For the quarter."""
        edits = {"starts_on": TODAY - timedelta(days=first), "ends_on": TODAY - timedelta(days=last)}
        self._do(cycles.edit_cycle, cycle=self.quarter, edits=edits)

    @rule(step=st.sampled_from(["begin_review", "close_cycle", "reopen_cycle", "activate_cycle"]))
    def step_the_cycle(self, step: str) -> None:
        """And back again, so that life goes on."""
        inputs = {"close_cycle": {"not_measured_reason": "R"}, "reopen_cycle": {"reason": "R"}}.get(step, {})
        self._do(getattr(cycles, step), cycle=self.quarter, **inputs)
        if step in ("begin_review", "reopen_cycle"):
            self._do(cycles.activate_cycle, cycle=self.quarter)

    @rule(objective=objectives)
    def change_hands(self, objective: UUID) -> None:
        """Somebody joins and takes it over."""
        person = self._make(self.place.person("P"))
        self._do(planning.edit_objective, objective=objective, edits={"owner": Ref(person)})
        self._do(organizing.remove_person, person=person)

    def teardown(self) -> None:
        """The reckoning."""
        if hasattr(self, "place"):
            assert self.runner.run(self.place.verify()) == []
            assert self.runner.run(told_by_deltas(self.place)) == self.runner.run(stored(self.place))


async def stored(place: Workplace) -> dict[UUID, float | None]:
    """The progress of all but drafts and what belongs to them."""
    rows = await place.fetch(
        "select id, progress from objective where organization_id = $1 and state <> 'DRAFT' union all "
        "select key_result.id, key_result.progress from key_result join objective "
        "on objective.id = objective_id where key_result.organization_id = $1 and objective.state <> 'DRAFT'",
        place.organization.id,
    )
    return {row["id"]: row["progress"] for row in rows}


async def told_by_deltas(place: Workplace) -> dict[UUID, float | None]:
    """The same as one knows who has only read the feed; each delta begins where the last one ended."""
    told: dict[UUID, float | None] = {}
    for change in await place.fetch(
        "select seq, deltas from change where organization_id = $1 order by seq", place.organization.id
    ):
        for delta in change["deltas"]:
            told[UUID(delta["node_id"])] = delta["after"]
    known = await stored(place)
    return {id: progress for id, progress in told.items() if id in known}


@pytest.fixture
def runner(database_url: str) -> Iterator[Runner]:
    made = Runner(database_url)
    yield made
    made.close()


def test_any_history_leaves_every_stored_number_as_the_facts_say(runner: Runner):
    machine: Callable[[], History] = type("AHistory", (History,), {"runner": runner})
    run_state_machine_as_test(machine, settings=FEW)  # type: ignore[no-untyped-call]
