"""ClickHouse in the process (chdb), with the columns given. Usage: with_chdb.py THREADS FILE…"""

import json
import os
import sys

import chdb

folder = os.path.dirname(sys.argv[2])
names = ",".join(os.path.basename(path) for path in sys.argv[2:])
answer = chdb.query(
    f"""
    SELECT substring(time, 1, 13) AS hour, status, method, host, count() AS n, sum(bytes) AS total,
      grouping(method) AS g, grouping(host) AS h
    FROM file('{folder}/{{{names}}}', JSONEachRow, 'time String, host String, method String, status Int32, bytes Int64')
    GROUP BY GROUPING SETS ((hour, status), (method), (host))
    SETTINGS max_threads = {int(sys.argv[1])}, output_format_json_quote_64bit_integers = 0
    """,
    "JSONEachRow",
)
for line in str(answer).splitlines():
    row = json.loads(line)
    if row["g"] != row["h"] and row["method"] != "":
        print(json.dumps({"table": "methods", "key": row["method"], "value": row["n"]}))
    elif row["g"] != row["h"]:
        print(json.dumps({"table": "hosts", "key": row["host"], "value": row["total"]}))
    else:
        print(json.dumps({"table": "hours", "key": [row["hour"], row["status"]], "value": row["n"]}))
