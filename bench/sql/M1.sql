select bench.check_in_record_json($1, $2, $3)::text
