select json_build_object('data', json_build_object('objective', (
    select json_build_object(
        'id', o1.id, 'title', o1.title, 'status', o1.statuses[1 + width_bucket(now(), o1.status_turns)],
        'progress', o1.progress,
        'keyResults', (
            select coalesce(json_agg(json_build_object(
                'id', k.id, 'title', k.title, 'startValue', k.start_value, 'targetValue', k.target_value,
                'currentValue', k.current_value, 'weight', k.weight, 'progress', k.progress) order by k.id), '[]')
            from key_result k where k.organization_id = o1.organization_id and k.objective_id = o1.id),
        'children', (
                select coalesce(json_agg(json_build_object(
                    'id', o2.id, 'title', o2.title, 'status', o2.statuses[1 + width_bucket(now(), o2.status_turns)],
                    'progress', o2.progress,
                    'keyResults', (
                        select coalesce(json_agg(json_build_object(
                            'id', k.id, 'title', k.title, 'startValue', k.start_value, 'targetValue', k.target_value,
                            'currentValue', k.current_value, 'weight', k.weight, 'progress', k.progress) order by k.id), '[]')
                        from key_result k where k.organization_id = o2.organization_id and k.objective_id = o2.id),
                    'children', (
                            select coalesce(json_agg(json_build_object(
                                'id', o3.id, 'title', o3.title, 'status', o3.statuses[1 + width_bucket(now(), o3.status_turns)],
                                'progress', o3.progress,
                                'keyResults', (
                                    select coalesce(json_agg(json_build_object(
                                        'id', k.id, 'title', k.title, 'startValue', k.start_value, 'targetValue', k.target_value,
                                        'currentValue', k.current_value, 'weight', k.weight, 'progress', k.progress) order by k.id), '[]')
                                    from key_result k where k.organization_id = o3.organization_id and k.objective_id = o3.id),
                                'children', (
                                        select coalesce(json_agg(json_build_object(
                                            'id', o4.id, 'title', o4.title, 'status', o4.statuses[1 + width_bucket(now(), o4.status_turns)],
                                            'progress', o4.progress,
                                            'keyResults', (
                                                select coalesce(json_agg(json_build_object(
                                                    'id', k.id, 'title', k.title, 'startValue', k.start_value, 'targetValue', k.target_value,
                                                    'currentValue', k.current_value, 'weight', k.weight, 'progress', k.progress) order by k.id), '[]')
                                                from key_result k where k.organization_id = o4.organization_id and k.objective_id = o4.id),
                                            'children', (
                                                    select coalesce(json_agg(json_build_object(
                                                        'id', o5.id, 'title', o5.title, 'status', o5.statuses[1 + width_bucket(now(), o5.status_turns)],
                                                        'progress', o5.progress,
                                                        'keyResults', (
                                                            select coalesce(json_agg(json_build_object(
                                                                'id', k.id, 'title', k.title, 'startValue', k.start_value, 'targetValue', k.target_value,
                                                                'currentValue', k.current_value, 'weight', k.weight, 'progress', k.progress) order by k.id), '[]')
                                                            from key_result k where k.organization_id = o5.organization_id and k.objective_id = o5.id),
                                                        'children', (
                                                                select coalesce(json_agg(json_build_object(
                                                                    'id', o6.id, 'title', o6.title, 'status', o6.statuses[1 + width_bucket(now(), o6.status_turns)],
                                                                    'progress', o6.progress,
                                                                    'keyResults', (
                                                                        select coalesce(json_agg(json_build_object(
                                                                            'id', k.id, 'title', k.title, 'startValue', k.start_value, 'targetValue', k.target_value,
                                                                            'currentValue', k.current_value, 'weight', k.weight, 'progress', k.progress) order by k.id), '[]')
                                                                        from key_result k where k.organization_id = o6.organization_id and k.objective_id = o6.id)) order by o6.id), '[]')
                                                                from objective o6
                                                                join alignment e6 on e6.organization_id = o6.organization_id and e6.child_id = o6.id
                                                            where e6.organization_id = o5.organization_id and e6.parent_objective_id = o5.id)) order by o5.id), '[]')
                                                    from objective o5
                                                    join alignment e5 on e5.organization_id = o5.organization_id and e5.child_id = o5.id
                                                where e5.organization_id = o4.organization_id and e5.parent_objective_id = o4.id)) order by o4.id), '[]')
                                        from objective o4
                                        join alignment e4 on e4.organization_id = o4.organization_id and e4.child_id = o4.id
                                    where e4.organization_id = o3.organization_id and e4.parent_objective_id = o3.id)) order by o3.id), '[]')
                            from objective o3
                            join alignment e3 on e3.organization_id = o3.organization_id and e3.child_id = o3.id
                        where e3.organization_id = o2.organization_id and e3.parent_objective_id = o2.id)) order by o2.id), '[]')
                from objective o2
                join alignment e2 on e2.organization_id = o2.organization_id and e2.child_id = o2.id
            where e2.organization_id = o1.organization_id and e2.parent_objective_id = o1.id))
    from objective o1
    where o1.organization_id = $1 and o1.id = $2)))::text
