"""Invalid rows: each is reported with its place, code and message, and keeps the file out or is skipped."""

import pytest

from tests.services.import_export.files import (
    bring_small,
    by_name,
    check_in,
    key_result,
    objective,
    quarter,
    told,
)

NAN, INFINITE = float("nan"), float("inf")
TEAMS = [{"id": "T1", "name": "Crew"}]


def cycle(**fields):
    return {"id": "C1", "name": "2026-Q2", "start": "2026-04-01", "end": "2026-06-30"} | fields


MESSY = {
    "a row that is no object": ({"people": ["Ann"]}, "people[0]", "ROW_IS_UNCLEAR", "not an object"),
    "a row without an id": ({"people": [{"name": "Ann"}]}, "people[0]", "ROW_IS_UNCLEAR", "id is missing"),
    "an id that is a list": (
        {"teams": [{"id": [1], "name": "A"}]},
        "teams[0]",
        "ROW_IS_UNCLEAR",
        "not an id",
    ),
    "an id that is there twice": (
        {"teams": [{"id": "T1", "name": "A"}, {"id": "T1", "name": "B"}]},
        "teams[1] (T1)",
        "ID_IS_REPEATED",
        "Another row of teams is 'T1'",
    ),
    "an id that is too long": (
        {"objectives": [objective("O1"), objective("O" * 200)]},
        f"objectives[1] ({'O' * 200})",
        "INVALID_INPUT",
        "at most 200 characters",
    ),
    "a name that is missing": (
        {"teams": [{"id": "T1"}]},
        "teams[0] (T1)",
        "ROW_IS_UNCLEAR",
        "name is missing",
    ),
    "a title of nothing but spaces": (
        {"objectives": [objective("O1", title="  ")]},
        "objectives[0] (O1)",
        "INVALID_INPUT",
        "title has 1 to 500 characters",
    ),
    "a title that is a number": (
        {"objectives": [objective("O1", title=7)]},
        "objectives[0] (O1)",
        "ROW_IS_UNCLEAR",
        "title is 7, not a text",
    ),
    "a text with a NUL": (
        {"teams": [{"id": "T1", "name": "A\x00B"}]},
        "teams[0] (T1)",
        "INVALID_INPUT",
        "cannot be stored",
    ),
    "half a surrogate": (
        {"teams": [{"id": "T1", "name": "A\ud83d"}]},
        "teams[0] (T1)",
        "INVALID_INPUT",
        "cannot be stored",
    ),
    "an id with a NUL": (
        {"check_ins": [check_in("I\x00", "K1", 1)]},
        "check_ins[0] (I\x00)",
        "INVALID_INPUT",
        "cannot be stored",
    ),
    "teams under one another in a circle": (
        {
            "teams": [
                {"id": "T1", "name": "A", "parent_id": "T2"},
                {"id": "T2", "name": "B", "parent_id": "T1"},
            ]
        },
        "teams[1] (T2)",
        "TEAM_LOOPS",
        "under itself",
    ),
    "a team under itself": (
        {"teams": [{"id": "T1", "name": "A", "parent_id": "T1"}]},
        "teams[0] (T1)",
        "TEAM_LOOPS",
        "under itself",
    ),
    "a team that is not there": (
        {"objectives": [objective("O1", team_id="T9")]},
        "objectives[0] (O1)",
        "REFERENCE_IS_UNKNOWN",
        "team_id names 'T9', which is not among the teams",
    ),
    "a day that is none": (
        {"cycles": [cycle(start="2026-04-31")]},
        "cycles[0] (C1)",
        "ROW_IS_UNCLEAR",
        "start is '2026-04-31', not a day",
    ),
    "a day in the order of another country": (
        {"cycles": [cycle(end="06/30/2026")]},
        "cycles[0] (C1)",
        "ROW_IS_UNCLEAR",
        "not a day such as",
    ),
    "a day beyond all calendars": (
        {"cycles": [cycle(end="9999-12-31")]},
        "cycles[0] (C1)",
        "INVALID_INPUT",
        "end must lie between 1900-01-01 and 2200-12-31",
    ),
    "a cycle without an end": (
        {"cycles": [cycle(end=None)]},
        "cycles[0] (C1)",
        "ROW_IS_UNCLEAR",
        "needs start",
    ),
    "a cycle that ends before it begins": (
        {"cycles": [cycle(end="2026-03-01")]},
        "cycles[0] (C1)",
        "INVALID_INPUT",
        "cannot lie before",
    ),
    "a state that is none": (
        {"cycles": [cycle(state="RUNNING")]},
        "cycles[0] (C1)",
        "ROW_IS_UNCLEAR",
        "state is 'RUNNING', not one of DRAFT, ACTIVE, REVIEW, CLOSED",
    ),
    "an objective without a cycle": (
        {"objectives": [objective("O1", cycle_id=None)]},
        "objectives[0] (O1)",
        "ROW_IS_UNCLEAR",
        "cycle_id is missing",
    ),
    "owners that are no list": (
        {"objectives": [objective("O1", owner_ids="P1")]},
        "objectives[0] (O1)",
        "ROW_IS_UNCLEAR",
        "owner_ids is 'P1', not a list",
    ),
    "objectives that serve one another": (
        {
            "objectives": [
                objective("O1", parent_objective_id="O2"),
                objective("O2", parent_objective_id="O1"),
            ]
        },
        "objectives[1] (O2)",
        "ALIGNMENT_LOOPS",
        "already serves it",
    ),
    "an objective that serves its own key result": (
        {"objectives": [objective("O1", parent_key_result_id="K1")]},
        "objectives[0] (O1)",
        "ALIGNMENT_LOOPS",
        "already serves it",
    ),
    "a parent that is not there": (
        {"objectives": [objective("O1", parent_objective_id="O9")]},
        "objectives[0] (O1)",
        "REFERENCE_IS_UNKNOWN",
        "'O9'",
    ),
    "a negative weight": (
        {"key_results": [key_result("K1", weight=-1), key_result("K2")]},
        "key_results[0] (K1)",
        "INVALID_INPUT",
        "weight must be 0",
    ),
    "a target that is a text": (
        {"key_results": [key_result("K1", target="100"), key_result("K2")]},
        "key_results[0] (K1)",
        "ROW_IS_UNCLEAR",
        "target is '100', not a number",
    ),
    "a target that is not a number": (
        {"key_results": [key_result("K1"), key_result("K2", target=NAN)]},
        "key_results[1] (K2)",
        "INVALID_INPUT",
        "target must be a finite number",
    ),
    "a start without end": (
        {"key_results": [key_result("K1", start=-INFINITE), key_result("K2")]},
        "key_results[0] (K1)",
        "INVALID_INPUT",
        "finite",
    ),
    "a number too long to be a double": (
        {"key_results": [key_result("K1", target=10**400), key_result("K2")]},
        "key_results[0] (K1)",
        "INVALID_INPUT",
        "finite",
    ),
    "a type that is unknown": (
        {"key_results": [key_result("K1", type="vibe"), key_result("K2")]},
        "key_results[0] (K1)",
        "ROW_IS_UNCLEAR",
        "not one of metric, percent, score, milestone, ordinal",
    ),
    "a measure that is unknown": (
        {"key_results": [key_result("K1", measure={"kind": "GROW"}), key_result("K2")]},
        "key_results[0] (K1)",
        "ROW_IS_UNCLEAR",
        "kind is 'GROW'",
    ),
    "a measure with a field of another": (
        {"key_results": [key_result("K1", measure={"kind": "BOOLEAN", "target": 1}), key_result("K2")]},
        "key_results[0] (K1)",
        "INVALID_INPUT",
        "does not apply to BOOLEAN",
    ),
    "a due day outside the cycle": (
        {"key_results": [key_result("K1", due_on="2026-07-01"), key_result("K2")]},
        "key_results[0] (K1)",
        "INVALID_INPUT",
        "lies outside 2026-Q2",
    ),
    "a value kept that is not a number": (
        {"key_results": [key_result("K1", effort=[{"days": NAN}]), key_result("K2")]},
        "key_results[0] (K1)",
        "INVALID_INPUT",
        "finite",
    ),
    "a check-in of a key result that is not there": (
        {"check_ins": [check_in("I1", "K9", 1)]},
        "check_ins[0] (I1)",
        "REFERENCE_IS_UNKNOWN",
        "'K9'",
    ),
    "a check-in that says nothing": (
        {"check_ins": [check_in("I1", "K1", None)]},
        "check_ins[0] (I1)",
        "NOTHING_TO_RECORD",
        "carries a value",
    ),
    "a check-in that only has a score where no score is a value": (
        {"check_ins": [check_in("I1", "K1", None, score=0.5)]},
        "check_ins[0] (I1)",
        "NOTHING_TO_RECORD",
        "carries a value",
    ),
    "a check-in without a date": (
        {"check_ins": [check_in("I1", "K1", 1, date=None)]},
        "check_ins[0] (I1)",
        "ROW_IS_UNCLEAR",
        "date is missing",
    ),
    "a check-in of tomorrow": (
        {"check_ins": [check_in("I1", "K1", 1, date="2026-05-16")]},
        "check_ins[0] (I1)",
        "READING_IN_FUTURE",
        "2026-05-16 lies in the future",
    ),
    "a check-in six minutes ahead": (
        {"check_ins": [check_in("I1", "K1", 1, effective_at="2026-05-15T12:06:00-04:00")]},
        "check_ins[0] (I1)",
        "READING_IN_FUTURE",
        "more than five minutes ahead",
    ),
    "a value that is a text": (
        {"check_ins": [check_in("I1", "K1", "50 %")]},
        "check_ins[0] (I1)",
        "ROW_IS_UNCLEAR",
        "value is '50 %', not a number",
    ),
    "a value without end": (
        {"check_ins": [check_in("I1", "K1", INFINITE)]},
        "check_ins[0] (I1)",
        "INVALID_INPUT",
        "finite",
    ),
    "a confidence in percent": (
        {"check_ins": [check_in("I1", "K1", 1, confidence=70)]},
        "check_ins[0] (I1)",
        "INVALID_INPUT",
        "70 % is 0.7",
    ),
    "a status that is unknown": (
        {"check_ins": [check_in("I1", "K1", 1, status="so-so")]},
        "check_ins[0] (I1)",
        "ROW_IS_UNCLEAR",
        "not one of ON_TRACK, AT_RISK, OFF_TRACK",
    ),
    "milestones done where there are none": (
        {"check_ins": [check_in("I1", "K1", None, milestones_done=["a"])]},
        "check_ins[0] (I1)",
        "INVALID_INPUT",
        "does not apply to INCREASE",
    ),
    "a correction of something that is not there": (
        {"check_ins": [check_in("I1", "K1", 1, supersedes_id="I0")]},
        "check_ins[0] (I1)",
        "REFERENCE_IS_UNKNOWN",
        "'I0'",
    ),
    "a correction of another key result's": (
        {"check_ins": [check_in("I1", "K1", 1), check_in("I2", "K2", 1, supersedes_id="I1")]},
        "check_ins[1] (I2)",
        "INVALID_INPUT",
        "another key result",
    ),
    "a second correction": (
        {
            "check_ins": [
                check_in("I1", "K1", 1),
                check_in("I2", "K1", 2, supersedes_id="I1"),
                check_in("I3", "K1", 3, supersedes_id="I1"),
            ]
        },
        "check_ins[2] (I3)",
        "ALREADY_SUPERSEDED",
        "already been corrected",
    ),
}


@pytest.mark.parametrize(("sections", "where", "code", "why"), MESSY.values(), ids=MESSY.keys())
async def test_it_keeps_the_file_out_or_is_left_out(tenant, sections, where, code, why):
    document = quarter(**sections)
    before = await tenant.tables()
    report = await bring_small(tenant, document)
    assert (where, code) in told(report)
    assert any(why in row.message for row in report.errors if row.place == where)
    assert (report.refused, report.seq) == (True, None)
    assert await tenant.tables() == before

    report = await bring_small(tenant, document, skip_invalid=True)
    assert (where, code) in told(report)
    assert not report.refused
    skipped = sum(each.skipped for each in report.counts.values())
    assert skipped == sum(1 + row.follows for row in report.errors)
    assert await tenant.verify() == []
    assert not (await bring_small(tenant, document, skip_invalid=True)).changed


async def test_what_names_a_row_that_was_left_out_is_left_out_as_well(tenant):
    sections = {
        "objectives": [objective("O1", title=""), objective("O2")],
        "check_ins": [check_in("I1", "K1", 1)],
    }
    report = await bring_small(tenant, quarter(**sections), skip_invalid=True)
    assert told(report) == [("objectives[0] (O1)", "INVALID_INPUT")]
    assert report.errors[0].follows == 3
    assert [report.counts[name].skipped for name in ("objectives", "key_results", "check_ins")] == [1, 2, 1]
    assert set(await by_name(tenant, "objective")) == {"small:O2"}
    assert await by_name(tenant, "key_result") == {}


async def test_every_row_that_is_wrong_is_reported_at_once(tenant):
    rows = [key_result("K1", start="a"), key_result("K2", weight="b"), key_result("K3", owner_ids=["P9"])]
    report = await bring_small(tenant, quarter(key_results=rows, check_ins=[]))
    assert [row.place for row in report.errors] == [
        "key_results[0] (K1)",
        "key_results[1] (K2)",
        "key_results[2] (K3)",
    ]
    assert report.counts["key_results"].skipped == 3


FILES = {
    "no object": ([], "holds no JSON object"),
    "no section": ({"organization": {}}, "none of the sections"),
    "a section that is no list": (
        quarter(objectives={}) | {"objectives": {"a": 1}},
        "objectives is {'a': 1}, not a list",
    ),
    "another format": (quarter(format="okr-interchange/2"), "format 'okr-interchange/2'"),
    "ids of another kind": (quarter(ids="half"), "ids is 'half'"),
    "an organisation that is a name": (
        quarter(organization="Small"),
        "organization is 'Small', not an object",
    ),
    "a namespace that is empty": (quarter(namespace=" "), "1 to 100 characters"),
    "a namespace that is too long": (quarter(namespace="n" * 101), "1 to 100 characters"),
}


@pytest.mark.parametrize(("document", "why"), FILES.values(), ids=FILES.keys())
@pytest.mark.parametrize("skip_invalid", (False, True))
async def test_a_file_that_is_none_is_refused_as_a_whole(tenant, document, why, skip_invalid):
    before = await tenant.tables()
    report = await bring_small(tenant, document, skip_invalid=skip_invalid)
    assert [(row.place, row.code) for row in report.rows] == [("file", "FILE_IS_UNCLEAR")]
    assert why in report.rows[0].message
    assert report.refused
    assert await tenant.tables() == before
