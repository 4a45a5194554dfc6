"""Closed cycles in files: an export says what they were closed under, and an import closes under the present."""

import copy
import json
from typing import Any

from okr_api.auth.actor import Scope
from okr_api.pubsub.notifier import ChangeNotifier
from okr_api.scoring.frozen_rules import RULES_VERSION
from okr_api.services import cycles
from okr_api.services.organization import edit_organization
from okr_api.store.database import Database
from tests.acme import Workplace
from tests.services.import_export.files import bring, contents, exported, quarter, told
from tests.services.lived_in_quarter import close, live


async def rules_of(place: Workplace, external_id: str) -> dict[str, Any] | None:
    [row] = await place.fetch(
        "select rules from cycle where organization_id = $1 and external_id = $2",
        place.organization.id,
        external_id,
    )
    found: dict[str, Any] | None = row["rules"]
    return found


async def closed_elsewhere(database: Database, wakeups: ChangeNotifier) -> Workplace:
    """Return an organisation that has moved to another time zone since it closed a quarter."""
    place = await Workplace.found(database, wakeups, "Lived in")
    await live(place)
    await close(place)
    edits = {"time_zone": "Pacific/Auckland", "holiday_calendar": None}
    await place.done(edit_organization, edits=edits, scope=Scope.ADMIN)
    return place


async def test_an_export_restores_the_numbers_of_closed_cycles(database: Database, wakeups: ChangeNotifier):
    place = await closed_elsewhere(database, wakeups)
    await place.done(cycles.reopen_cycle, cycle="q:q1", reason="Once more")
    await place.done(cycles.close_cycle, cycle="q:q1", not_measured_reason="Nobody looked")
    await place.done(edit_organization, edits={"time_zone": "Europe/Berlin"}, scope=Scope.ADMIN)
    written = await exported(place)
    copied = await Workplace.found(database, wakeups, "Copy")
    assert not (await bring(copied, json.loads(written))).errors
    assert await exported(copied) == written
    assert await contents(copied) == await contents(place)
    rules = await rules_of(copied, "q:q1")
    assert rules is not None
    assert rules["time_zone"] == "Pacific/Auckland"
    assert await copied.verify() == []


async def test_numbers_of_a_file_that_other_rules_closed_are_by_the_present_version(
    database: Database, wakeups: ChangeNotifier
):
    place = await closed_elsewhere(database, wakeups)
    document = json.loads(await exported(place))
    [row] = [row for row in document["cycles"] if row["id"] == "q:q1"]
    row["rules"]["version"] = RULES_VERSION + 1
    copied = await Workplace.found(database, wakeups, "Copy")
    report = await bring(copied, document)
    assert [(line.code, line.message) for line in report.rows if line.code == "RULES_DIFFER"] == [
        (
            "RULES_DIFFER",
            "2026-Q1 was closed under version 2 of the rules of scoring; its numbers are computed by version 1",
        )
    ]
    rules = await rules_of(copied, "q:q1")
    assert rules is not None
    assert (rules["version"], rules["time_zone"]) == (RULES_VERSION, "Europe/Berlin")
    assert await copied.verify() == []


async def test_rules_that_are_wrong_are_refused(database: Database, wakeups: ChangeNotifier):
    document = json.loads(await exported(await closed_elsewhere(database, wakeups)))
    copied = await Workplace.found(database, wakeups, "Copy")
    for name, value, code in (
        ("time_zone", "Europe/Nowhere", "INVALID_INPUT"),
        ("at", "yesterday", "ROW_IS_UNCLEAR"),
        ("green_from", None, "ROW_IS_UNCLEAR"),
        ("version", 0, "ROW_IS_UNCLEAR"),
        ("holiday_calendar", {"country": "XX"}, "INVALID_INPUT"),
    ):
        wrong = copy.deepcopy(document)
        [row] = [row for row in wrong["cycles"] if row["id"] == "q:q1"]
        row["rules"][name] = value
        report = await bring(copied, wrong)
        assert (report.refused, code in {line.code for line in report.errors}) == (True, True), name


async def test_a_file_closes_cycles_under_the_present_rules(database: Database, wakeups: ChangeNotifier):
    place = await Workplace.found(database, wakeups, "Plain")
    row = {"id": "C1", "name": "2026-Q2", "start": "2026-04-01", "end": "2026-06-30", "state": "CLOSED"}
    said = {"version": 7, "time_zone": "Asia/Tokyo"}  # only exports have it
    report = await bring(place, quarter(cycles=[row | {"rules": said}]))
    assert not report.errors, told(report)
    rules = await rules_of(place, "small:C1")
    assert rules is not None
    assert (rules["version"], rules["time_zone"], rules["objective_count"], rules["aligned_count"]) == (
        RULES_VERSION, "Europe/Berlin", 1, 0,
    )  # fmt: skip
    assert await place.verify() == []
    await place.done(edit_organization, edits={"time_zone": "Asia/Tokyo"}, scope=Scope.ADMIN)
    assert not (await bring(place, quarter(cycles=[row]))).changed
    assert await rules_of(place, "small:C1") == rules
