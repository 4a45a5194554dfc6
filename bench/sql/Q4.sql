select json_build_object('data', json_build_object('rows', (
    select json_agg(json_build_object(
        'depth', depth, 'parentIds', parent_ids,
        'objective', json_build_object('id', id, 'title', title, 'progress', progress)))
    from objective_tree($1, $2))))::text
