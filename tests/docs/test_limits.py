"""docs/limits.md lists every limit of the code with its value, and a test that reaches it."""

from tests.docs.named import CODE, every_test, limits, named_tests, rows_of, said

DOCUMENT = "docs/limits.md"


def shown() -> dict[tuple[str, str], str]:
    """Return the values in the tables by file and constant."""
    return {
        (CODE.findall(place)[0], CODE.findall(constant)[0]): value
        for _, constant, value, place, *_ in rows_of(DOCUMENT)
    }


def test_the_tables_say_every_limit_as_it_is():
    assert shown() == {key: said(value) for key, value in limits().items()}


def test_the_tests_that_are_named_are_there():
    assert [name for name in named_tests(DOCUMENT) if name not in every_test()] == []


def test_limits_of_what_is_asked_name_a_test_each():
    asked = [row for row in rows_of(DOCUMENT) if len(row) == 5]
    assert asked
    assert [row[1] for row in asked if not row[4].startswith("`tests/") and row[4] != "none yet"] == []
