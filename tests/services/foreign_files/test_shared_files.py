"""Every file of ../shared/data/csv comes in by its mapping, twice without a difference."""

import pytest

from tests.services.foreign_files.tables import CSV, bring, shared_file
from tests.services.import_export.files import by_name, exported

EXAMPLES = {
    "inquirer-cy22q2.appfire": {"objectives": 6, "key_results": 12},
    "sourcegraph-cy19q4.appfire": {"objectives": 24, "key_results": 42},
}


@pytest.mark.parametrize(("name", "counts"), EXAMPLES.items())
async def test_an_example_comes_in_twice_without_a_difference(place, name, counts):
    content = shared_file(CSV / "examples" / f"{name}.csv")
    report = await bring(place, content, "appfire-okr-for-jira", namespace=name)
    assert report.errors == []
    assert {section: report.counts[section].created for section in counts} == counts
    before = await exported(place)
    again = await bring(place, content, "appfire-okr-for-jira", namespace=name)
    assert (again.changed, again.seq) == (False, None)
    assert await exported(place) == before
    assert await place.verify() == []
