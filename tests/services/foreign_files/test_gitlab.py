"""GitLab's OKRs come in from the JSON of its GraphQL API: whole answers, lists of pages, lines."""

import json
from typing import Any

import pytest

from okr_api.services.foreign_files.errors import ColumnsDiffer, TableTooLarge
from okr_api.services.foreign_files.json_records import MAX_RECORD_DEPTH, read_json
from okr_api.services.foreign_files.source_table import MAX_TABLE_ROWS
from okr_api.services.import_export.errors import FileIsUnclear
from tests.services.foreign_files.tables import bring
from tests.services.import_export.files import by_name, exported

REQUIRED = ("id", "title", "workItemType.name")


def item(number, kind, *widgets, **more):
    id = f"gid://gitlab/WorkItem/{number}"
    return {
        "id": id,
        "title": f"{kind} {number}",
        "workItemType": {"name": kind},
        "widgets": list(widgets),
    } | more


def widget(type, **content):
    return {"type": type, **content}


def under(number):
    return widget("HIERARCHY", parent={"id": f"gid://gitlab/WorkItem/{number}"})


QUARTER = widget(
    "MILESTONE", milestone={"title": "FY27-Q1", "startDate": "2026-02-01", "dueDate": "2026-04-30"}
)
ITEMS = [
    item(1, "Objective", QUARTER, widget("DESCRIPTION", description="Why it matters"), widget("ASSIGNEES", assignees={"nodes": [{"name": "Ann"}, {"name": "Ben"}]})),
    item(2, "Objective", under(1), QUARTER, widget("HIERARCHY", parent={"id": "gid://gitlab/WorkItem/1"})),
    item(3, "Key Result", under(2), widget("PROGRESS", progress=40, startValue=100, currentValue=80, endValue=50), widget("HEALTH_STATUS", healthStatus="needsAttention"), widget("LABELS", labels={"nodes": [{"title": "gate"}, {"title": "x"}]})),
    item(4, "Key Result", under(2), widget("PROGRESS", progress=30, startValue=None, currentValue=None, endValue=None)),
    item(5, "Issue"),
]  # fmt: skip
ITEMS[1]["widgets"].pop()


def answer(items):
    return {"data": {"group": {"workItems": {"nodes": items, "pageInfo": {"hasNextPage": False}}}}}


FORMS = {
    "an answer": json.dumps(answer(ITEMS)),
    "a list of answers": json.dumps([answer(ITEMS[:2]), answer(ITEMS[2:])]),
    "an answer in each line": "\n".join(json.dumps(answer([each])) for each in ITEMS) + "\n",
}


@pytest.mark.parametrize("content", FORMS.values(), ids=FORMS)
async def test_work_items_come_in_twice_without_a_difference(place, content):
    report = await bring(place, content, "gitlab-okrs")
    assert report.errors == []
    assert [row.place for row in report.rows if row.code == "ROW_IGNORED"] == ["row 5"]
    objectives, key_results = await by_name(place, "objective"), await by_name(place, "key_result")
    first, second = (objectives[f"gitlab:gid://gitlab/WorkItem/{number}"] for number in (1, 2))
    assert (first["title"], first["description"]) == ("Objective 1", "Why it matters")
    assert [row["name"] for row in (await by_name(place, "cycle")).values()] == ["FY27-Q1"]
    [edge] = await place.fetch("select child_id, parent_objective_id from alignment")
    assert (edge["child_id"], edge["parent_objective_id"]) == (second["id"], first["id"])
    third, fourth = (key_results[f"gitlab:gid://gitlab/WorkItem/{number}"] for number in (3, 4))
    assert (third["current_value"], third["progress"], third["labels"]) == (80.0, 0.4, ["gate", "x"])
    assert (fourth["current_value"], fourth["progress"]) == (30.0, 0.3)
    assert [
        row["status"] for row in await place.fetch("select status from check_in order by value desc")
    ] == ["AT_RISK", None]
    people = {row["id"]: row["name"] for row in (await by_name(place, "person")).values()}
    assert [people[first["owner_id"]], *(people[id] for id in first["contributor_ids"])] == ["Ann", "Ben"]
    before = await exported(place)
    assert not (await bring(place, content, "gitlab-okrs")).changed
    assert await exported(place) == before


def test_other_json_is_refused():
    for content, why in (
        (json.dumps({"data": {"issues": {"nodes": []}}}), "has no records at workItems.nodes"),
        (json.dumps(answer([{"id": 1}])), "The records have no title, workItemType.name; select them"),
    ):
        with pytest.raises(ColumnsDiffer, match=why):
            read_json(content.encode(), "workItems.nodes", REQUIRED)
    for broken in (b"{", b"a,b\n1,2\n", b""):
        with pytest.raises(FileIsUnclear):
            read_json(broken, "workItems.nodes", REQUIRED)


def test_records_have_at_most_50_000_rows_and_12_levels():
    items = [item(number, "Objective") for number in range(MAX_TABLE_ROWS + 1)]
    assert (
        len(list(read_json(json.dumps(answer(items[1:])).encode(), "workItems.nodes", REQUIRED).records))
        == MAX_TABLE_ROWS
    )
    with pytest.raises(TableTooLarge, match="more than 50,000 rows"):
        read_json(json.dumps(answer(items)).encode(), "workItems.nodes", REQUIRED)

    def nested(depth):
        value: Any = "leaf"
        for _ in range(depth):
            value = {"a": value}
        return item(1, "Objective", **value)

    for depth, has_leaf in ((MAX_RECORD_DEPTH, True), (MAX_RECORD_DEPTH + 1, False)):
        [record] = read_json(
            json.dumps(answer([nested(depth)])).encode(), "workItems.nodes", REQUIRED
        ).records
        assert ("leaf" in record.cells.values()) == has_leaf


def test_lists_are_found_at_any_depth_with_one_limit_of_rows_for_all_of_them():
    """The path is looked for level by level, without recursion, in as many answers as a file has."""
    half = MAX_TABLE_ROWS // 2
    deep: Any = answer([item(1, "Objective")] * half)
    for _ in range(50):
        deep = [{"page": deep}]
    both = [deep, answer([item(2, "Objective")] * half)]
    assert (
        sum(1 for _ in read_json(json.dumps(both).encode(), "workItems.nodes", REQUIRED).records) == 2 * half
    )
    more = [*both, answer([item(3, "Objective")])]
    with pytest.raises(TableTooLarge, match="more than 50,000 rows"):
        read_json(json.dumps(more).encode(), "workItems.nodes", REQUIRED)


def test_a_record_that_is_no_object_says_so():
    content = json.dumps(answer([item(1, "Objective"), "text"])).encode()
    assert [record.problem for record in read_json(content, "workItems.nodes", REQUIRED).records] == [
        None,
        "The record is no object",
    ]
