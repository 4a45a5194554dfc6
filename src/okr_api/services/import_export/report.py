"""Report of an import: counts for each section, and errors, warnings and notes on rows."""

import re
from dataclasses import dataclass, field
from enum import StrEnum

from okr_api.okr.errors import Refused

CAPITAL = re.compile("(?=[A-Z])")


class Severity(StrEnum):
    """An error leaves its row out; a warning is to be reviewed; a note says how a row was handled."""

    ERROR = "ERROR"
    WARNING = "WARNING"
    NOTE = "NOTE"


@dataclass(slots=True)
class RowNote:
    """Remark on one place of the file, such as `key_results[12] (K0013)`, counted from 0.

    `follows` counts the rows that are left out only because this one is.
    """

    place: str
    severity: Severity
    code: str
    message: str
    follows: int = 0


@dataclass(slots=True)
class Counts:
    """Counts of the rows of a section, by what was done with them."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    removed: int = 0


@dataclass(slots=True)
class ImportReport:
    """Result of an import or of a dry run.

    `counts` is keyed by section, with `alignments` for the edges; `rows` are in the order in which they
    were reported. `seq` is the position of the import in the feed: None if nothing changed, in a dry run
    and for a rejected file.
    """

    namespace: str = ""
    dry_run: bool = False
    refused: bool = False
    seq: int | None = None
    counts: dict[str, Counts] = field(default_factory=dict)
    rows: list[RowNote] = field(default_factory=list)

    @property
    def errors(self) -> list[RowNote]:
        """Return the notes on rejected rows."""
        return [row for row in self.rows if row.severity is Severity.ERROR]

    @property
    def changed(self) -> bool:
        """Return whether the file changes anything."""
        return any(each.created or each.updated or each.removed for each in self.counts.values())

    def of(self, section: str) -> Counts:
        """Return the counts of a section."""
        return self.counts.setdefault(section, Counts())

    def refuse(self, place: str, refusal: Refused) -> RowNote:
        """Report a rejected row and the reason; return the note."""
        self.rows.append(RowNote(place, Severity.ERROR, refusal.code(), _in_words_of_files(refusal)))
        return self.rows[-1]

    def warn(self, place: str, code: str, message: str) -> None:
        """Report something to be reviewed."""
        self.rows.append(RowNote(place, Severity.WARNING, code, message))

    def note(self, place: str, code: str, message: str) -> None:
        """Report how a row was handled."""
        self.rows.append(RowNote(place, Severity.NOTE, code, message))


def _in_words_of_files(refusal: Refused) -> str:
    """Return the message with the field named as in files, in front of it if it does not name the field."""
    field = next((step for step in reversed(refusal.path) if not step.isdigit()), "")
    name = CAPITAL.sub("_", field).lower()
    message = refusal.message.replace(field, name) if field else refusal.message
    return message if name in message else f"{name}: {message}"
