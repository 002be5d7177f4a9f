"""Serves ranges of files that no path leads to (s3a://, gs://, abfss://, hdfs://), as pyarrow reads them, to Node on the same machine.

A thread of Spark's Python worker on an executor; a process of its own where a run is planned. Over the loopback address, for who knows
the token; docs/formats/spark.md describes what is said. pyarrow is loaded when the first file is asked for.
"""

import contextlib
import functools
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
    """The file system of an address, and the path there: what stands behind the host as it stands, as Hadoop takes it; a name may have a `%` or a `#`."""
    scheme, _, rest = uri.partition("://")
    place, _, below = rest.partition("/")
    try:
        system, root = system_of(scheme, place)
    except ImportError as error:
        raise Refusal(
            "package-missing",
            f"{uri}: pyarrow is needed to read it, and {sys.executable} has none: {error}.",
            "Install pyarrow (pip install pyarrow) where runs are planned, and for the Python of every executor. Files that have a path need none.",
        ) from error
    return system, f"{root.rstrip('/')}/{below}".rstrip("/") or "/"


@functools.cache
def system_of(scheme, place):
    """The file system of a bucket, a container or a host, and the path of its root. Made once: each is a client with connections of its own."""
    from pyarrow import fs

    if scheme in ("s3", "s3a", "s3n"):
        return fs.S3FileSystem(**s3_options(fs, place)), place
    if scheme in ("abfs", "abfss") and (told := azure_told()):
        container, _, host = place.partition("@")
        return fs.AzureFileSystem(account_name=host.split(".", 1)[0], **told), container
    return fs.FileSystem.from_uri(f"{scheme}://{place}/")


def s3_options(fs, bucket):
    """Where a server is that is not Amazon's, which pyarrow does not look for in the environment, or in which region the bucket is."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    if endpoint:
        parts = urlsplit(endpoint)
        return {"scheme": parts.scheme, "endpoint_override": parts.netloc}
    if "AWS_REGION" not in os.environ and "AWS_DEFAULT_REGION" not in os.environ:
        return {"region": fs.resolve_s3_region(bucket)}
    return {}


def azure_told():
    """What Azure's own tools are told in the environment; pyarrow looks for none of it. Where there is nothing, it asks for an identity."""
    names = {"account_key": "AZURE_STORAGE_KEY", "sas_token": "AZURE_STORAGE_SAS_TOKEN"}
    told = {option: os.environ[name] for option, name in names.items() if os.environ.get(name)}
    endpoint = os.environ.get("AZURE_STORAGE_SERVICE_ENDPOINT")
    if endpoint:
        parts = urlsplit(endpoint)
        for kind in ("blob", "dfs"):
            told.update({f"{kind}_storage_authority": parts.netloc, f"{kind}_storage_scheme": parts.scheme})
    return told


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

    def close(self):
        # Before its file system is forgotten: HDFS cannot close it any more by then.
        self.file.close()

    def read(self, at, length):
        skipped = at - self.held_at
        if skipped < 0 or skipped + length > len(self.held):
            size = min(max(length, AHEAD_BYTES), self.known["sizeBytes"] - at)
            self.held_at, self.held = at, self.file.read_at(size, at) if size > 0 else b""
            skipped = 0
        return memoryview(self.held)[skipped : skipped + length]


def names_below(uri):
    """All files at or below an address, by address."""
    whole = uri.rstrip("/")
    system, path = file_system(whole)
    from pyarrow import fs

    info = system.get_file_info(path)
    if info.is_file:
        return [whole]
    selector = fs.FileSelector(path, recursive=True, allow_not_found=True)
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
            with contextlib.closing(File(asked["open"])) as file:
                self.serve(file)
        except Refusal as refusal:
            self.say({"fault": refusal.fault})
        except BrokenPipeError:
            # Who asked has ended.
            return
        except Exception as error:
            self.say({"fault": {"code": "io", "message": f"{asked.get('open', asked.get('list'))}: {error}", "wayOut": None}})

    def serve(self, file):
        self.say(file.known)
        for line in self.rfile:
            request = json.loads(line)
            if request == "stat":
                self.say(file.stat())
                continue
            data = file.read(*request)
            self.say({"bytes": len(data)})
            self.wfile.write(data)

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
