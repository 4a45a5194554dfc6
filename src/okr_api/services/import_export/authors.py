"""Import: read the author from a row of the file; by default it is the person who imports."""

from okr_api.okr.author import Author
from okr_api.services.references import title

from .errors import RowIsUnclear
from .import_session import ImportSession
from .row_parser import ParsedRow

AUTHOR = ("name", "person_id")  # the fields of an author in an export


def author_of(session: ImportSession, line: ParsedRow) -> Author:
    """Return the author in a row, by default who imports the file; raises `RowIsUnclear` without a name."""
    said = line.fields.get("author")
    words = tuple(said.values()) if type(said) is dict and tuple(said) == AUTHOR else None
    if words is not None and all(isinstance(word, str | None) for word in words) and words in session.authors:
        line.taken.add("author")
        return session.authors[words]
    author = line.line("author")
    if author is None:
        return session.author
    name = author.text("name")
    if name is None:
        raise RowIsUnclear("author.name is missing", path=["author", "name"])
    found = Author(title(name, "author.name"), session.refer(author, "people", "person_id"))
    if words is not None:
        session.authors[words] = found
    return found
