"""SQL constants that lock, read and move the feed head, an organisation's position and only lock."""

# After waiting for a lock only the locked row is read again; joined rows would be from before the wait.
LOCK_HEAD = "select * from feed_head where organization_id = $1 for no key update"
READ_HEAD = "select * from feed_head where organization_id = $1"
# The latest change that moved a tree, and the latest that edited a plan, stay as they are if null.
MOVE_HEAD = """
    update feed_head set seq = $2, recorded_at = $3,
        tree_seq = coalesce($4, tree_seq), tree_recorded_at = coalesce($5, tree_recorded_at),
        plan_seq = coalesce($6, plan_seq), plan_recorded_at = coalesce($7, plan_recorded_at)
    where organization_id = $1
"""
SEQ_OF_HEAD = "(select seq from feed_head where organization_id = $1)"
IS_THERE = "select exists (select from change where organization_id = $1 and seq = $2 and node_id = $3)"
