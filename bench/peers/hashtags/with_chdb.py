"""ClickHouse in the process (chdb), with the columns given. Usage: with_chdb.py THREADS FILE…"""

import os
import sys

import chdb

from tags import TAGS

folder = os.path.dirname(sys.argv[2])
names = ",".join(os.path.basename(path) for path in sys.argv[2:])
mask = " + ".join(f"bitShiftLeft(toUInt32(position(low, '{tag}') > 0), {bit})" for bit, tag in enumerate(TAGS))
tags = ", ".join(f"('{tag}', {1 << bit})" for bit, tag in enumerate(TAGS))
answer = chdb.query(
    f"""
    WITH
      grouped AS (
        SELECT {mask} AS mask, lang, country, path, count() AS n
        FROM (
          SELECT lowerUTF8(assumeNotNull(text)) AS low, lang, place.country_code AS country, _file AS path
          FROM file('{folder}/{{{names}}}', JSONEachRow,
            'text Nullable(String), lang Nullable(String), place Tuple(country_code Nullable(String))')
          WHERE text IS NOT NULL
        )
        GROUP BY mask, lang, country, path
      ),
      tagged AS (
        SELECT tag.1 AS tag, lang, country, '20' || extract(path, '\\\\d\\\\d-\\\\d\\\\d-\\\\d\\\\d') AS day, n
        FROM grouped ARRAY JOIN arrayFilter(tag -> tag.2 = 0 OR bitAnd(mask, tag.2) != 0, [('_all', 0), {tags}]) AS tag
      )
    SELECT 'lang' AS "table", [tag, lang] AS key, sum(n) AS value FROM tagged GROUP BY key
    UNION ALL SELECT 'country', [tag, country] AS key, sum(n) FROM tagged GROUP BY key
    UNION ALL SELECT 'day', [tag, day] AS key, sum(n) FROM tagged GROUP BY key
    SETTINGS max_threads = {int(sys.argv[1])}, output_format_json_quote_64bit_integers = 0
    """,
    "JSONEachRow",
)
sys.stdout.write(str(answer))
