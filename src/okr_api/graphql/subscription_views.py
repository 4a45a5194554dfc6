"""Views of subscribers: those with the same rights share what is read while nothing is restricted to some.

Where something is, each sees what their own visibility shows, and only those with the same one share it.
"""

from dataclasses import replace

from okr_api.auth.actor import Actor, Scope
from okr_api.graphql.context import Context
from okr_api.okr.author import Author
from okr_api.query_engine.snapshot import Snapshot

EVERYBODY = Author("everybody", None)
IS_RESTRICTED = """
    select exists (
        select from objective where organization_id = $1 and viewer_ids is not null
    ) as is_restricted, seq
    from feed_head where organization_id = $1
"""


class RestrictedToSome(Exception):
    """Raised for a context of many when something is restricted to some of them: each sees other things."""


def context_of_many(context: Context) -> Context:
    """Return a context for all with the rights of a context's actor; that one if they all see the same."""
    actor = context.actor
    if actor.visibility.restricted:
        return context
    made = Context(context.app_services, None, _anybody_like(actor))
    made.is_of_many = True
    return made


def _anybody_like(actor: Actor) -> Actor:
    """Return an actor who sees drafts as the given one does, and nothing that is restricted to some."""
    scope = Scope.WRITE if actor.visibility.drafts else Scope.READ
    return replace(actor, author=EVERYBODY, scopes=frozenset({scope}), role=None, sees_private=False)


async def check_shared(context: Context, snapshot: Snapshot) -> None:
    """Check that what a snapshot shows is the same for all whom its context is of.

    Raises:
        RestrictedToSome: something is restricted to some of them.
    """
    if not context.is_of_many:
        return
    [row] = await snapshot.fetch(IS_RESTRICTED, dated=True)
    if row["is_restricted"]:
        raise RestrictedToSome
