"""A fast Python without types: orjson, a process a core. Usage: with_orjson.py PROCESSES FILE…"""

import re
import sys
import zipfile
from collections import Counter
from multiprocessing import Pool

import orjson

from tags import TAGS


def lines_of(path):
    if path.endswith(".zip"):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                yield from archive.read(name).splitlines()
    else:
        with open(path, "rb") as file:
            yield from file


def count(path):
    counts = Counter()
    day = "20" + re.search(r"\d\d-\d\d-\d\d", path.rsplit("/", 1)[-1]).group()
    for line in lines_of(path):
        tweet = orjson.loads(line)
        text = tweet.get("text")
        if text is None:
            continue
        place = tweet.get("place")
        place = place["country_code"] if place else None
        lang = tweet.get("lang")
        counts["_all", lang, place, day] += 1
        if "#" in text:
            text = text.lower()
            for tag in TAGS:
                if tag in text:
                    counts[tag, lang, place, day] += 1
    return counts


if __name__ == "__main__":
    processes, files = int(sys.argv[1]), sys.argv[2:]
    if processes == 1:
        parts = map(count, files)
        total = sum(parts, Counter())
    else:
        with Pool(processes) as pool:
            total = sum(pool.imap_unordered(count, files), Counter())
    tables = {"lang": Counter(), "country": Counter(), "day": Counter()}
    for (tag, lang, place, day), value in total.items():
        tables["lang"][tag, lang] += value
        tables["country"][tag, place] += value
        tables["day"][tag, day] += value
    for table, counts in tables.items():
        for key, value in counts.items():
            print(orjson.dumps({"table": table, "key": key, "value": value}).decode())
