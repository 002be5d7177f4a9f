"""One process, json of the standard library. Usage: plain_python.py THREADS FILE…"""

import json
import sys
from collections import Counter

hours, methods, hosts = Counter(), Counter(), Counter()
for path in sys.argv[2:]:
    with open(path, "rb") as file:
        for line in file:
            request = json.loads(line)
            hours[request["time"][:13], request["status"]] += 1
            methods[request["method"]] += 1
            hosts[request["host"]] += request["bytes"]
for table, counts in {"hours": hours, "methods": methods, "hosts": hosts}.items():
    for key, value in counts.items():
        print(json.dumps({"table": table, "key": key, "value": value}))
