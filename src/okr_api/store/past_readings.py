"""Load every reading of an organisation, and what was reported of its objectives, in small parts."""

from okr_api.okr.tree import Tree

from .mappers.check_in import reading_of
from .past_rows import fetch_in_parts
from .shadow_pool import ShadowConnection
from .time_slicing import TimeSlice
from .tree_loader import load_reports
from .tree_statements import LIVE, READING

READINGS = f"""
    select {READING.format(of="key_result_id")} from check_in said
    where organization_id = $1 and key_result_id is not null and {LIVE.format("said")}
"""


async def load_past_readings(connection: ShadowConnection, tree: Tree) -> None:
    """Load all live readings of a tree that has all key results; in a transaction, for its cursor."""
    for id in tree.key_results:
        tree.readings[id] = []
        tree.read_until.pop(id, None)
    time_slice = TimeSlice()
    for row in await fetch_in_parts(connection, READINGS, tree.organization.id):
        tree.readings[row["key_result_id"]].append(reading_of(row))
        await time_slice.pause()
    await load_reports(connection, tree, tree.objectives)
