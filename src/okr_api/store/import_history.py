"""Write an import's history by COPY: versions, changes, check-ins. Set instants after now back to now."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlmodel import SQLModel

from okr_api.okr.change import Change
from okr_api.okr.check_in import CheckIn
from okr_api.okr.people import Organization

from . import tables
from .bulk_insert import copy_rows
from .bulk_write import Postgres
from .change_writer import append_past_changes
from .entity_tables import ENTITY_TABLES
from .mappers.alignment import alignment_row
from .mappers.check_in import check_in_row
from .mappers.organization import organization_row
from .organizations import forget_versions, save_organization
from .tables import table_of

T = TypeVar("T")

RECORDED = (
    "recorded_at",
    "effective_at",
    "created_at",
    "announced_at",
    "told_until",
)  # columns that are set from the clock
# Stand for sections, though a file has one organisation, and alignments within objectives.
ORGANIZATION, ALIGNMENTS = "organization", "alignments"
FEED_BEGINS = "update feed_head set oldest_seq = $2 where organization_id = $1"


@dataclass(frozen=True, slots=True)
class Version(Generic[T]):
    """Version of a definition from a `seq` on and its recorded instant; `ended` marks removed alignments."""

    word: T
    seq: int
    recorded_at: datetime
    ended: bool = False


class Versions(dict[str, list[Version[Any]]]):
    """Versions of all definitions by section, `ORGANIZATION` or `ALIGNMENTS`; oldest first."""

    def __missing__(self, section: str) -> list[Version[Any]]:
        return self.setdefault(section, [])


async def append_versions(connection: Postgres, organization: Organization, earlier: Versions) -> None:
    """Append versions from before the import."""
    owner = {"organization_id": organization.id}
    for table in ENTITY_TABLES.values():
        versions = earlier[table.entity.section]
        rows = (table.row_of(version.word, organization) | _stamp(version) for version in versions)
        await copy_rows(connection, table.versions, rows, owner)
    own = (organization_row(version.word) | _stamp(version) for version in earlier[ORGANIZATION])
    await copy_rows(connection, table_of(tables.OrganizationVersionRow), own, owner)
    edges = (
        alignment_row(version.word) | _stamp(version) | {"ended": version.ended}
        for version in earlier[ALIGNMENTS]
    )
    await copy_rows(connection, table_of(tables.AlignmentVersionRow), edges, owner)


def stamps_of(present: Versions) -> dict[UUID | tuple[UUID, UUID], dict[str, Any]]:
    """Return `seq` and `recorded_at` to save versions with, by id or by the alignment's key."""
    return {
        version.word.key if section == ALIGNMENTS else version.word.id: _stamp(version)
        for section, versions in present.items()
        for version in versions
    }


def _stamp(version: Version[Any]) -> dict[str, Any]:
    return {"seq": version.seq, "recorded_at": version.recorded_at}


async def append_decisions(
    connection: Postgres, organization_id: UUID, changes: Sequence[Change], *, feed_from: int
) -> None:
    """Append changes from before the import, which are history only; the feed begins at `feed_from`."""
    await append_past_changes(connection, organization_id, changes)
    await connection.execute(FEED_BEGINS, organization_id, feed_from)


async def append_check_ins(
    connection: Postgres,
    organization_id: UUID,
    check_ins: Iterable[CheckIn],
    *,
    on_copied: Callable[[int], None],
) -> None:
    """Append check-ins, each after the one that it supersedes; call `on_copied` with the count so far."""
    table, owner = table_of(tables.CheckInRow), {"organization_id": organization_id}
    await copy_rows(connection, table, map(check_in_row, check_ins), owner, on_copied=on_copied)


async def adopt(
    connection: Postgres, organization: Organization, present: Sequence[Version[Organization]], change: Change
) -> None:
    """Save what an organisation takes over from an export: as its version there, or as one of the change."""
    seq, recorded_at = change.seq, change.recorded_at
    if present:
        await forget_versions(connection, organization.id)
        seq, recorded_at = present[-1].seq, present[-1].recorded_at
    await save_organization(connection, organization, seq=seq, recorded_at=recorded_at)


async def bring_back_to(connection: Postgres, organization_id: UUID, now: datetime) -> None:
    """Set every recorded instant of the organisation that lies after `now` to `now`."""
    for table in SQLModel.metadata.sorted_tables:
        columns = [name for name in RECORDED if name in table.columns and "organization_id" in table.columns]
        if columns:
            values = ", ".join(f"{name} = least({name}, $2)" for name in columns)
            late = " or ".join(f"{name} > $2" for name in columns)
            await connection.execute(
                f'update "{table.name}" set {values} where organization_id = $1 and ({late})',
                organization_id,
                now,
            )
