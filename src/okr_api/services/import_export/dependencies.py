"""Import dependencies, once all objectives and key results of the file are imported; loops are rejected."""

from collections.abc import Callable, Sequence

from okr_api.okr.dependency import Dependency, DependencyGraph
from okr_api.okr.errors import DependencyLoops, TeamNeedsItself
from okr_api.okr.key_result import KeyResult

from .errors import RowIsUnclear
from .import_row import ImportRow
from .import_session import ImportSession
from .initiatives import require_one


def dependency_check(
    session: ImportSession, entries: Sequence[ImportRow[Dependency]]
) -> Callable[[ImportRow[Dependency], Dependency], Dependency]:
    """Return a function that rejects what mutations reject, also in cycles that were closed before."""
    del entries
    tree, graph = session.work.tree, graph_of(session)

    def check(entry: ImportRow[Dependency], dependency: Dependency) -> Dependency:
        require_one(dependency.needing_objective_id, dependency.needing_key_result_id, "needing_")
        if dependency.giving_objective_id is not None and dependency.giving_key_result_id is not None:
            raise RowIsUnclear(
                "The row has both giving_objective_id and giving_key_result_id", path=["giving_objective_id"]
            )
        dependency.checked()
        if dependency == entry.known:
            return dependency
        for each in (entry.known, dependency):
            if each is not None:
                session.takes_changes(tree.cycle_of(tree.owner_of(each.needing_id)))
        needing, giving = tree.owner_of(dependency.needing_id), dependency.giving_id
        _check_team(session, dependency)
        graph.put(dependency)
        if giving is not None and not dependency.removed:
            giver = tree.owner_of(giving)
            if giver == needing or graph.needs(giver, needing):
                _put_back(graph, entry.known, dependency)
                raise DependencyLoops(
                    "What is to give this already needs the objective, directly or through others",
                    path=["giving_objective_id"],
                )
        return dependency

    return check


def graph_of(session: ImportSession) -> DependencyGraph:
    """Return the graph of the dependencies known so far."""
    graph = DependencyGraph(session.work.tree)
    for dependency in session.work.plain.of(Dependency).values():
        graph.put(dependency)
    return graph


def refuse_loop_of_move(session: ImportSession, known: KeyResult | None, moved: KeyResult) -> None:
    """Raise `DependencyLoops` if a known key result was moved to an objective that then needs itself."""
    if known is None or known.objective_id == moved.objective_id:
        return
    if graph_of(session).needs(moved.objective_id, moved.objective_id):
        raise DependencyLoops("With the key result, the objective would need itself", path=["objective_id"])


def _put_back(graph: DependencyGraph, known: Dependency | None, dependency: Dependency) -> None:
    graph.given[dependency.needing_id].pop(dependency.id)
    if known is not None:
        graph.put(known)


def _check_team(session: ImportSession, dependency: Dependency) -> None:
    """Raise `TeamNeedsItself`; an export may have it, of an objective that went to the giving team later."""
    objective = session.work.tree.objectives[session.work.tree.owner_of(dependency.needing_id)]
    if not session.file.full and not dependency.removed and objective.team_id == dependency.giving_team_id:
        raise TeamNeedsItself("The giving team is that of the needing objective", path=["giving_team_id"])
