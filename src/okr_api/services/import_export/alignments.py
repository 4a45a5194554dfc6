"""Import alignments after all key results: replace and check the edges of each row, with their history."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from okr_api.okr.alignment import Alignment, AlignmentKind
from okr_api.okr.errors import InvalidInput, Refused
from okr_api.okr.numbers import weight_of
from okr_api.okr.objective import Objective
from okr_api.services.alignments import check_enclosed
from okr_api.store.import_history import ALIGNMENTS, Version

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


def take_alignments(session: ImportSession, entries: list[ImportRow[Objective]]) -> None:
    """Import the parents of each objective; the edges of a rejected row stay as they were."""
    asking = {entry.id: entry for entry in entries if entry.line.has(*SAID)}
    before = _Before.of(session)
    while refusals := _lay_all(session, list(asking.values())):
        before.restore(session)  # edges that were added may depend on rejected ones
        for id, refusal in refusals.items():
            with session.row("alignments", asking.pop(id).line.place):
                raise refusal
    for entry in entries:
        if entry.known and entry.known.cycle_id != session.work.tree.objectives[entry.id].cycle_id:
            try:
                _still_enclosed(session, entry.known)
            except Refused as refusal:
                session.report.of("objectives").updated -= 1
                with session.row("objectives", entry.line.place):
                    raise refusal


def _lay_all(session: ImportSession, entries: list[ImportRow[Objective]]) -> dict[UUID, Refused]:
    """Remove the edges that rows no longer name, then add the others; return errors by child id."""
    refusals: dict[UUID, Refused] = {}
    asked: list[PlannedAlignment] = []
    for entry in entries:
        try:
            edges = _edges(session, entry)
            _cut(session, entry, {laid.edge.key for laid in edges})
            _remember_ended(session, entry, edges)
            asked += edges
        except Refused as refusal:
            refusals[entry.id] = refusal
    for laid in _deepest_first(session, asked):
        try:
            _lay(session, laid)
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
    def of(cls, session: ImportSession) -> "_Before":
        """Return the present state."""
        versions = len(session.earlier[ALIGNMENTS]), len(session.present[ALIGNMENTS])
        return cls(dict(session.work.tree.alignments), *versions)

    def restore(self, session: ImportSession) -> None:
        """Restore the edges and versions, and reset the counts of the report."""
        tree, counts = session.work.tree, session.report.of("alignments")
        for key, edge in list(tree.alignments.items()):
            if self.edges.get(key) is not edge:
                tree.drop_alignment(edge)
        for key, edge in self.edges.items():
            if key not in tree.alignments:
                tree.put_alignment(edge)
        del session.earlier[ALIGNMENTS][self.earlier :], session.present[ALIGNMENTS][self.present :]
        counts.created = counts.updated = counts.unchanged = counts.removed = 0


def _deepest_first(session: ImportSession, asked: list[PlannedAlignment]) -> list[PlannedAlignment]:
    """Return the edges bottom-up, circles last, so that each loop check has few ancestors to walk."""
    children = Counter(_owner(session, laid.edge.parent_id) for laid in asked)
    waiting: dict[UUID, list[PlannedAlignment]] = {}
    for laid in asked:
        waiting.setdefault(laid.edge.child_id, []).append(laid)
    ready = [child for child in waiting if not children[child]]
    ordered: list[PlannedAlignment] = []
    while ready:
        for laid in waiting.pop(ready.pop()):
            ordered.append(laid)
            parent = _owner(session, laid.edge.parent_id)
            children[parent] -= 1
            if not children[parent] and parent in waiting:
                ready.append(parent)
    in_circles = [laid for edges in waiting.values() for laid in edges]
    return ordered + in_circles


def _still_enclosed(session: ImportSession, before: Objective) -> None:
    """Raise if the edges or due days of a moved objective do not fit its new cycle, and move it back."""
    tree = session.work.tree
    try:
        for edge in [*tree.alignments_of(before.id), *tree.served_by(before.id)]:
            check_enclosed(session.work, edge)
        for key_result in tree.key_results_of(before.id):
            key_result.due_within(tree.cycle_of(before.id))
    except Refused:
        tree.objectives[before.id] = before
        raise


def _edges(session: ImportSession, entry: ImportRow[Objective]) -> list[PlannedAlignment]:
    """Return the edges of a row, from its list `parents` or from its one or two parent ids."""
    line = entry.line
    if line.has("parents"):
        edges = [_edge(session, entry, parent) for parent in line.lines("parents")]
    else:
        weight = _weight(line)
        objective = session.refer(line, "objectives", "parent_objective_id")
        key_result = session.refer(line, "key_results", "parent_key_result_id")
        edges = []
        if key_result is not None:
            edges.append(PlannedAlignment(Alignment(entry.id, None, key_result, weight=weight), line.place))
        if objective is not None and (key_result is None or _owner(session, key_result) != objective):
            edges.append(PlannedAlignment(Alignment(entry.id, objective, None, weight=weight), line.place))
    first: dict[tuple[UUID, UUID], int] = {}
    for index, laid in enumerate(edges):
        if first.setdefault(laid.edge.key, index) != index:
            message = f"parents[{index}] is the same parent as parents[{first[laid.edge.key]}]"
            raise InvalidInput(message, path=["parents"])
    return edges


def _edge(session: ImportSession, entry: ImportRow[Objective], line: ParsedRow) -> PlannedAlignment:
    objective = session.refer(line, "objectives", "objective_id")
    key_result = session.refer(line, "key_results", "key_result_id")
    if (objective is None) == (key_result is None):
        named = line.within.removesuffix(".")
        raise RowIsUnclear(f"{named} has not one of objective_id and key_result_id", path=["parents"])
    kind = line.word("kind", AlignmentKind) or AlignmentKind.CONTRIBUTES
    edge = Alignment(entry.id, objective, key_result, kind, _weight(line))
    seq, recorded_at = session.stamp_of(line) if session.file.full else (0, None)
    return PlannedAlignment(edge, line.place, seq, recorded_at)


def _weight(line: ParsedRow) -> float:
    weight = line.number("weight")
    return 1.0 if weight is None else weight_of(weight)


def _owner(session: ImportSession, parent_id: UUID) -> UUID:
    return session.work.tree.owner_of(parent_id)


def _cut(session: ImportSession, entry: ImportRow[Objective], asked: set[tuple[UUID, UUID]]) -> None:
    """Remove edges that the row no longer names.

    A list of `parents` names all edges of a row. Parent ids can only name parents in the same file, so
    edges to other parents, added by hand, stay.
    """
    tree = session.work.tree
    if entry.id not in tree.objectives:
        return
    for edge in tree.alignments_of(entry.id):
        if edge.key in asked or not (entry.line.has("parents") or _of_this_file(session, edge.parent_id)):
            continue
        session.takes_changes(tree.cycle_of(entry.id))
        session.takes_changes(tree.cycle_of(_owner(session, edge.parent_id)))
        tree.drop_alignment(edge)
        session.report.of("alignments").removed += 1


def _of_this_file(session: ImportSession, parent_id: UUID) -> bool:
    tree = session.work.tree
    parent = tree.key_results.get(parent_id) or tree.objectives[parent_id]
    return (parent.external_id or "").startswith(session.file.external_id(""))


def _lay(session: ImportSession, laid: PlannedAlignment) -> None:
    tree, edge, counts = session.work.tree, laid.edge, session.report.of("alignments")
    known = tree.alignments.get(edge.key)
    if known == edge:
        counts.unchanged += 1
        return
    session.takes_changes(tree.cycle_of(edge.child_id))
    session.takes_changes(tree.cycle_of(_owner(session, edge.parent_id)))
    check_enclosed(session.work, edge)
    tree.put_alignment(edge)
    if known is not None:
        counts.updated += 1
        return
    counts.created += 1
    if laid.recorded_at is not None:
        session.remember("alignments", [], Version(edge, laid.seq, laid.recorded_at))


def _remember_ended(
    session: ImportSession, entry: ImportRow[Objective], present: list[PlannedAlignment]
) -> None:
    """Import the earlier versions of edges in an export, including edges that have ended."""
    if not session.file.full or entry.known is not None:
        return
    versions: list[Version[Alignment]] = []
    for line in entry.line.lines("parents_history"):
        laid = _edge(session, entry, line)
        ended = line.flag("ended", known=False)
        versions.append(Version(laid.edge, laid.seq, laid.recorded_at or session.work.now, ended))
    by_edge: dict[tuple[UUID, UUID], list[Version[Alignment]]] = {}
    for version in versions:
        by_edge.setdefault(version.word.key, []).append(version)
    laid_at = {laid.edge.key: [laid.seq] for laid in present if laid.recorded_at}
    for key, each in by_edge.items():
        in_order([*(version.seq for version in each), *laid_at.get(key, [])])
        session.remember("alignments", each)
