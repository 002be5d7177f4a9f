"""The course's way: one process, json, zipfile and gzip of the standard library. Usage: plain_python.py THREADS FILE…"""

import gzip
import json
import re
import sys
import zipfile
from collections import Counter

from tags import TAGS


def lines_of(path):
    if path.endswith(".zip"):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                with archive.open(name) as member:
                    yield from member
    else:
        with (gzip.open if path.endswith(".gz") else open)(path, "rb") as file:
            yield from file


counts = Counter()
for path in sys.argv[2:]:
    day = "20" + re.search(r"\d\d-\d\d-\d\d", path.rsplit("/", 1)[-1]).group()
    for line in lines_of(path):
        tweet = json.loads(line)
        if "text" not in tweet:
            continue
        text = tweet["text"].lower()
        lang = tweet.get("lang")
        place = tweet.get("place")
        country = place["country_code"] if place else None
        for tag in ["_all"] + [tag for tag in TAGS if tag in text]:
            counts["lang", tag, lang] += 1
            counts["country", tag, country] += 1
            counts["day", tag, day] += 1

for (table, tag, key), value in counts.items():
    print(json.dumps({"table": table, "key": [tag, key], "value": value}, ensure_ascii=False))
