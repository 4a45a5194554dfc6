"""SQL texts, as constants, of webhooks: create and edit them, find those that are due, record attempts."""

from okr_api.okr.webhook import MAX_ATTEMPTS_KEPT

COUNT = "select count(*) from webhook where organization_id = $1"
INSERT = """
    insert into webhook (
        organization_id, id, url, selection, filter, person_id, token_id, owner_name, secret, state, position,
        failures, version, created_at, updated_at, disabled_reason, disabled_at
    )
    values (
        $1, $2, $3, $4, $5, $6, $7, $8, $9,
        case when $12::text is null then 'ACTIVE' else 'DISABLED' end, $10, 0, 1, $11, $11,
        $12, case when $12::text is not null then $11::timestamptz end
    )
"""
UPDATE = """
    update webhook
    set url = $3, selection = $4, filter = $5, version = version + 1, next_attempt_at = null, updated_at = $6
    where organization_id = $1 and id = $2
"""
DELETE_ATTEMPTS = "delete from webhook_attempt where organization_id = $1 and webhook_id = $2"
DELETE = "delete from webhook where organization_id = $1 and id = $2"
ROTATE = """
    update webhook
    set secret = $3, former_secret = secret, former_secret_until = $4, updated_at = $5
    where organization_id = $1 and id = $2
"""
# Both let the next attempt begin at once.
RETRY_NOW = "failures = 0, failing_since = null, next_attempt_at = null, updated_at"
REPLAY = f"update webhook set position = $3, {RETRY_NOW} = $4 where organization_id = $1 and id = $2"
ENABLE = f"""
    update webhook set state = 'ACTIVE', disabled_reason = null, disabled_at = null, {RETRY_NOW} = $3
    where organization_id = $1 and id = $2
"""
# Those that are not waiting and whose feed has gone on, or ends before their position, which is lost then;
# the ones first that have waited longest.
DUE = """
    select webhook.organization_id, webhook.id from webhook
    join feed_head head on head.organization_id = webhook.organization_id
    where webhook.state = 'ACTIVE' and head.seq <> webhook.position
        and (webhook.next_attempt_at is null or webhook.next_attempt_at <= $1)
        and webhook.id <> all($2::uuid[]) and webhook.organization_id <> all($3::uuid[])
    order by webhook.attempted_at nulls first, webhook.id
    limit $4
"""
# A webhook with its owner as they are now: a person who has not left, or a service with a valid token.
WITH_OWNER = """
    select webhook.*, person.role, coalesce(person.name, token.name) as name, token.scopes,
        coalesce(token.sees_private, false) as sees_private,
        coalesce(
            person.active, token.revoked_at is null and coalesce(token.expires_at > clock_timestamp(), true)
        ) as owner_is_here
    from webhook
    left join person on person.organization_id = webhook.organization_id and person.id = webhook.person_id
    left join token on token.organization_id = webhook.organization_id and token.id = webhook.token_id
    where webhook.organization_id = $1 and webhook.id = $2
"""
# Only where a webhook still is at the position from which was delivered, and has not been edited meanwhile.
STILL = "organization_id = $1 and id = $2 and position = $3 and version = $4 and state = 'ACTIVE'"
PASS = f"update webhook set position = $5, attempted_at = $6 where {STILL} returning id"
_RECORDED = f"""
    noted as (
        insert into webhook_attempt (
            organization_id, webhook_id, id, seq, attempted_at, outcome, status_code, duration_ms,
            payload_bytes
        )
        select $1, $2, $5, $6, $7, $8, $9, $10, $11 from moved
    ),
    pruned as (
        delete from webhook_attempt where organization_id = $1 and id in (
            select id from webhook_attempt where organization_id = $1 and webhook_id = $2
            order by id desc offset {MAX_ATTEMPTS_KEPT - 1}
        )
    )
    select id from moved
"""
SUCCEEDED = f"""
    with moved as (
        update webhook
        set position = $6, attempted_at = $7, failures = 0, failing_since = null, next_attempt_at = null
        where {STILL} returning id
    ), {_RECORDED}
"""
FAILED = f"""
    with moved as (
        update webhook
        set attempted_at = $7, failures = failures + 1, failing_since = coalesce(failing_since, $7),
            next_attempt_at = $12
        where {STILL} returning id
    ), {_RECORDED}
"""
DISABLE = """
    update webhook set state = 'DISABLED', disabled_reason = $4, disabled_at = $5, next_attempt_at = null
    where organization_id = $1 and id = $2 and version = $3 and state = 'ACTIVE'
    returning person_id
"""
