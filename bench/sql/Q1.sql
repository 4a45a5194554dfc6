select json_build_object('data', json_build_object('objective', (
    select json_build_object(
        'id', o.id, 'title', o.title, 'description', o.description,
        'status', o.statuses[1 + width_bucket(now(), o.status_turns)], 'progress', o.progress,
        'keyResults', (
            select coalesce(json_agg(json_build_object(
                'id', k.id, 'title', k.title, 'unit', k.unit, 'startValue', k.start_value,
                'targetValue', k.target_value, 'currentValue', k.current_value, 'weight', k.weight,
                'progress', k.progress) order by k.id), '[]')
            from key_result k where k.organization_id = o.organization_id and k.objective_id = o.id))
    from objective o where o.organization_id = $1 and o.id = $2)))::text
