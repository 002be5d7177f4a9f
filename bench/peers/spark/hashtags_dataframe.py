"""DataFrames: a schema of the columns that are needed, and Spark's own functions."""

from functools import reduce

from pyspark.sql import functions as f
from session import files, out, start
from tags import TAGS

tweets = (
    start().read.schema("text string, lang string, place struct<country_code: string>")
    .json(files)
    .where("text is not null")
    .select(
        f.lower("text").alias("text"),
        "lang",
        f.col("place.country_code").alias("country"),
        f.concat(f.lit("20"), f.regexp_extract(f.input_file_name(), r"geoTwitter(\d\d-\d\d-\d\d)", 1)).alias("day"),
    )
)
found = f.filter(
    f.array(f.lit("_all"), *[f.when(f.col("text").contains(tag), f.lit(tag)) for tag in TAGS]),
    lambda tag: tag.isNotNull(),
)
# One pass over the tweets: what is counted is small, and all three tables are made from it.
counts = (
    tweets.select(f.explode(found).alias("tag"), "lang", "country", "day")
    .groupBy("tag", "lang", "country", "day")
    .count()
    .cache()
)
tables = [
    counts.groupBy("tag", name)
    .agg(f.sum("count").alias("value"))
    .select(f.lit(name).alias("table"), f.array("tag", name).alias("key"), "value")
    for name in ("lang", "country", "day")
]
reduce(lambda a, b: a.union(b), tables).write.json(out)
