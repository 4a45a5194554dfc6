"""Experiments: planned, started, concluded or abandoned, about a key result; they move no number."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from okr_api.auth.actor import Scope
from okr_api.okr.experiment import ExperimentOutcome
from okr_api.okr.policy import Editing
from okr_api.okr.visibility import Visibility
from okr_api.services import cycles, key_results, objectives, organization
from okr_api.services.experiments import (
    abandon_experiment,
    add_experiment,
    conclude_experiment,
    delete_experiment,
    edit_experiment,
    start_experiment,
)
from okr_api.store.hidden_rows import hidden_among
from tests.acme import TODAY, Acme, ref
from tests.services.people_of_never_down import RESPONSIBLE, able, actors_of

WRITTEN = {"change": 1, "feed_head": 1, "experiment": 1, "experiment_version": 1}
BELIEF = "We believe that a second site will keep us up"
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


@pytest.fixture
async def trial(acme: Acme) -> UUID:
    """Return a planned experiment on `uptime`, a key result of `never_down`, owned by Ben."""
    return await acme.done(
        add_experiment, key_result="uptime", hypothesis=BELIEF, owner="ben", external_id="trial"
    )


async def test_an_experiment_goes_from_planned_over_running_and_concluded_to_deleted(acme: Acme):
    before = await acme.tables()
    id = await acme.done(
        add_experiment,
        key_result="uptime",
        hypothesis=f" {BELIEF} ",
        what_changes=" A *second* site\n",
        expected_value=99.9,
        expected_by=TODAY,
        owner="ben",
        external_id="trial",
    )
    assert await acme.written(before) == WRITTEN
    made: dict[str, Any] = {
        "organization_id": acme.organization.id,
        "id": id,
        "external_id": "trial",
        "hypothesis": BELIEF,
        "key_result_id": acme.uptime,
        "what_changes": " A *second* site\n",
        "expected_value": 99.9,
        "expected_by": TODAY,
        "owner_id": acme.ben,
        "state": "PLANNED",
        "started_on": None,
        "ended_on": None,
        "outcome": None,
        "conclusion": None,
        "version": 1,
        "removed": False,
    }
    assert await acme.row("experiment", id) == made
    await acme.done(edit_experiment, experiment="trial", edits={"expected_by": None, "expected_value": 99.5})
    await acme.done(start_experiment, experiment="trial", started_on=YESTERDAY)
    running = made | {"expected_by": None, "expected_value": 99.5, "version": 3}
    running |= {"state": "RUNNING", "started_on": YESTERDAY}
    assert await acme.row("experiment", id) == running
    await acme.done(
        conclude_experiment,
        experiment=id,
        outcome=ExperimentOutcome.CONFIRMED,
        conclusion=" It *did* ",
        expected_version=3,
    )
    over = running | {"state": "CONCLUDED", "ended_on": TODAY, "outcome": "CONFIRMED", "version": 4}
    assert await acme.row("experiment", id) == over | {"conclusion": " It *did* "}
    corrected = {"outcome": ExperimentOutcome.REFUTED, "conclusion": None, "ended_on": YESTERDAY}
    await acme.done(edit_experiment, experiment=id, edits=corrected)
    over |= {"outcome": "REFUTED", "conclusion": None, "ended_on": YESTERDAY, "version": 5}
    assert await acme.row("experiment", id) == over
    await acme.done(delete_experiment, experiment=id, expected_version=5)
    gone = over | {"version": 6, "removed": True, "external_id": None}
    assert await acme.row("experiment", id) == gone
    kinds = await acme.fetch("select kind from change where node_type = 'EXPERIMENT' order by seq")
    verbs = ("CREATED", "UPDATED", "STARTED", "CONCLUDED", "UPDATED", "DELETED")
    assert [row["kind"] for row in kinds] == [f"EXPERIMENT_{verb}" for verb in verbs]
    assert len(await acme.versions("experiment", id)) == 6
    assert (await acme.refused(edit_experiment, experiment=id, edits={})).code() == "NOT_FOUND"
    assert await acme.verify() == []


async def test_an_experiment_moves_no_number(acme: Acme, trial: UUID):
    await acme.check_in("uptime", 99.95)
    numbers = "select id, progress, confidence, coverage, version from objective order by id"
    before = await acme.fetch(numbers)
    await acme.done(start_experiment, experiment=trial)
    await acme.done(conclude_experiment, experiment=trial, outcome=ExperimentOutcome.INCONCLUSIVE)
    assert await acme.fetch(numbers) == before
    assert await acme.moved() == {}


async def test_one_that_runs_already_is_added_with_its_first_day_and_abandoned_with_a_reason(acme: Acme):
    id = await acme.done(add_experiment, key_result="uptime", hypothesis=BELIEF, started_on=YESTERDAY)
    assert (await acme.row("experiment", id))["state"] == "RUNNING"
    await acme.done(abandon_experiment, experiment=id, reason="No budget", ended_on=YESTERDAY)
    assert (await acme.change())["reason"] == "No budget"
    row = await acme.row("experiment", id)
    assert (row["state"], row["conclusion"], row["ended_on"]) == ("ABANDONED", "No budget", YESTERDAY)


async def test_one_that_starts_after_its_effect_was_expected_needs_another_day_first(acme: Acme, trial: UUID):
    await acme.done(edit_experiment, experiment=trial, edits={"expected_by": YESTERDAY})
    refused = await acme.refused(start_experiment, experiment=trial)
    assert (refused.code(), refused.path) == ("EXPERIMENT_ENDS_BEFORE_IT_STARTS", ("expectedBy",))
    await acme.done(edit_experiment, experiment=trial, edits={"expected_by": TODAY})
    await acme.done(start_experiment, experiment=trial)


async def test_one_that_was_never_started_is_abandoned_without_a_first_day(acme: Acme, trial: UUID):
    await acme.done(abandon_experiment, experiment=trial)
    row = await acme.row("experiment", trial)
    assert (row["state"], row["started_on"], row["ended_on"]) == ("ABANDONED", None, TODAY)


CONCLUDED = {"outcome": ExperimentOutcome.CONFIRMED}


@pytest.mark.parametrize(
    ("steps", "step", "code", "path"),
    (
        ((), (conclude_experiment, CONCLUDED), "STATE_DOES_NOT_FIT", ("id",)),
        (("start",), (start_experiment, {}), "STATE_DOES_NOT_FIT", ("id",)),
        ((), (start_experiment, {"started_on": TOMORROW}), "INVALID_INPUT", ("startedOn",)),
        ((), (start_experiment, {"started_on": date(1800, 1, 1)}), "INVALID_INPUT", ("startedOn",)),
        (("start",), (conclude_experiment, {"outcome": None}), "OUTCOME_REQUIRED", ("outcome",)),
        (
            ("start",),
            (conclude_experiment, {**CONCLUDED, "ended_on": YESTERDAY}),
            "EXPERIMENT_ENDS_BEFORE_IT_STARTS",
            ("endedOn",),
        ),
        (
            ("start",),
            (conclude_experiment, {**CONCLUDED, "ended_on": TOMORROW}),
            "INVALID_INPUT",
            ("endedOn",),
        ),
        (
            ("start",),
            (abandon_experiment, {"ended_on": YESTERDAY}),
            "EXPERIMENT_ENDS_BEFORE_IT_STARTS",
            ("endedOn",),
        ),
        (("start", "conclude"), (conclude_experiment, CONCLUDED), "EXPERIMENT_IS_OVER", ("id",)),
        (("start", "conclude"), (start_experiment, {}), "EXPERIMENT_IS_OVER", ("id",)),
        (("start", "conclude"), (abandon_experiment, {}), "EXPERIMENT_IS_OVER", ("id",)),
        (("abandon",), (conclude_experiment, CONCLUDED), "EXPERIMENT_IS_OVER", ("id",)),
        ((), (edit_experiment, {"edits": {"started_on": TODAY}}), "STATE_DOES_NOT_FIT", ("startedOn",)),
        ((), (edit_experiment, {"edits": {"ended_on": TODAY}}), "STATE_DOES_NOT_FIT", ("endedOn",)),
        (
            ("start",),
            (edit_experiment, {"edits": {"started_on": None}}),
            "STATE_DOES_NOT_FIT",
            ("startedOn",),
        ),
        (("start",), (edit_experiment, {"edits": CONCLUDED}), "STATE_DOES_NOT_FIT", ("outcome",)),
        (
            ("start",),
            (edit_experiment, {"edits": {"conclusion": "x"}}),
            "STATE_DOES_NOT_FIT",
            ("conclusion",),
        ),
        (
            ("start", "conclude"),
            (edit_experiment, {"edits": {"outcome": None}}),
            "OUTCOME_REQUIRED",
            ("outcome",),
        ),
        (
            ("start", "conclude"),
            (edit_experiment, {"edits": {"ended_on": YESTERDAY}}),
            "EXPERIMENT_ENDS_BEFORE_IT_STARTS",
            ("endedOn",),
        ),
    ),
)
async def test_a_step_that_does_not_fit_has_an_error_of_its_own_and_changes_nothing(
    steps: Any, step: Any, code: str, path: Any, acme: Acme, trial: UUID
):
    done: dict[str, Any] = {
        "start": (start_experiment, {}),
        "conclude": (conclude_experiment, CONCLUDED),
        "abandon": (abandon_experiment, {}),
    }
    for name in steps:
        service, values = done[name]
        await acme.done(service, experiment=trial, **values)
    before = await acme.tables()
    service, values = step
    refused = await acme.refused(service, experiment=trial, **values)
    assert (refused.code(), refused.path) == (code, path)
    assert await acme.written(before) == {}


async def test_one_is_planned_where_work_goes_on_and_concluded_whatever_has_happened(acme: Acme, trial: UUID):
    await acme.done(start_experiment, experiment=trial)
    await acme.done(objectives.drop_objective, objective="never_down", reason="Enough")
    new = {"key_result": "uptime", "hypothesis": BELIEF}
    refused = await acme.refused(add_experiment, **new)
    assert (refused.code(), refused.path) == ("STATE_DOES_NOT_FIT", ("id",))
    await acme.done(conclude_experiment, experiment=trial, **CONCLUDED)
    mine = await acme.done(add_experiment, key_result="macros", hypothesis=BELIEF, started_on=TODAY)
    await acme.done(cycles.begin_review, cycle="quarter")
    await acme.done(add_experiment, key_result="macros", hypothesis="In review")
    await acme.done(cycles.close_cycle, cycle="quarter", not_measured_reason="Nobody looked")
    assert (
        await acme.refused(add_experiment, key_result="macros", hypothesis="Late")
    ).code() == "CYCLE_IS_CLOSED"
    await acme.done(conclude_experiment, experiment=mine, **CONCLUDED)


@pytest.mark.parametrize(
    ("given", "path"),
    (
        ({"hypothesis": " "}, "hypothesis"),
        ({"hypothesis": "x" * 10_001}, "hypothesis"),
        ({"what_changes": "x" * 10_001}, "whatChanges"),
        ({"expected_value": 1e16}, "expectedValue"),
        ({"expected_by": date(1899, 12, 31)}, "expectedBy"),
    ),
)
async def test_what_is_wrong_is_refused_where_it_stands(
    given: dict[str, Any], path: str, acme: Acme, trial: UUID
):
    new = await acme.refused(add_experiment, **{"key_result": "uptime", "hypothesis": BELIEF, **given})
    edited = await acme.refused(edit_experiment, experiment=trial, edits=given)
    assert [(each.code(), each.path) for each in (new, edited)] == [("INVALID_INPUT", (path,))] * 2


async def test_an_experiment_goes_with_its_key_result_to_another_objective(acme: Acme):
    await acme.objective("Draft", external_id="draft", draft=True)
    id = await acme.done(add_experiment, key_result="macros", hypothesis=BELIEF)
    await acme.done(key_results.move_key_result, key_result="macros", objective="draft")
    async with acme.database.of(acme.organization.id) as connection:
        blind = Visibility(drafts=False, restricted=True, person_id=None)
        assert await hidden_among(connection, acme.organization.id, [id], blind) == {id}


async def test_who_may_plan_edit_conclude_and_delete_one(acme: Acme, trial: UUID):
    actors = await actors_of(acme)
    measuring = {"owner": "max", "check_in_owner": "sam"}
    edits = {name: ref(value) for name, value in measuring.items()}
    await acme.done(key_results.edit_key_result, key_result="uptime", edits=edits, measure={})
    new = {"key_result": "uptime", "hypothesis": "New"}
    planned = await able(acme, actors, add_experiment, Scope.CHECK_IN, **{**new, "key_result": ref("uptime")})
    assert planned == RESPONSIBLE | {"max", "sam"}
    owners = await acme.fetch("select owner_id from experiment where hypothesis = 'New'")
    assert {row["owner_id"] for row in owners} == {
        actors[name].author.person_id for name in ("ann", "cem", "lea", "max", "sam", "service")
    }
    stale: dict[str, Any] = {"experiment": ref(trial), "expected_version": 999}
    for service, more in (
        (edit_experiment, {"edits": {"hypothesis": "Another"}}),
        (start_experiment, {}),
        (conclude_experiment, CONCLUDED),
        (abandon_experiment, {}),
    ):
        assert await able(acme, actors, service, **stale, **more) == RESPONSIBLE | {"ben"}
    assert await able(acme, actors, delete_experiment, **stale) == RESPONSIBLE
    outcome = await acme.do(start_experiment, by=actors["mia"], experiment=trial)
    assert [each.message for each in outcome.errors] == [
        "To edit this experiment you must be its owner, the owner of the objective, a contributor, a lead of "
        "the team or of a team above it or an admin"
    ]
    await acme.done(organization.edit_organization, edits={"editing": Editing.EVERYONE})
    assert await able(acme, actors, delete_experiment, **stale) == actors.keys() - {"viewer"}
