"""Cost follows work: the charged cost, compared with the CPU time of the service, on a small organisation."""

from functools import partial

from bench.cost_cases import cases
from bench.costs import Figure, compared, figures, make_changes
from bench.filling import fill, marks_of
from bench.organization import Sizes, now
from bench.processes import cpu_seconds_beneath
from okr_api.graphql.schema import schema
from okr_api.graphql.work_cost import COST_PER_MS
from tests.conftest import Server

SMALL = Sizes(objectives=400, key_results=1_400, check_ins=2_000, trees=4, people=50)
MOST_SPREAD = 40  # three times the spread on a quiet machine
MOST_MS_PER_1_000 = 3 * 1_000 / COST_PER_MS
READ_AS_OTHERS = {
    "person",
    "absence",
    "commentPreview",
    "team",
    "teamMembership",
    "cycle",
    "keyResult",
    "priority",
    "metric",
    "metricReading",
    "initiative",
    "checkInDraft",
    "dependency",
    "roadblock",
    "meeting",
    "decision",
    "experiment",
    "lesson",
    "reviewRecord",
    "pulse",
    "tokens",
    "webhook",
    "webhooks",
    "webhookDryRun",
}  # as `objective`, and as `people`


def postgres_s(server: Server, database: str) -> float:
    """Return the CPU time of the connections to a database; 0 if the server is not embedded."""
    if server.embedded is None:
        return 0.0
    file = server.embedded.data_dir / "postgres" / "postmaster.pid"
    return cpu_seconds_beneath(int(file.read_text().split()[0]), database)


def is_too_far(server: Server, found: list[Figure]) -> bool:
    """Return whether CPU times are too far from the costs, or from each other."""
    spread = compared(found)
    return spread[-1] > MOST_MS_PER_1_000 or (
        server.embedded is not None and spread[-1] / spread[0] > MOST_SPREAD
    )


async def test_cost_follows_work(server: Server):
    async with server.copy_of() as name:
        url = server.url_of(name)
        await fill(url, SMALL, 1, now(), said=lambda line: None)
        marks = await marks_of(url)
        await make_changes(url, marks, 2_000)
        for times in (1, 3):  # more often only if the machine was busy
            measured = figures(url, marks, partial(postgres_s, server, name), times=times)
            found = [one async for one in measured]
            if not is_too_far(server, found):
                break
    assert [(one.case, one.errors, one.requested) for one in found if one.errors] == []
    assert {one.case for one in found} == {one.name for one in cases(marks, 0)}
    assert len(compared(found)) > len(found) // 4
    assert not is_too_far(server, found), [one.row() for one in found]


async def test_every_root_field_is_among_the_documents(server: Server):
    async with server.copy_of() as name:
        await fill(server.url_of(name), Sizes(8, 16, 16, 2, 3), 1, now(), said=lambda line: None)
        marks = await marks_of(server.url_of(name))
    text = " ".join(case.text for case in cases(marks, 0))
    query = schema._schema.query_type
    assert query is not None
    assert [field for field in query.fields if field not in text and field not in READ_AS_OTHERS] == []
