"""Code on the pages of docs/clients is a verbatim part of an example; each example is shown and run."""

import re

import pytest

from tests.examples.conftest import EXAMPLES
from tests.house.tree import ROOT

PAGES = sorted((ROOT / "docs" / "clients").glob("*.md"))
EXAMPLE_NAMES = sorted(
    path.name for path in EXAMPLES.iterdir() if path.is_dir() and path.name != "node_modules"
)
SHOWN = re.compile(r"^```\w+ (examples/\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def shown() -> list[tuple[str, str, str]]:
    """Return page, file and text of each part of an example that a page shows."""
    return [
        (page.name, found[1], found[2]) for page in PAGES for found in SHOWN.finditer(page.read_text("utf-8"))
    ]


def differs(file: str, text: str) -> bool:
    return text not in (ROOT / file).read_text("utf-8")


def test_what_a_page_shows_is_what_runs():
    assert shown()
    assert [(page, file, text) for page, file, text in shown() if differs(file, text)] == []


def test_a_part_that_differs_is_noticed():
    [(_, file, text), *_] = shown()
    assert differs(file, text.replace(" ", "  ", 1))


@pytest.mark.parametrize("example", EXAMPLE_NAMES)
def test_every_example_is_shown_and_run(example: str):
    assert [page for page, file, _ in shown() if file.startswith(f"examples/{example}/")]
    assert f'"{example}"' in (ROOT / "tests" / "examples" / "test_examples.py").read_text("utf-8")
