"""Random histories of a review: after each step, what is refused and what is stored is as a pure model says.

OKR_TEST_CADENCE_MINUTES=60 runs other histories for that long instead of the same few ones; `make histories`
does. A seed that it prints is tried again with OKR_TEST_CADENCE_SEED.
"""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from okr_api.okr.cycle import CycleState
from okr_api.okr.grade import GradeKind
from okr_api.okr.objective import ObjectiveKind
from okr_api.okr.review_record import ReviewDecision, RootCause
from okr_api.pubsub.notifier import ChangeNotifier
from okr_api.services import cycles, grades, key_results, objectives, organization, reviews
from okr_api.services.references import Ref
from okr_api.services.roll_over import roll_over
from okr_api.services.roll_over_items import RollOverItem
from tests.acme import TODAY, Workplace, days_ago, said
from tests.services.clock.test_cadence_histories import FIRST_SEED, MINUTES
from tests.services.review_model import Gap, Model, Part, Refusal, Whole
from tests.services.test_histories import Runner

HISTORIES = settings(
    max_examples=40 if MINUTES else 10,
    stateful_step_count=60 if MINUTES else 30,
    deadline=None,
    derandomize=not MINUTES,
    database=None,
    suppress_health_check=list(HealthCheck),
)
PARTS, WHOLES = ("one", "two"), ("whole", "bare")
PART, WHOLE = st.sampled_from(PARTS), st.sampled_from(WHOLES)
ANY = st.sampled_from(PARTS + WHOLES)
GRADE = st.one_of(
    st.sampled_from([("COMPUTED", None), ("NOT_MEASURED", None)]),
    st.tuples(st.just("OVERRIDE"), st.sampled_from([0.0, 0.3, 0.7, 1.0])),
)
CAUSE = st.sampled_from([None, "OTHER", "CAPACITY"])
LEARNED = st.sampled_from([None, "Less", "More"])
STORED = """
    select external_id as name, final_score as final, null as outcome, null as state from key_result
    where organization_id = $1 and external_id is not null
    union all
    select external_id, final_score, outcome, state from objective
    where organization_id = $1 and external_id is not null
"""
CARRIED = """
    select first.external_id as name, objective.kind, objective.state, objective.cycle_id
    from objective join objective as first on first.id = objective.carried_from_id
    where objective.organization_id = $1
"""
CARRIED_PARTS = """
    select first.external_id as name, key_result.weight, key_result.start_value, key_result.current_value
    from key_result join key_result as first on first.id = key_result.carried_from_id
    where key_result.organization_id = $1
"""


def told_by(model: Callable[[], bool]) -> tuple[bool, list[str], set[Gap]]:
    """Return whether the model changes, the codes of its refusal, and what this lists as missing."""
    try:
        return model(), [], set()
    except Refusal as refusal:
        return False, [refusal.code], refusal.missing


class ReviewHistory(RuleBasedStateMachine):
    """A quarter that has ended, of two objectives, to which random operations are applied."""

    runner: Runner

    @initialize(required=st.booleans())
    def found(self, required: bool) -> None:
        """Create the objective `whole` with two key results, and `bare` without any."""
        run = self.runner.run
        self.place = run(
            Workplace.found(self.runner.database, ChangeNotifier(self.runner.database), "Reviewed")
        )
        days = (TODAY - timedelta(days=90), TODAY - timedelta(days=20))
        next_days = (TODAY - timedelta(days=19), TODAY + timedelta(days=70))
        self.later = run(self.place.cycle("Next", *next_days, state=CycleState.DRAFT))
        self.cycle = run(self.place.cycle("Quarter", *days))
        self.ids: dict[str, UUID] = {
            name: run(self.place.objective(name, external_id=name)) for name in WHOLES
        }
        for name in PARTS:
            self.ids[name] = run(self.place.key_result(name, "whole", external_id=name))
        edits = {"review_required": required}
        if required:
            run(self.place.done(organization.edit_organization, edits=edits))
        parts = {name: Part() for name in PARTS}
        wholes = {"whole": Whole(parts=[*PARTS]), "bare": Whole()}
        self.model = Model(parts, wholes, is_required=required)
        self.records: dict[str, UUID] = {}
        self.readings = 0

    def _same(self, expected: Callable[[], bool], service: Any, **inputs: Any) -> UUID | None:
        """Do what the model does; one change if that changes anything, none otherwise."""
        before = self.runner.run(self.place.seq())
        outcome = self.runner.run(self.place.do(service, **inputs))
        changes, codes, missing = told_by(expected)
        assert [one.code() for one in outcome.errors] == codes
        assert {(gap.title, gap.need.value) for one in outcome.errors for gap in one.missing} == missing
        assert self.runner.run(self.place.seq()) == before + changes
        return None if codes else outcome.ids["node"]

    @rule(name=PART, score=st.sampled_from([0.0, 0.3, 0.5, 0.7, 1.0]))
    def check_in(self, name: str, score: float) -> None:
        """Record a reading that is later than those before."""
        self.readings += 1
        at = days_ago(40) + timedelta(minutes=self.readings)
        outcome = self.runner.run(
            self.place.say(said(self.ids[name], score * 100, effective_at=at), atomic=False)
        )
        _, codes, _ = told_by(lambda: self.model.check_in(name, score))
        assert [one.code for one in outcome.item_errors] == codes

    @rule(name=WHOLE, kind=st.sampled_from(ObjectiveKind))
    def change_the_kind(self, name: str, kind: ObjectiveKind) -> None:
        whole = self.model.wholes[name]
        inputs = {"objective": self.ids[name], "edits": {"kind": kind}}
        self._same(lambda: self.model.edit(whole, "kind", str(kind)), objectives.edit_objective, **inputs)

    @rule(name=PART, weight=st.sampled_from([1.0, 3.0]))
    def weigh(self, name: str, weight: float) -> None:
        """Change the weight of a key result."""
        part = self.model.parts[name]
        inputs = {"key_result": self.ids[name], "edits": {"weight": weight}, "measure": {}}
        self._same(lambda: self.model.edit(part, "weight", weight), key_results.edit_key_result, **inputs)

    @rule(name=ANY, grade=GRADE, replaces=st.booleans())
    def grade(self, name: str, grade: tuple[str, float | None], replaces: bool) -> None:
        """Grade a key result or an objective, perhaps again."""
        inputs: dict[str, Any] = {"kind": GradeKind(grade[0]), "score": grade[1], "replace_grade": replaces}
        inputs |= {} if grade[0] == "COMPUTED" else {"reason": "R"}
        services: dict[str, Any] = {
            "key_result": grades.grade_key_result,
            "objective": grades.grade_objective,
        }
        noun = "objective" if name in WHOLES else "key_result"
        self._same(
            lambda: self.model.give(name, grade, replaces=replaces),
            services[noun],
            **{noun: self.ids[name]},
            **inputs,
        )

    @rule(name=WHOLE, decision=st.sampled_from(ReviewDecision), cause=CAUSE, learned=LEARNED)
    def review(self, name: str, decision: ReviewDecision, cause: str | None, learned: str | None) -> None:
        """Record the review of an objective."""
        given = {"decision": str(decision), "root_cause": cause, "learned": learned}
        made = self._same(
            lambda: self.model.review(name, given),
            reviews.record_review,
            objective=self.ids[name],
            decision=decision,
            decision_reason="R",
            root_cause=RootCause(cause) if cause else None,
            learned=learned,
        )
        self.records |= {name: made} if made else {}

    @rule(name=WHOLE, cause=CAUSE, learned=LEARNED)
    def revise(self, name: str, cause: str | None, learned: str | None) -> None:
        """Edit the review of an objective, if it has one."""
        if name in self.records:
            edits = {"root_cause": cause, "learned": learned}
            stored = edits | {"root_cause": RootCause(cause) if cause else None}
            self._same(
                lambda: self.model.revise(name, edits),
                reviews.edit_review,
                review_record=self.records[name],
                edits=stored,
            )

    @rule(name=WHOLE)
    def take_back(self, name: str) -> None:
        """Delete the review of an objective, if it has one."""
        if name in self.records:
            record = self.records[name]
            if self._same(lambda: self.model.take_back(name), reviews.delete_review, review_record=record):
                del self.records[name]

    @rule()
    def activate(self) -> None:
        self._same(
            lambda: self.model.become("ACTIVE", from_="REVIEW"), cycles.activate_cycle, cycle=self.cycle
        )

    @rule()
    def begin_the_review(self) -> None:
        self._same(lambda: self.model.become("REVIEW", from_="ACTIVE"), cycles.begin_review, cycle=self.cycle)

    @rule(is_excused=st.booleans())
    def close(self, is_excused: bool) -> None:
        reason = "R" if is_excused else None
        inputs = {"cycle": self.cycle, "not_measured_reason": reason}
        self._same(lambda: self.model.close(is_excused=is_excused), cycles.close_cycle, **inputs)

    @rule()
    def reopen(self) -> None:
        self._same(self.model.reopen, cycles.reopen_cycle, cycle=self.cycle, reason="R")

    @rule(items=st.dictionaries(WHOLE, st.booleans()), is_dry=st.booleans())
    def roll_over(self, items: dict[str, bool], is_dry: bool) -> None:
        """Roll the quarter over into the next one; an item says whether its objective is skipped."""
        run, before = self.runner.run, self.runner.run(self.place.seq())
        outcome = run(
            self.place.do(
                roll_over,
                from_cycle=Ref(self.cycle),
                to_cycle=Ref(self.later),
                items=[RollOverItem(Ref(self.ids[name]), skip) for name, skip in items.items()],
                dry_run=is_dry,
            )
        )
        assert not outcome.errors
        names = {id.hex: name for name, id in self.ids.items()}
        found = {
            names[entry["objective_id"]]: (
                str(entry["outcome"]),
                {names[part["key_result_id"]]: str(part["outcome"]) for part in entry["key_results"]},
            )
            for entry in outcome.entries
        }
        assert found == self.model.roll_over(items, is_dry=is_dry)
        is_carried = any(said == "CARRIED" for said, _ in found.values())
        assert run(self.place.seq()) == before + (is_carried and not is_dry)

    @invariant()
    def it_is_stored_as_the_model_says(self) -> None:
        """Compare scores, outcomes, states, reviews and lessons."""
        if not hasattr(self, "model"):
            return
        model, run, of = self.model, self.runner.run, self.place.organization.id
        for row in run(self.place.fetch(STORED, of)):
            name = row["name"]
            if name in PARTS:
                assert row["final"] == pytest.approx(model.parts[name].final), name
                continue
            assert row["final"] == pytest.approx(model.final(name)), name
            assert row["outcome"] == model.outcome(name), name
            assert row["state"] == ("CLOSED" if model.wholes[name].is_closed else "PUBLISHED")
        kept = "select objective_id, decision, root_cause, learned from review_record where organization_id = $1 and not removed"
        found = {row.pop("objective_id"): row for row in map(dict, run(self.place.fetch(kept, of)))}
        assert found == {self.ids[name]: one.review for name, one in model.wholes.items() if one.review}
        texts = "select text from lesson where organization_id = $1 and not removed"
        assert sorted(row["text"] for row in run(self.place.fetch(texts, of))) == sorted(model.lessons)

    @invariant()
    def what_was_carried_over_is_as_it_was_then(self) -> None:
        """Compare objectives and key results of the next quarter."""
        if not hasattr(self, "model"):
            return
        run, of, carried = self.runner.run, self.place.organization.id, self.model.carried
        expected = {name: (one.kind, "DRAFT", self.later) for name, one in carried.items()}
        rows = run(self.place.fetch(CARRIED, of))
        assert {row["name"]: (row["kind"], row["state"], row["cycle_id"]) for row in rows} == expected
        parts = {name: (*part, None) for one in carried.values() for name, part in one.parts.items()}
        rows = run(self.place.fetch(CARRIED_PARTS, of))
        assert {name: tuple(values) for name, *values in map(dict.values, map(dict, rows))} == parts

    def teardown(self) -> None:
        """Verify all stored numbers."""
        if hasattr(self, "readings"):
            assert self.runner.run(self.place.verify()) == []


@pytest.fixture
def runner(database_url: str) -> Iterator[Runner]:
    made = Runner(database_url)
    yield made
    made.close()


def test_any_history_of_a_review_is_that_of_the_model(runner: Runner):
    class Here(ReviewHistory):
        pass

    Here.runner = runner
    end, number = time.monotonic() + MINUTES * 60, FIRST_SEED
    while True:
        if MINUTES:
            print(f"OKR_TEST_CADENCE_SEED={number}", flush=True)  # noqa: T201  to try it again
            seed(number)(Here)
        run_state_machine_as_test(Here, settings=HISTORIES)
        number += 1
        if time.monotonic() >= end:
            break
