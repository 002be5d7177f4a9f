"""Spark's driver of a run: map, shuffle, reduce. Standard library and pyspark only.

    spark-submit … --py-files tallyman_tasks.py driver.py FOLDER

FOLDER is that of the application in the run's directory: orders come from there, and what is done is said there; docs/formats/spark.md
describes its files.
"""

import base64
import functools
import json
import os
import sys
import threading
import time
import traceback

import tallyman_tasks
from pyspark import SparkConf, SparkContext, StorageLevel, TaskContext

# What is brought to the driver at a time, unless that is too much for its JVM, which holds it several times over.
FETCH_BYTES = 32 * 1024 * 1024
FETCHES_IN_HEAP = 16
FIRST_BYTES = 64 * 1024
LOOK_SECONDS = 0.02
BEAT_SECONDS = 1


class Driver:
    def __init__(self, folder):
        self.folder = folder
        # Jobs of Spark's.
        self.jobs = 0
        # Bytes that files lack which have come in part.
        self.missing = {}
        self.said = open(os.path.join(folder, "said.jsonl"), "a", encoding="utf-8")
        with open(os.path.join(folder, "settings.json"), encoding="utf-8") as file:
            self.settings = json.load(file)
        # Not for executors: it has what nobody is to read.
        self.conf = self.settings.pop("conf")

    def say(self, message):
        self.said.write(json.dumps(message) + "\n")
        self.said.flush()

    def run(self):
        # A cluster may start it late, or a second time.
        if not is_wanted(self.folder):
            return
        conf = SparkConf()
        for name, value in self.conf.items():
            conf.set(name, value)
        context = SparkContext(conf=conf)
        self.say(
            {
                "type": "standing",
                "application": context.applicationId,
                "spark": context.version,
                "python": context.pythonVer,
                "cores": context.defaultParallelism,
            }
        )
        if context.getConf().get("spark.tallyman.throughDriver", "false") == "true":
            self.settings["probe"] = None
        silent = float(context.getConf().get("spark.tallyman.silentSeconds", str(self.settings["silentSeconds"])))
        threading.Thread(target=beat_on, args=[context, self.folder, silent], daemon=True).start()
        try:
            mapped = self.map(context)
            while (go := self.wait()) is not None:
                self.reduce(context, mapped, go)
        finally:
            context.stop()

    def map(self, context):
        with open(os.path.join(self.folder, "map-orders.jsonl"), encoding="utf-8") as file:
            # Not splitlines: it would cut at what JSON leaves in texts, such as U+2028.
            orders = file.read().split("\n")[:-1]
        partitions = self.settings["partitions"]
        self.ended = context.accumulator(None, tallyman_tasks.Ended(os.path.join(self.folder, "ended")))
        blocks = (
            context.parallelize(orders, max(1, len(orders)))
            .mapPartitionsWithIndex(functools.partial(tallyman_tasks.map_partition, self.settings, self.ended))
            .partitionBy(partitions + 1, tallyman_tasks.same)
        )
        context.setJobGroup("tallyman map", "tallyman map")
        self.fetch(context, blocks, [partitions], "map")
        self.say({"type": "mapped", "jobs": self.jobs})
        return blocks

    def reduce(self, context, mapped, go):
        orders = context.broadcast([None if one is None else base64.b64decode(one) for one in go["orders"]])
        wanted = [partition for partition, order in enumerate(go["orders"]) if order is not None]
        reduced = mapped.mapPartitionsWithIndex(
            functools.partial(tallyman_tasks.reduce_partition, self.settings, self.ended, orders)
        )
        # Kept on the executors' disks until all of it is fetched: reduces run at the same time, the driver holds a piece at a time.
        reduced.persist(StorageLevel.DISK_ONLY)
        context.setJobGroup("tallyman reduce", "tallyman reduce")
        self.fetch(context, reduced, wanted, "reduce")
        reduced.unpersist()
        self.say({"type": "reduced", "jobs": self.jobs})

    def fetch(self, context, blocks, partitions, into):
        """
        Writes what lies in partitions into files named by Spark's ids of tasks: a little of all at first, then the rest of each. Each time Spark is asked
        it may give the pieces of a partition in another order, or those of an attempt that ran anew: a piece is known by what it is, not by its place.
        """
        if not partitions:
            return
        limit = min(FETCH_BYTES, context._jvm.java.lang.Runtime.getRuntime().maxMemory() // FETCHES_IN_HEAP)
        held = {partition: set() for partition in partitions}
        rest = self.fetch_pieces(context, blocks, held, into, max(FIRST_BYTES, limit // len(partitions)))
        context.setJobGroup("tallyman fetch", "tallyman fetch")
        for partition in rest:
            one = {partition: held[partition]}
            while self.fetch_pieces(context, blocks, one, into, limit):
                pass

    def fetch_pieces(self, context, blocks, held, into, limit):
        """Fetches what is not held of the partitions that are named there, up to a limit, and adds it. Returns the partitions of which there is more."""
        self.jobs += 1
        rest = []
        for kind, value in context.runJob(blocks, functools.partial(take, held, limit), list(held)):
            if kind == "more":
                rest.append(value)
                continue
            partition, (task, name, at, data, total) = value
            held[partition].add((task, name, at))
            suffix = f"-{name}" if kind == "part" else ".json"
            self.write(os.path.join(self.folder, into, f"{task}{suffix}"), at, data, total)
        return rest

    def write(self, path, at, data, total):
        """Writes a piece of a file, which has its name once all of it is there."""
        with os.fdopen(os.open(path + ".new", os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            file.seek(at)
            file.write(data)
        self.missing[path] = self.missing.get(path, total) - len(data)
        if self.missing[path] == 0:
            del self.missing[path]
            os.rename(path + ".new", path)

    def wait(self):
        """What is to be reduced; None where nothing is any more."""
        path = os.path.join(self.folder, "go.json")
        while not os.path.exists(path):
            time.sleep(LOOK_SECONDS)
        with open(path, encoding="utf-8") as file:
            go = json.load(file)
        os.remove(path)
        return None if go["orders"] is None else go


def is_wanted(folder):
    """False once the run has said that the application is to end, or has made another one in its place."""
    return os.path.exists(os.path.join(folder, "settings.json")) and not os.path.exists(os.path.join(folder, "stop"))


def beat_on(context, folder, silent_seconds):
    """
    Has Spark write its event log as it happens: it flushes it for few events, of which to forget a set of data is the cheapest. And ends the application
    where the run wants it no more, or has not touched its file for so long: what is on the cluster would wait for a word for ever, and hold its executors.
    """
    nothing = context.emptyRDD()
    seen, seen_at = None, time.monotonic()
    while True:
        time.sleep(BEAT_SECONDS)
        try:
            nothing.unpersist()
        except Exception:
            # The application has ended: there is nothing to be told any more.
            return
        try:
            touched = os.stat(os.path.join(folder, "alive")).st_mtime_ns
        except OSError:
            # Not yet, or a file system on the network that is away for a while.
            touched = seen
        if not is_wanted(folder):
            print("The run wants nothing more: the application ends.", file=sys.stderr, flush=True)
            os._exit(1)
        if touched != seen:
            seen, seen_at = touched, time.monotonic()
        elif time.monotonic() - seen_at > silent_seconds:
            print(f"Nothing was heard of the run for {silent_seconds:g} s: the application ends.", file=sys.stderr, flush=True)
            os._exit(1)


def take(held, limit, pieces):
    """Some of what lies in a partition and is not held, and whether there is more."""
    partition = TaskContext.get().partitionId()
    size = 0
    for kind, piece in pieces:
        task, name, at, data, _ = piece
        if (task, name, at) in held[partition]:
            continue
        if size >= limit:
            yield "more", partition
            return
        yield kind, (partition, piece)
        size += len(data)


def main():
    driver = Driver(sys.argv[1])
    try:
        driver.run()
    except Exception:
        driver.say({"type": "failed", "message": traceback.format_exc()})
        sys.exit(1)


if __name__ == "__main__":
    main()
