"""Serves ranges of files that no path leads to (s3a://, gs://, abfss://, hdfs://), as pyarrow reads them, to Node on the same machine.

A thread of Spark's Python worker on an executor; a process of its own where a run is planned. Over the loopback address, for who knows
the token; docs/formats/spark.md describes what is said. pyarrow is loaded when the first file is asked for.
"""

import json
import os
import secrets
import socketserver
import sys
import threading
from urllib.parse import urlsplit

# What is fetched at a time where less is asked for: a request to an object store takes its time, whatever it is for.
AHEAD_BYTES = 8 * 1024 * 1024


class Refusal(Exception):
    def __init__(self, code, message, way_out=None):
        super().__init__(message)
        self.fault = {"code": code, "message": message, "wayOut": way_out}


def file_system(uri):
    """The file system of an address, and the path there."""
    try:
        from pyarrow import fs
    except ImportError as error:
        raise Refusal(
            "package-missing",
            f"{uri}: pyarrow is needed to read it, and {sys.executable} has none: {error}.",
            "Install pyarrow (pip install pyarrow) where runs are planned, and for the Python of every executor. Files that have a path need none.",
        ) from error
    scheme, path = uri.split("://", 1)
    if scheme not in ("s3", "s3a", "s3n"):
        return fs.FileSystem.from_uri(uri)
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    options = {}
    if endpoint:
        parts = urlsplit(endpoint)
        options = {"scheme": parts.scheme, "endpoint_override": parts.netloc}
    elif "AWS_REGION" not in os.environ and "AWS_DEFAULT_REGION" not in os.environ:
        options = {"region": fs.resolve_s3_region(path.split("/", 1)[0])}
    return fs.S3FileSystem(**options), path


class File:
    """An open file, with what was fetched last."""

    def __init__(self, uri):
        self.system, self.path = file_system(uri)
        self.uri = uri
        self.known = self.stat()
        self.file = self.system.open_input_file(self.path)
        self.held_at, self.held = 0, b""

    def stat(self):
        info = self.system.get_file_info(self.path)
        if not info.is_file:
            raise Refusal(
                "input-missing",
                f"{self.uri}: there is no file of this name.",
                "Check that the file is where it was when the run was planned, and that you may read it.",
            )
        return {"sizeBytes": info.size, "mtimeNs": str(info.mtime_ns or 0)}

    def read(self, at, length):
        skipped = at - self.held_at
        if skipped < 0 or skipped + length > len(self.held):
            size = min(max(length, AHEAD_BYTES), self.known["sizeBytes"] - at)
            self.held_at, self.held = at, self.file.read_at(size, at) if size > 0 else b""
            skipped = 0
        return memoryview(self.held)[skipped : skipped + length]


def names_below(uri):
    """All files at or below an address, by address."""
    system, path = file_system(uri)
    from pyarrow import fs

    whole = uri.rstrip("/")
    info = system.get_file_info(path)
    if info.is_file:
        return [whole]
    selector = fs.FileSelector(path.rstrip("/"), recursive=True, allow_not_found=True)
    prefix = path.rstrip("/") + "/"
    found = [info.path for info in system.get_file_info(selector) if info.is_file]
    return sorted(f"{whole}/{one[len(prefix):]}" for one in found if one.startswith(prefix))


class Conversation(socketserver.StreamRequestHandler):
    def handle(self):
        asked = json.loads(self.rfile.readline() or "{}")
        if not secrets.compare_digest(str(asked.get("token")), self.server.token):
            return
        try:
            if "list" in asked:
                self.say({"names": names_below(asked["list"])})
                return
            file = File(asked["open"])
            self.say(file.known)
            for line in self.rfile:
                request = json.loads(line)
                if request == "stat":
                    self.say(file.stat())
                    continue
                data = file.read(*request)
                self.say({"bytes": len(data)})
                self.wfile.write(data)
        except Refusal as refusal:
            self.say({"fault": refusal.fault})
        except BrokenPipeError:
            # Who asked has ended.
            return
        except Exception as error:
            self.say({"fault": {"code": "io", "message": f"{asked.get('open', asked.get('list'))}: {error}", "wayOut": None}})

    def say(self, reply):
        self.wfile.write(json.dumps(reply).encode() + b"\n")
        self.wfile.flush()


class Ranges(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Conversation)
        self.token = secrets.token_hex(16)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def address(self):
        """As `TALLYMAN_RANGES` says it."""
        return f"{self.server_address[1]} {self.token}"


if __name__ == "__main__":
    print(Ranges().address, flush=True)
    # To its end: who started it is gone then.
    sys.stdin.read()
