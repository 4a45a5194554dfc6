"""Run every operation in README.md, the API guide, the policy and the guide, in order, and compare the responses.

After a change of the demo or the schema, OKR_WRITE_ANSWERS=1 make test TESTS=tests/docs writes the current
responses into the documents; review them before committing.
"""

import os
from typing import Any

import pytest
from graphql import OperationType, get_operation_ast, parse

from tests.docs.conftest import Demo
from tests.docs.examples import ID_OF, ROOT, agrees, elided, examples_of, rewrite, written

OF_THE_DEMO = ("README.md", "docs/api.md", "docs/policy.md", "docs/cadence.md", "docs/webhooks.md")
GUIDE = ("docs/guide/1-objectives.md", "docs/guide/2-key-results.md", "docs/guide/3-cascade.md")
GUIDE_OF_THE_DEMO = (
    "docs/guide/4-check-ins.md",
    "docs/guide/5-transparency.md",
    "docs/guide/6-learning.md",
    "docs/guide/7-review.md",
    "docs/guide/8-tools.md",
)
DOCUMENTS = OF_THE_DEMO + GUIDE + GUIDE_OF_THE_DEMO
WRITE = os.environ.get("OKR_WRITE_ANSWERS") == "1"
FEED_BEGINS = "update feed_head set oldest_seq = $1"
IDS = """query ($of: [String!]) {
  cycles(filter: { externalId: { in: $of } }) { nodes { id externalId } }
  objectives(filter: { externalId: { in: $of } }) { nodes { id externalId } }
  keyResults(filter: { externalId: { in: $of } }) { nodes { id externalId } }
  people(filter: { externalId: { in: $of } }) { nodes { id externalId } }
}"""


async def with_ids(demo: Demo, variables: dict[str, Any]) -> dict[str, Any]:
    """Return the variables with ids in place of `id of EXTERNAL-ID`, also within texts."""
    texts = {name: value for name, value in variables.items() if isinstance(value, str)}
    named = [found for value in texts.values() for found in ID_OF.findall(value)]
    if not named:
        return variables
    answer = await demo.client.ask(IDS, of=named)
    known = {node["externalId"]: node["id"] for found in answer.values() for node in found["nodes"]}
    return variables | {
        name: ID_OF.sub(lambda found: known[found[1]], value) for name, value in texts.items()
    }


async def run(demo: Demo, operation: str, variables: dict[str, Any]) -> Any:
    kind = get_operation_ast(parse(operation))
    assert kind is not None
    given = await with_ids(demo, variables)
    if kind.operation is OperationType.SUBSCRIPTION:
        return await demo.first_event(operation, given)
    return await demo.client.answer(operation, **given)


@pytest.mark.parametrize("document", OF_THE_DEMO)
async def test_what_a_document_shows_is_what_is_answered(demo: Demo, document: str):
    await check(demo, document)


async def test_the_guide_is_a_year_from_its_first_chapter_to_its_last(empty: Demo, demo: Demo):
    """Run all chapters in order: a year is set up in an empty organisation, a quarter is lived through in the demo."""
    for document in GUIDE:
        await check(empty, document)
    for document in GUIDE_OF_THE_DEMO:
        await check(demo, document)


async def check(demo: Demo, document: str) -> None:
    """Run the operations of a document, and compare the answers with those shown, or write them into it."""
    wrong: list[str] = []
    answers = {}
    for example in examples_of(document):
        if example.feed_begins:
            await demo.execute(FEED_BEGINS, example.feed_begins)
        given = await run(demo, example.operation, example.variables)
        if example.answer is None:
            if "errors" in given:
                wrong.append(f"{example.place} {written(given)}")
        else:
            if "extensions" not in example.answer:  # the cost is shown in one example only
                given.pop("extensions", None)
            answers[example.span] = elided(example.answer, given)
            if not agrees(example.answer, given):
                wrong.append(f"{example.place} answers\n{written(given)}")
    if WRITE:
        rewrite(document, answers)
    else:
        assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_document_shows_operations_with_their_answers(document: str):
    shown = examples_of(document)
    assert shown
    assert any(example.answer is not None for example in shown)
    assert [example.place for example in shown if "INTERNAL" in codes_of(example.answer)] == []


def codes_of(answer: Any) -> list[str]:
    """Return the codes of the top-level errors of a response."""
    return [error.get("extensions", {}).get("code") for error in (answer or {}).get("errors", [])]


def test_an_answer_that_differs_is_noticed():
    assert agrees({"a": [1.0, "obj_…"]}, {"a": [1.0, "obj_0123"]})
    assert not agrees({"a": [1.0, "obj_…"]}, {"a": [1.5, "obj_0123"]})
    assert not agrees({"a": [1.0, "obj_…"]}, {"a": [1.0, "key_0123"]})
    assert not agrees({"a": 1}, {"a": True})
    assert not agrees({"a": 1}, {"a": 1, "b": 2})
    assert not agrees([1], [1, 2])


def test_the_documents_lie_where_they_are_looked_for():
    assert [document for document in DOCUMENTS if not (ROOT / document).is_file()] == []
