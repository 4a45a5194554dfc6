"""The cascade of Acme: paths with their shares, what counts twice, and targets that were eased."""

from typing import Any

import pytest

from okr_api.okr.objective import ProgressSource
from okr_api.services import key_results, metrics, objectives
from okr_api.services.references import Ref
from tests.acme import TODAY, Acme, increase
from tests.serving import Client

PATHS = """query ($of: String, $to: String) {
    objective(externalId: $of) { paths(toExternalId: $to) {
        totalShare pathCount ancestor { externalId }
        paths { share steps { share hiddenCount node { externalId __typename } } }
    } }
}"""
DOUBLE = """query ($cycle: String) { cycle(externalId: $cycle) { doubleCounts {
    totalCount hiddenCount nodes {
        kind totalShare pathCount partCount hiddenPartCount
        ancestor { externalId } objective { externalId } metric { externalId }
        parts { share pathCount node { externalId } }
    }
} } }"""
EASED = """query ($cycle: String) { cycle(externalId: $cycle) { easedTargets {
    totalCount hiddenCount nodes {
        keyResult { externalId } revision { reason eased before { targetValue } after { targetValue } }
    }
} } }"""


async def paths(client: Client, of: str, to: str) -> Any:
    return (await client.one(PATHS, of=of, to=to))["paths"]


def lines(found: Any) -> list[tuple[float, list[tuple[str, float]]]]:
    """Return each path with its share, and its nodes with theirs."""
    return [
        (path["share"], [(step["node"]["externalId"], step["share"]) for step in path["steps"]])
        for path in found["paths"]
    ]


@pytest.fixture
async def diamond(acme: Acme) -> Acme:
    """Let the backlog contribute to Never go down as well, which counts objectives beside its key results."""
    await acme.done(
        objectives.edit_objective, objective="never_down", edits={"progress_source": ProgressSource.BOTH}
    )
    await acme.align("clear_backlog", "never_down", 6.0)
    return acme


# ── Paths ──


async def test_a_path_has_the_share_of_each_step(client: Client, acme: Acme):
    found = await paths(client, "clear_backlog", "customers_stay")
    assert (found["totalShare"], found["pathCount"]) == (0.25, 1)
    assert found["ancestor"] == {"externalId": "customers_stay"}
    assert lines(found) == [(0.25, [("clear_backlog", 1.0), ("answer_fast", 0.25)])]


async def test_of_several_paths_the_largest_comes_first_and_the_shares_add_up(client: Client, diamond: Acme):
    found = await paths(client, "clear_backlog", "customers_stay")
    assert lines(found) == [
        (0.375, [("clear_backlog", 0.5), ("never_down", 0.75)]),
        (0.25, [("clear_backlog", 1.0), ("answer_fast", 0.25)]),
    ]
    assert (found["totalShare"], found["pathCount"]) == (0.625, 2)


async def test_the_total_share_is_how_much_of_a_move_arrives(client: Client, diamond: Acme):
    for name, value in (("uptime", 99.95), ("errors", 0.5), ("load", 50), ("failover", 1), ("latency", 200)):
        await diamond.check_in(name, value)
    await diamond.check_in("macros", 0)
    before = await diamond.progress(diamond.customers_stay)
    await diamond.check_in("macros", 8)
    share = (await client.one(
        '{ keyResult(externalId: "macros") { paths(toExternalId: "customers_stay") { totalShare } } }'
    ))["paths"]["totalShare"]  # fmt: skip
    assert before is not None
    assert await diamond.progress(diamond.customers_stay) == pytest.approx(before + 0.8 * share)


async def test_a_key_result_has_paths_as_well_of_which_it_is_the_first_step(client: Client, acme: Acme):
    ask = """{ keyResult(externalId: "macros") { paths(toExternalId: "answer_fast") {
        totalShare paths { share steps { share node { externalId __typename } } }
    } } }"""
    assert (await client.one(ask))["paths"] == {
        "totalShare": 0.5,
        "paths": [
            {
                "share": 0.5,
                "steps": [
                    {"share": 0.5, "node": {"externalId": "macros", "__typename": "KeyResult"}},
                    {"share": 1.0, "node": {"externalId": "clear_backlog", "__typename": "Objective"}},
                ],
            }
        ],
    }


async def test_what_does_not_count_has_no_paths_and_a_share_of_0(client: Client, acme: Acme):
    await acme.objective("Beside", external_id="beside")
    await acme.supports("beside", "answer_fast")
    for of, to in (
        ("beside", "answer_fast"),  # it only supports it
        ("answer_fast", "never_down"),  # which is not above it
        ("answer_fast", "answer_fast"),
        ("customers_stay", "answer_fast"),
    ):
        found = await paths(client, of, to)
        assert (found["totalShare"], found["pathCount"], found["paths"]) == (0.0, 0, []), (of, to)


async def test_there_are_no_paths_to_what_is_not_there_or_hidden(client: Client, reader: Client, acme: Acme):
    await acme.objective("Perhaps", external_id="perhaps", draft=True)
    await acme.align("answer_fast", "perhaps")
    assert await paths(client, "answer_fast", "nobody") is None
    assert await paths(reader, "answer_fast", "perhaps") is None
    assert (await paths(client, "answer_fast", "perhaps"))["totalShare"] == 1.0


@pytest.mark.parametrize("arguments", ("", '(to: "x", toExternalId: "x")'))
async def test_exactly_one_argument_names_where_paths_lead(client: Client, acme: Acme, arguments: str):
    asked = f'{{ objective(externalId: "answer_fast") {{ paths{arguments} {{ totalShare }} }} }}'
    [error] = (await client.answer(asked))["errors"]
    assert (error["extensions"]["code"], error["extensions"]["path"]) == ("INVALID_INPUT", ["to"])
    assert "to, toExternalId" in error["message"]


# ── Below ──


async def test_objectives_below_are_counted_once_and_drafts_for_nobody(
    client: Client, reader: Client, diamond: Acme
):
    await diamond.objective("Draft", "macros", draft=True, external_id="draft")
    await diamond.objective("Below a draft", "draft")
    ask = '{ objective(externalId: "customers_stay") { descendantCount } }'
    assert await client.one(ask) == await reader.one(ask) == {"descendantCount": 4}
    ask = '{ objective(externalId: "clear_backlog") { descendantCount } }'
    assert await client.one(ask) == {"descendantCount": 1}


# ── Double counts ──


async def test_a_cycle_without_double_counts_has_none(client: Client, acme: Acme):
    found = await client.one(DOUBLE, cycle="year")
    assert found == {"doubleCounts": {"totalCount": 0, "hiddenCount": 0, "nodes": []}}


async def test_what_arrives_by_several_paths_is_told_where_they_meet(client: Client, diamond: Acme):
    await diamond.objective("Further down", "clear_backlog")  # arrives twice as well, through the backlog
    assert (await client.one(DOUBLE, cycle="year"))["doubleCounts"] == {
        "totalCount": 1,
        "hiddenCount": 0,
        "nodes": [
            {
                "kind": "SEVERAL_PATHS",
                "totalShare": 0.625,
                "pathCount": 2,
                "partCount": 2,
                "hiddenPartCount": 0,
                "ancestor": {"externalId": "customers_stay"},
                "objective": {"externalId": "clear_backlog"},
                "metric": None,
                "parts": [
                    {"share": 0.375, "pathCount": 1, "node": {"externalId": "never_down"}},
                    {"share": 0.25, "pathCount": 1, "node": {"externalId": "answer_fast"}},
                ],
            }
        ],
    }
    assert (await client.one(DOUBLE, cycle="quarter"))["doubleCounts"]["totalCount"] == 0


async def test_key_results_that_share_a_metric_are_told_where_they_meet(client: Client, acme: Acme):
    await acme.done(metrics.add_metric, name="Open tickets", external_id="tickets")
    for name, objective in (("one", "clear_backlog"), ("two", "never_down")):
        await acme.key_result(
            name, objective, increase(), external_id=name, metric=Ref(external_id="tickets")
        )
    [told] = (await client.one(DOUBLE, cycle="year"))["doubleCounts"]["nodes"]
    assert (told["kind"], told["metric"], told["objective"]) == (
        "SHARED_METRIC",
        {"externalId": "tickets"},
        None,
    )
    assert [(part["node"]["externalId"], part["share"]) for part in told["parts"]] == [
        ("two", pytest.approx(0.75 / 7)),
        ("one", pytest.approx(0.25 / 3)),
    ]
    assert told["totalShare"] == pytest.approx(0.75 / 7 + 0.25 / 3)
    assert (await client.one(DOUBLE, cycle="quarter"))["doubleCounts"]["nodes"] == []
    await acme.key_result(
        "three", "never_down", increase(), external_id="three", metric=Ref(external_id="tickets")
    )
    [within] = (await client.one(DOUBLE, cycle="quarter"))["doubleCounts"]["nodes"]
    assert within["ancestor"] == {"externalId": "never_down"}
    assert {part["node"]["externalId"] for part in within["parts"]} == {"two", "three"}


async def test_what_is_paused_counts_nowhere_twice(client: Client, diamond: Acme):
    await diamond.done(objectives.pause_objective, objective="clear_backlog", reason="Later")
    assert (await client.one(DOUBLE, cycle="year"))["doubleCounts"]["totalCount"] == 0


# ── Eased targets ──


async def test_revisions_that_eased_a_target_are_listed_latest_first(
    client: Client, reader: Client, acme: Acme
):
    for target, reason in ((8.0, "Fewer are needed"), (9.0, None), (6.0, "Holidays")):
        await acme.done(
            key_results.edit_key_result,
            key_result="macros",
            edits={},
            measure={"target_value": target},
            reason=reason,
        )
    found = (await client.one(EASED, cycle="quarter"))["easedTargets"]
    assert (found["totalCount"], found["hiddenCount"]) == (2, 0)
    assert [
        (
            one["keyResult"]["externalId"],
            one["revision"]["reason"],
            one["revision"]["before"]["targetValue"],
            one["revision"]["after"]["targetValue"],
        )
        for one in found["nodes"]
    ] == [("macros", "Holidays", 9.0, 6.0), ("macros", "Fewer are needed", 10.0, 8.0)]
    assert (await client.one(EASED, cycle="year"))["easedTargets"]["nodes"] == []
    assert (await reader.one(EASED, cycle="quarter"))["easedTargets"] == found


# ── Lists ──


async def test_lists_of_a_team_and_a_person_are_narrowed_to_a_cycle(client: Client, acme: Acme):
    await acme.objective("Next", cycle=await acme.cycle("Next", TODAY, TODAY), team="support", owner="ben")
    for of in ('team(externalId: "support")', 'person(externalId: "ben")'):
        counts = [
            (await client.one(f"{{ {of} {{ objectives{narrowed} {{ totalCount }} }} }}"))["objectives"][
                "totalCount"
            ]
            for narrowed in ("", '(cycleExternalId: "quarter")', '(cycleExternalId: "nobody")')
        ]
        assert counts[0] == counts[1] + 1 > 1
        assert counts[2] == 0


async def test_members_are_filtered_and_sorted_by_role(client: Client, acme: Acme):
    for name, role in (("ben", "MEMBER"), ("ann", "LEAD"), ("cem", "MEMBER")):
        await client.do(
            "teamMemberAdd", team={"externalId": "support"}, person={"externalId": name}, role=role
        )
    asked = '{ team(externalId: "support") { members(%s) { nodes { person { externalId } } } } }'
    for arguments, people in (
        ("orderBy: { field: ROLE }", ["ann", "ben", "cem"]),
        ("filter: { role: { eq: MEMBER } }", ["ben", "cem"]),
        ('filter: { not: { person: { externalId: "ben" } } }', ["ann", "cem"]),
    ):
        found = (await client.one(asked % arguments))["members"]["nodes"]
        assert [one["person"]["externalId"] for one in found] == people
    teams = '{ person(externalId: "ann") { teams(filter: { role: { in: [LEAD] } }) { totalCount } } }'
    assert await client.one(teams) == {"teams": {"totalCount": 1}}


async def test_key_results_are_found_by_a_label(client: Client, acme: Acme):
    for name, labels in (("macros", ["growth", "q4"]), ("backlog", ["speed"])):
        await acme.done(key_results.edit_key_result, key_result=name, edits={"labels": labels}, measure={})
    asked = "query ($f: KeyResultFilter) { keyResults(filter: $f) { totalCount nodes { externalId } } }"
    for given, names in (
        ({"eq": "q4"}, ["macros"]),
        ({"startsWith": "s"}, ["backlog"]),
        ({"isNull": False}, ["backlog", "macros"]),
        ({"eq": "q"}, []),
    ):
        found = await client.one(asked, f={"label": given})
        assert sorted(one["externalId"] for one in found["nodes"]) == names
    assert (await client.one(asked, f={"label": {"isNull": True}}))["totalCount"] == 6
