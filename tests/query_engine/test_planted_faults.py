"""The comparison with the naive reader is tested: it finds a fault planted in the compiled executor."""

from collections.abc import Callable
from typing import Any

import pytest

from okr_api.graphql import change_feed, deadline
from okr_api.graphql.execution import input_coercion
from okr_api.graphql.execution.executor import CompiledExecutor
from okr_api.graphql.execution.operation_cache import CompiledOperation
from okr_api.graphql.schema import schema
from okr_api.query_engine import sql_builder
from okr_api.query_engine.field_sources import Derived
from okr_api.query_engine.selection import SelectedField
from okr_api.query_engine.snapshot import AutocommitSnapshot
from okr_api.store import hidden_rows
from okr_api.store.fair_semaphore import FairSemaphore
from tests.query_engine import test_moving_data as moving_data
from tests.query_engine.conftest import Tenants
from tests.query_engine.edits import Edits
from tests.query_engine.test_against_naive import fault_of

AT_MOST = 150  # operations, of which one must fail
MOST_EDITS = 40  # during which one response must fail


def drafts_are_shown(patch: pytest.MonkeyPatch) -> None:
    """Leave out the condition that hides drafts."""
    patch.setattr(sql_builder, "visible", lambda view, row, visibility: [f"{row}.organization_id = $1"])


def restricted_to(patch: pytest.MonkeyPatch, condition: str) -> None:
    """Replace the condition under which an objective is restricted to others, also in what is cached."""
    patch.setattr(hidden_rows, "RESTRICTED", condition)
    patch.setattr(hidden_rows, "_filled", hidden_rows._filled.__wrapped__)


def restricted_ones_are_shown(patch: pytest.MonkeyPatch) -> None:
    """Take nothing for restricted."""
    restricted_to(patch, "({viewer} is null and false)")


def what_somebody_sees_everybody_sees(patch: pytest.MonkeyPatch) -> None:
    """Show every person what is restricted to some."""
    restricted_to(patch, "({viewer} is null and {row}.viewer_ids is not null)")


def lists_run_backwards(patch: pytest.MonkeyPatch) -> None:
    """Return rows in the wrong order."""
    original = sql_builder.ordered

    def turned(view: Any, row: str, order: Any, *, backwards: bool = False) -> list[str]:
        return original(view, row, order, backwards=not backwards)

    patch.setattr(sql_builder, "ordered", turned)


def the_clock_stands(patch: pytest.MonkeyPatch) -> None:
    """Stop the clock for values that depend on it."""
    declared: Any = SelectedField.source

    def stopped(asked: SelectedField) -> Any:
        kind = declared.fget(asked)
        if isinstance(kind, Derived) and kind.sql and "{now}" in kind.sql:
            return Derived(
                kind.function, kind.needs, kind.clock, kind.sql.replace("{now}", "'2001-01-01'::timestamptz")
            )
        return kind

    patch.setattr(SelectedField, "source", property(stopped))


def snapshots_in_use_join_batches(patch: pytest.MonkeyPatch) -> None:
    """Let a snapshot that has read its position, and holds a connection, wait for a batch of others."""
    patch.setattr(AutocommitSnapshot, "is_untouched", property(lambda snapshot: not snapshot.statements))
    for limit in ("_is_group_open", "_is_holder_open"):  # which leave connections to others
        patch.setattr(FairSemaphore, limit, lambda *_: True)
    patch.setattr(deadline, "OPERATION_LIMIT_S", 3)


def a_variable_may_be_missing(patch: pytest.MonkeyPatch) -> None:
    """Skip the check for required variables once a plan is cached."""
    patch.setattr(CompiledOperation, "required", ())


def null_is_a_value(patch: pytest.MonkeyPatch) -> None:
    """Accept null where none is allowed."""
    patch.setattr(
        input_coercion, "_required", lambda inner: lambda value: None if value is None else inner(value)
    )
    patch.setattr(CompiledOperation, "required", ())


def the_feed_is_never_cut_off(patch: pytest.MonkeyPatch) -> None:
    """Accept a position that misses changes."""
    patch.setattr(change_feed, "check_cursor", lambda after, *, head, oldest_seq: None)


FAULTS = (
    drafts_are_shown,
    restricted_ones_are_shown,
    what_somebody_sees_everybody_sees,
    lists_run_backwards,
    the_clock_stands,
    snapshots_in_use_join_batches,
    a_variable_may_be_missing,
    null_is_a_value,
    the_feed_is_never_cut_off,
)


@pytest.mark.parametrize("plant", FAULTS)
async def test_a_planted_fault_is_found(
    tenants: Tenants, plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
):
    # No plan is cached from before.
    monkeypatch.setattr("tests.query_engine.executors.COMPILED", CompiledExecutor(schema))
    plant(monkeypatch)
    for seed in range(AT_MOST):
        if await fault_of(tenants, seed):
            return
    pytest.fail(f"{AT_MOST} operations told nothing")


def commits_of_others_are_ignored(patch: pytest.MonkeyPatch) -> None:
    """Accept a response as consistent, whatever was committed while it was read."""

    async def settle(_: AutocommitSnapshot) -> None:
        return

    patch.setattr(AutocommitSnapshot, "settle", settle)


async def test_a_planted_fault_is_found_while_others_commit(moving: Tenants, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tests.query_engine.executors.COMPILED", CompiledExecutor(schema))
    commits_of_others_are_ignored(monkeypatch)

    faults: list[str] = []

    def is_found(latest: list[moving_data.Response], edits: Edits) -> bool:
        faults.extend(filter(None, (moving_data.fault_of(one, edits) for one in latest)))
        return bool(faults)

    found, _ = await moving_data.asked_while_edited(
        moving, "compiled", seed=2, times=MOST_EDITS, stop=is_found
    )
    assert faults, f"{len(found)} answers told nothing"
