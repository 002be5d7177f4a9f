"""DuckDB with the columns given. Usage: with_duckdb.py THREADS FILE…"""

import sys

import duckdb

connection = duckdb.connect()
connection.execute(f"SET threads = {int(sys.argv[1])}")
# The three tables are made of one pass over the records.
connection.execute(
    """
    CREATE TEMP TABLE sets AS
      SELECT time[:13] AS hour, status, method, host, count(*) AS n, sum(bytes) AS bytes, grouping(method) AS g, grouping(host) AS h
      FROM read_json(?, format = 'newline_delimited',
        columns = {time: 'VARCHAR', host: 'VARCHAR', method: 'VARCHAR', status: 'INTEGER', bytes: 'BIGINT'})
      GROUP BY GROUPING SETS ((time[:13], status), (method), (host))
    """,
    [sys.argv[2:]],
)
connection.execute(
    """
    COPY (
      SELECT 'hours' AS "table", json_array(hour, status) AS key, n AS value FROM sets WHERE g = 1 AND h = 1
      UNION ALL SELECT 'methods', to_json(method), n FROM sets WHERE g = 0
      UNION ALL SELECT 'hosts', to_json(host), bytes::BIGINT FROM sets WHERE h = 0
    ) TO '/dev/stdout' (FORMAT json)
    """
)
