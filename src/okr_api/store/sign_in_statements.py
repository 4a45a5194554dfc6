"""SQL texts, as constants, that find, insert, list and delete sign-ins of people at identity providers."""

FIND = """
    select sign_in.subject, sign_in.organization_id, sign_in.id, sign_in.person_id,
        person.name, person.role, person.active
    from unnest($2::text[]) asked
    join sign_in on sign_in.issuer = $1 and sign_in.subject = asked
    join person on person.organization_id = sign_in.organization_id and person.id = sign_in.person_id
"""
# By organisation, so that each is found by its index of addresses.
PEOPLE_BY_EMAIL = """
    select found.organization_id, found.id
    from organization
    cross join lateral (
        select person.organization_id, person.id from person
        where person.organization_id = organization.id and person.active and lower(person.email) = lower($1)
        limit 2
    ) found
    where $2::text is null or organization.id::text = $2 or organization.name = $2
    limit 2
"""
STILL_HAS_EMAIL = """
    select 1 from person
    where organization_id = $1 and id = $2 and active and lower(email) = lower($3)
"""
INSERT = """
    insert into sign_in (organization_id, id, issuer, subject, person_id, created_at)
    values ($1, $2, $3, $4, $5, clock_timestamp())
    on conflict do nothing returning id
"""
LIST = """
    select sign_in.id, person.name as person, person.active, issuer, subject, created_at
    from sign_in
    join person on person.organization_id = sign_in.organization_id and person.id = sign_in.person_id
    where sign_in.organization_id = $1 order by sign_in.id
"""
DELETE = "delete from sign_in where organization_id = $1 and id = $2 returning id"
