"""Tree layout cache: layouts are kept between check-ins, and never beyond an edit."""

import pytest

from okr_api.okr.visibility import EVERYTHING, PUBLISHED, Visibility
from okr_api.query_engine.snapshot import Snapshot
from okr_api.query_engine.tree_layout import TreeLayout
from okr_api.query_engine.tree_query import MAX_LAYOUT_ROWS_KEPT, Extent, TreeLayoutCache, tree_of
from okr_api.query_engine.tree_selection import TreeSelection
from okr_api.services import alignments, key_results, objectives
from okr_api.store.database import new_id
from tests.acme import Acme

TOP, MIDDLE, BELOW = "Reach the summit", "Cross the glacier", "Pack the ropes"


class CachedLayout:
    """A small cycle with its layout: the cached one, compared with a new one."""

    def __init__(self, acme: Acme) -> None:
        self.acme = acme
        self.layouts = TreeLayoutCache()

    async def layout(self, *, visibility: Visibility = PUBLISHED) -> TreeLayout:
        """Return the layout from the cache; check that it equals a new one."""
        organization = self.acme.organization.id
        async with Snapshot(self.acme.database, organization, visibility=visibility) as snapshot:
            kept, anew = [
                await tree_of(snapshot, layouts, TreeSelection(cycle_id=self.acme.current_cycle), None)
                for layouts in (self.layouts, TreeLayoutCache())
            ]
        assert kept == anew
        return kept


@pytest.fixture
async def small(acme: Acme) -> CachedLayout:
    """Return a cycle of three objectives, one below the other, each with a key result."""
    await acme.cycle("Expedition")
    for title, under in ((TOP, None), (MIDDLE, "top"), (BELOW, "middle")):
        name = {TOP: "top", MIDDLE: "middle", BELOW: "below"}[title]
        await acme.objective(title, under, external_id=name)
        await acme.key_result(f"{title}, how far", name, external_id=f"k_{name}")
    return CachedLayout(acme)


async def test_a_check_in_and_its_retraction_leave_the_layout_as_it_is(small: CachedLayout):
    before = await small.layout()
    said = await small.acme.check_in("k_below", 40.0)
    await small.acme.retract(said)
    assert await small.layout() is before
    assert [depth for _, depth, _ in before.rows] == [0, 1, 2]


EDITS = {
    "made": lambda acme: acme.objective("A fourth", "top"),
    "moved": lambda acme: acme.move("below", "top"),
    "moved to nowhere": lambda acme: acme.move("below", None),
    "aligned twice": lambda acme: acme.align("below", "top"),
    "aligned to a key result": lambda acme: acme.move("below", "k_top"),
    "not aligned": lambda acme: acme.done(alignments.unalign, objective="below", parent="middle"),
}


@pytest.mark.parametrize("edit", EDITS)
async def test_an_edit_is_seen_at_once(small: CachedLayout, edit: str):
    before = await small.layout()
    await EDITS[edit](small.acme)
    assert await small.layout() != before


async def test_what_hangs_on_a_key_result_moves_with_it(small: CachedLayout):
    await small.acme.move("below", "k_middle")
    before = await small.layout()
    await small.acme.done(key_results.move_key_result, key_result="k_middle", objective="top")
    assert [depth for _, depth, _ in (await small.layout()).rows] != [depth for _, depth, _ in before.rows]


async def test_a_draft_is_laid_out_for_its_editors_until_it_is_published(small: CachedLayout):
    draft = await small.acme.objective("Ask the guides", "top", draft=True, external_id="guides")
    assert draft.hex not in {id for id, _, _ in (await small.layout()).rows}
    assert draft.hex in {id for id, _, _ in (await small.layout(visibility=EVERYTHING)).rows}
    await small.acme.key_result("Questions asked", "guides")
    await small.acme.done(objectives.publish_objective, objective="guides")
    assert draft.hex in {id for id, _, _ in (await small.layout()).rows}


async def test_a_restored_database_has_another_past(small: CachedLayout):
    before = await small.layout()
    await small.acme.fetch("update feed_head set plan_recorded_at = plan_recorded_at - interval '1 second'")
    assert await small.layout() is not before


def test_so_many_rows_are_kept_and_those_go_that_were_asked_for_longest_ago():
    layouts, third = TreeLayoutCache(), MAX_LAYOUT_ROWS_KEPT // 3 - 1
    extents = [Extent(new_id(), PUBLISHED, TreeSelection(new_id()), None) for _ in range(5)]
    large = TreeLayout([], [("", 0, [])] * third)
    for extent in extents[:3]:
        layouts.keep(extent, "1", large)
    assert layouts.get(extents[0], "1") is large
    layouts.keep(extents[3], "1", large)
    assert [layouts.get(extent, "1") is large for extent in extents] == [True, False, True, True, False]
    layouts.keep(extents[4], "1", TreeLayout([], [("", 0, [])] * (MAX_LAYOUT_ROWS_KEPT + 1)))
    assert [layouts.get(extent, "1") for extent in extents] == [None] * 5


def test_empty_layouts_take_room_as_well():
    layouts, organization = TreeLayoutCache(), new_id()
    extents = [
        Extent(organization, PUBLISHED, TreeSelection(root_id=organization), depth)
        for depth in range(MAX_LAYOUT_ROWS_KEPT + 1)
    ]
    for extent in extents:
        layouts.keep(extent, "1", TreeLayout([], []))
    assert layouts.get(extents[0], "1") is None
    assert layouts.get(extents[-1], "1") == TreeLayout([], [])


def test_at_another_position_nothing_is_known():
    layouts, extent = TreeLayoutCache(), Extent(new_id(), PUBLISHED, TreeSelection(new_id()), None)
    layouts.keep(extent, "1", TreeLayout([], []))
    assert layouts.get(extent, "2") is None
