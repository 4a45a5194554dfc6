"""`File`, a document of the interchange format: header checks, rows by section, ids as external ids."""

from collections.abc import Iterator, Mapping
from functools import cached_property

from okr_api.okr.entities import BY_SECTION

from .errors import FileIsUnclear, RowIsUnclear
from .json_values import ObjectWithRepeatedKeys, shown, storable
from .row_parser import ParsedRow

FORMAT = "okr-interchange/1"
FULL = "full"
SECTIONS = tuple(BY_SECTION)
HEADER = frozenset({"format", "ids", "namespace", "organization", "source", "changes", *SECTIONS})
MAX_NAMESPACE_LENGTH = 100


class File:
    """A document of the interchange format.

    `full` means that its ids are whole external ids, as in an export; otherwise the namespace is put
    before each. `rename` means that the organisation takes the name in the file.
    """

    def __init__(self, document: object, namespace: str, *, rename: bool = False) -> None:
        self.rename = rename
        if not isinstance(document, Mapping):
            raise FileIsUnclear("The file holds no JSON object")
        if isinstance(document, ObjectWithRepeatedKeys):
            raise FileIsUnclear(f"{document.repeated[0]} occurs more than once in the file")
        said = document.get("format")
        if said is not None and said != FORMAT:
            raise FileIsUnclear(f"The file is of format {said!r}; this service reads {FORMAT!r}")
        if document.get("ids") not in (None, FULL):
            raise FileIsUnclear(f'ids is {document["ids"]!r}; it is "{FULL}" or left out')
        self.document = document
        self.full = document.get("ids") == FULL
        own = document.get("namespace")
        self.namespace = "" if self.full else _checked(namespace if own is None else own)
        self.organization = _organization(document.get("organization"))
        for section in (*SECTIONS, "changes"):
            if not isinstance(document.get(section), list | None):
                raise FileIsUnclear(f"{section} is {shown(document[section])}, not a list")
        if not any(section in document for section in SECTIONS):
            raise FileIsUnclear(f"The file has none of the sections {', '.join(SECTIONS)}")

    @property
    def unknown(self) -> list[str]:
        """Return the names of unknown top-level fields, sorted."""
        return sorted(str(name) for name in self.document if name not in HEADER)

    def rows(self, section: str) -> Iterator[tuple[str, object]]:
        """Yield the raw rows of a section, each with its place."""
        for index, fields in enumerate(self.document.get(section) or []):
            id = fields.get("id") if isinstance(fields, dict) else None
            named = f" ({id})" if isinstance(id, str | int) else ""
            yield f"{section}[{index}]{named}", fields

    def place_of(self, section: str, id: str) -> str | None:
        """Return the place of the row with that id, or None."""
        return self._places.get((section, id))

    @cached_property
    def _places(self) -> dict[tuple[str, str], str]:
        return {
            (section, str(fields["id"])): place
            for section in SECTIONS
            for place, fields in self.rows(section)
            if isinstance(fields, dict) and "id" in fields
        }

    @cached_property
    def fractional(self) -> frozenset[str]:
        """Return the ids of key results with readings strictly between 0 and 1 in the file."""
        read = [(fields, "key_result_id", "value") for _, fields in self.rows("check_ins")]
        read += [(fields, "id", "current") for _, fields in self.rows("key_results")]
        return frozenset(
            str(fields.get(id))
            for fields, id, value in read
            if isinstance(fields, dict) and isinstance(fields.get(value), float) and 0 < fields[value] < 1
        )

    def size(self) -> int:
        """Return the number of rows in all sections."""
        return sum(len(self.document.get(section) or []) for section in SECTIONS)

    def external_id(self, id: str) -> str:
        """Return the external id for an id of this file."""
        return id if self.full else f"{self.namespace}:{id}"


def _organization(value: object) -> ParsedRow:
    """Return the organisation's fields; raise `FileIsUnclear` if they are not a plain object."""
    try:
        return ParsedRow({} if value is None else value, "organization", "organization.")
    except RowIsUnclear as refusal:
        raise FileIsUnclear(refusal.message) from None


def _checked(namespace: object) -> str:
    if not isinstance(namespace, str) or not 1 <= len(namespace.strip()) <= MAX_NAMESPACE_LENGTH:
        raise FileIsUnclear(f"A namespace has 1 to {MAX_NAMESPACE_LENGTH} characters")
    return storable(namespace.strip(), "namespace")


__all__ = ["FORMAT", "FULL", "SECTIONS", "File", "ParsedRow"]
