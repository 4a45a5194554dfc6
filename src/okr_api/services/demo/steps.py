"""`Step`, the dataclass of one demo mutation or import, and `ref_to`; `seed.py` runs steps."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from okr_api.services.check_in_lookup import CheckInRequest
from okr_api.services.foreign_files.mapping_file import Mapping as MappingFile
from okr_api.services.mutation_runner import MutationResult
from okr_api.services.references import Ref


@dataclass(frozen=True, slots=True)
class ForeignFile:
    """File of another tool to import by a mapping; `cycle` is the period of its rows."""

    path: Path
    mapping: MappingFile
    cycle: str


@dataclass(frozen=True, slots=True)
class Step:
    """Mutation: a service `do` with its inputs, check-ins, or the import of a file.

    Without `by`, its author is the demo itself.
    """

    key: str
    by: str | None = None
    do: Callable[..., Awaitable[MutationResult]] | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict)
    items: Sequence[CheckInRequest] = ()
    file: ForeignFile | None = None


def ref_to(key: str | None) -> Ref | None:
    """Return the reference to what has the key as its external id; None for None."""
    return Ref(external_id=key) if key else None
