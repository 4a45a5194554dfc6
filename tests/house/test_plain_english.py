"""Docstrings and comments are plain technical English, without metaphors."""

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.tree import ROOT

FOLDERS = ("src", "bench", "attack", "tests")
METAPHORS = re.compile(
    r"\b(whoever|who asks|the asker|asks? for it|those who (ask|follow|wait|look)|somebody who|looks? on|the lean way"
    r"|way in|the door|the desk|the house|the wire|a glance|the telling|wakes? those|hands? (it )?on to|gives up"
    r"|what becomes of|in (his|her|their) words|is told of|tells? (it|them) of|refuses?|\*Refuses\*|\*Shape\*)\b",
    re.IGNORECASE,
)


def remarks(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the comments and docstrings of a file with their lines."""
    before = tokenize.NEWLINE
    for token in tokenize.generate_tokens(io.StringIO(path.read_text("utf-8")).readline):
        is_docstring = token.type == tokenize.STRING and before in (
            tokenize.NEWLINE,
            tokenize.INDENT,
            tokenize.DEDENT,
        )
        if token.type == tokenize.COMMENT or (is_docstring and token.string.startswith('"""')):
            yield token.start[0], token.string
        if token.type not in (tokenize.NL, tokenize.COMMENT):
            before = token.type


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_metaphor_explains_the_code(folder: str):
    found = [
        f"{path.relative_to(ROOT)}:{line}: {word[0]}"
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "versions" not in path.parts
        for line, text in remarks(path)
        if (word := METAPHORS.search(text))
    ]
    assert found == []


def test_a_metaphor_is_noticed(tmp_path: Path):
    spoilt = tmp_path / "door.py"
    spoilt.write_text('"""The door: who asks is told."""\n\nX = 1  # of whoever comes\n')
    assert len([text for _, text in remarks(spoilt) if METAPHORS.search(text)]) == 2
