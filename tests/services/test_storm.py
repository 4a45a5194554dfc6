"""The load test with small sizes: two processes of eight clients each on one database."""

from tests.services.storm import Report, Size, lay_out, rage

SMALL = Size(objectives=80, check_ins=640)


async def test_concurrent_clients_in_two_processes_lose_nothing_and_leave_no_gap(database_url: str):
    report = await rage(await lay_out(database_url, SMALL.objectives), SMALL)
    assert report == Report(report.check_ins, report.edits, report.refused, ())
    assert report.check_ins == SMALL.check_ins
    assert report.edits > 0
