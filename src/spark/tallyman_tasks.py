"""Runs on Spark's executors: gives each task to a process of Node, and what it wrote to Spark's shuffle.

Standard library only. A module of its own, so that the process outlives a task: Spark's Python worker imports it once.
What is said to the process and to the driver is described in docs/formats/spark.md.
"""

import base64
import errno
import gc
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import zlib

FRAME_MAGIC = 0xFF
FRAME_BYTES_MAX = 256 * 1024 * 1024
# What moves through the shuffle at a time, and the least of it. PySpark holds up to a thousand of these before it writes the first, ten for each partition: not more
# than so many bytes.
BLOCK_BYTES = 512 * 1024
BLOCK_BYTES_LEAST = 64 * 1024
HELD_BYTES = 64 * 1024 * 1024
COPY_BYTES = 1024 * 1024
LOG_CHARACTERS_MAX = 64 * 1024
# A longer reply comes through the shuffle alone.
ENDED_BYTES_MAX = 256 * 1024


class TaskError(Exception):
    """An attempt that failed. Spark tries again; the run reads why out of the message."""

    def __init__(self, failure):
        packed = base64.b64encode(zlib.compress(json.dumps(failure).encode())).decode()
        super().__init__(f"{failure['fault']['message']} [tallyman-failure {packed}]")


def fail(code, message, way_out=None):
    """A failure that is none of the worker's."""
    host = socket.gethostname()
    fault = {"code": code, "message": f"On host {host}: {message}"}
    if way_out is not None:
        fault["wayOut"] = way_out
    return TaskError({"fault": fault, "host": host, "log": "", "death": None})


class Ended:
    """What Spark calls an AccumulatorParam. Brings replies to the driver as their tasks end: it adds nothing up, so it does not matter that Spark counts some twice."""

    def __init__(self, folder):
        # On executors there is none.
        self.folder = folder

    def __reduce__(self):
        return Ended, (None,)

    def zero(self, value):
        return None

    def addInPlace(self, held, more):
        if self.folder is None:
            return more
        if more is not None:
            task, text = more
            path = os.path.join(self.folder, f"{task}.json")
            with os.fdopen(os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(text)
            os.rename(path + ".new", path)
        return None


def tell_end(ended, reply):
    """Says that a task has ended, once Spark agrees. Returns the reply as it is sent."""
    text = json.dumps(reply).encode()
    if len(text) <= ENDED_BYTES_MAX:
        ended += (reply["sparkTask"], text)
    return text


def same(partition):
    """Keys are numbers of partitions."""
    return partition


class TaskProcess:
    """The process of Node beside this worker, with a folder that both write into."""

    def __init__(self, settings):
        # Spark's Python worker collects garbage after each task, and goes through all that its imports have made, in 10 ms and more: that is none.
        gc.freeze()
        folders = os.environ.get("SPARK_LOCAL_DIRS", tempfile.gettempdir()).split(",")
        folder = folders[os.getpid() % len(folders)]
        os.makedirs(folder, exist_ok=True)
        self.scratch = tempfile.mkdtemp(prefix="tallyman-", dir=folder)
        self.settings = dict(settings["task"])
        environment = dict(os.environ)
        if settings["ranges"]:
            import tallyman_ranges

            environment["TALLYMAN_RANGES"] = tallyman_ranges.Ranges().address
        program, entry = settings["node"], settings["entry"]
        if settings["pack"] is not None:
            from pyspark import SparkFiles

            pack = os.path.abspath(os.path.join(SparkFiles.getRootDirectory(), settings["pack"]))
            program = os.path.join(pack, "bin", "node")
            entry = os.path.join(pack, "node_modules", "tallyman", "dist", "spark", "task-process-main.js")
            self.settings["bundleFile"] = os.path.join(pack, "job", "job.mjs")
        try:
            with open(os.path.join(self.scratch, "stderr"), "wb") as stderr:
                self.child = subprocess.Popen(
                    [program, entry], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, env=environment
                )
        except OSError as error:
            raise fail(
                "worker-died",
                f"{program} could not be started: {error}.",
                "The archive has a Node of the machine that made it: executors of another kind need --spark-pack.",
            ) from error

    def ask(self, order):
        """Has the process do something; returns its answer."""
        frame = json.dumps(order).encode()
        try:
            self.child.stdin.write(struct.pack("<BI", FRAME_MAGIC, len(frame)) + frame)
            self.child.stdin.flush()
        except OSError as error:
            raise self.lost(f"does not listen: {error}") from error
        magic, length = struct.unpack("<BI", self.read(5))
        if magic != FRAME_MAGIC or length > FRAME_BYTES_MAX:
            raise self.lost("wrote something that is no message")
        return json.loads(self.read(length))

    def read(self, size):
        data = self.child.stdout.read(size)
        if len(data) < size:
            raise self.lost(f"ended, {self.child.wait()}")
        return data

    def lost(self, how):
        global process
        process = None
        self.child.kill()
        words = self.last_words()
        shutil.rmtree(self.scratch, ignore_errors=True)
        return fail("worker-died", f"The process that does tasks {how}.{words}")

    def last_words(self):
        """The line of its stderr that tells something, as the rest of a message."""
        try:
            with open(os.path.join(self.scratch, "stderr"), encoding="utf-8", errors="replace") as file:
                lines = [line.strip() for line in file.read()[-LOG_CHARACTERS_MAX:].splitlines() if line.strip()]
        except OSError:
            return ""
        telling = [line for line in lines if "Error" in line or "error" in line] or lines[-1:]
        return f" Its last words: {telling[-1][:200]}" if telling else ""


process = None


def process_of(settings):
    global process
    if process is None:
        process = TaskProcess(settings)
    return process


def run(settings, order):
    """Does a task. Returns its reply, and the folder with what it wrote."""
    from pyspark import TaskContext

    context = TaskContext.get()
    beside = process_of(settings)
    answer = beside.ask(
        {
            "type": "run",
            "settings": beside.settings,
            "scratch": beside.scratch,
            "order": {"task": order["task"], "work": order["work"]},
            "attemptNumber": context.attemptNumber(),
        }
    )
    if answer["type"] != "done":
        failure = answer["failure"]
        failure["log"] = failure["log"][-LOG_CHARACTERS_MAX:]
        raise TaskError(failure)
    reply = answer["reply"]
    reply["sparkTask"] = context.taskAttemptId()
    return reply, os.path.join(beside.scratch, answer["folder"])


def block_bytes(settings):
    """How long blocks are, by how many partitions they go to."""
    held = min(10 * (settings["partitions"] + 1), 1000)
    return max(BLOCK_BYTES_LEAST, min(BLOCK_BYTES, HELD_BYTES // held))


def map_partition(settings, ended, _, orders):
    """Map tasks: yields blocks under their partitions, and the reply under the partition after the last."""
    size = block_bytes(settings)
    for line in orders:
        order = json.loads(line)
        reply, folder = run(settings, order)
        reply["crcs"] = []
        try:
            for spill in reply["report"]["spills"]:
                name = f"{order['task']}/{spill['name']}"
                crc = 0
                for at, data in blocks_of(os.path.join(folder, spill["name"]), size, spill["atByte"], spill["bytes"]):
                    crc = zlib.crc32(data, crc)
                    yield spill["partition"], (reply["sparkTask"], name, at, data)
                reply["crcs"].append(crc)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        text = tell_end(ended, reply)
        for at in range(0, len(text), size):
            yield settings["partitions"], (reply["sparkTask"], order["task"], at, text[at : at + size], len(text))


def blocks_of(path, size, at=0, length=sys.maxsize):
    """What lies in a file from a place on, in pieces of a size, each with its place."""
    end = at + length
    with open(path, "rb") as file:
        file.seek(at)
        while data := file.read(min(size, end - at)):
            yield at, data
            at += len(data)


def reduce_partition(settings, ended, orders, partition, blocks):
    """A reduce task: yields its reply and, where the run's folder is not seen here, its part files, in pieces."""
    order = json.loads(zlib.decompress(orders.value[partition]))
    beside = process_of(settings)
    committed = os.path.join(beside.scratch, "committed")
    shutil.rmtree(committed, ignore_errors=True)
    expected = {spill["name"]: spill for spill in order["work"]["spills"]}
    try:
        gather(committed, expected, blocks)
        check(beside.scratch, expected)
        reply, folder = run(settings, order)
    except OSError as error:
        raise disk_failure(error, beside.scratch) from error
    finally:
        shutil.rmtree(committed, ignore_errors=True)
    reply["crcs"] = []
    try:
        parts = [part["name"] for part in reply["report"]["parts"]]
        if sees_run(settings):
            publish(settings, order["task"], reply, folder, parts)
        else:
            for name in parts:
                path = os.path.join(folder, name)
                total = os.path.getsize(path)
                for at, data in blocks_of(path, block_bytes(settings)):
                    yield "part", (reply["sparkTask"], name, at, data, total)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    text = tell_end(ended, reply)
    yield "reply", (reply["sparkTask"], order["task"], 0, text, len(text))


def gather(committed, expected, blocks):
    """
    Puts blocks back to their places in files of the names they were cut from, in whatever order they come. What else lay there went to
    other partitions: nothing is written there, and no room is taken.
    """
    opened, file = None, None
    try:
        for _, (_, name, at, data) in blocks:
            if f"committed/{name}" not in expected:
                continue
            if name != opened:
                if file is not None:
                    file.close()
                path = os.path.join(committed, name)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb")
                opened = name
            file.seek(at)
            file.write(data)
    finally:
        if file is not None:
            file.close()


def check(scratch, expected):
    """Each file must be the one that was counted on: what an attempt writes that is run again may be another."""
    for name, spill in expected.items():
        path = os.path.join(scratch, name)
        crc = 0
        size = os.path.getsize(path) - spill["atByte"] if os.path.exists(path) else -1
        if size == spill["bytes"]:
            for _, data in blocks_of(path, BLOCK_BYTES, spill["atByte"]):
                crc = zlib.crc32(data, crc)
        if size != spill["bytes"] or crc != spill["crc32"]:
            raise fail(
                "file-damaged",
                f"{name} came through the shuffle with {max(size, 0)} of {spill['bytes']} bytes, or with other ones than were written.",
                "Its map task has given other bytes when it ran again, or memory or disk of an executor is bad.",
            )


def sees_run(settings):
    """Is the run's folder on a file system that this executor shares with it, and are both one user? What another one made the run could not move."""
    probe = settings["probe"]
    if probe is None:
        return False
    try:
        with open(os.path.join(settings["run"], probe["name"]), encoding="ascii") as file:
            return file.read() == probe["text"] and os.stat(settings["run"]).st_uid == os.geteuid()
    except OSError:
        return False


def publish(settings, task, reply, folder, parts):
    """Writes part files into the run's folder, where nobody looks before the reply is there."""
    target = os.path.join(settings["run"], "attempts", f"{task}.s{reply['sparkTask']}-{settings['application']}")
    try:
        shutil.rmtree(target, ignore_errors=True)
        os.makedirs(target)
        for name in parts:
            with open(os.path.join(folder, name), "rb") as source, open(os.path.join(target, name), "wb") as copy:
                shutil.copyfileobj(source, copy, COPY_BYTES)
    except OSError as error:
        raise disk_failure(error, settings["run"]) from error


def disk_failure(error, folder):
    """What an error of the disk that holds a folder comes to."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return fail(
            "disk-full",
            f"The disk that holds {folder} is full: {error}.",
            "Make room there. What executors write for themselves is in spark.local.dir.",
        )
    return fail("io", f"{folder}: {error}.")
