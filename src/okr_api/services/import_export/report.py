"""The report of an import: what became of each section, and every row that there is something to say of."""

import re
from dataclasses import dataclass, field
from enum import StrEnum

from okr_api.okr.errors import Refused

CAPITAL = re.compile("(?=[A-Z])")


class Severity(StrEnum):
    """An error keeps its row out; a warning asks for a look; a note says what was made of a row."""

    ERROR = "ERROR"
    WARNING = "WARNING"
    NOTE = "NOTE"


@dataclass(slots=True)
class RowNote:
    """Something to say of one place of the file: `key_results[12] (K0013)`, counted from 0.

    `follows` counts the rows that are left out only because this one is.
    """

    place: str
    severity: Severity
    code: str
    message: str
    follows: int = 0


@dataclass(slots=True)
class Counts:
    """What became of the rows of a section."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    removed: int = 0


@dataclass(slots=True)
class ImportReport:
    """What an import did, or would have done.

    *Shape*: `counts` is keyed by section, with `alignments` for the edges; `rows` are in the order of
    the file. `seq` is the place of the import in the feed: None where nothing changed, in a dry run
    and in a refused file.
    """

    namespace: str = ""
    dry_run: bool = False
    refused: bool = False
    seq: int | None = None
    counts: dict[str, Counts] = field(default_factory=dict)
    rows: list[RowNote] = field(default_factory=list)

    @property
    def errors(self) -> list[RowNote]:
        """The rows that could not be taken."""
        return [row for row in self.rows if row.severity is Severity.ERROR]

    @property
    def changed(self) -> bool:
        """Whether there was anything in the file that was not there before."""
        return any(each.created or each.updated or each.removed for each in self.counts.values())

    def of(self, section: str) -> Counts:
        """The counts of a section."""
        return self.counts.setdefault(section, Counts())

    def refuse(self, place: str, refusal: Refused) -> RowNote:
        """Reports a row that cannot be taken, and why."""
        self.rows.append(RowNote(place, Severity.ERROR, refusal.code(), _in_words_of_files(refusal)))
        return self.rows[-1]

    def warn(self, place: str, code: str, message: str) -> None:
        """Reports something that deserves a look."""
        self.rows.append(RowNote(place, Severity.WARNING, code, message))

    def note(self, place: str, code: str, message: str) -> None:
        """Reports what was made of a row."""
        self.rows.append(RowNote(place, Severity.NOTE, code, message))


def _in_words_of_files(refusal: Refused) -> str:
    """The message of a rule of the service, with the field as files call it, named in front if need be."""
    field = next((step for step in reversed(refusal.path) if not step.isdigit()), "")
    name = CAPITAL.sub("_", field).lower()
    message = refusal.message.replace(field, name) if field else refusal.message
    return message if name in message else f"{name}: {message}"
