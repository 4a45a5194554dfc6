"""Frozen rules of cycles in files: read those of an export, and freeze cycles that an import closes."""

from dataclasses import replace

from okr_api.okr.calendar import time_zone
from okr_api.okr.cycle import Cycle, CycleState
from okr_api.okr.frozen_rules import THRESHOLDS, FrozenRules
from okr_api.scoring.frozen_rules import RULES_VERSION, has_former_rules, rules_at_closing

from .cadences import read_holidays
from .errors import required
from .import_row import ImportRow
from .import_session import ImportSession
from .row_parser import ParsedRow

NAME = "rules"


def read_rules(entry: ImportRow[Cycle]) -> FrozenRules | None:
    """Return the rules in a row of an export, the ones already known for any other row.

    Raises:
        RowIsUnclear: something of them is missing.
        InvalidInput: the time zone or the holidays are unknown.
    """
    if not (entry.full and entry.line.has(NAME)):
        return entry.known.rules if entry.known else None
    line = entry.line.line(NAME)
    if line is None:
        return None
    return FrozenRules(
        version=line.count("version", RULES_VERSION, least=1),
        at=required(line.instant("at"), "at"),
        time_zone=time_zone(required(line.text("time_zone"), "time_zone")).key,
        holiday_calendar=read_holidays(line, "holiday_calendar", None),
        **{name: _threshold(line, name) for name in THRESHOLDS},
        objective_count=line.count("objective_count", 0),
        aligned_count=line.count("aligned_count", 0),
    )


def _threshold(line: ParsedRow, name: str) -> float:
    return required(line.number(name), name)


def freeze_cycles(session: ImportSession, entries: list[ImportRow[Cycle]]) -> None:
    """Give the cycles that the file closes what they are closed under, unless an export says it.

    Their numbers are computed here, so that they are by the present version of the rules.
    """
    tree = session.work.tree
    for entry in entries:
        cycle = tree.cycles.get(entry.id)
        if cycle is None or cycle.state is not CycleState.CLOSED:
            continue
        before = tree.cycles.before(cycle.id)
        if before is not None and before.state is CycleState.CLOSED:
            continue
        if cycle.rules is None:
            inside = [each.id for each in tree.objectives.values() if each.cycle_id == cycle.id]
            tree.cycles[cycle.id] = replace(cycle, rules=rules_at_closing(tree, inside, session.now))
        elif has_former_rules(cycle):
            message = f"{cycle.name} was closed under version {cycle.rules.version} of the rules of scoring; "
            message += f"its numbers are computed by version {RULES_VERSION}"
            session.report.warn(entry.line.place, "RULES_DIFFER", message)
            tree.cycles[cycle.id] = replace(cycle, rules=replace(cycle.rules, version=RULES_VERSION))
