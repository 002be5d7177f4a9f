"""A skilled Python: msgspec decodes the three fields that are wanted, ISA-L inflates, a process a core.

Usage: with_msgspec.py PROCESSES FILE…
"""

import re
import struct
import sys
import zipfile
from collections import Counter
from multiprocessing import Pool

import msgspec
from isal import igzip, isal_zlib

from tags import TAGS


class Place(msgspec.Struct):
    country_code: str | None = None


class Tweet(msgspec.Struct):
    text: str | None = None
    lang: str | None = None
    place: Place | None = None


decode = msgspec.json.Decoder(Tweet).decode


def inflated(archive, member):
    """The bytes of a member by ISA-L, checksum compared."""
    file = archive.fp
    file.seek(member.header_offset)
    name_length, extra_length = struct.unpack("<26xHH", file.read(30))
    file.seek(name_length + extra_length, 1)
    body = file.read(member.compress_size)
    if member.compress_type == zipfile.ZIP_DEFLATED:
        body = isal_zlib.decompress(body, wbits=-15, bufsize=max(1, member.file_size))
    if isal_zlib.crc32(body) != member.CRC:
        raise zipfile.BadZipFile(f"Bad CRC-32 for {member.filename}")
    return body


def lines_of(path):
    if path.endswith(".zip"):
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                yield from inflated(archive, member).splitlines()
    else:
        with (igzip.open if path.endswith(".gz") else open)(path, "rb") as file:
            yield from file


def count(path):
    counts = Counter()
    day = "20" + re.search(r"\d\d-\d\d-\d\d", path.rsplit("/", 1)[-1]).group()
    for line in lines_of(path):
        tweet = decode(line)
        text = tweet.text
        if text is None:
            continue
        place = tweet.place.country_code if tweet.place else None
        counts["_all", tweet.lang, place, day] += 1
        if "#" in text:
            text = text.lower()
            for tag in TAGS:
                if tag in text:
                    counts[tag, tweet.lang, place, day] += 1
    return counts


if __name__ == "__main__":
    processes, files = int(sys.argv[1]), sys.argv[2:]
    if processes == 1:
        total = sum(map(count, files), Counter())
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
            print(msgspec.json.encode({"table": table, "key": key, "value": value}).decode())
