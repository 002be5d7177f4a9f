"""DuckDB: lines by the CSV reader without a delimiter, split and unnested. Usage: with_duckdb.py THREADS FILE…"""

import sys

import duckdb

connection = duckdb.connect()
connection.execute(f"SET threads = {int(sys.argv[1])}")
connection.execute("SET preserve_insertion_order = false")
connection.execute(
    """
    COPY (
      SELECT word AS key, count(*) AS value
      FROM (
        SELECT unnest(string_split(line, ' ')) AS word
        FROM read_csv(?, columns = {line: 'VARCHAR'}, delim = '\x01', quote = '', escape = '', header = false, auto_detect = false)
      )
      GROUP BY word
    ) TO '/dev/stdout' (FORMAT json)
    """,
    [sys.argv[2:]],
)
