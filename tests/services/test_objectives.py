"""Objectives: what the steps of their life change, and which steps are rejected."""

from datetime import timedelta
from typing import Any

import pytest

from okr_api.okr.cycle import CycleState
from okr_api.okr.objective import ObjectiveKind, ProgressSource
from okr_api.services import cycles, key_results, objectives, organization
from okr_api.services.objectives import draft_objective, edit_objective
from okr_api.services.references import Ref
from tests.acme import TODAY, Acme, Workplace, days_ago

MADE = {"change": 1, "feed_head": 1, "objective": 1, "objective_version": 1}
Step = tuple[Any, dict[str, Any]]


async def test_a_new_objective_is_kept_as_it_was_drafted_and_moves_only_its_path(acme: Acme):
    before = await acme.tables()
    id = await acme.done(
        draft_objective,
        cycle="quarter",
        title="  Grow  ",
        description="Why",
        kind=ObjectiveKind.ASPIRATIONAL,
        progress_source=ProgressSource.BOTH,
        owner="ann",
        team=Ref(external_id="support"),
        contributors=[Ref(acme.ben), Ref(external_id="cem"), Ref(acme.ben)],
        parent="answer_fast",
        weight=2.0,
        external_id="grow",
    )
    assert await acme.written(before) == MADE | {"alignment": 1, "alignment_version": 1}
    row = await acme.row("objective", id)
    assert {
        name: row[name]
        for name in (
            "external_id",
            "cycle_id",
            "title",
            "description",
            "kind",
            "state",
            "progress_source",
            "owner_id",
            "team_id",
            "contributor_ids",
            "imported_score",
            "version",
            "progress",
            "progress_reason",
        )
    } == {
        "external_id": "grow",
        "cycle_id": acme.quarter,
        "title": "Grow",
        "description": "Why",
        "kind": "ASPIRATIONAL",
        "state": "PUBLISHED",
        "progress_source": "BOTH",
        "owner_id": acme.ann,
        "team_id": acme.support,
        "contributor_ids": [acme.ben, acme.cem],
        "imported_score": None,
        "version": 1,
        "progress": None,
        "progress_reason": "NOTHING_COUNTS",
    }
    change = await acme.change()
    assert (change["kind"], change["node_type"], change["node_id"]) == ("OBJECTIVE_CREATED", "OBJECTIVE", id)
    assert await acme.verify() == []


async def test_a_draft_counts_nowhere_and_pushes_nothing_until_it_is_published(acme: Acme):
    await acme.check_in("macros", 5)
    draft = await acme.objective("Draft", "answer_fast", 3.0, draft=True)
    assert await acme.moved() == {}
    of_it = await acme.key_result("Of it", draft)
    assert await acme.moved() == {}
    assert await acme.progress(acme.answer_fast) == 0.25
    await acme.done(objectives.publish_objective, objective=draft)
    told = await acme.moved()
    assert (told.pop(of_it), told.pop(draft)) == ((None, None), (0.0, 0.0))
    assert acme.named(told) == {
        "answer_fast": (0.25, 0.0625),
        "customers_stay": (0.0625, 0.015625),
    }
    assert await acme.verify() == []


async def test_numbers_are_told_when_they_are_published_also_where_they_stay(acme: Acme):
    await acme.cycle("Past", TODAY - timedelta(days=60), TODAY - timedelta(days=31), parent="year")
    published = await acme.objective("Published")
    draft = await acme.objective("Draft", draft=True)
    [first, second] = [await acme.key_result(name, draft) for name in ("First", "Second")]
    await acme.done(key_results.move_key_result, key_result=first, objective=published)
    assert {first, published} <= set(await acme.moved())
    await acme.done(objectives.publish_objective, objective=draft)
    assert {second, draft} <= set(await acme.moved())
    assert first not in await acme.moved()


async def test_a_draft_that_is_dropped_pushes_nothing_and_is_a_draft_again_when_it_is_restored(acme: Acme):
    draft = await acme.objective("Draft", "answer_fast", draft=True)
    await acme.key_result("Of it", draft)
    for step, state in ((objectives.drop_objective, "DROPPED"), (objectives.restore_objective, "DRAFT")):
        await acme.done(step, objective=draft, **({"reason": "R"} if state == "DROPPED" else {}))
        row = await acme.row("objective", draft)
        assert (row["state"], row["is_dropped_draft"]) == (state, state == "DROPPED")
        assert await acme.moved() == {}
        assert await acme.verify() == []
    await acme.done(objectives.publish_objective, objective=draft)
    await acme.done(objectives.drop_objective, objective=draft, reason="R")
    assert (await acme.row("objective", draft))["is_dropped_draft"] is False
    await acme.done(objectives.restore_objective, objective=draft)
    assert (await acme.row("objective", draft))["state"] == "PUBLISHED"
    assert await acme.verify() == []


async def test_an_empty_objective_is_published_like_one_that_was_created_so(acme: Acme):
    draft = await acme.objective("Draft", draft=True)
    await acme.done(objectives.publish_objective, objective=draft)
    created = await acme.objective("Created published")
    told = ("state", "progress", "progress_reason", "statuses")
    [published, made] = [await acme.row("objective", id) for id in (draft, created)]
    assert [published[name] for name in told] == [made[name] for name in told]
    assert made["state"] == "PUBLISHED"


@pytest.mark.parametrize(
    ("step", "state"), ((objectives.pause_objective, "PAUSED"), (objectives.drop_objective, "DROPPED"))
)
async def test_pausing_and_dropping_take_a_part_out_of_every_mean_and_restoring_brings_it_back(
    acme: Acme, step: Any, state: str
):
    await acme.check_in("macros", 5)
    before = await acme.tables()
    await acme.done(step, objective="never_down", reason="  Enough  ")
    assert await acme.written(before) == MADE | {"key_result": 6, "objective": 2}
    moved = acme.named(await acme.moved())
    assert (moved["never_down"], moved["customers_stay"]) == ((0.0, 0.0), (0.0625, 0.25))
    change = await acme.change()
    assert (change["kind"], change["reason"], change["fields"]) == (f"OBJECTIVE_{state}", "Enough", ["state"])
    assert {delta["status_after"] for delta in change["deltas"][:-1]} == {state}
    assert (await acme.row("objective", acme.never_down))["state"] == state
    assert await acme.verify() == []
    await acme.done(objectives.restore_objective, objective="never_down")
    assert acme.named(await acme.moved())["customers_stay"] == (0.25, 0.0625)
    assert await acme.verify() == []


async def test_dropping_the_last_part_that_counts_leaves_no_number_and_its_reason(acme: Acme):
    await acme.check_in("macros", 5)
    await acme.done(objectives.drop_objective, objective="clear_backlog", reason="No")
    assert acme.named(await acme.moved())["answer_fast"] == (0.25, None)
    row = await acme.row("objective", acme.answer_fast)
    assert (row["progress_reason"], row["coverage"]) == ("NOTHING_COUNTS", None)


STEPS: dict[str, Step] = {
    "publish": (objectives.publish_objective, {}),
    "pause": (objectives.pause_objective, {"reason": "R"}),
    "drop": (objectives.drop_objective, {"reason": "R"}),
    "restore": (objectives.restore_objective, {}),
}
REFUSED = {
    "DRAFT": ("pause", "restore"),
    "PUBLISHED": ("publish", "restore"),
    "PAUSED": ("publish", "pause"),
    "DROPPED": ("publish", "pause", "drop"),
}


@pytest.mark.parametrize("state", REFUSED)
async def test_steps_that_do_not_fit_the_state_are_refused_and_the_others_go(acme: Acme, state: str):
    for name, (service, inputs) in STEPS.items():
        id = await acme.objective(f"To {name}", draft=state == "DRAFT")
        await acme.key_result("Of it", id)
        if state in ("PAUSED", "DROPPED"):
            await acme.done(STEPS["pause" if state == "PAUSED" else "drop"][0], objective=id, reason="R")
        if name in REFUSED[state]:
            assert (await acme.refused(service, objective=id, **inputs)).code() == "STATE_DOES_NOT_FIT"
        else:
            await acme.done(service, objective=id, **inputs)


@pytest.mark.parametrize("service", (objectives.pause_objective, objectives.drop_objective))
async def test_pausing_and_dropping_need_a_reason(resting: Acme, service: Any):
    refusal = await resting.refused(service, objective="never_down", reason=" \n ")
    assert (refusal.code(), refusal.path) == ("REASON_REQUIRED", ("reason",))


async def test_an_edit_changes_what_it_names_and_nothing_else(acme: Acme):
    before, was = await acme.tables(), await acme.row("objective", acme.answer_fast)
    await acme.done(edit_objective, objective="answer_fast", edits={"title": " Answer faster ", "team": None})
    assert await acme.written(before) == MADE
    assert await acme.row("objective", acme.answer_fast) == was | {
        "title": "Answer faster",
        "team_id": None,
        "version": 2,
    }
    change = await acme.change()
    assert (change["kind"], change["fields"], change["deltas"]) == (
        "OBJECTIVE_UPDATED",
        ["team", "title"],
        [],
    )


async def test_absent_and_none_differ(acme: Acme):
    await acme.done(edit_objective, objective="answer_fast", edits={"owner": None, "description": "Why"})
    await acme.done(edit_objective, objective="answer_fast", edits={"description": None})
    row = await acme.row("objective", acme.answer_fast)
    assert (row["owner_id"], row["description"], row["team_id"]) == (None, None, acme.support)


async def test_switching_the_source_moves_the_number_and_the_payload_says_so(acme: Acme):
    await acme.key_result("Own", "answer_fast")
    [_, delta, *_] = (await acme.change())["deltas"]
    assert (delta["source_before"], delta["source_after"]) == ("OBJECTIVES", "KEY_RESULTS")
    await acme.check_in("macros", 5)
    assert await acme.progress(acme.answer_fast) == 0.0
    for source, progress in (("BOTH", 0.125), ("OBJECTIVES", 0.25), ("KEY_RESULTS", 0.0)):
        await acme.done(
            edit_objective, objective="answer_fast", edits={"progress_source": ProgressSource(source)}
        )
        assert await acme.progress(acme.answer_fast) == progress
    assert await acme.verify() == []


async def test_an_aspirational_objective_expects_less_of_its_key_results(acme: Acme):
    await acme.done(edit_objective, objective="never_down", edits={"kind": ObjectiveKind.ASPIRATIONAL})
    assert max((await acme.row("key_result", acme.failover))["expected"]) == 0.7
    assert await acme.verify() == []


async def test_moving_to_another_cycle_counts_the_readings_by_that_cycle(acme: Acme):
    await acme.cycle("Past", TODAY - timedelta(days=60), TODAY - timedelta(days=31), parent="year")
    past = await acme.objective("Past")
    key_result = await acme.key_result("Past", past)
    for value, days in ((10, 50), (50, 20), (90, 1)):
        await acme.check_in(key_result, value, effective_at=days_ago(days))
    assert await acme.progress(key_result) == 0.1
    await acme.cycle("Between", TODAY - timedelta(days=60), TODAY - timedelta(days=10), parent="year")
    await acme.done(edit_objective, objective=past, edits={"cycle": Ref(acme.current_cycle)})
    assert await acme.progress(key_result) == 0.5
    assert await acme.verify() == []


async def test_a_cycle_that_its_edges_or_due_days_do_not_fit_is_refused(acme: Acme):
    elsewhere = await acme.cycle("Elsewhere", TODAY, TODAY)
    for objective in ("answer_fast", "customers_stay"):
        refusal = await acme.refused(edit_objective, objective=objective, edits={"cycle": Ref(elsewhere)})
        assert refusal.code() == "CYCLE_DOES_NOT_ENCLOSE"
    alone = await acme.objective("Alone", cycle="quarter")
    await acme.key_result("Due", alone, due_on=TODAY + timedelta(days=9))
    refusal = await acme.refused(edit_objective, objective=alone, edits={"cycle": Ref(elsewhere)})
    assert (refusal.code(), refusal.path) == ("INVALID_INPUT", ("id",))


async def test_a_review_and_a_closed_cycle_take_no_edits_and_a_draft_takes_all(acme: Acme):
    waiting = await acme.cycle("Next", TODAY, TODAY, state=CycleState.DRAFT)
    early = await acme.objective("Early", cycle=waiting)
    await acme.done(edit_objective, objective=early, edits={"title": "Earlier"})
    await acme.done(cycles.begin_review, cycle="quarter")
    attempts: list[Step] = [
        (draft_objective, {"cycle": "quarter", "title": "T"}),
        (edit_objective, {"objective": "answer_fast", "edits": {"title": "T"}}),
        (objectives.pause_objective, {"objective": "answer_fast", "reason": "R"}),
        (edit_objective, {"objective": early, "edits": {"cycle": Ref(acme.quarter)}}),
    ]
    for service, inputs in attempts:
        assert (await acme.refused(service, **inputs)).code() == "CYCLE_IS_IN_REVIEW"
    await acme.done(cycles.close_cycle, cycle="quarter", not_measured_reason="R")
    for service, inputs in attempts:
        assert (await acme.refused(service, **inputs)).code() == "CYCLE_IS_CLOSED"


@pytest.mark.parametrize(
    ("given", "code", "path"),
    (
        ({"title": "  "}, "INVALID_INPUT", ("title",)),
        ({"title": "x" * 501}, "INVALID_INPUT", ("title",)),
        ({"title": "NUL \0"}, "INVALID_INPUT", ("title",)),
        ({"description": "x" * 10_001}, "INVALID_INPUT", ("description",)),
        ({"description": "\ud800"}, "INVALID_INPUT", ("description",)),
        ({"external_id": ""}, "INVALID_INPUT", ("externalId",)),
        ({"external_id": "x" * 201}, "INVALID_INPUT", ("externalId",)),
        ({"external_id": "answer_fast"}, "EXTERNAL_ID_IS_TAKEN", ("externalId",)),
        ({"cycle": "nowhere"}, "NOT_FOUND", ("id",)),
        ({"owner": "nobody"}, "NOT_FOUND", ("id",)),
        ({"team": Ref(external_id="nobody")}, "NOT_FOUND", ("id",)),
        ({"parent": "nobody"}, "NOT_FOUND", ("id",)),
        ({"contributors": [Ref(external_id="nobody")]}, "NOT_FOUND", ("id",)),
        ({"contributors": [Ref(external_id="ann")] * 101}, "INVALID_INPUT", ("contributors",)),
        ({"parent": "answer_fast", "weight": -1.0}, "INVALID_INPUT", ("weight",)),
    ),
)
async def test_what_makes_no_objective_is_refused(
    resting: Acme, given: dict[str, Any], code: str, path: tuple[str, ...]
):
    refusal = await resting.refused(draft_objective, **({"cycle": "quarter", "title": "T"} | given))
    assert (refusal.code(), refusal.path) == (code, path)


async def test_an_external_id_is_free_for_another_kind_another_tenant_and_itself(acme: Acme):
    await acme.person("Same", external_id="answer_fast")
    await acme.done(
        edit_objective, objective="answer_fast", edits={"external_id": "answer_fast", "title": "T"}
    )
    beta = await Workplace.found(acme.database, acme.notifier, "Beta")
    await beta.cycle("Quarter", external_id="quarter")
    await beta.objective("T", external_id="answer_fast")
    refusal = await acme.refused(edit_objective, objective="never_down", edits={"external_id": "answer_fast"})
    assert refusal.code() == "EXTERNAL_ID_IS_TAKEN"


async def test_every_step_conflicts_with_an_edit_that_was_not_seen(acme: Acme):
    await acme.done(edit_objective, objective="answer_fast", edits={"title": "T"}, expected_version=1)
    attempts: list[Step] = [(edit_objective, {"edits": {"title": "T"}}), STEPS["pause"], STEPS["drop"]]
    for service, inputs in attempts:
        refusal = await acme.refused(service, objective="answer_fast", expected_version=1, **inputs)
        assert (refusal.code(), refusal.current_version) == ("VERSION_CONFLICT", 2)
    await acme.check_in("macros", 1)
    await acme.done(edit_objective, objective="answer_fast", edits={"title": "U"}, expected_version=2)


async def test_somebody_who_has_left_takes_no_new_work_and_keeps_the_old(acme: Acme):
    await acme.done(organization.remove_person, person="ben")
    attempts: list[Step] = [
        (draft_objective, {"cycle": "quarter", "title": "T", "owner": "ben"}),
        (draft_objective, {"cycle": "quarter", "title": "T", "contributors": [Ref(acme.ben)]}),
        (edit_objective, {"objective": "never_down", "edits": {"owner": Ref(acme.ben)}}),
    ]
    for service, inputs in attempts:
        assert (await acme.refused(service, **inputs)).code() == "PERSON_IS_REMOVED"
    await acme.done(edit_objective, objective="answer_fast", edits={"title": "Still Ben's"})
    assert (await acme.row("objective", acme.answer_fast))["owner_id"] == acme.ben
