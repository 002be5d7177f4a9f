"""A skilled Python: msgspec decodes the five fields, a process a part of the file. Usage: with_msgspec.py PROCESSES FILE…"""

import os
import sys
from collections import Counter
from multiprocessing import Pool

import msgspec


class Request(msgspec.Struct):
    time: str
    host: str
    method: str
    status: int
    bytes: int


decode = msgspec.json.Decoder(Request).decode


def count(part):
    """Counts the lines that begin in a part of a file."""
    path, start, end = part
    hours, methods, hosts = Counter(), Counter(), Counter()
    with open(path, "rb") as file:
        at = 0
        if start > 0:
            file.seek(start - 1)
            at = start - 1 + len(file.readline())
        for line in file:
            if at >= end:
                break
            at += len(line)
            request = decode(line)
            hours[request.time[:13], request.status] += 1
            methods[request.method] += 1
            hosts[request.host] += request.bytes
        # A part may begin inside a line that ends past it; then nothing is counted.
    return hours, methods, hosts


def parts_of(path, parts):
    size = os.path.getsize(path)
    cuts = [size * part // parts for part in range(parts + 1)]
    return [(path, start, end) for start, end in zip(cuts, cuts[1:])]


if __name__ == "__main__":
    processes = int(sys.argv[1])
    parts = [part for path in sys.argv[2:] for part in parts_of(path, processes)]
    if processes == 1:
        answers = map(count, parts)
    else:
        pool = Pool(processes)
        answers = pool.imap_unordered(count, parts)
    totals = {"hours": Counter(), "methods": Counter(), "hosts": Counter()}
    for answer in answers:
        for total, counts in zip(totals.values(), answer):
            total.update(counts)
    for table, counts in totals.items():
        for key, value in counts.items():
            print(msgspec.json.encode({"table": table, "key": key, "value": value}).decode())
