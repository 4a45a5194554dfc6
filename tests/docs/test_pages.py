"""Documentation pages: their length, their links, and the tests that they name."""

import re

import pytest

from tests.docs.named import ROOT, every_test, named_tests, rows_of, text_of

LONGEST_README = 120
LONGEST_DECISION = 40
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]
)
DECISIONS = [page for page in PAGES if page.startswith("docs/decisions/")]
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def anchors_of(page: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub generates them."""
    headings = HEADING.findall(FENCED.sub("", text_of(page)))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def leads_nowhere(page: str, link: str) -> bool:
    address, _, anchor = link.partition("#")
    target = (ROOT / page).parent / address if address else ROOT / page
    if not target.exists():
        return True
    inside = target.resolve().relative_to(ROOT.resolve()).as_posix()
    return bool(anchor) and anchor not in anchors_of(inside)


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str):
    links = [link for link in LINK.findall(FENCED.sub("", text_of(page))) if not link.startswith("http")]
    assert [link for link in links if leads_nowhere(page, link)] == []


@pytest.mark.parametrize("page", ("docs/guarantees.md", *DECISIONS))
def test_every_test_that_is_named_is_there(page: str):
    assert [name for name in named_tests(page) if name not in every_test()] == []


def test_every_promise_names_a_test():
    promises = rows_of("docs/guarantees.md")
    assert promises
    assert [promise for promise, held_by in promises if "::test_" not in held_by] == []


@pytest.mark.parametrize("page", DECISIONS)
def test_a_decision_is_short_and_says_what_enforces_it(page: str):
    text = text_of(page)
    assert text.count("\n") <= LONGEST_DECISION
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "What enforces it"]
    assert text.rpartition("## What enforces it")[2].count("\n- ") >= 1


def test_decisions_are_numbered_without_a_gap():
    numbers = [int(page.rpartition("/")[2][:4]) for page in DECISIONS]
    assert numbers == list(range(1, len(DECISIONS) + 1))
    titles = [text_of(page).partition("\n")[0] for page in DECISIONS]
    assert [title.split(".")[0] for title in titles] == [f"# {number}" for number in numbers]


def test_the_readme_is_no_longer_than_it_may_be():
    assert text_of("README.md").count("\n") <= LONGEST_README


def test_a_link_that_leads_nowhere_is_noticed():
    assert leads_nowhere("README.md", "docs/no-such-page.md")
    assert leads_nowhere("README.md", "#no-such-heading")
    assert not leads_nowhere("README.md", "docs/scoring.md")
    assert not leads_nowhere("README.md", "#run-it")
