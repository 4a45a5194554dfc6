"""Tree layout cache: layouts are kept between check-ins, and never beyond an edit."""

from uuid import UUID

import pytest

from okr_api.okr.entity import NodeType
from okr_api.okr.visibility import EVERYTHING, PUBLISHED, Visibility
from okr_api.query_engine.global_ids import encode_id
from okr_api.query_engine.snapshot import Snapshot
from okr_api.query_engine.tree_layout import TreeLayout
from okr_api.query_engine.tree_layout_cache import MAX_LAYOUT_ROWS_KEPT, Extent, TreeLayoutCache
from okr_api.query_engine.tree_query import tree_of
from okr_api.query_engine.tree_selection import TreeSelection
from okr_api.services import alignments, key_results, objectives
from okr_api.store.database import new_id
from tests.acme import Acme
from tests.restricting import restrict

TOP, MIDDLE, BELOW = "Reach the summit", "Cross the glacier", "Pack the ropes"
NAMES = ("top", "middle", "below")
NONE: frozenset[str] = frozenset()


async def digits_by_name(acme: Acme) -> dict[str, str]:
    """Return the ids of the objectives of the small cycle as hex digits."""
    rows = await acme.fetch("select id, external_id from objective where external_id = any($1)", list(NAMES))
    return {row["external_id"]: row["id"].hex for row in rows}


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
    layouts, third = TreeLayoutCache(), MAX_LAYOUT_ROWS_KEPT // 3 - 2  # with the pivots of each
    extents = [Extent(new_id(), False, TreeSelection(new_id()), None) for _ in range(5)]
    large = TreeLayout([], [("", 0, [])] * third)
    for extent in extents[:3]:
        layouts.keep(extent, "1", NONE, NONE, large)
    assert layouts.get(extents[0], "1", NONE) is large
    layouts.keep(extents[3], "1", NONE, NONE, large)
    kept = [layouts.get(extent, "1", NONE) is large for extent in extents]
    assert kept == [True, False, True, True, False]
    layouts.keep(extents[4], "1", NONE, NONE, TreeLayout([], [("", 0, [])] * (MAX_LAYOUT_ROWS_KEPT + 1)))
    assert [layouts.get(extent, "1", NONE) for extent in extents] == [None] * 5


def test_empty_layouts_take_room_as_well():
    layouts, organization = TreeLayoutCache(), new_id()
    extents = [
        Extent(organization, False, TreeSelection(root_id=organization), depth)
        for depth in range(MAX_LAYOUT_ROWS_KEPT)
    ]
    for extent in extents:
        layouts.keep(extent, "1", NONE, NONE, TreeLayout([], []))
    assert layouts.get(extents[0], "1", NONE) is None
    assert layouts.get(extents[-1], "1", NONE) == TreeLayout([], [])


def test_at_another_position_nothing_is_known():
    layouts, extent = TreeLayoutCache(), Extent(new_id(), False, TreeSelection(new_id()), None)
    layouts.keep(extent, "1", NONE, NONE, TreeLayout([], []))
    assert layouts.get(extent, "2", NONE) is None


def test_people_from_whom_the_same_is_hidden_share_a_layout():
    """Only hidden objectives that have others beneath them make a difference."""
    layouts, extent = TreeLayoutCache(), Extent(new_id(), False, TreeSelection(new_id()), None)
    pivots, whole, less = {"top", "middle"}, TreeLayout(["top"], []), TreeLayout(["below"], [])
    layouts.keep(extent, "1", pivots, NONE, whole)
    layouts.keep(extent, "1", pivots, {"top", "elsewhere"}, less)
    assert layouts.get(extent, "1", {"leaf", "elsewhere"}) is whole
    assert layouts.get(extent, "1", {"top", "leaf"}) is less
    assert layouts.get(extent, "1", {"top", "middle"}) is None


async def test_a_hidden_objective_leaves_the_tree_and_what_is_beneath_it_stays(small: CachedLayout):
    acme, ann, ben = (
        small.acme,
        Visibility(True, False, small.acme.ann),
        Visibility(True, False, small.acme.ben),
    )
    whole = await small.layout(visibility=ann)
    await restrict(acme, "middle", acme.ben)
    seen = await digits_by_name(acme)
    at_ann, at_ben = await small.layout(visibility=ann), await small.layout(visibility=ben)
    assert at_ben == whole
    assert [(id, depth) for id, depth, _ in at_ann.rows] == [(seen["top"], 0), (seen["below"], 1)]
    assert at_ann.rows[1][2] == [encode_id(NodeType.OBJECTIVE, UUID(seen["top"]))]
    await restrict(acme, "below", acme.ben)
    assert [id for id, _, _ in (await small.layout(visibility=ann)).rows] == [seen["top"]]
    await restrict(acme, "top", acme.ann)
    assert [id for id, _, _ in (await small.layout(visibility=ann)).rows] == [seen["top"]]
    rows = (await small.layout(visibility=ben)).rows
    assert [(id, depth) for id, depth, _ in rows] == [(seen["middle"], 0), (seen["below"], 1)]


async def test_a_hidden_leaf_takes_no_layout_of_its_own(small: CachedLayout):
    acme = small.acme
    for number, person in enumerate((acme.ann, acme.ben, acme.cem)):
        await acme.objective(f"Private {number}", "below", external_id=f"private_{number}")
        await restrict(acme, f"private_{number}", person)
    kept = []
    for person in (acme.ann, acme.ben, acme.cem):
        layout = await small.layout(visibility=Visibility(True, False, person))
        assert len(layout.rows) == 4
        kept.append(small.layouts.rows)
    assert kept == [kept[0]] * 3
