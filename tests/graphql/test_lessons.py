"""Full-text search of lessons: what it finds, in which order, with which highlights, and for whom."""

from typing import Any
from uuid import UUID

import pytest

from okr_api.auth.actor import Scope
from okr_api.okr.entity import NodeType
from okr_api.okr.lesson import MAX_TAGS
from okr_api.okr.policy import ObjectiveVisibility
from okr_api.query_engine.lesson_search import MAX_SEARCH_LENGTH, fragments_of
from okr_api.services import objectives, organization
from okr_api.services.lessons import add_lesson, delete_lesson, edit_lesson
from tests.acme import Acme, measured
from tests.serving import Client, Server

SEARCH = """
    query (
        $search: String, $tags: [String!], $team: String, $cycle: String, $filter: LessonFilter,
        $order: LessonOrder, $first: Int, $after: String
    ) { lessons(
        search: $search, tags: $tags, teamExternalId: $team, cycleExternalId: $cycle, filter: $filter,
        orderBy: $order, first: $first, after: $after
    ) { totalCount nodes { title } pageInfo { endCursor hasNextPage } } }
"""
MARKED = """
    query ($search: String!) { lessons(search: $search) { nodes {
        highlights(search: $search) { title { text isMatch } text { text isMatch } }
    } } }
"""


async def learn(
    acme: Acme, title: str, text: str | None = None, *tags: str, on: UUID | str = "never_down"
) -> UUID:
    source = measured(on, NodeType.OBJECTIVE)
    return await acme.done(add_lesson, source=source, title=title, text=text, tags=tags)


@pytest.fixture
async def learned(acme: Acme) -> None:
    await learn(acme, "Guests leave", "They book when fields are few; booking takes a minute.", "Checkout")
    await learn(acme, "Fewer fields, more bookings", None, "checkout", "forms", on="answer_fast")
    await learn(acme, "Alerts hide outages", "Nobody books a call at night.", "on call")


async def found(client: Client, search: str | None = None, **more: Any) -> list[str]:
    page = await client.one(SEARCH, search=search, **more)
    titles = [node["title"] for node in page["nodes"]]
    assert page["totalCount"] == len(titles)
    return titles


@pytest.mark.parametrize(
    ("search", "titles"),
    (
        ("booking", ["Fewer fields, more bookings", "Guests leave", "Alerts hide outages"]),
        ("BOOKED", ["Fewer fields, more bookings", "Guests leave", "Alerts hide outages"]),
        ("field book", ["Fewer fields, more bookings", "Guests leave"]),
        ("booking -night", ["Guests leave", "Fewer fields, more bookings"]),
        ('"fewer fields"', ["Fewer fields, more bookings"]),
        ("alert or guest", ["Guests leave", "Alerts hide outages"]),
        ("On  Call", ["Alerts hide outages"]),
        ("forms", ["Fewer fields, more bookings"]),
        ("the", []),
        ("walrus", []),
        ("' & | ! ( :* \\", []),
    ),
)
async def test_a_search_finds_words_in_any_form_and_tags_the_best_match_first(
    search: str, titles: list[str], learned: None, client: Client
):
    assert await found(client, search) == titles


async def test_a_search_is_narrowed_by_tags_team_cycle_and_filter_and_sorted(
    learned: None, acme: Acme, client: Client
):
    more, guests, alerts = "Fewer fields, more bookings", "Guests leave", "Alerts hide outages"
    assert await found(client, tags=["CHECKOUT"]) == [guests, more]
    assert await found(client, tags=["checkout", "forms"]) == [more]
    assert await found(client, "book", tags=["checkout"]) == [more, guests]
    assert await found(client, "book", team="support") == [more]
    assert await found(client, "book", team="platform") == [guests, alerts]
    assert await found(client, "book", team="nobody") == []
    assert await found(client, cycle="quarter") == [guests, more, alerts]
    assert await found(client, cycle="year") == []
    assert await found(client, "book", filter={"tag": {"eq": "on call"}}) == [alerts]
    assert await found(client, filter={"tag": {"isNull": True}}) == []
    assert await found(client, filter={"carryForward": True}) == []
    by_title = {"field": "TITLE", "direction": "DESC"}
    assert await found(client, "book", order=by_title) == [guests, more, alerts]


async def test_pages_of_a_search_go_on_where_they_ended(learned: None, acme: Acme, client: Client):
    for number in range(3):
        await learn(acme, f"Bookings alike {number}")
    whole = await found(client, "booking")
    pages, after = list[str](), None
    for _ in range(3):
        page = await client.one(SEARCH, search="booking", first=2, after=after)
        pages += [node["title"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
    assert pages == whole
    assert not page["pageInfo"]["hasNextPage"]
    assert len(whole) == 6


async def test_highlights_are_fragments_of_the_texts(learned: None, acme: Acme, client: Client):
    page = await client.one(MARKED, search="fields bookings")
    first, second = (node["highlights"] for node in page["nodes"])
    matches = [{"text": "Fewer ", "isMatch": False}, {"text": "fields", "isMatch": True}]
    matches += [{"text": ", more ", "isMatch": False}, {"text": "bookings", "isMatch": True}]
    assert first == {"title": matches, "text": []}
    assert [one["text"] for one in second["text"] if one["isMatch"]] == ["book", "fields", "booking"]
    whole = "".join(one["text"] for one in second["text"])
    assert whole == "They book when fields are few; booking takes a minute"
    assert second["title"] == [{"text": "Guests leave", "isMatch": False}]


async def test_the_highlight_of_a_long_text_is_of_the_passages_that_match(acme: Acme, client: Client):
    filling = "Nothing to be seen here at all, so go on. " * 30
    await learn(acme, "Long", f"{filling}A walrus came. {filling}Another walrus left. \x02{filling}")
    [lesson] = (await client.one(MARKED, search="walrus"))["nodes"]
    text = lesson["highlights"]["text"]
    assert [one["text"] for one in text if one["isMatch"]] == ["walrus", "walrus"]
    assert 50 < sum(len(one["text"]) for one in text) < 500


def test_a_marked_text_is_split_into_fragments():
    assert fragments_of(None) == fragments_of("") == []
    assert fragments_of("a\x02b\x03c\x02d\x03") == [
        {"text": "a", "is_match": False},
        {"text": "b", "is_match": True},
        {"text": "c", "is_match": False},
        {"text": "d", "is_match": True},
    ]


async def test_a_search_finds_only_what_the_reader_sees(
    learned: None, acme: Acme, served: Server, client: Client
):
    cem = served.client(
        await acme.tokens.create(acme.organization.id, name="cem", scopes=[Scope.WRITE], person="cem")
    )
    ben = served.client(
        await acme.tokens.create(acme.organization.id, name="ben", scopes=[Scope.WRITE], person="ben")
    )
    assert len(await found(ben, "book")) == 3
    edits = {"visibility": ObjectiveVisibility.PRIVATE}
    await acme.done(objectives.edit_objective, by=acme.seeing_all(), objective="never_down", edits=edits)
    assert await found(ben, "book") == ["Fewer fields, more bookings"]
    assert await found(ben, tags=["on call"]) == []
    assert len(await found(cem, "book")) == 3
    assert len(await found(client, "book")) == 3


async def test_a_search_follows_edits_deletions_and_the_language(acme: Acme, client: Client):
    id = await learn(acme, "Häuser")
    assert await found(client, "Haus") == []
    await acme.done(organization.edit_organization, edits={"language": "de"})
    assert await found(client, "Haus") == ["Häuser"]
    await acme.done(edit_lesson, lesson=id, edits={"text": "Gärten"})
    assert await found(client, "Garten") == ["Häuser"]
    await acme.done(delete_lesson, lesson=id)
    assert await found(client, "Haus") == []


@pytest.mark.parametrize(
    ("given", "code", "path"),
    (
        ({"search": " "}, "INVALID_INPUT", ["search"]),
        ({"search": "x" * (MAX_SEARCH_LENGTH + 1)}, "INVALID_INPUT", ["search"]),
        ({"tags": ["x"] * (MAX_TAGS + 1)}, "TOO_MANY", ["tags"]),
        ({"tags": ["x", " "]}, "INVALID_INPUT", ["tags", "1"]),
    ),
)
async def test_what_cannot_be_searched_is_an_error(
    given: dict[str, Any], code: str, path: list[str], client: Client
):
    problem = await client.problem(SEARCH, **given)
    assert (problem["code"], problem["path"]) == (code, path)


async def test_a_place_is_named_once(client: Client):
    asked = '{ lessons(teamId: "x", teamExternalId: "support") { totalCount } }'
    problem = await client.problem(asked)
    assert (problem["code"], problem["path"]) == ("INVALID_INPUT", ["teamId"])


async def test_the_longest_search_is_answered_and_uses_the_index(learned: None, acme: Acme, client: Client):
    words = " or ".join(f"w{number}" for number in range(80))[:MAX_SEARCH_LENGTH]
    assert await found(client, words.ljust(MAX_SEARCH_LENGTH, "x")) == []
    async with acme.database.of(acme.organization.id) as connection, connection.transaction():
        await connection.execute("set local enable_seqscan = off")
        plan = await connection.fetch(
            "explain select id from lesson where words_en @@ websearch_to_tsquery('english', 'fields') "
            "or tags @> array['fields']"
        )
    assert {"lesson_words_en", "lesson_tags"} <= set(str(plan).replace("'", " ").split())
