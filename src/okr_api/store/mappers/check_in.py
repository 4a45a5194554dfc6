"""Mappers between check-in rows and `CheckIn` objects; from rows to `Reading` and `Author` objects."""

from typing import Any

from okr_api.okr.author import Author
from okr_api.okr.check_in import CheckIn
from okr_api.okr.key_result import Reading
from okr_api.store.bulk_write import Row

from .row_mapper import row_mapper


def author_of(row: Row) -> Author:
    """Return the author in a row."""
    return Author(row["author_name"], row["author_person_id"])


CHECK_IN = row_mapper(CheckIn, {"author": author_of})
check_in_of = CHECK_IN.object_of
reading_of = row_mapper(Reading, renamed={"check_in_id": "id"}).object_of


def check_in_row(check_in: CheckIn) -> dict[str, Any]:
    """Return the columns of a check-in."""
    author = check_in.author
    return {
        **CHECK_IN.row_of(check_in),
        "author_name": author.name,
        "author_person_id": author.person_id,
    }
