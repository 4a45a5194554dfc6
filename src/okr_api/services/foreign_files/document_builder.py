"""Build a document of the interchange format from the records of a table, by the rules of a mapping."""

from dataclasses import dataclass, field
from typing import Any

from okr_api.okr.errors import Refused
from okr_api.services.import_export.errors import RowIsUnclear
from okr_api.services.import_export.import_row import Matched
from okr_api.services.import_export.json_values import UnreadableRow
from okr_api.services.import_export.plurals import quantity
from okr_api.services.import_export.report import ImportReport

from .decimal_rule import infer_decimal
from .known_names import KnownNames
from .mapping_file import Mapping
from .mapping_rules import KeyResultRule, ObjectiveRule, PersonRule, Rule, TeamRule
from .name_registry import CycleRegistry, NameRegistry
from .node_index import NodeIndex
from .record_reader import REPEATED, RecordReader
from .row_rules import Draft, key_result_draft, objective_draft, person_draft, team_draft
from .rule_matcher import RuleMatcher
from .source_table import Record, SourceTable, column_key
from .tree_columns import TreeColumns

ROW, ABOVE = "@row", "@above"
SECTION_OF: dict[type[Rule], str] = {
    TeamRule: "teams",
    PersonRule: "people",
    ObjectiveRule: "objectives",
    KeyResultRule: "key_results",
}


@dataclass
class DocumentBuilder:
    """Builder of a document; `numbers` has the row in the file of each row of a section, in their order."""

    mapping: Mapping
    table: SourceTable
    known: KnownNames
    default_cycle: str | None
    report: ImportReport
    drafts: dict[str, list[Draft]] = field(default_factory=dict)
    numbers: dict[str, list[int]] = field(default_factory=dict)
    unfit: dict[str, tuple[int, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.drafts = {section: [] for section in SECTION_OF.values()}
        self.people = NameRegistry("people", self.known)
        self.teams = NameRegistry("teams", self.known)
        self.cycles = CycleRegistry(self.known, self.default_cycle)
        self.nodes = NodeIndex()
        self.tree = TreeColumns(self.mapping.tree)
        self.above: str | None = None
        self.decimal: str | None = None
        self.kept = set[str | None]()

    @property
    def matched(self) -> Matched:
        """Return the entities of the organisation that rows name, for the importer."""
        return {
            "people": self.people.matched,
            "teams": self.teams.matched,
            "cycles": self.cycles.matched,
        }

    def build(self) -> dict[str, Any]:
        """Return the document; what did not fit is in the report."""
        records = list(self.table.records)
        self.decimal = self.mapping.decimal or infer_decimal(self.mapping.rules, records)
        if self.decimal == "," and self.mapping.decimal is None:
            self.report.note("file", "DECIMAL_COMMA", "Numbers are read with a decimal comma, as some have")
        self.rules = RuleMatcher(self.mapping, self.table.names, self.decimal)
        for record in records:
            self._take(record)
        self.kept = {each.row.get("id") for each in self.drafts["objectives"] if not each.only_drops}
        document: dict[str, Any] = {}
        for section in ("objectives", "key_results", "people", "teams"):
            kept = [draft for draft in self.drafts[section] if self._resolve(section, draft)]
            document[section] = [draft.row for draft in kept]
            self.numbers[section] = [draft.number for draft in kept]
        document["people"] += self.people.rows.values()
        document["teams"] += self.teams.rows.values()
        document["cycles"] = self.cycles.rows()
        document["team_members"] = [
            {"id": f"{team}/{person}", "team_id": team, "person_id": person, "role": role}
            for (team, person), role in self.nodes.memberships.items()
        ]
        self._note_columns()
        return {section: rows for section, rows in document.items() if rows}

    def _take(self, record: Record) -> None:
        """Make the drafts of a record, or a warning that no rule fits it."""
        cells = record.cells
        cells[ROW] = record.number
        self.tree.add(record)
        if self.above is not None:
            cells[ABOVE] = self.above
        fitting, used = self.rules.fitting(record)
        for rule, reader in fitting:
            self._draft(rule, record, reader)
            used.update(map(reader.key, rule.columns))  # also those after one that is broken
        if record.problem is not None:
            return
        if not fitting:
            self.report.warn(
                f"row {record.number}",
                "ROW_IGNORED",
                f"No rule of the mapping fits it: {self.rules.conditions_of(record)}",
            )
        for key, value in cells.items():
            if key not in used and not key.startswith("@") and key not in self.tree.columns:
                count, sample = self.unfit.get(key, (0, str(value)))
                self.unfit[key] = (count + 1, sample)

    def _draft(self, rule: Rule, record: Record, reader: RecordReader) -> None:
        """Add the draft of a rule; one that cannot be read is rejected by the importer, with its reason."""
        section = SECTION_OF[type(rule)]
        id: str | None = None
        try:
            if record.problem is not None:
                raise RowIsUnclear(record.problem)
            id = reader.required(rule.id)
            if rule.distinct and self.nodes.has(section, id):
                return
            draft = self._made(rule, record.number, id, reader)
        except Refused as refusal:
            draft = Draft(record.number, UnreadableRow.of(id, refusal))
        if section == "objectives" or record.problem is not None:
            self.above = id  # None if it cannot be read, so that no row below it goes to the one before
        if section in ("objectives", "key_results") and id is not None:
            self.nodes.add(section, id, draft.also_known_as)
        self.drafts[section].append(draft)

    def _made(self, rule: Rule, number: int, id: str, reader: RecordReader) -> Draft:
        match rule:
            case ObjectiveRule():
                return objective_draft(rule, number, id, reader)
            case KeyResultRule():
                return key_result_draft(rule, number, id, reader)
            case PersonRule():
                return person_draft(rule, number, id, reader, self.people)
            case TeamRule():
                return team_draft(rule, number, id, reader, self.teams)
        raise AssertionError(rule)

    def _resolve(self, section: str, draft: Draft) -> bool:
        """Complete the row of a draft with what it refers to; return False if it is left out."""
        try:
            return self._resolved(section, draft)
        except Refused as refusal:
            draft.row = UnreadableRow.of(draft.row.get("id"), refusal)
            return True

    def _resolved(self, section: str, draft: Draft) -> bool:
        row = draft.row
        if isinstance(row, UnreadableRow):
            return True
        if draft.only_drops and row["id"] not in self.kept:
            return self._drops(draft)
        if draft.owners is not None:
            row["owner_ids"] = [self.people.refer(name) for name in draft.owners]
        if section == "objectives":
            if draft.teams is not None:
                row["team_id"] = self._team_of(draft)
            row["cycle_id"] = self.cycles.refer(*draft.cycle)
            row |= self.nodes.parents_of(draft)
        elif section == "key_results":
            row["objective_id"] = self.nodes.objective(draft.objective)
            if draft.leaf_only and self.nodes.has_parts(row["objective_id"]):
                return False
        elif section == "people":
            for team in draft.teams or ():
                self.nodes.join(self.teams.refer(team), row["id"], "MEMBER")
            return not self._is_there(self.people, draft, row.get("email") or row["name"])
        else:
            row["parent_id"] = self.teams.refer(draft.teams[0]) if draft.teams else None
            for name in draft.owners or ():
                self.nodes.join(row["id"], self.people.refer(name), "LEAD")
            row.pop("owner_ids", None)
            return not self._is_there(self.teams, draft, row["name"])
        return True

    def _drops(self, draft: Draft) -> bool:
        """Make the row say only that an objective is dropped, so that it keeps title and cycle.

        Return False, with a note, if there is none to drop.
        """
        id = draft.row["id"]
        draft.row = {"id": id, "state": "DROPPED"}
        if id in self.known.own["objectives"]:
            return True
        self.report.note(f"row {draft.number}", "NOTHING_TO_DROP", f"There is no objective {id!r} to drop")
        return False

    def _is_there(self, registry: NameRegistry, draft: Draft, name: str) -> bool:
        """Return whether the organisation has a person or a team of a row, and note it."""
        if not registry.is_there(draft.row["id"], name):
            return False
        message = f"{name!r} is in the organisation already, and stays as it is"
        self.report.note(f"row {draft.number}", "ALREADY_THERE", message)
        return True

    def _team_of(self, draft: Draft) -> str | None:
        """Return the first team; a note says which are left out."""
        assert draft.teams is not None
        if len(draft.teams) > 1:
            rest = ", ".join(draft.teams[1:])
            message = f"An objective has one team, {draft.teams[0]!r}; left out: {rest}"
            self.report.note(f"row {draft.number}", "TEAMS_LEFT_OUT", message)
        return self.teams.refer(draft.teams[0]) if draft.teams else None

    def _note_columns(self) -> None:
        """Note each column with values that no rule reads, and each that the file does not have."""
        for key, (count, sample) in self.unfit.items():
            message = f"Column {self.table.names.get(key, key)!r} has no place here: {quantity(count, 'row')}"
            self.report.note("file", "NOT_KEPT", f"{message}, such as {sample!r:.60}")
        read = {
            column
            for rule in self.mapping.rules
            for column in rule.columns
            if REPEATED not in column and not column.startswith("@")
        }
        for column in sorted(each for each in read if column_key(each) not in self.table.names):
            self.report.note("file", "COLUMN_MISSING", f"The file has no column {column!r}")
