"""SQL texts, as constants, that find, insert, list and revoke tokens."""

# Hashes are passed as text: for an array of bytea asyncpg would query the catalogue once per connection.
FIND = """
    select token_hash, token.organization_id, token.id, token.scopes, token.expires_at, token.revoked_at,
        token.sees_private, person.role,
        token.person_id, coalesce(person.name, token.name) as name, clock_timestamp() as now
    from unnest($1::text[]) asked
    join token on token.token_hash = decode(asked, 'hex')
    left join person on person.organization_id = token.organization_id and person.id = token.person_id
    where coalesce(person.active, true)
"""
INSERT = """
    insert into token
        (organization_id, id, token_hash, name, person_id, scopes, created_at, expires_at, sees_private)
    values ($1, $2, $3, $4, $5, $6, clock_timestamp(), $7, $8)
"""
PERSON = """
    select id, name, active, role from person
    where organization_id = $1 and (id::text = $2 or external_id = $2 or lower(email) = lower($2))
    order by active desc, id
"""
LIST = """
    select token.id, token.name, person.name as person, scopes, created_at, expires_at, revoked_at,
        sees_private
    from token
    left join person on person.organization_id = token.organization_id and person.id = token.person_id
    where token.organization_id = $1 order by token.id
"""
REVOKE = """
    update token set revoked_at = coalesce(revoked_at, clock_timestamp())
    where organization_id = $1 and id = $2 returning id
"""
REVOKE_OF_PEOPLE = """
    update token set revoked_at = clock_timestamp()
    where organization_id = $1 and person_id = any($2::uuid[]) and revoked_at is null
"""
