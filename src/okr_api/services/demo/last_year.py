"""Demo of an import: the sheet in which the company kept its goals last year, its mapping, and the steps."""

from pathlib import Path

from okr_api.services import cycles
from okr_api.services.foreign_files.mapping_file import read_mapping

from .company import DIRECTOR
from .dates import Calendar
from .steps import ForeignFile, Step, ref_to

SHEET = Path(__file__).with_name("goals-of-last-year.csv")
MAPPING = Path(__file__).with_name("goals-of-last-year.mapping.json")


def last_year_steps(calendar: Calendar) -> list[Step]:
    """Return the steps that import the sheet, whose rows name no period, as last year, and close that."""
    mapping, year = read_mapping(MAPPING), calendar.last_year.key
    imported = f"{mapping.namespace}:{year}"  # the external id that the importer gives the cycle
    return [
        Step(f"import {SHEET.name}", file=ForeignFile(SHEET, mapping, year)),
        Step(f"close {imported}", DIRECTOR, cycles.close_cycle, {"cycle": ref_to(imported)}),
    ]
