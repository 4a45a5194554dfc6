"""Whether the viewer has answered pulses; answers themselves are never read."""

from collections.abc import Mapping, Sequence
from typing import Any

from okr_api.okr.pulse import Ballot

from .snapshot import Snapshot

BALLOTS = """
    select pulse_id, secret, marks from pulse_ballot
    where organization_id = $1 and pulse_id = any($2::uuid[])
"""


async def viewer_has_answered(snapshot: Snapshot, ids: Sequence[Any]) -> Mapping[Any, bool]:
    """Return which of the pulses the snapshot's principal has answered, as far as it is still known."""
    principal = snapshot.principal
    assert principal is not None, "nobody in particular reads"
    if principal.person_id is None:
        return {}
    rows = await snapshot.fetch(BALLOTS, list(set(ids)))
    return {
        row["pulse_id"]: Ballot(row["secret"], row["marks"], ()).has_answered(principal.person_id)
        for row in rows
    }
