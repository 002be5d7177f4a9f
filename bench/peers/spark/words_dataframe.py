"""DataFrames: the same in Spark's own functions."""

from pyspark.sql import functions as f
from session import files, out, start

words = start().read.text(files).select(f.explode(f.split("value", " ")).alias("key"))
words.groupBy("key").agg(f.count("*").alias("value")).write.json(out)
