-- What the competitors are given beside the tables: put into their databases, not into ours.
-- Functions are `language sql`, stable and inlined wherever that can be, as PostGraphile's documentation advises; those that write are PL/pgSQL, whose plans are kept.
-- They do less than our service: one tenant, no drafts, edges to objectives only, no feed, no idempotency.

-- The status that holds now, from the stored statuses and the instants at which they turn.
create function public.objective_status(o public.objective) returns text
    language sql stable
    return o.statuses[1 + width_bucket(now(), o.status_turns)];

-- The objectives that serve one.
create function public.objective_children(o public.objective) returns setof public.objective
    language sql stable rows 4
    begin atomic
        select child.*
        from public.alignment edge
        join public.objective child
            on child.organization_id = edge.organization_id and child.id = edge.child_id
        where edge.organization_id = o.organization_id and edge.parent_objective_id = o.id
        order by child.id;
    end;

-- The flat tree of a cycle.
create type public.objective_tree_row as (depth int, parent_ids uuid[], id uuid, title text, progress float8);

create function public.objective_tree(organization_id uuid, cycle_id uuid) returns setof public.objective_tree_row
    language sql stable rows 10000
    begin atomic
        with recursive tree as (
            select 0 as depth, '{}'::uuid[] as parent_ids, o.id, o.title, o.progress
            from public.objective o
            where o.organization_id = objective_tree.organization_id and o.cycle_id = objective_tree.cycle_id
                and not exists (
                    select from public.alignment edge
                    where edge.organization_id = o.organization_id and edge.child_id = o.id
                )
            union all
            select tree.depth + 1, array[tree.id], o.id, o.title, o.progress
            from tree
            join public.alignment edge
                on edge.organization_id = objective_tree.organization_id and edge.parent_objective_id = tree.id
            join public.objective o
                on o.organization_id = objective_tree.organization_id and o.id = edge.child_id
        )
        select depth, parent_ids, id, title, progress from tree;
    end;

-- ── Checking in ─────────────────────────────────────────────────────────────────────────────────────────────────

create sequence bench.seq;

-- An objective and all above it, the nearest first.
create function bench.chain(organization_id uuid, objective_ids uuid[]) returns table (id uuid, height int)
    language sql stable
    begin atomic
        with recursive up as (
            select unnest(objective_ids) as id, 0 as height
            union all
            select edge.parent_objective_id, up.height + 1
            from up
            join public.alignment edge on edge.organization_id = chain.organization_id and edge.child_id = up.id
            where edge.parent_objective_id is not null
        )
        select up.id, max(up.height) from up group by up.id;
    end;

-- The weighted mean over an objective's key results and the objectives that contribute to it.
create function bench.mean(organization_id uuid, objective_id uuid) returns float8
    language plpgsql stable as $$
begin
    return (
        select sum(weight * progress) / sum(weight)
        from (
            select k.weight, coalesce(k.progress, 0) as progress
            from public.key_result k
            where k.organization_id = $1 and k.objective_id = $2 and k.state = 'ACTIVE' and k.weight > 0
            union all
            select edge.weight, child.progress
            from public.alignment edge
            join public.objective child on child.organization_id = $1 and child.id = edge.child_id
            where edge.organization_id = $1 and edge.parent_objective_id = $2
                and edge.kind = 'CONTRIBUTES' and edge.weight > 0 and child.state = 'PUBLISHED'
        ) part
        where progress is not null
    );
end;
$$;

-- Records a reading, moves its key result and everything above. The objectives are locked from the root
-- downwards and read in later statements, or two check-ins at once would lose one of them.
create function bench.record(organization_id uuid, key_result_id uuid, reading float8)
    returns public.check_in language plpgsql as $$
declare
    made public.check_in;
    chain uuid[];
    above uuid;
begin
    select array_agg(c.id order by c.height) into chain
    from bench.chain($1, array[(
        select k.objective_id from public.key_result k where k.organization_id = $1 and k.id = $2)]) c;
    for place in reverse cardinality(chain)..1 loop
        perform from public.objective o where o.organization_id = $1 and o.id = chain[place]
        for no key update;
    end loop;

    insert into public.check_in (organization_id, id, key_result_id, definition, seq, place, value,
        effective_at, recorded_at, author_name)
    values ($1, uuidv7(), $2, 1, nextval('bench.seq'), 0, reading, clock_timestamp(), clock_timestamp(), 'Bench')
    returning * into made;
    update public.key_result k
    set current_value = reading, latest_check_in_id = made.id,
        raw_progress = (reading - k.start_value) / (k.target_value - k.start_value),
        progress = greatest(0, least(1, (reading - k.start_value) / (k.target_value - k.start_value))),
        progress_reason = null, coverage = 1
    where k.organization_id = $1 and k.id = $2;
    foreach above in array chain loop
        update public.objective o set progress = bench.mean($1, above)
        where o.organization_id = $1 and o.id = above;
    end loop;
    return made;
end;
$$;

-- The same for many at once: a statement for each level of the tree.
create function bench.record_many(organization_id uuid, key_result_ids uuid[], readings float8[])
    returns setof public.check_in language plpgsql as $$
declare
    chain uuid[];
    heights int[];
begin
    select array_agg(c.id order by c.height desc, c.id), array_agg(c.height order by c.height desc, c.id)
    into chain, heights
    from bench.chain($1, (
        select array_agg(distinct k.objective_id) from public.key_result k
        where k.organization_id = $1 and k.id = any(key_result_ids))) c;
    perform from public.objective o
    join unnest(chain) with ordinality as locked(id, place) on locked.id = o.id
    where o.organization_id = $1
    order by locked.place for no key update of o;

    return query
    with said as (
        insert into public.check_in (organization_id, id, key_result_id, definition, seq, place, value,
            effective_at, recorded_at, author_name)
        select $1, uuidv7(), handed.id, 1, nextval('bench.seq'), 0, handed.value,
            clock_timestamp(), clock_timestamp(), 'Bench'
        from unnest(key_result_ids, readings) as handed(id, value)
        returning *
    ), moved as (
        update public.key_result k
        set current_value = said.value, latest_check_in_id = said.id,
            raw_progress = (said.value - k.start_value) / (k.target_value - k.start_value),
            progress = greatest(0, least(1, (said.value - k.start_value) / (k.target_value - k.start_value))),
            progress_reason = null, coverage = 1
        from said where k.organization_id = $1 and k.id = said.key_result_id
    )
    select * from said;

    for height in 0..heights[1] loop
        update public.objective o set progress = bench.mean($1, o.id)
        from unnest(chain, heights) as above(id, at)
        where o.organization_id = $1 and o.id = above.id and above.at = height;
    end loop;
end;
$$;

create function public.check_in_record(organization_id uuid, key_result_id uuid, value float8)
    returns public.check_in language sql volatile
    return bench.record(organization_id, key_result_id, value);

create function public.check_in_record_many(organization_id uuid, key_result_ids uuid[], readings float8[])
    returns setof public.check_in language sql volatile
    begin atomic
        select * from bench.record_many(organization_id, key_result_ids, readings);
    end;

-- What a check-in has moved, as it stands: the key result, its objective and all above.
create type public.progress_delta as (node_id uuid, after float8);

create function public.check_in_deltas(c public.check_in) returns setof public.progress_delta
    language sql stable rows 6
    begin atomic
        select k.id, k.progress from public.key_result k
        where k.organization_id = c.organization_id and k.id = c.key_result_id
        union all
        select o.id, o.progress
        from public.key_result k
        cross join bench.chain(c.organization_id, array[k.objective_id]) above
        join public.objective o on o.organization_id = c.organization_id and o.id = above.id
        where k.organization_id = c.organization_id and k.id = c.key_result_id;
    end;

-- A check-in of which everybody is told who looks on at one of the objectives: what was recorded, by its id,
-- and for those who read nothing more, what it has moved.
create function public.check_in_record_and_tell(organization_id uuid, key_result_id uuid, value float8)
    returns public.check_in language plpgsql as $$
declare
    made public.check_in;
begin
    select * into made from bench.record($1, $2, $3);
    perform pg_notify('progress:' || above.id, json_build_object(
        'organizationId', made.organization_id, 'id', made.id, 'seq', made.seq, 'deltas', (
            select json_agg(json_build_object('nodeId', node_id, 'after', after))
            from public.check_in_deltas(made)))::text)
    from bench.chain($1, (select array[k.objective_id] from public.key_result k where k.id = $2)) above;
    return made;
end;
$$;

-- For one statement that answers a mutation as JSON: what was written is read in a later statement.
create function bench.check_in_record_json(organization_id uuid, key_result_id uuid, value float8)
    returns json language plpgsql as $$
declare
    made public.check_in;
begin
    select * into made from bench.record($1, $2, $3);
    return (
        select json_build_object('data', json_build_object('checkInRecord', json_build_object(
            'seq', made.seq, 'checkIn', json_build_object(
                'id', made.id, 'value', made.value, 'keyResult', json_build_object(
                    'progress', k.progress, 'objective', json_build_object(
                        'id', o.id, 'progress', o.progress))))))
        from public.key_result k
        join public.objective o on o.organization_id = k.organization_id and o.id = k.objective_id
        where k.organization_id = $1 and k.id = $2
    );
end;
$$;

create function bench.check_in_record_many_json(organization_id uuid, key_result_ids uuid[], readings float8[])
    returns json language plpgsql as $$
begin
    return (
        select json_build_object('data', json_build_object('checkInRecordMany', json_build_object(
            'results', json_agg(json_build_object('checkIn', json_build_object('id', made.id))))))
        from bench.record_many($1, $2, $3) made
    );
end;
$$;

-- Smart comments: how PostGraphile is told what the constraints do not say.
comment on table public.key_result is
    E'@foreignKey (organization_id, latest_check_in_id) references check_in (organization_id, id)|@fieldName latestCheckIn';
