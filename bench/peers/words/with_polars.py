"""Polars: lines by the CSV reader without a separator, split and exploded. Usage: with_polars.py THREADS FILE…"""

import os
import sys

os.environ["POLARS_MAX_THREADS"] = sys.argv[1]

import polars as pl  # noqa: E402  (reads the number of threads when it is imported)

lines = pl.scan_csv(
    sys.argv[2:], has_header=False, separator="\x01", quote_char=None, schema={"line": pl.String}
)
(
    lines.select(pl.col("line").str.split(" ").explode().alias("key"))
    .group_by("key")
    .agg(pl.len().alias("value"))
    .collect(engine="streaming")
    .write_ndjson(sys.stdout.buffer)
)
