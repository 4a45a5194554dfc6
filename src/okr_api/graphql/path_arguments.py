"""Description and arguments of `paths`, the paths of a node to an objective above it."""

from typing import Annotated

import strawberry

PATHS = (
    "Paths by which it counts in the progress of an objective above it, with their shares. Alignments that "
    "do not count, such as SUPPORTS, are on none. Null if there is no such objective, or you cannot see it. "
    "Give exactly one of `to` and `toExternalId`."
)
To = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="Objective to which the paths lead; give either this or `toExternalId`."),
]
ToExternalId = Annotated[
    str | None,
    strawberry.argument(
        description="External id of the objective to which the paths lead; give either this or `to`."
    ),
]
