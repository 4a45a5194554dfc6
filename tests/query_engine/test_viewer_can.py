"""What the viewer may do is read by as many statements for many nodes as for few, and by none where roles decide."""

from okr_api.auth.actor import Actor, Scope
from okr_api.okr.policy import Role
from tests.query_engine.conftest import Tenant, Tenants
from tests.query_engine.executors import told_by_compiled, told_by_core

CAN = "viewerCan { edit checkIn comment }"
NODES = (
    f"{{ objectives(first: %s) {{ nodes {{ title {CAN} keyResults {{ title {CAN} }} team {{ {CAN} }} }} }} }}"
)


async def statements(tenants: Tenants, actor: Actor, text: str) -> int:
    """Return how many statements a query takes, which is the same compiled and by graphql-core, but for one."""
    compiled = await told_by_compiled(tenants.app_services, actor, text, {})
    core = await told_by_core(tenants.app_services, actor, text, {})
    assert (compiled.errors, core.errors) == ([], [])
    assert compiled.data == core.data
    assert compiled.snapshot is not None
    return compiled.snapshot.statements


def members_of(tenant: Tenant) -> list[Actor]:
    return [actor for actor in tenant.askers if actor.role is Role.MEMBER]


async def test_many_nodes_take_as_many_statements_as_few(tenants: Tenants):
    askers = [actor for tenant in tenants.each for actor in members_of(tenant)]
    assert any(actor.may(Scope.WRITE) for actor in askers)
    for actor in askers:
        counts = {await statements(tenants, actor, NODES % first) for first in (10, 20)}
        assert len(counts) == 1
        without = await statements(tenants, actor, (NODES % 20).replace(CAN, "id"))
        assert counts == {without + (3 if actor.may(Scope.WRITE) else 2)}  # one for each type that is asked


async def test_for_services_and_readers_no_statement_is_added(tenants: Tenants):
    for actor in tenants.each[1].askers:
        if actor.role is Role.MEMBER and not actor.is_service:
            continue
        text = f"{{ objectives(first: 20) {{ nodes {{ title {CAN} keyResults {{ title {CAN} }} }} }} }}"
        assert await statements(tenants, actor, text) == await statements(
            tenants, actor, text.replace(CAN, "id")
        )
