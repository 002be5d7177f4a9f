"""RDDs and the standard library: lines, json.loads, reduceByKey. Reads files of lines, and zip archives whole, as binaryFiles gives them."""

import io
import json
import zipfile
from operator import add

from session import day_of, files, start, write_rows
from tags import TAGS


def members_of(archive):
    path, data = archive
    day = day_of(path)
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        for name in file.namelist():
            with file.open(name) as member:
                for line in member:
                    yield day, line


def emits_of(dated):
    day, line = dated
    tweet = json.loads(line)
    if "text" not in tweet:
        return
    text = tweet["text"].lower()
    place = tweet.get("place")
    country = place["country_code"] if place else None
    for tag in ["_all"] + [tag for tag in TAGS if tag in text]:
        yield ("lang", tag, tweet.get("lang")), 1
        yield ("country", tag, country), 1
        yield ("day", tag, day), 1


context = start().sparkContext
if files[0].endswith(".zip"):
    lines = context.binaryFiles(",".join(files), minPartitions=len(files)).flatMap(members_of)
else:
    lines = context.union(
        [context.textFile(file).map(lambda line, day=day_of(file): (day, line)) for file in files]
    )
counts = lines.flatMap(emits_of).reduceByKey(add, 8)
write_rows(counts.map(lambda count: (count[0][0], list(count[0][1:]), count[1])))
