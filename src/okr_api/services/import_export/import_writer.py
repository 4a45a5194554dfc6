"""Recompute what an import affects and save it: one change of the feed, in statements of bounded size."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from okr_api.okr.belonging import node_discussed_by
from okr_api.okr.change import Change, related_nodes
from okr_api.okr.change_kind import ChangeKind
from okr_api.okr.comment import Comment
from okr_api.okr.entity import NodeType
from okr_api.okr.tree import Tree
from okr_api.scoring.propagation import propagate
from okr_api.services.effective_cadences import refresh_cadences
from okr_api.store.bulk_write import Postgres
from okr_api.store.import_history import (
    ORGANIZATION,
    adopt,
    append_check_ins,
    append_decisions,
    append_versions,
    stamps_of,
)
from okr_api.store.time_limits import SHORT_IDLE_TRANSACTION
from okr_api.store.tree_loader import load_all_readings
from okr_api.store.tree_writer import save
from okr_api.store.unit_of_work import Work

from .discussions import load_parts
from .import_session import ImportSession


@dataclass(frozen=True, slots=True)
class PlannedImport:
    """An import that can be saved if the organisation has not changed since it was planned."""

    session: ImportSession
    change: Change
    decisions: list[Change]

    async def save(self, connection: Postgres) -> int:
        """Save everything in the connection's transaction; return the `seq` of the change."""
        session, work = self.session, self.session.work
        organization = work.organization
        total = len(work.check_ins)
        await connection.execute(SHORT_IDLE_TRANSACTION)
        session.progress("saving", 0, total)
        if session.adopts:
            await adopt(connection, organization, session.present[ORGANIZATION], self.change)
        await save(
            connection,
            work.tree,
            changes=[self.change],
            plain=work.plain,
            check_ins=(),
            metric_readings=work.metric_readings,
            retries=(),
            stamps=stamps_of(session.present),
        )
        await append_check_ins(
            connection,
            organization.id,
            work.check_ins,
            on_copied=lambda done: session.progress("saving", done, total),
        )
        await append_versions(connection, organization, session.earlier)
        if session.restoring:
            await append_decisions(connection, organization.id, self.decisions, feed_from=self.change.seq)
        session.progress("saving", total, total)
        return self.change.seq


async def count_changes(session: ImportSession) -> Change:
    """Recompute the affected numbers and return the one change of the import, with all of them."""
    work = session.work
    session.progress("counting", 0, 1)
    work.tree.moves_all_cadences = True
    await refresh_cadences(work)
    work.touched_key_results.clear()
    work.touched_objectives.clear()
    key_results, objectives = _touched(work)
    missing = [id for id in _decided_by(work.tree, key_results) if work.tree.key_results.before(id)]
    if missing:
        await load_all_readings(work.connection, work.tree, missing)
    deltas = propagate(work.tree, key_results=key_results, objectives=objectives, at=work.now)
    session.progress("counting", 1, 1)
    checked_in = [check_in.about_id for check_in in work.check_ins]
    parts = await load_parts(session)
    for comment in work.plain.of(Comment).changed():
        work.plain.put(replace(comment, about_id=node_discussed_by(comment, work.tree, parts)))
    return Change(
        seq=work.next_seq,
        recorded_at=work.now,
        kind=ChangeKind.IMPORTED,
        author=session.author,
        node_type=NodeType.ORGANIZATION,
        node_id=work.organization.id,
        reason=session.file.namespace or None,
        deltas=deltas,
        check_in_ids=tuple(check_in.id for check_in in work.check_ins),
        related_ids=related_nodes(
            work.tree,
            work.plain,
            checked_in,
            beside=work.organization.id,
            parts=parts,
        ),
    )


def _decided_by(tree: Tree, key_results: Sequence[UUID]) -> Iterator[UUID]:
    """Yield the key results whose readings are not loaded and decide these or formulas over them."""
    formulas = tree.formulas.among(key_results) | tree.formulas.over(key_results)
    for id in {*key_results, *formulas, *tree.formulas.beneath(formulas)}:
        if id not in tree.readings:
            yield id


def _touched(work: Work) -> tuple[Sequence[UUID], set[UUID]]:
    """Return the ids of the key results (sorted) and objectives whose numbers may change."""
    tree = work.tree
    cycles = set(tree.cycles.changed_keys())
    objectives = {*tree.objectives.changed_keys(), *tree.moved_cadences}
    objectives |= {each.id for each in tree.objectives.values() if each.cycle_id in cycles}
    key_results = set(tree.key_results.changed_keys())
    for key_result in tree.key_results.changed():
        before = tree.key_results.before(key_result.id)
        objectives |= {key_result.objective_id, (before or key_result).objective_id}
    for edge in [*tree.alignments.changed(), *tree.alignments.removed()]:
        objectives.add(tree.owner_of(edge.parent_id))
    key_results |= {each.id for each in tree.key_results.values() if each.objective_id in objectives}
    key_results |= {each.key_result_id for each in work.check_ins if each.key_result_id}
    objectives |= {each.objective_id for each in work.check_ins if each.objective_id}
    for objective in list(objectives):
        objectives |= tree.parents_of(objective)
    return sorted(key_results), objectives
