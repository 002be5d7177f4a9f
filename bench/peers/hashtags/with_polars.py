"""Polars, lazily, with the schema given. Usage: with_polars.py THREADS FILE…"""

import os
import sys

os.environ["POLARS_MAX_THREADS"] = sys.argv[1]

import polars as pl  # noqa: E402  (reads the number of threads when it is imported)

from tags import TAGS

schema = {"text": pl.String, "lang": pl.String, "place": pl.Struct({"country_code": pl.String})}
tweets = (
    pl.scan_ndjson(sys.argv[2:], schema=schema, include_file_paths="path")
    .filter(pl.col("text").is_not_null())
    .select(
        pl.col("text").str.to_lowercase().alias("low"),
        "lang",
        pl.col("place").struct.field("country_code").alias("country"),
        (pl.lit("20") + pl.col("path").str.extract(r"(\d\d-\d\d-\d\d)[^/]*$")).alias("day"),
    )
)
counts = [pl.len().alias("_all")] + [
    pl.col("low").str.contains(tag, literal=True).sum().cast(pl.UInt32).alias(tag) for tag in TAGS
]
grouped = tweets.group_by("lang", "country", "day").agg(counts).collect(engine="streaming")
tagged = grouped.unpivot(index=["lang", "country", "day"], variable_name="tag", value_name="n").filter(pl.col("n") > 0)
for table in ["lang", "country", "day"]:
    (
        tagged.group_by("tag", table)
        .agg(pl.col("n").sum().alias("value"))
        .select(pl.lit(table).alias("table"), pl.concat_list("tag", table).alias("key"), "value")
        .write_ndjson(sys.stdout.buffer)
    )
