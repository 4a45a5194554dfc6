"""`cyclesGenerate` answers the year and its quarters, also when it is repeated, and none when it is rejected."""

from tests.serving import Client

SELECTED = "cycle { name children { name } } cycles { name startsOn endsOn state parent { name } }"


async def test_the_year_and_its_quarters_are_answered_in_order_also_by_a_retry(client: Client):
    input = {"year": 2150, "fiscalStartMonth": 10, "idempotencyKey": "once"}
    done = await client.do("cyclesGenerate", SELECTED, **input)
    year, quarters = "2150/51", [f"2150/51-Q{number}" for number in (1, 2, 3, 4)]
    assert done["cycle"] == {"name": year, "children": [{"name": name} for name in quarters]}
    assert [one["name"] for one in done["cycles"]] == [year, *quarters]
    assert done["cycles"][0] == {
        "name": year, "startsOn": "2150-10-01", "endsOn": "2151-09-30", "state": "DRAFT", "parent": None,
    }  # fmt: skip
    assert done["cycles"][4] == {
        "name": quarters[3], "startsOn": "2151-07-01", "endsOn": "2151-09-30", "state": "DRAFT",
        "parent": {"name": year},
    }  # fmt: skip
    again = await client.do("cyclesGenerate", SELECTED, **input)
    assert again == done | {"replayed": True}


async def test_no_cycle_is_answered_when_it_is_rejected(client: Client):
    done = await client.try_("cyclesGenerate", SELECTED, year=1800)
    assert (done["cycle"], done["cycles"], [one["path"] for one in done["errors"]]) == (None, [], [["year"]])
