"""What every program here is called with: `PROGRAM.py OUT FILE…`, by spark-submit. The answer is rows of JSON in files below OUT."""

import json
import re
import sys

from pyspark.sql import SparkSession

out, files = sys.argv[1], sys.argv[2:]


def start():
    """For the driver alone: this module is imported by Spark's Python workers, too."""
    return SparkSession.builder.getOrCreate()


def day_of(path):
    return "20" + re.search(r"geoTwitter(\d\d-\d\d-\d\d)", path).group(1)


def write_rows(rows):
    """Rows of (table, key, value); the table is None where there is one."""

    def line_of(row):
        table, key, value = row
        named = {} if table is None else {"table": table}
        return json.dumps({**named, "key": key, "value": value}, ensure_ascii=False)

    rows.map(line_of).saveAsTextFile(out)
