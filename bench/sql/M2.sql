select bench.check_in_record_many_json($1, $2, $3)::text
