"""mrjob, as its manual writes a job: a mapper and a combiner over lines, on this machine. Usage: with_mrjob.py PROCESSES FILE…"""

import json
import re
import sys

from mrjob.compat import jobconf_from_env
from mrjob.job import MRJob

from tags import TAGS


class CountTags(MRJob):
    FILES = ["tags.py"]

    def mapper_init(self):
        path = jobconf_from_env("mapreduce.map.input.file")
        self.day = "20" + re.search(r"\d\d-\d\d-\d\d", path.rsplit("/", 1)[-1]).group()

    def mapper(self, _, line):
        tweet = json.loads(line)
        if "text" not in tweet:
            return
        text = tweet["text"].lower()
        place = tweet.get("place")
        for tag in ["_all"] + [tag for tag in TAGS if tag in text]:
            yield ("lang", tag, tweet.get("lang")), 1
            yield ("country", tag, place["country_code"] if place else None), 1
            yield ("day", tag, self.day), 1

    def combiner(self, key, values):
        yield key, sum(values)

    def reducer(self, key, values):
        yield key, sum(values)


if __name__ == "__main__":
    if "--mapper" in sys.argv or "--combiner" in sys.argv or "--reducer" in sys.argv or "--steps" in sys.argv:
        CountTags.run()
    else:
        processes, files = sys.argv[1], sys.argv[2:]
        how = ["-r", "inline"] if processes == "1" else ["-r", "local", "--num-cores", processes]
        job = CountTags(args=["--no-conf", *how, *files])
        with job.make_runner() as runner:
            runner.run()
            for (table, tag, key), value in job.parse_output(runner.cat_output()):
                print(json.dumps({"table": table, "key": [tag, key], "value": value}, ensure_ascii=False))
