"""The law is tried: a fault that is planted in the compiled reader is found by it."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from graphql import parse

from okr_api.graphql.compiled import Compiled
from okr_api.graphql.schema import schema
from okr_api.reading import statements, writing
from okr_api.reading.declarations import Derived
from tests.reading.conftest import Tenants
from tests.reading.executors import by_compiled, instant_of
from tests.reading.naive import Naive

AT_MOST = 150  # operations, of which one must tell


def drafts_are_shown(patch: pytest.MonkeyPatch) -> None:
    """The condition that hides is forgotten."""
    patch.setattr(statements, "visible", lambda view, row, *, sees_drafts: [f"{row}.organization_id = $1"])


def lists_run_backwards(patch: pytest.MonkeyPatch) -> None:
    """Rows come in the wrong order."""
    told = statements.ordered

    def turned(view: Any, row: str, order: Any, *, backwards: bool = False) -> list[str]:
        return told(view, row, order, backwards=not backwards)

    patch.setattr(statements, "ordered", turned)


def the_clock_stands(patch: pytest.MonkeyPatch) -> None:
    """What moves with the clock is told as it was at the beginning."""
    told = writing.kind_of

    def stopped(asked: Any) -> Any:
        kind = told(asked)
        if isinstance(kind, Derived) and kind.sql and "{now}" in kind.sql:
            return Derived(
                kind.function, kind.needs, kind.clock, kind.sql.replace("{now}", "'2001-01-01'::timestamptz")
            )
        return kind

    patch.setattr(writing, "kind_of", stopped)


@pytest.mark.parametrize("plant", (drafts_are_shown, lists_run_backwards, the_clock_stands))
async def test_a_planted_fault_is_found(
    tenants: Tenants, plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tests.reading.executors.COMPILED", Compiled(schema))  # no plan is left from before
    plant(monkeypatch)
    for seed in range(AT_MOST):
        tenant, asker, operation = tenants.asked(seed)
        answer, snapshot = await by_compiled(tenants.house, asker, operation.text, operation.variables)
        naive = Naive(tenant.tables, asker, now=instant_of(snapshot), seq=tenant.seq)
        expected = naive.answer(parse(operation.text), operation.variables)
        if orjson.dumps(answer) != orjson.dumps(expected.data):
            return
    pytest.fail(f"{AT_MOST} operations told nothing")
