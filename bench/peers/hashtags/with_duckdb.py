"""DuckDB with the columns given, so that it parses nothing else. Usage: with_duckdb.py THREADS FILE…"""

import sys

import duckdb

from tags import TAGS

# lower() makes one letter of one letter; everybody else here makes "i" and a dot above of "İ", as Unicode says, and "#COVİD19" is
# common.
# Tweets are grouped by the set of their tags first: what is spread out to tags afterwards is small.
mask = " | ".join(f"(contains(low, '{tag}')::INT << {bit})" for bit, tag in enumerate(TAGS))
tags = ", ".join(f"('{tag}', {1 << bit})" for bit, tag in enumerate(TAGS))
connection = duckdb.connect()
connection.execute(f"SET threads = {int(sys.argv[1])}")
connection.execute(
    f"""
    COPY (
      WITH tweets AS (
        SELECT lower(replace(text, 'İ', 'i̇')) AS low, lang, place.country_code AS country, filename
        FROM read_json(?, format = 'newline_delimited', filename = true, maximum_object_size = 16777216,
          columns = {{text: 'VARCHAR', lang: 'VARCHAR', place: 'STRUCT(country_code VARCHAR)'}})
        WHERE text IS NOT NULL
      ),
      grouped AS (
        SELECT {mask} AS mask, lang, country, filename, count(*) AS n FROM tweets GROUP BY ALL
      ),
      tagged AS (
        SELECT tag, lang, country, '20' || regexp_extract(filename, 'geoTwitter(\\d\\d-\\d\\d-\\d\\d)', 1) AS day, n
        FROM grouped JOIN (VALUES ('_all', 0), {tags}) AS tags (tag, bit) ON bit = 0 OR mask & bit <> 0
      )
      SELECT 'lang' AS "table", [tag, lang] AS key, sum(n)::BIGINT AS value FROM tagged GROUP BY ALL
      UNION ALL SELECT 'country', [tag, country], sum(n)::BIGINT FROM tagged GROUP BY ALL
      UNION ALL SELECT 'day', [tag, day], sum(n)::BIGINT FROM tagged GROUP BY ALL
    ) TO '/dev/stdout' (FORMAT json)
    """,
    [sys.argv[2:]],
)
