select json_build_object('data', json_build_object('objectives', json_build_object('nodes', (
    select coalesce(json_agg(json_build_object(
        'id', o.id, 'title', o.title, 'status', o.statuses[1 + width_bucket(now(), o.status_turns)],
        'progress', o.progress,
        'owner', (
            select json_build_object('id', p.id, 'name', p.name)
            from person p where p.organization_id = o.organization_id and p.id = o.owner_id),
        'keyResults', (
            select coalesce(json_agg(json_build_object(
                'id', k.id, 'title', k.title, 'currentValue', k.current_value,
                'targetValue', k.target_value, 'progress', k.progress,
                'latestCheckIn', case when c.id is not null then json_build_object(
                    'id', c.id, 'value', c.value, 'confidence', c.confidence, 'recordedAt', c.recorded_at) end)
                order by k.id), '[]')
            from key_result k
            left join check_in c on c.organization_id = k.organization_id and c.id = k.latest_check_in_id
            where k.organization_id = o.organization_id and k.objective_id = o.id)) order by o.id), '[]')
    from (
        select * from objective where organization_id = $1 and cycle_id = $2 order by id limit 50
    ) o))))::text
