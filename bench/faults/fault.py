"""What goes wrong at a record of the comparison of faults, the same for every Python peer."""
import json
import os
import signal
import time

MARK = os.environ["FAULTS_MARK"]
FAULT = os.environ["FAULTS_FAULT"]


def word_of(line):
    """The word of a line; at the record that is marked, the fault."""
    record = json.loads(line)
    if record.get("marked"):
        if FAULT == "killed-worker" and once():
            os.kill(os.getpid(), signal.SIGKILL)
        if FAULT == "exit-0":
            os._exit(0)
    if FAULT == "killed-coordinator":
        if record["n"] % 1000 == 0:
            with open(os.path.join(MARK, "read"), "ab") as log:
                log.write(b".")
            time.sleep(0.15)
    return record["word"]


def once():
    try:
        os.close(os.open(os.path.join(MARK, "died"), os.O_CREAT | os.O_EXCL))
        return True
    except FileExistsError:
        return False
