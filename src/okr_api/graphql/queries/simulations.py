"""Query field `simulate`: what changes would do, and the tree as it would be; nothing is stored."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

import strawberry
from strawberry.utils.str_converters import to_camel_case, to_snake_case

from okr_api.graphql.app_services import AppServices
from okr_api.graphql.consistent_reads import reader_for
from okr_api.graphql.context import Context, Info, RootFieldInfo, SimulatedFieldInfo
from okr_api.graphql.deadline import OperationState
from okr_api.graphql.queries.objectives import ObjectivesQuery
from okr_api.graphql.queries.simulated_changes import MUTATIONS, SimulatedChange, resolvers_of
from okr_api.graphql.queries.simulation_types import Simulation
from okr_api.graphql.queries.tree import TreeQuery
from okr_api.okr.errors import InvalidInput, TooMany
from okr_api.query_engine.connections import ConnectionLoader
from okr_api.query_engine.marked_ids import mark_simulated_id
from okr_api.query_engine.reader import Reader
from okr_api.query_engine.row_sets import key_bytes
from okr_api.query_engine.selection import SelectedField
from okr_api.query_engine.shadow_snapshot import ShadowSnapshot
from okr_api.query_engine.sql_filters import given_fields
from okr_api.services.simulation_runner import (
    SimulatedGroupCommit,
    SimulationRunner,
    simulated_position,
)
from okr_api.store.shadow_pool import ShadowConnection
from okr_api.store.simulated_work import copy_organization

MAX_SIMULATED_CHANGES = 50
VALUE_BYTES = 60  # of an instant, or of null, with what surrounds it
READS = resolvers_of(ObjectivesQuery, TreeQuery)
Row = dict[str, Any]


@strawberry.type
class SimulationQuery:
    @strawberry.field(
        description="What changes would do, one after the other, each as its mutation would do it with your "
        "rights and scopes. Nothing is stored, locked or sent to subscribers. A change that would be "
        "rejected has its errors in `results`, and those after it are simulated without it."
    )
    async def simulate(
        self,
        info: Info,
        changes: Annotated[
            list[SimulatedChange], strawberry.argument(description="Changes in their order, 1 to 50.")
        ],
    ) -> Simulation | None:
        if not changes:
            raise InvalidInput("Give at least one change", path=["changes"])
        if len(changes) > MAX_SIMULATED_CHANGES:
            raise TooMany(f"At most {MAX_SIMULATED_CHANGES} changes at a time", path=["changes"])
        reader, context = await reader_for(info), info.context
        database, actor = context.app_services.database, context.actor
        async with database.shadows.simulations.transaction(
            actor.organization_id, actor.token_id
        ) as connection:
            mark = database.statement_clock.begin()
            try:
                await copy_organization(connection, actor.organization_id)
            finally:
                context.operation_state.work.statements_s += database.statement_clock.end(mark)
            results = await _simulated(info, reader, connection, changes)
            position = await simulated_position(connection, actor, datetime.now(UTC))
            connection.are_read = True
            snapshot = ShadowSnapshot(reader.snapshot, connection, position)
            planner = reader.loader.planner.marking(mark_simulated_id)
            loader = ConnectionLoader(snapshot, planner, reader.loader.arguments)
            answer: Simulation = await _answer(info, loader, reader, results)
            return answer


async def _simulated(
    info: Info, reader: Reader, connection: ShadowConnection, changes: Sequence[SimulatedChange]
) -> list[Row]:
    """Return the rows of the payloads that the mutations would have."""
    context = info.context
    simulated = Context(
        _services_on(context.app_services, connection),
        context.token,
        context.known_actor,
        OperationState(work=context.operation_state.work),
    )
    results = []
    for index, change in enumerate(changes):
        [(name, given)] = given_fields(change)
        field = to_camel_case(name)
        asked = SelectedField(f"{index}", field, reader.nodes[0], (), "")  # type: ignore[arg-type]
        entrance = SimulatedFieldInfo(simulated, asked, "", reader.loader.planner, reader.loader.arguments)
        row = await MUTATIONS[to_snake_case(field)](None, info=entrance, input=given)
        results.append({**row, "index": index})
    return results


def _services_on(services: AppServices, connection: ShadowConnection) -> AppServices:
    """Return the services with those that write on shadow tables."""
    runner = SimulationRunner(services.database, services.mutation_runner.notifier, connection)
    return replace(services, mutation_runner=runner, group_commit=SimulatedGroupCommit(runner))


async def _answer(info: Info, loader: ConnectionLoader, reader: Reader, results: Sequence[Row]) -> Any:
    """Return what is selected of a simulation; fields of the tree by the resolvers of the root fields."""
    answer: dict[Any, Any] = {None: "Simulation"} if loader.planner.for_core else {}
    for selected in loader.planner.selection.fields("Simulation", reader.nodes):
        loader.snapshot.budget.bytes += key_bytes(selected.key) + VALUE_BYTES
        name, own = to_snake_case(selected.name), Reader(loader, selected.nodes)
        match name:
            case "__typename":
                answer[selected.key] = "Simulation"
            case "at":
                answer[selected.key] = loader.snapshot.now
            case "results":
                answer[selected.key] = await own.made_list("SimulationResult", results)
            case "deltas":
                answer[selected.key] = await own.made_list("ProgressDelta", _together(results))
            case _:
                entrance = RootFieldInfo(
                    info.context, selected, selected.type_name, loader.planner, loader.arguments, own
                )
                answer[selected.key] = await READS[name](None, info=entrance, **loader.arguments(selected))
    return answer


def _together(results: Sequence[Row]) -> list[Row]:
    """Return the deltas from before the first change to after the last, without those that cancel out."""
    found: dict[Any, Row] = {}
    for result in results:
        for delta in result["deltas"]:
            first = found.pop(delta["node_id"], delta)
            found[delta["node_id"]] = {
                name: first[name] if name.endswith("before") else value for name, value in delta.items()
            }
    return [delta for delta in found.values() if _moves(delta)]


def _moves(delta: Row) -> bool:
    """Return whether any value after differs from the one before."""
    return any(
        delta[name] != delta[f"{name.removesuffix('before')}after"]
        for name in delta
        if name.endswith("before")
    )
