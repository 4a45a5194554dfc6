"""The mappings that come with the service: by name, and those that fit the columns of a file."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from .errors import MappingIsUnclear
from .mapping_file import Mapping, read_mapping
from .source_table import column_key

FOLDER = Path(__file__).with_name("mappings")
SUFFIX = ".json"


@cache
def shipped_mappings() -> dict[str, Mapping]:
    """Return the mappings by name."""
    return {path.stem: read_mapping(path) for path in sorted(FOLDER.glob(f"*{SUFFIX}"))}


def find_mapping(named: str) -> Mapping:
    """Return the mapping of that name, or in the file at that path.

    Raises:
        MappingIsUnclear: there is none, or the file is no mapping.
    """
    if found := shipped_mappings().get(named):
        return found
    path = Path(named)
    if not path.is_file():
        names = ", ".join(shipped_mappings())
        raise MappingIsUnclear(f"There is no mapping {named!r}, and no such file; there are {names}")
    return read_mapping(path)


def has_columns(mapping: Mapping, keys: Sequence[str]) -> bool:
    """Return whether a header has all columns that the mapping requires."""
    return {column_key(column) for column in mapping.requires} <= set(keys)


def mapping_for(keys: Sequence[str]) -> str | None:
    """Return the name of the mapping that recognises most of the columns, or None."""
    fitting = [(len(each.requires), name) for name, each in shipped_mappings().items() if _fits(each, keys)]
    return max(fitting)[1] if fitting else None


def _fits(mapping: Mapping, keys: Sequence[str]) -> bool:
    return mapping.source == "table" and has_columns(mapping, keys)
