"""Charge a query or mutation to its token and wait for admission; charge a subscription, without waiting."""

from okr_api.auth.admission_control import AdmissionRejected
from okr_api.graphql.context import Context


async def admit_operation(context: Context, cost: int, *, writes: bool) -> None:
    """Charge a query or a mutation to its token and wait for its turn; later calls repeat the outcome.

    Raises:
        AdmissionRejected: the rate limit is exceeded, or too many operations are running.
    """
    operation_state, app_services, actor = context.operation_state, context.app_services, context.actor
    if operation_state.cost is None:
        operation_state.cost = cost
        try:
            app_services.rate_limiter.reserve(actor.token_id, cost, operation_state.prepared_for)
            operation_state.charged, operation_state.writes = cost, writes
            operation_state.ticket = await app_services.admission.admit(
                actor, cost, writes=writes, left=operation_state.left
            )
        except AdmissionRejected as refusal:
            operation_state.refusal = refusal
            raise
    elif operation_state.refusal is not None:
        raise operation_state.refusal


def charge_subscription(context: Context, cost: int) -> None:
    """Charge a subscription to its token; later calls do nothing.

    Raises:
        AdmissionRejected: the rate limit is exceeded.
    """
    if context.operation_state.cost is None:
        context.operation_state.cost = cost
        context.app_services.rate_limiter.reserve(
            context.actor.token_id, cost, context.operation_state.prepared_for
        )
