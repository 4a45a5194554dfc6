"""SQL that appends copies of the latest change with deltas, each with many deltas, to the only feed."""

COPY = """
    insert into change select (made).* from (
        select jsonb_populate_record(change, jsonb_build_object('seq', head.seq + number, 'deltas', (
            select jsonb_agg((change.deltas -> 0)::jsonb
                || jsonb_build_object('node_id', gen_random_uuid(), 'before', place + number * 0))
            from generate_series(1, $2) place
        ))) made
        from change, feed_head head, generate_series(1, $1) number
        where change.seq = (select max(seq) from change where json_array_length(deltas) > 0)
        offset 0
    ) copies
"""
MOVE = "update feed_head set seq = seq + $1"
