"""Writers of tables as CSV, XLSX and Parquet files; `graphql/exported_tables.py` says which tables."""
