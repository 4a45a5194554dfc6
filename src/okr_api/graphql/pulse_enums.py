"""GraphQL enum of the states of a pulse, described."""

from okr_api.graphql.enums import describe
from okr_api.okr.pulse import PulseState

__all__ = ["PulseState"]

describe(
    PulseState,
    "How far a pulse is; none of the states comes back.",
    DRAFT="Its questions are being written.",
    OPEN="People answer it; nobody sees a result.",
    CLOSED="It is over. If at least five people answered, its results are there.",
)
