"""Admission of operations: charged when their cost is known, and executed in turns."""

from okr_api.auth.admission_control import AdmissionRejected
from okr_api.graphql.context import Context


async def admit_operation(context: Context, cost: int, *, writes: bool) -> None:
    """Charge a query or a mutation to its token, and wait for its turn; once.

    Raises:
        NotAdmitted: the token has spent its share, or too many operations are under way.
    """
    course, house, actor = context.course, context.house, context.actor
    if course.cost is None:
        course.cost = cost
        try:
            house.allowances.reserve(actor.token_id, cost, course.prepared_for)
            course.charged, course.writes = cost, writes
            course.ticket = await house.admission.admit(actor, cost, writes=writes, left=course.left)
        except AdmissionRejected as refusal:
            course.refusal = refusal
            raise
    elif course.refusal is not None:
        raise course.refusal


def charge_subscription(context: Context, cost: int) -> None:
    """Charge a subscription to its token, once.

    Raises:
        NotAdmitted: the token has spent its share.
    """
    if context.course.cost is None:
        context.course.cost = cost
        context.house.allowances.reserve(context.actor.token_id, cost, context.course.prepared_for)
