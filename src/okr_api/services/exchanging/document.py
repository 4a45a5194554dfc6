"""The file as a whole: its format, its ids, its sections."""

from collections.abc import Iterator, Mapping
from typing import Any

from .lines import Line, storable
from .refusals import FileIsUnclear

FORMAT = "okr-interchange/1"
FULL = "full"
SECTIONS = ("people", "teams", "cycles", "objectives", "key_results", "check_ins")
HEADER = frozenset({"format", "ids", "namespace", "organization", "source", "changes", *SECTIONS})
LONGEST_NAMESPACE = 100


class File:
    """A document of the interchange format.

    `full` says that its ids are whole external ids, as in an export; else each begins with the
    namespace once it is here.
    """

    def __init__(self, document: object, namespace: str) -> None:
        if not isinstance(document, Mapping):
            raise FileIsUnclear("The file holds no JSON object")
        said = document.get("format")
        if said is not None and said != FORMAT:
            raise FileIsUnclear(f"The file is of format {said!r}; this service reads {FORMAT!r}")
        if document.get("ids") not in (None, FULL):
            raise FileIsUnclear(f'ids is {document["ids"]!r}; it is "{FULL}" or left out')
        self.document = document
        self.full = document.get("ids") == FULL
        self.namespace = "" if self.full else _checked(document.get("namespace") or namespace)
        self.organization: Mapping[str, Any] = document.get("organization") or {}
        if not isinstance(self.organization, Mapping):
            raise FileIsUnclear("organization is not an object")
        for section in (*SECTIONS, "changes"):
            if not isinstance(document.get(section) or [], list):
                raise FileIsUnclear(f"{section} is not a list")
        if not any(section in document for section in SECTIONS):
            raise FileIsUnclear(f"The file has none of the sections {', '.join(SECTIONS)}")

    @property
    def unknown(self) -> list[str]:
        """What stands beside the sections and means nothing here."""
        return sorted(str(name) for name in self.document if name not in HEADER)

    def rows(self, section: str) -> Iterator[tuple[str, object]]:
        """The rows of a section as they are, each with its place."""
        for index, fields in enumerate(self.document.get(section) or []):
            id = fields.get("id") if isinstance(fields, dict) else None
            named = f" ({id})" if isinstance(id, str | int) else ""
            yield f"{section}[{index}]{named}", fields

    def size(self) -> int:
        """How many rows there are in all."""
        return sum(len(self.document.get(section) or []) for section in SECTIONS)

    def external_id(self, id: str) -> str:
        """The external id that an id of this file means."""
        return id if self.full else f"{self.namespace}:{id}"


def _checked(namespace: object) -> str:
    if not isinstance(namespace, str) or not 1 <= len(namespace.strip()) <= LONGEST_NAMESPACE:
        raise FileIsUnclear(f"A namespace has 1 to {LONGEST_NAMESPACE} characters")
    return storable(namespace.strip(), "namespace")


__all__ = ["FORMAT", "FULL", "SECTIONS", "File", "Line"]
