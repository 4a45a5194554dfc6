"""The feed's head: one row per organisation with its position, which is also the organisation's only lock."""

# After waiting for a lock only the locked row is read again; joined rows would be from before the wait.
LOCK_HEAD = "select seq, recorded_at from feed_head where organization_id = $1 for no key update"
READ_HEAD = "select seq, recorded_at, oldest_seq from feed_head where organization_id = $1"
SEQ_OF_HEAD = "(select seq from feed_head where organization_id = $1)"
