"""Polars, lazily, with the schema given; the three tables share one scan. Usage: with_polars.py THREADS FILE…"""

import json
import os
import sys

os.environ["POLARS_MAX_THREADS"] = sys.argv[1]

import polars as pl  # noqa: E402  (reads the number of threads when it is imported)

schema = {"time": pl.String, "host": pl.String, "method": pl.String, "status": pl.Int32, "bytes": pl.Int64}
requests = pl.scan_ndjson(sys.argv[2:], schema=schema).with_columns(pl.col("time").str.slice(0, 13).alias("hour"))
hours, methods, hosts = pl.collect_all(
    [
        requests.group_by("hour", "status").agg(pl.len().alias("value")),
        requests.group_by("method").agg(pl.len().alias("value")),
        requests.group_by("host").agg(pl.col("bytes").sum().alias("value")),
    ],
    engine="streaming",
)
rows = [
    *({"table": "hours", "key": [hour, status], "value": value} for hour, status, value in hours.iter_rows()),
    *({"table": "methods", "key": key, "value": value} for key, value in methods.iter_rows()),
    *({"table": "hosts", "key": key, "value": value} for key, value in hosts.iter_rows()),
]
for row in rows:
    print(json.dumps(row))
