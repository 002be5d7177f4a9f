"""Hello, world: the page of the lab."""

import os
import socket

from flask import Flask

app = Flask(__name__)


@app.route("/")
def hello() -> str:
    return f"""<!doctype html>
<html lang="en">
  <meta charset="utf-8">
  <title>hello, world</title>
  <style>body {{ font: 1rem/1.5 system-ui; margin: 2rem auto; max-width: 40rem }}</style>
  <h1>hello, world</h1>
  <p>Flask answers, from container <code>{socket.gethostname()}</code>.</p>
</html>
"""


if __name__ == "__main__":
    # At every address of its container: at its loopback address alone nobody outside would reach it. Outside, it is at 127.0.0.1 alone.
    app.run(host="0.0.0.0", port=int(os.environ.get("PORT", "5000")))
