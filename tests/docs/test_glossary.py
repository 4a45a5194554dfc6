"""docs/glossary.md: its words are used in the code, and the rejected words name nothing there."""

import ast
import re
from functools import cache

from tests.docs.named import CODE, ROOT, SOURCE, rows_of

DOCUMENT = "docs/glossary.md"
PIECE = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
NAME_IN_SCHEMA = re.compile(
    r"^(?:type|input|enum|interface|union|scalar) (\w+)|^  (\w+)(?:\(|:|$)", re.MULTILINE
)

# Rejected words that name something all the same, each with its reason.
MEANT = {
    "user": "UserError is how GraphQL servers call a refusal that is data",
    "metric": "Prometheus's own word for what a process counts",
}


@cache
def code() -> str:
    """Return all of the code and the schema."""
    texts = [path.read_text("utf-8") for path in sorted(SOURCE.rglob("*.py"))]
    return "\n".join([*texts, (ROOT / "schema.graphql").read_text("utf-8")])


@cache
def names() -> frozenset[str]:
    """Return the lower-case parts of all names of files, classes, functions, fields and types, and singulars."""
    found: set[str] = set(sum(NAME_IN_SCHEMA.findall((ROOT / "schema.graphql").read_text("utf-8")), ()))
    for path in sorted(SOURCE.rglob("*.py")):
        found.update(path.relative_to(SOURCE).with_suffix("").parts)
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                found.add(node.name)
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                found.add(node.target.id)
    pieces = {piece.lower() for name in found for piece in PIECE.findall(name)}
    return frozenset(pieces | {piece.removesuffix("s") for piece in pieces})


def test_every_word_is_used():
    unused = [
        word
        for row in rows_of(DOCUMENT)
        for word in CODE.findall(row[0] + row[1])
        if not word.startswith("make ") and not re.search(rf"\b{re.escape(word)}\b", code())
    ]
    assert unused == []


def test_every_word_says_what_it_is_in_the_code():
    assert [row[0] for row in rows_of(DOCUMENT) if not CODE.search(row[0])] == []


def test_no_word_that_is_turned_down_names_anything():
    turned_down = {word for row in rows_of(DOCUMENT) for word in re.split(r",\s*", row[2]) if word}
    assert sorted(turned_down & names() - set(MEANT)) == []


def test_what_is_meant_has_its_reason():
    assert [word for word, reason in MEANT.items() if len(reason.split()) < 4 or word not in names()] == []


def test_a_word_that_names_something_is_noticed():
    assert {"cycle", "objective", "feed", "runner"} <= names()
