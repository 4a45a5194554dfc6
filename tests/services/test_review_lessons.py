"""Lessons that reviews make: each follows what was learned until its text is edited."""

from typing import Any

import pytest

from okr_api.okr.entity import NodeType
from okr_api.okr.lesson import title_of
from okr_api.okr.objective import MAX_TITLE_LENGTH
from okr_api.services import cycles
from okr_api.services.lessons import add_lesson, delete_lesson, edit_lesson
from okr_api.services.reviews import delete_review, edit_review, record_review
from tests.acme import Acme, measured
from tests.services.test_reviews import SAID

MINE = "Mine"


@pytest.mark.parametrize(
    ("text", "title"),
    (
        ("Fewer fields, more bookings", "Fewer fields, more bookings"),
        ("\n  \n---\n## Write *less*  now ##\n\nMore of it", "Write *less* now ##"),
        ("> - 3 teams are too many\n- So?", "3 teams are too many"),
        ("1. One  \n2. Two", "One"),
        ("12.5 hours a week", "12.5 hours a week"),
        ("-5 degrees", "-5 degrees"),
        ("#1 is speed", "#1 is speed"),
        ("écrire", "écrire"),
        ("", ""),
        (" \n*\n---", ""),
        ("x" * MAX_TITLE_LENGTH, "x" * MAX_TITLE_LENGTH),
        ("x" * MAX_TITLE_LENGTH + "y", "x" * (MAX_TITLE_LENGTH - 1) + "…"),
        ("> " * 50_000 + "x", "x"),
    ),
)
def test_the_title_is_the_first_line_with_words(text: str, title: str):
    assert title_of(text) == title


async def lessons_of(acme: Acme) -> list[tuple[str, str | None, bool]]:
    """Return the title, the text and whether it was deleted, of each lesson, the earliest first."""
    rows = await acme.fetch("select title, text, removed from lesson order by id")
    return [(row["title"], row["text"], row["removed"]) for row in rows]


@pytest.fixture
async def reviewed(acme: Acme) -> Acme:
    """Return Acme with its quarter in review, and `clear_backlog` reviewed as `said`, by Ben."""
    await acme.check_in("macros", 5)
    await acme.done(cycles.begin_review, cycle="quarter")
    ben = acme.as_person(acme.ben, "Ben")
    learned = "# Write less\n\nOr not at all"
    await acme.done(
        record_review, objective="clear_backlog", **SAID, learned=learned, external_id="said", by=ben
    )
    return acme


async def learned(acme: Acme, text: str | None) -> None:
    await acme.done(edit_review, review_record="said", edits={"learned": text})


async def test_what_was_learned_is_a_lesson_of_the_objective_in_the_same_change(reviewed: Acme):
    acme = reviewed
    [row] = await acme.fetch("select * from lesson")
    review = await acme.fetch("select id from review_record")
    assert row["title"] == "Write less"
    assert row["text"] == "# Write less\n\nOr not at all"
    assert row["review_record_id"] == review[0]["id"]
    assert (row["objective_id"], row["key_result_id"]) == (acme.clear_backlog, None)
    assert (row["owner_id"], row["tags"], row["carry_forward"]) == (acme.ben, [], True)
    change = await acme.change()
    assert change["kind"] == "REVIEW_RECORD_CREATED"
    assert set(change["related_ids"]) == {row["id"], acme.clear_backlog}
    [version] = await acme.versions("lesson", row["id"])
    assert version["seq"] == change["seq"]
    assert await acme.verify() == []


async def test_the_lesson_follows_until_its_text_is_edited(reviewed: Acme):
    acme = reviewed
    seq = await acme.seq()
    await learned(acme, "Write nothing\nat all")
    assert await acme.seq() == seq + 1
    assert await lessons_of(acme) == [("Write nothing", "Write nothing\nat all", False)]
    [lesson] = await acme.fetch("select id, version from lesson")
    await acme.done(edit_review, review_record="said", edits={"celebration": "Ben"})
    assert (await acme.row("lesson", lesson["id"]))["version"] == lesson["version"] == 2
    await acme.done(edit_lesson, lesson=lesson["id"], edits={"title": MINE, "tags": ["one"]})
    await learned(acme, "Write")
    assert await lessons_of(acme) == [(MINE, "Write", False)], "the title was edited, the text follows"
    await acme.done(edit_lesson, lesson=lesson["id"], edits={"text": "By hand"})
    for text in ("Much", None):
        await learned(acme, text)
        assert await lessons_of(acme) == [(MINE, "By hand", False)]
    await learned(acme, "Again")
    assert await lessons_of(acme) == [(MINE, "By hand", False), ("Again", "Again", False)]
    for text in ("---", "Third"):
        await learned(acme, text)
    assert (await lessons_of(acme))[1:] == [("Again", "Again", True), ("Third", "Third", False)]
    await acme.done(delete_review, review_record="said")
    assert (await lessons_of(acme))[::2] == [(MINE, "By hand", False), ("Third", "Third", True)]
    assert await acme.verify() == []


async def test_a_deleted_lesson_stays_deleted_and_one_of_somebody_else_is_left_alone(reviewed: Acme):
    acme = reviewed
    of: dict[str, Any] = {"source": measured("said", NodeType.REVIEW_RECORD), "text": "Or not at all"}
    await acme.done(add_lesson, title="Write less", external_id="own", **of)
    [made] = await acme.fetch("select id from lesson where external_id is null")
    await acme.done(delete_lesson, lesson=made["id"])
    await learned(acme, "More")
    await acme.done(delete_review, review_record="said")
    assert await lessons_of(acme) == [
        ("Write less", "# Write less\n\nOr not at all", True),
        ("Write less", "Or not at all", False),
    ]
    assert (await acme.refused(add_lesson, title="So", **of)).code() == "NOT_FOUND"


@pytest.mark.parametrize("text", (None, "", " \n", "---"))
async def test_no_words_make_no_lesson(acme: Acme, text: str | None):
    await acme.review("clear_backlog", learned=text)
    assert await lessons_of(acme) == []
