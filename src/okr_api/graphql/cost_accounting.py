"""Base of the context: an operation's cost; charge parsing, variables, responses and measured work."""

from collections.abc import Mapping
from typing import Any

from strawberry.fastapi import BaseContext

from okr_api.auth.actor import Actor
from okr_api.auth.token_rejection import NotAuthenticated
from okr_api.graphql.app_services import AppServices
from okr_api.graphql.argument_values import Variables
from okr_api.graphql.deadline import OperationState
from okr_api.graphql.input_limits import price_of_inputs
from okr_api.graphql.query_cost import MAX_COST, OperationCost
from okr_api.graphql.work_cost import final_charge

ANSWER_BYTES_PER_COST = 5_000


class CostAccounting(BaseContext):
    """Base of the GraphQL context that charges costs to the token."""

    app_services: AppServices
    known_actor: Actor | None
    operation_state: OperationState

    @property
    def actor(self) -> Actor:
        """Return the authenticated actor.

        Raises:
            NotAuthenticated: the request has no token.
        """
        if self.known_actor is None:
            raise NotAuthenticated("Send a token: Authorization: Bearer okr_…")
        return self.known_actor

    def cost_of(self, weight: OperationCost, variables: Variables) -> int:
        """Return an operation's cost by its document, its variables and the sizes of the tables it scans.

        Raises:
            TooComplex: the cost exceeds `MAX_COST`.
        """
        if not weight.needs_sizes:
            return weight.cost(variables)
        app_services, organization_id = self.app_services, self.actor.organization_id
        return weight.cost(variables, app_services.sizes.of(app_services.database, organization_id))

    def settle(self) -> None:
        """Charge or refund the difference to the measured work; later calls settle only what came since."""
        operation_state = self.operation_state
        if operation_state.charged:
            due = final_charge(
                operation_state.cost or 0, operation_state.work.total_s, writes=operation_state.writes
            )
            if due != operation_state.charged:
                self.app_services.rate_limiter.consume(self.actor.token_id, due - operation_state.charged)
                operation_state.charged = due

    def charge_more(self, cost: int) -> None:
        """Charge the token for work outside the operation's cost, such as parsing."""
        if self.known_actor is not None:
            self.operation_state.prepared_for += cost
            self.app_services.rate_limiter.consume(self.known_actor.token_id, cost)

    def charge_inputs(self, variables: Mapping[str, Any] | None) -> None:
        """Charge the token once for the variables of an operation.

        Raises:
            TooComplex: the variables exceed a limit.
        """
        if not self.operation_state.inputs_are_charged:
            if variables and (price := price_of_inputs(variables)):
                self.charge_more(price)
            self.operation_state.inputs_are_charged = True

    def charge_response(self, answer_bytes: int) -> None:
        """Charge the token for the size of a response, in bytes."""
        cost = answer_bytes // ANSWER_BYTES_PER_COST
        if cost and self.known_actor is not None:
            self.app_services.rate_limiter.consume(self.known_actor.token_id, cost)

    def cost_extension(self) -> dict[str, Any]:
        """Return the requested cost and the limit, for the response `extensions`."""
        return {"cost": {"requested": self.operation_state.cost, "limit": MAX_COST}}
