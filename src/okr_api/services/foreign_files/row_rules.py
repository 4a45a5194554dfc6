"""Rules of a mapping applied to one record: drafts of rows, whose references are resolved at the end."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from okr_api.services.import_export.errors import RowIsUnclear

from .mapping_rules import Cell, KeyResultRule, ObjectiveRule, PersonRule, TeamRule
from .name_registry import NameRegistry
from .record_reader import RecordReader

Row = dict[str, Any]
CycleOf = tuple[str | None, date | None, date | None]


@dataclass(slots=True)
class Draft:
    """Row of the document to be, with the names that it refers to.

    `teams` are those of an objective or a person, or the parent of a team; `owners` are the leads of a team.
    `parents` is None if the mapping does not say them.
    """

    number: int
    row: Row
    also_known_as: str | None = None
    owners: list[str] | None = None
    teams: list[str] | None = None
    cycle: CycleOf = (None, None, None)
    parents: list[str] | None = None
    weight: float | None = None
    objective: str = ""
    leaf_only: bool = False
    only_drops: bool = False


def objective_draft(rule: ObjectiveRule, number: int, id: str, reader: RecordReader) -> Draft:
    """Return the draft of an objective."""
    row: Row = {"id": id, "title": reader.required(rule.title)}
    _put_texts(row, reader, rule, ("description", "visibility", "kind", "state"))
    score, unit = reader.number(rule.published_score)
    if score is not None:
        row["published_score"] = score / 100 if unit == "%" else score
    return Draft(
        number,
        row,
        also_known_as=reader.text(rule.also_known_as),
        owners=_owners(reader, rule),
        teams=_named(reader, rule.team),
        cycle=(reader.text(rule.cycle), reader.day(rule.starts_on), reader.day(rule.ends_on)),
        parents=_named(reader, rule.parents),
        weight=reader.number(rule.weight)[0],
        only_drops=rule.only_drops,
    )


def key_result_draft(rule: KeyResultRule, number: int, id: str, reader: RecordReader) -> Draft:
    """Return the draft of a key result; its unit is by default that of the cells with its numbers."""
    row: Row = {"id": id, "title": reader.required(rule.title)}
    _put_texts(row, reader, rule, ("description", "type", "direction", "state"))
    units: list[str] = []
    for name in ("start", "target", "current", "weight", "published_score"):
        source: Cell | None = getattr(rule, name)
        value, unit = reader.number(source)
        if source is None:
            continue
        if name == "published_score" and value is not None and unit == "%":
            value /= 100
        row[name] = value
        if unit and name in ("start", "target", "current"):
            units.append(unit)
    if len(set(units)) > 1:
        raise RowIsUnclear(f"Its values have different units: {', '.join(dict.fromkeys(units))}")
    unit = reader.text(rule.unit) or (units[0] if units else None)
    if unit or rule.unit is not None:
        row["unit"] = unit
    if rule.status is not None:
        row["current_status"] = reader.text(rule.status)
    if rule.due_on is not None:
        day = reader.day(rule.due_on)
        row["due_on"] = day.isoformat() if day else None
    if rule.labels is not None:
        row["labels"] = reader.texts(rule.labels)
    return Draft(
        number,
        row,
        also_known_as=reader.text(rule.also_known_as),
        owners=_named(reader, rule.owners),
        objective=reader.required(rule.objective),
        leaf_only=rule.only_without_parts,
    )


def person_draft(rule: PersonRule, number: int, id: str, reader: RecordReader, people: NameRegistry) -> Draft:
    """Return the draft of a person, who is known by id, name and e-mail address from then on."""
    row: Row = {"id": id, "name": reader.required(rule.name)}
    _put_texts(row, reader, rule, ("email", "role"))
    row["id"] = people.declare(id, (row.get("email"), row["name"]))
    return Draft(number, row, teams=_named(reader, rule.teams))


def team_draft(rule: TeamRule, number: int, id: str, reader: RecordReader, teams: NameRegistry) -> Draft:
    """Return the draft of a team, which is known by id and name from then on."""
    row: Row = {"id": id, "name": reader.required(rule.name)}
    row["id"] = teams.declare(id, (row["name"],))
    return Draft(number, row, teams=_named(reader, rule.parent), owners=_named(reader, rule.leads))


def _put_texts(row: Row, reader: RecordReader, rule: Any, names: tuple[str, ...]) -> None:
    """Put the texts of the sources that the rule has; an empty cell gives null for a description only."""
    for name in names:
        text = reader.text(getattr(rule, name))
        if text is not None or (name == "description" and getattr(rule, name) is not None):
            row[name] = text


def _named(reader: RecordReader, source: Cell | None) -> list[str] | None:
    return None if source is None else reader.texts(source)


def _owners(reader: RecordReader, rule: ObjectiveRule) -> list[str] | None:
    """Return the owners, and after them the contributors."""
    if rule.owners is None and rule.contributors is None:
        return None
    return [*reader.texts(rule.owners), *reader.texts(rule.contributors)]
