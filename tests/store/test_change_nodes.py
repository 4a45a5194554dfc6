"""The list of changes by node: written with each change, compared with it by `verify`, repaired by `recount`."""

from uuid import UUID

import pytest

from okr_api.okr.author import Author
from okr_api.okr.change import Change, Delta
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.computed_values import Status
from okr_api.okr.entity import NodeType
from okr_api.services.number_repair import recount_organization
from okr_api.store import change_nodes
from okr_api.store.bulk_write import MAX_STATEMENT_ROWS, Batch
from okr_api.store.change_nodes import MAX_LISTING_DIFFERENCES, ListingDifference, listing_differences
from okr_api.store.change_writer import append_changes
from tests.acme import Acme

AUTHOR = Author("tests")
LISTED = "select node_id, is_direct from change_node where seq = $1"


def delta(number: int) -> Delta:
    return Delta(NodeType.OBJECTIVE, UUID(int=number), 0.25, 0.5, Status.AT_RISK, Status.ON_TRACK)


@pytest.mark.parametrize(("related", "moved"), ((2, 3), (1_200, 2_500), (MAX_STATEMENT_ROWS + 7, 0)))
async def test_each_node_of_a_change_is_listed_once_however_many_there_are(
    acme: Acme, related: int, moved: int
):
    """The first node is the change's own, and some of the related ones are moved as well."""
    ids = [UUID(int=number) for number in range(1, related + 1)]
    deltas = [delta(number) for number in range(related // 2, related // 2 + moved)]
    seqs = (10_001, 10_002)
    at = (await acme.change())["recorded_at"]
    changes = [
        Change(
            seq, at, ChangeKind.CYCLE_UPDATED, AUTHOR, NodeType.CYCLE, acme.quarter,
            related_ids=tuple(ids), deltas=tuple(deltas),
        )
        for seq in seqs
    ]  # fmt: skip
    direct = {acme.quarter, *ids}
    async with acme.database.writing(acme.organization.id) as connection:
        batch = Batch(connection)
        await append_changes(batch, acme.organization.id, changes)
        await batch.write()
        for seq in seqs:
            listed = {row["node_id"]: row["is_direct"] for row in await connection.fetch(LISTED, seq)}
            assert listed == {each.node_id: False for each in deltas} | dict.fromkeys(direct, True)
        assert await listing_differences(connection, acme.organization.id) == []


async def test_what_is_listed_wrongly_is_found_and_repaired_without_a_change(acme: Acme):
    await acme.check_in("macros", 5)
    seq = await acme.seq()
    await acme.fetch("delete from change_node where seq = $1 and node_id = $2", seq, acme.macros)
    await acme.fetch("update change_node set is_direct = true where seq = $1 and node_id = $2", seq, acme.customers_stay)  # fmt: skip
    await acme.fetch("insert into change_node values ($1, $2, true, $3)", acme.organization.id, acme.ann, seq)
    found = await acme.verify()
    assert sorted(found, key=str) == sorted(
        [
            ListingDifference(seq, acme.macros, is_direct=True, is_missing=True),
            ListingDifference(seq, acme.customers_stay, is_direct=False, is_missing=True),
            ListingDifference(seq, acme.customers_stay, is_direct=True, is_missing=False),
            ListingDifference(seq, acme.ann, is_direct=True, is_missing=False),
        ],
        key=str,
    )
    before = await acme.tables()
    tried = await recount_organization(acme.database, acme.organization.id, author=AUTHOR, dry_run=True)
    assert (tried.differences, tried.seq, await acme.tables()) == (found, None, before)
    repair = await recount_organization(acme.database, acme.organization.id, author=AUTHOR)
    assert (repair.differences, repair.seq) == (found, None)
    assert await acme.verify() == []
    assert await acme.tables("change_node") == {
        name: rows for name, rows in before.items() if name != "change_node"
    }


async def test_a_recount_repairs_numbers_and_the_list_at_once(acme: Acme):
    await acme.check_in("macros", 5)
    await acme.fetch("delete from change_node")
    await acme.fetch("update key_result set progress = 0.123 where id = $1", acme.macros)
    repair = await recount_organization(acme.database, acme.organization.id, author=AUTHOR)
    assert repair.seq == await acme.seq()
    assert await acme.verify() == []


async def test_so_many_differences_are_returned_at_most(acme: Acme):
    await acme.fetch(
        "insert into change_node select $1, $2, true, 1000 + n from generate_series(0, $3) n",
        acme.organization.id,
        acme.ann,
        MAX_LISTING_DIFFERENCES,
    )
    assert len(await acme.verify()) == MAX_LISTING_DIFFERENCES
    await recount_organization(acme.database, acme.organization.id, author=AUTHOR)
    assert await acme.verify() == []


async def test_the_list_of_another_organisation_stays_as_it_is(acme: Acme):
    other = UUID(int=1)
    async with acme.database.across() as connection:
        await connection.execute(
            "insert into change_node values ($1, $2, true, 1), ($1, $2, false, 2)", other, acme.macros
        )
        await change_nodes.repair_listing(connection, acme.organization.id)
        assert await listing_differences(connection, acme.organization.id) == []
        assert len(await connection.fetch("select from change_node where organization_id = $1", other)) == 2
