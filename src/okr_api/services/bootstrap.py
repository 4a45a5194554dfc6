"""Bootstrap: create organisations, the first one with an admin and a given token."""

from uuid import UUID

from okr_api.auth.token_strength import check_token_strength
from okr_api.auth.tokens import hash_token
from okr_api.okr.calendar import time_zone
from okr_api.okr.errors import InvalidInput
from okr_api.okr.people import Language, Organization
from okr_api.store.database import Database
from okr_api.store.organizations import lock_for_first, make, make_admin

from .references import title

ADMIN_NAME = "Admin"


async def found_organization(
    database: Database, *, name: str, zone: str, language: Language = Language.ENGLISH
) -> Organization:
    """Create an organisation in an IANA time zone.

    Raises:
        InvalidInput: the name is empty or the zone is unknown.
    """
    time_zone(zone)
    async with database.writing_across() as connection:
        return await make(connection, name=title(name, "name"), time_zone=zone, language=language)


async def found_first_organization(database: Database, *, token: str, name: str, zone: str) -> UUID | None:
    """Create the first organisation and an admin with the given token; return the organisation's id.

    Return None if there is an organisation already; of several processes that start at once, one creates it.

    Raises:
        InvalidInput: the token is shorter than 32 characters or easy to guess.
    """
    try:
        check_token_strength(token)
    except ValueError as problem:
        raise InvalidInput(f"OKR_BOOTSTRAP_TOKEN {problem}") from None
    time_zone(zone)
    async with database.writing_across() as connection:
        if not await lock_for_first(connection):
            return None
        organization = await make(connection, name=title(name, "name"), time_zone=zone)
        await make_admin(connection, organization.id, name=ADMIN_NAME, token_hash=hash_token(token))
        return organization.id
