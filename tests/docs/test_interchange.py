"""docs/interchange.md lists every section of a file."""

from okr_api.services.import_export.file_format import SECTIONS
from tests.docs.named import CODE, rows_of


def test_the_table_has_every_section():
    listed = [CODE.findall(name)[:1] for name, *_ in rows_of("docs/interchange.md")]
    assert [name for name in SECTIONS if [name] not in listed] == []
