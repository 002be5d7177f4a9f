"""ClickHouse in the process (chdb): lines, split and joined. Usage: with_chdb.py THREADS FILE…"""

import os
import sys

import chdb

folder = os.path.dirname(sys.argv[2])
# Many files have a folder of their own, and a pattern of all their names would be too long.
names = os.path.basename(sys.argv[2]) if len(sys.argv) == 3 else "*.txt"
answer = chdb.query(
    f"""
    SELECT arrayJoin(splitByChar(' ', line)) AS key, count() AS value
    FROM file('{folder}/{names}', LineAsString, 'line String')
    GROUP BY key
    SETTINGS max_threads = {int(sys.argv[1])}, output_format_json_quote_64bit_integers = 0,
      output_format_json_escape_forward_slashes = 0
    """,
    "JSONEachRow",
)
sys.stdout.buffer.write(answer.bytes())
