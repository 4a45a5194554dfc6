"""What serves a strategic priority, how far it is, and how a cycle is aligned."""

from datetime import timedelta
from typing import Any

import pytest

from okr_api.auth.actor import Scope
from okr_api.okr.alignment import AlignmentKind
from okr_api.services import alignments, cycles, objectives
from okr_api.services.objectives import edit_objective
from okr_api.services.priorities import add_priority, archive_priority, edit_priority
from tests.acme import TODAY, Acme, ref
from tests.serving import Client, serving

OF_QUARTER = 'cycleExternalId: "quarter"'


@pytest.fixture
async def calm(acme: Acme) -> Acme:
    """Acme with the priority `calm`, which nothing serves, and some progress."""
    await acme.done(add_priority, title="Calm", external_id="calm")
    await acme.check_in("macros", 5)  # clear_backlog, and so answer_fast, at 0.25; customers_stay at 0.0625
    return acme


async def name(acme: Acme, objective: str, *priorities: str) -> None:
    await acme.done(
        edit_objective, objective=objective, edits={"priorities": [ref(each) for each in priorities]}
    )


async def serving_of(client: Client, arguments: str = "", priority: str = "calm") -> list[str]:
    """Return the external ids of the objectives that serve a priority."""
    arguments = f"({arguments})" if arguments else ""
    found = await client.one(
        f'{{ priority(externalId: "{priority}") {{ objectives{arguments} {{ totalCount nodes {{ externalId }} }} }} }}'
    )
    page: dict[str, Any] = found["objectives"]
    assert page["totalCount"] == len(page["nodes"])
    return [node["externalId"] for node in page["nodes"]]


async def progress(client: Client, cycle: str = "quarter", priority: str = "calm") -> float | None:
    found = await client.one(
        f'{{ priority(externalId: "{priority}") {{ progress(cycleExternalId: "{cycle}") }} }}'
    )
    value: float | None = found["progress"]
    return value


async def served_by(client: Client, objective: str) -> tuple[list[str], list[str]]:
    """Return the priorities that an objective names, and those that it serves."""
    found = await client.one(
        f'{{ objective(externalId: "{objective}") '
        "{ priorities { externalId } servedPriorities { externalId } } }"
    )
    named, served = found["priorities"], found["servedPriorities"]
    return [one["externalId"] for one in named], [one["externalId"] for one in served]


# ── Who serves ──


async def test_an_objective_serves_what_it_names_and_what_those_above_it_name(calm: Acme, client: Client):
    await name(calm, "answer_fast", "calm")
    assert await served_by(client, "answer_fast") == (["calm"], ["calm"])
    assert await served_by(client, "clear_backlog") == ([], ["calm"])
    assert await served_by(client, "customers_stay") == ([], [])
    assert await served_by(client, "never_down") == ([], [])
    assert await serving_of(client) == ["answer_fast", "clear_backlog"]


async def test_what_is_named_twice_on_the_way_is_served_once_and_by_rank(calm: Acme, client: Client):
    for title, rank in (("Last", 9), ("First", 0)):
        await calm.done(add_priority, title=title, rank=rank, external_id=title.lower())
    await name(calm, "clear_backlog", "last", "calm", "last")
    await name(calm, "customers_stay", "calm", "first")
    assert await served_by(client, "clear_backlog") == (["last", "calm"], ["first", "calm", "last"])


async def test_a_priority_is_served_through_a_key_result_and_by_support(calm: Acme, client: Client):
    await name(calm, "never_down", "calm")
    await calm.objective("Through", under="uptime", external_id="through")
    await calm.objective("Helps", external_id="helps")
    await calm.supports("helps", "never_down")
    assert await serving_of(client) == ["never_down", "through", "helps"]
    assert (await served_by(client, "helps"))[1] == ["calm"]


async def test_the_objectives_of_one_cycle_are_found_by_either_id(calm: Acme, client: Client):
    await name(calm, "customers_stay", "calm")
    everything = ["customers_stay", "answer_fast", "clear_backlog", "never_down"]
    assert await serving_of(client) == everything
    id = (await client.one('{ cycle(externalId: "quarter") { id } }'))["id"]
    assert await serving_of(client, OF_QUARTER) == everything[1:]
    assert await serving_of(client, f'cycleId: "{id}"') == everything[1:]
    assert await serving_of(client, 'cycleExternalId: "year"') == ["customers_stay"]
    for nothing in ('cycleExternalId: "nobody"', 'cycleId: "nonsense"'):
        assert await serving_of(client, nothing) == []


async def test_the_list_is_filtered_ordered_and_paged(calm: Acme, client: Client):
    await name(calm, "customers_stay", "calm")
    owned = 'filter: { owner: { externalId: "ben" } }, orderBy: { field: TITLE, direction: DESC }'
    assert await serving_of(client, f"{OF_QUARTER}, {owned}") == ["clear_backlog", "answer_fast"]
    text = (
        'query ($after: String) { priority(externalId: "calm") { objectives(first: 2, after: $after) '
        "{ nodes { externalId } pageInfo { endCursor hasNextPage } } } }"
    )
    first = (await client.one(text))["objectives"]
    second = (await client.one(text, after=first["pageInfo"]["endCursor"]))["objectives"]
    names = [node["externalId"] for node in [*first["nodes"], *second["nodes"]]]
    assert names == ["customers_stay", "answer_fast", "clear_backlog", "never_down"]
    assert second["pageInfo"]["hasNextPage"] is False


async def test_objectives_are_filtered_by_the_priority_that_they_name(calm: Acme, client: Client):
    await calm.done(add_priority, title="Other", external_id="other")
    await name(calm, "answer_fast", "calm", "other")
    await name(calm, "never_down", "other")

    async def found(condition: str) -> list[str]:
        nodes = (await client.one(f"{{ objectives(filter: {{ priority: {condition} }}) {{ nodes {{ externalId }} }} }}"))["nodes"]  # fmt: skip
        return [node["externalId"] for node in nodes]

    assert await found('{ externalId: "calm" }') == ["answer_fast"]
    assert await found('{ externalId: "other" }') == ["answer_fast", "never_down"]
    assert await found("{ isNull: true }") == ["customers_stay", "clear_backlog"]
    assert await found("{ isNull: false }") == ["answer_fast", "never_down"]


# ── Progress ──


async def test_progress_is_the_mean_of_the_top_most_objectives(calm: Acme, client: Client):
    await name(calm, "customers_stay", "calm")
    assert await progress(client, "year") == 0.0625
    assert await progress(client) == (0.25 + 0.0) / 2  # answer_fast and never_down, of weights 1 and 3


async def test_an_objective_beneath_another_one_that_serves_it_is_not_counted_again(
    calm: Acme, client: Client
):
    await name(calm, "clear_backlog", "calm")
    assert await progress(client) == 0.25
    await name(calm, "answer_fast", "calm")
    await calm.key_result("Own", "answer_fast", weight=3)
    assert await progress(client) == 0.0  # that of answer_fast, from its key result


async def test_it_is_the_same_by_the_id_of_the_cycle(calm: Acme, client: Client):
    await name(calm, "clear_backlog", "calm")
    id = (await client.one('{ cycle(externalId: "quarter") { id } }'))["id"]
    found = await client.one(
        f'{{ priority(externalId: "calm") {{ here: progress(cycleId: "{id}") '
        'year: progress(cycleExternalId: "year") nowhere: progress(cycleId: "x") } }'
    )
    assert found == {"here": 0.25, "year": None, "nowhere": None}


async def test_support_changes_no_number(calm: Acme, client: Client):
    await name(calm, "never_down", "calm")
    before = await progress(client)
    await calm.supports("answer_fast", "never_down")
    assert await progress(client) == before == 0.0
    await name(calm, "answer_fast", "calm")
    assert await progress(client) == 0.125  # both of them: what supports is not beneath
    await calm.align("answer_fast", "never_down", kind=AlignmentKind.CONTRIBUTES)
    assert await progress(client) == 0.0


@pytest.mark.parametrize("step", (objectives.pause_objective, objectives.drop_objective))
async def test_what_is_set_aside_does_not_count_and_what_is_beneath_it_does(
    step: Any, calm: Acme, client: Client
):
    await name(calm, "answer_fast", "calm")
    await calm.key_result("Own", "answer_fast")
    assert await progress(client) == 0.0
    await calm.done(step, objective="answer_fast", reason="Later")
    assert await progress(client) == 0.25  # clear_backlog


async def test_what_is_unmeasured_counts_0_and_what_cannot_be_computed_is_left_out(
    calm: Acme, client: Client
):
    await name(calm, "clear_backlog", "calm")
    for title in ("Empty", "Unmeasured"):
        await calm.objective(title, external_id=title.lower(), priorities=[ref("calm")])
    assert await progress(client) == 0.25
    await calm.key_result("Never read", "unmeasured")
    assert await progress(client) == 0.125


async def test_nothing_that_serves_is_no_progress(calm: Acme, client: Client):
    assert await progress(client) is None
    await calm.objective("Empty", priorities=[ref("calm")])
    assert await progress(client) is None


async def test_a_closed_cycle_keeps_its_progress(calm: Acme, client: Client):
    await name(calm, "clear_backlog", "calm")
    await calm.done(cycles.begin_review, cycle="quarter")
    await calm.done(cycles.close_cycle, cycle="quarter", not_measured_reason="Short")
    assert await progress(client) == 0.25
    await calm.done(archive_priority, priority="calm")
    assert await progress(client) == 0.25


async def test_many_priorities_take_as_many_statements_as_one(calm: Acme, client: Client):
    await name(calm, "clear_backlog", "calm")
    for number in range(20):
        await calm.done(add_priority, title=f"P{number}")
    nodes = (await client.one(f"{{ priorities {{ nodes {{ title progress({OF_QUARTER}) }} }} }}"))["nodes"]
    assert [node["progress"] for node in nodes] == [0.25, *[None] * 20]


@pytest.mark.parametrize("field", ("progress", "objectives { totalCount }"))
async def test_both_ids_of_a_cycle_are_too_many(field: str, calm: Acme, client: Client):
    arguments = '(cycleId: "x", cycleExternalId: "y")'
    field = field.replace("progress", f"progress{arguments}").replace("objectives", f"objectives{arguments}")
    answer = await client.answer(f'{{ priority(externalId: "calm") {{ {field} }} }}')
    [error] = answer["errors"]
    assert (error["extensions"]["code"], error["extensions"]["path"]) == ("INVALID_INPUT", ["cycleId"])


async def test_progress_needs_a_cycle(calm: Acme, client: Client):
    [error] = (await client.answer('{ priority(externalId: "calm") { progress } }'))["errors"]
    assert error["extensions"]["code"] == "INVALID_INPUT"


# ── Drafts ──


async def test_what_a_draft_names_is_its_own_and_counts_nowhere(calm: Acme, acme_url: str):
    await calm.objective("Draft", draft=True, priorities=[ref("calm")], external_id="draft")
    await calm.align("clear_backlog", "draft")
    async with serving(acme_url) as server:
        editor, reader = server.client(calm.token), server.client(calm.world.tokens[Scope.READ])
        for client in (editor, reader):
            assert (await served_by(client, "clear_backlog"))[1] == []
            assert await progress(client) is None
        assert await serving_of(editor) == ["draft"]
        assert await serving_of(reader) == []
        assert await served_by(editor, "draft") == (["calm"], ["calm"])
        await calm.done(objectives.publish_objective, objective="draft")
        for client in (editor, reader):
            assert await serving_of(client) == ["clear_backlog", "draft"]
            assert await progress(client) == 0.25


async def test_what_is_above_a_draft_is_served_by_what_is_beneath_it(calm: Acme, acme_url: str):
    await name(calm, "never_down", "calm")
    await calm.objective("Draft", draft=True, under="never_down", external_id="draft")
    await calm.done(alignments.move, objective="clear_backlog", parent=ref("draft"))
    async with serving(acme_url) as server:
        reader = server.client(calm.world.tokens[Scope.READ])
        assert await serving_of(reader) == ["clear_backlog", "never_down"]
        assert (await served_by(reader, "clear_backlog"))[1] == ["calm"]


# ── Alignment ──

ALIGNMENT = """
    query ($cycle: String) { cycle(externalId: $cycle) { alignment {
        share objectiveCount alignedCount unaligned { totalCount nodes { externalId } }
        prioritiesWithoutObjectives { totalCount nodes { externalId } }
        teamsWithoutObjectives { totalCount nodes { externalId } }
    } } }
"""


async def alignment(client: Client, cycle: str = "quarter") -> dict[str, Any]:
    """Return the alignment of a cycle, its lists as external ids."""
    found: dict[str, Any] = (await client.one(ALIGNMENT, cycle=cycle))["alignment"]
    for field in ("unaligned", "prioritiesWithoutObjectives", "teamsWithoutObjectives"):
        page = found[field]
        assert page["totalCount"] == len(page["nodes"])
        found[field] = [node["externalId"] for node in page["nodes"]]
    return found


async def test_a_cycle_tells_what_is_left_alone(calm: Acme, client: Client):
    await calm.objective("Orphan", external_id="orphan")
    await calm.objective("Alone", stands_alone_reason="It is a trial", external_id="alone")
    await calm.objective("Serves", priorities=[ref("calm")], external_id="serves")
    await calm.objective("Draft", draft=True)
    await calm.team("Night", external_id="night")
    await calm.done(add_priority, title="Forgotten", external_id="forgotten")
    assert await alignment(client) == {
        "share": 5 / 6,
        "objectiveCount": 6,
        "alignedCount": 5,
        "unaligned": ["orphan"],
        "prioritiesWithoutObjectives": ["forgotten"],
        "teamsWithoutObjectives": ["night"],
    }
    assert await alignment(client, "year") == {
        "share": 0.0,
        "objectiveCount": 1,
        "alignedCount": 0,
        "unaligned": ["customers_stay"],
        "prioritiesWithoutObjectives": ["calm", "forgotten"],
        "teamsWithoutObjectives": ["night", "platform", "support"],
    }


async def test_a_cycle_without_objectives_has_no_share(calm: Acme, client: Client):
    await calm.cycle("Empty", external_id="empty")
    found = await alignment(client, "empty")
    assert (found["share"], found["objectiveCount"], found["alignedCount"]) == (None, 0, 0)


@pytest.mark.parametrize("step", (objectives.pause_objective, objectives.drop_objective))
async def test_what_is_set_aside_is_not_asked_what_it_serves(step: Any, calm: Acme, client: Client):
    orphan = await calm.objective("Orphan", priorities=[])
    assert (await alignment(client))["objectiveCount"] == 4
    await calm.done(step, objective=orphan, reason="Later")
    found = await alignment(client)
    assert (found["objectiveCount"], found["unaligned"]) == (3, [])


async def test_a_parent_that_was_never_published_is_none(calm: Acme, client: Client):
    await calm.objective("Draft", draft=True, external_id="draft")
    await calm.objective("Beneath", under="draft", external_id="beneath")
    assert (await alignment(client))["unaligned"] == ["beneath"]
    await calm.done(objectives.publish_objective, objective="draft")
    assert (await alignment(client))["unaligned"] == ["draft"]


async def test_a_reason_that_is_empty_is_none(calm: Acme, client: Client):
    await calm.objective("Orphan", stands_alone_reason="", external_id="orphan")
    assert (await alignment(client))["unaligned"] == ["orphan"]


async def test_a_priority_is_served_in_a_cycle_through_what_is_above_it(calm: Acme, client: Client):
    await name(calm, "customers_stay", "calm")
    assert (await alignment(client))["prioritiesWithoutObjectives"] == []
    await calm.done(objectives.drop_objective, objective="customers_stay", reason="Enough")
    assert (await alignment(client))["prioritiesWithoutObjectives"] == []  # its children still serve it
    assert (await alignment(client, "year"))["prioritiesWithoutObjectives"] == ["calm"]


@pytest.mark.parametrize(
    ("days", "is_missed"),
    (
        ({}, True),
        ({"starts_on": TODAY + timedelta(days=59)}, True),
        ({"starts_on": TODAY + timedelta(days=60)}, False),
        ({"ends_on": TODAY - timedelta(days=30)}, True),
        ({"ends_on": TODAY - timedelta(days=31)}, False),
    ),
)
async def test_only_priorities_in_force_are_missed(
    days: dict[str, Any], is_missed: bool, calm: Acme, client: Client
):
    await calm.done(edit_priority, priority="calm", edits=days)
    assert ((await alignment(client))["prioritiesWithoutObjectives"] == ["calm"]) is is_missed


async def test_an_archived_priority_is_not_missed(calm: Acme, client: Client):
    await calm.done(archive_priority, priority="calm")
    assert (await alignment(client))["prioritiesWithoutObjectives"] == []


async def test_a_reader_sees_the_same_alignment_as_an_editor(calm: Acme, acme_url: str):
    await calm.objective("Orphan", external_id="orphan")
    await calm.objective("Draft", draft=True, priorities=[ref("calm")], team="support")
    async with serving(acme_url) as server:
        found = [
            await alignment(server.client(token)) for token in (calm.token, calm.world.tokens[Scope.READ])
        ]
    assert found[0] == found[1]
    assert found[0]["unaligned"] == ["orphan"]
