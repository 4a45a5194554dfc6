"""Import alignments, once all objectives and key results of the file are imported."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from okr_api.okr.alignment import Alignment, AlignmentKind
from okr_api.okr.errors import InvalidInput, Refused
from okr_api.okr.numbers import weight_of
from okr_api.okr.objective import Objective
from okr_api.services.alignments import check_enclosed
from okr_api.store.import_history import Version

from .errors import RowIsUnclear
from .import_row import ImportRow
from .import_session import ImportSession
from .row_parser import ParsedRow, in_order

SAID = ("parents", "parent_objective_id", "parent_key_result_id")


@dataclass(frozen=True, slots=True)
class PlannedAlignment:
    """An edge that a row names; `seq` and `recorded_at` say when an export recorded it."""

    edge: Alignment
    place: str
    seq: int = 0
    recorded_at: datetime | None = None


def take_alignments(intake: ImportSession, entries: list[ImportRow[Objective]]) -> None:
    """Import the parents of each objective; the edges of a rejected row stay as they were."""
    asking = {entry.id: entry for entry in entries if entry.line.has(*SAID)}
    before = _Before.of(intake)
    while refusals := _lay_all(intake, list(asking.values())):
        before.restore(intake)  # edges that were added may depend on rejected ones
        for id, refusal in refusals.items():
            with intake.row("alignments", asking.pop(id).line.place):
                raise refusal
    for entry in entries:
        if entry.known and entry.known.cycle_id != intake.work.tree.objectives[entry.id].cycle_id:
            try:
                _still_enclosed(intake, entry.known)
            except Refused as refusal:
                intake.report.of("objectives").updated -= 1
                with intake.row("objectives", entry.line.place):
                    raise refusal


def _lay_all(intake: ImportSession, entries: list[ImportRow[Objective]]) -> dict[UUID, Refused]:
    """Remove the edges that rows no longer name, then add the others; return errors by child id."""
    refusals: dict[UUID, Refused] = {}
    asked: list[PlannedAlignment] = []
    for entry in entries:
        try:
            edges = _edges(intake, entry)
            _cut(intake, entry, {laid.edge.key for laid in edges})
            _remember_ended(intake, entry, edges)
            asked += edges
        except Refused as refusal:
            refusals[entry.id] = refusal
    for laid in _deepest_first(intake, asked):
        try:
            _lay(intake, laid)
        except Refused as refusal:
            refusals.setdefault(laid.edge.child_id, refusal)
    return refusals


@dataclass(frozen=True, slots=True)
class _Before:
    """The edges, and the numbers of their versions, before the import adds any."""

    edges: dict[tuple[UUID, UUID], Alignment]
    earlier: int
    present: int

    @classmethod
    def of(cls, intake: ImportSession) -> "_Before":
        """Return the present state."""
        versions = len(intake.earlier.alignments), len(intake.present.alignments)
        return cls(dict(intake.work.tree.alignments), *versions)

    def restore(self, intake: ImportSession) -> None:
        """Restore the edges and versions, and reset the counts of the report."""
        tree, counts = intake.work.tree, intake.report.of("alignments")
        for key, edge in list(tree.alignments.items()):
            if self.edges.get(key) is not edge:
                tree.drop_alignment(edge)
        for key, edge in self.edges.items():
            if key not in tree.alignments:
                tree.put_alignment(edge)
        del intake.earlier.alignments[self.earlier :], intake.present.alignments[self.present :]
        counts.created = counts.updated = counts.unchanged = counts.removed = 0


def _deepest_first(intake: ImportSession, asked: list[PlannedAlignment]) -> list[PlannedAlignment]:
    """Return the edges bottom-up, circles last, so that each loop check has few ancestors to walk."""
    children = Counter(_owner(intake, laid.edge.parent_id) for laid in asked)
    waiting: dict[UUID, list[PlannedAlignment]] = {}
    for laid in asked:
        waiting.setdefault(laid.edge.child_id, []).append(laid)
    ready = [child for child in waiting if not children[child]]
    ordered: list[PlannedAlignment] = []
    while ready:
        for laid in waiting.pop(ready.pop()):
            ordered.append(laid)
            parent = _owner(intake, laid.edge.parent_id)
            children[parent] -= 1
            if not children[parent] and parent in waiting:
                ready.append(parent)
    in_circles = [laid for edges in waiting.values() for laid in edges]
    return ordered + in_circles


def _still_enclosed(intake: ImportSession, before: Objective) -> None:
    """Raise if the edges or due days of a moved objective do not fit its new cycle, and move it back."""
    tree = intake.work.tree
    try:
        for edge in [*tree.alignments_of(before.id), *tree.served_by(before.id)]:
            check_enclosed(intake.work, edge)
        for key_result in tree.key_results_of(before.id):
            key_result.due_within(tree.cycle_of(before.id))
    except Refused:
        tree.objectives[before.id] = before
        raise


def _edges(intake: ImportSession, entry: ImportRow[Objective]) -> list[PlannedAlignment]:
    """Return the edges of a row, from its list `parents` or from its one or two parent ids."""
    line = entry.line
    if line.has("parents"):
        edges = [_edge(intake, entry, parent) for parent in line.lines("parents")]
    else:
        weight = _weight(line)
        objective = intake.refer(line, "objectives", "parent_objective_id")
        key_result = intake.refer(line, "key_results", "parent_key_result_id")
        edges = []
        if key_result is not None:
            edges.append(PlannedAlignment(Alignment(entry.id, None, key_result, weight=weight), line.place))
        if objective is not None and (key_result is None or _owner(intake, key_result) != objective):
            edges.append(PlannedAlignment(Alignment(entry.id, objective, None, weight=weight), line.place))
    first: dict[tuple[UUID, UUID], int] = {}
    for index, laid in enumerate(edges):
        if first.setdefault(laid.edge.key, index) != index:
            message = f"parents[{index}] is the same parent as parents[{first[laid.edge.key]}]"
            raise InvalidInput(message, path=["parents"])
    return edges


def _edge(intake: ImportSession, entry: ImportRow[Objective], line: ParsedRow) -> PlannedAlignment:
    objective = intake.refer(line, "objectives", "objective_id")
    key_result = intake.refer(line, "key_results", "key_result_id")
    if (objective is None) == (key_result is None):
        named = line.within.removesuffix(".")
        raise RowIsUnclear(f"{named} has not one of objective_id and key_result_id", path=["parents"])
    kind = line.word("kind", AlignmentKind) or AlignmentKind.CONTRIBUTES
    edge = Alignment(entry.id, objective, key_result, kind, _weight(line))
    seq, recorded_at = intake.stamp_of(line) if intake.file.full else (0, None)
    return PlannedAlignment(edge, line.place, seq, recorded_at)


def _weight(line: ParsedRow) -> float:
    weight = line.number("weight")
    return 1.0 if weight is None else weight_of(weight)


def _owner(intake: ImportSession, parent_id: UUID) -> UUID:
    return intake.work.tree.owner_of(parent_id)


def _cut(intake: ImportSession, entry: ImportRow[Objective], asked: set[tuple[UUID, UUID]]) -> None:
    """Remove edges that the row no longer names.

    A list of `parents` names all edges of a row. Parent ids can only name parents in the same file, so
    edges to other parents, added by hand, stay.
    """
    tree = intake.work.tree
    if entry.id not in tree.objectives:
        return
    for edge in tree.alignments_of(entry.id):
        if edge.key in asked or not (entry.line.has("parents") or _of_this_file(intake, edge.parent_id)):
            continue
        intake.takes_changes(tree.cycle_of(entry.id))
        intake.takes_changes(tree.cycle_of(_owner(intake, edge.parent_id)))
        tree.drop_alignment(edge)
        intake.report.of("alignments").removed += 1


def _of_this_file(intake: ImportSession, parent_id: UUID) -> bool:
    tree = intake.work.tree
    parent = tree.key_results.get(parent_id) or tree.objectives[parent_id]
    return (parent.external_id or "").startswith(intake.file.external_id(""))


def _lay(intake: ImportSession, laid: PlannedAlignment) -> None:
    tree, edge, counts = intake.work.tree, laid.edge, intake.report.of("alignments")
    known = tree.alignments.get(edge.key)
    if known == edge:
        counts.unchanged += 1
        return
    intake.takes_changes(tree.cycle_of(edge.child_id))
    intake.takes_changes(tree.cycle_of(_owner(intake, edge.parent_id)))
    check_enclosed(intake.work, edge)
    tree.put_alignment(edge)
    if known is not None:
        counts.updated += 1
        return
    counts.created += 1
    if laid.recorded_at is not None:
        intake.remember("alignments", [], Version(edge, laid.seq, laid.recorded_at))


def _remember_ended(
    intake: ImportSession, entry: ImportRow[Objective], present: list[PlannedAlignment]
) -> None:
    """Import the earlier versions of edges in an export, including edges that have ended."""
    if not intake.file.full or entry.known is not None:
        return
    versions: list[Version[Alignment]] = []
    for line in entry.line.lines("parents_history"):
        laid = _edge(intake, entry, line)
        ended = line.flag("ended", known=False)
        versions.append(Version(laid.edge, laid.seq, laid.recorded_at or intake.work.now, ended))
    by_edge: dict[tuple[UUID, UUID], list[Version[Alignment]]] = {}
    for version in versions:
        by_edge.setdefault(version.word.key, []).append(version)
    laid_at = {laid.edge.key: [laid.seq] for laid in present if laid.recorded_at}
    for key, each in by_edge.items():
        in_order([*(version.seq for version in each), *laid_at.get(key, [])])
        intake.remember("alignments", each)
