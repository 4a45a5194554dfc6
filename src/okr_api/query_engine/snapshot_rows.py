"""Rows of a snapshot as the store's loaders read them, to load parts of a tree for scoring."""

from typing import Any

from okr_api.okr.tree import Tree
from okr_api.store.mappers.organization import organization_of
from okr_api.store.time_slicing import mapped

from .global_ids import row_with_ids
from .snapshot import Snapshot

ORGANIZATION = "select * from organization where id = $1"


class SnapshotRows:
    """Rows of a snapshot with ids as `UUID`, as the store's loaders read them."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    async def fetch(self, query: str, /, *parameters: Any) -> list[Any]:
        """Return the rows of a statement whose first parameter is the organisation."""
        organization_id, *others = parameters
        assert organization_id == self.snapshot.organization_id
        return await mapped(row_with_ids, await self.snapshot.fetch(query, *others))


async def new_tree(rows: SnapshotRows) -> Tree:
    """Return a tree of the organisation without nodes."""
    [organization] = await rows.fetch(ORGANIZATION, rows.snapshot.organization_id)
    return Tree(organization_of(organization))
