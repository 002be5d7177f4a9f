"""A Counter over split lines. Usage: plain_python.py THREADS FILE…"""

import json
import sys
from collections import Counter

counts = Counter()
for path in sys.argv[2:]:
    with open(path, encoding="utf-8", newline="\n") as file:
        for line in file:
            counts.update(line.rstrip("\n").split(" "))
for word, value in counts.items():
    print(json.dumps({"key": word, "value": value}, ensure_ascii=False))
