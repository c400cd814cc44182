"""The real program on a free port, and what it was asked."""

import json
import os
import re
import struct
import subprocess
import tempfile
import threading
import unittest
import urllib.parse
import urllib.request
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("RENEWAL_MAP_BIN", REPOSITORY / "target/debug/renewal-map")


def in_full():
    """Whether the long checks run in full (`make verify`), not as samples."""
    return "RENEWAL_MAP_VERIFY" in os.environ


def without_settings():
    """The environment without the program's settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith("RENEWAL_MAP_")}


class Tiles(BaseHTTPRequestHandler):
    """A base map that is grey everywhere."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.send_header("Content-Length", str(len(GREY)))
        self.end_headers()
        self.wfile.write(GREY)

    def log_message(self, *_):
        pass


def grey_tile():
    """256 × 256 pixels as PNG."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + b"\xcc" * 256) * 256
    head = struct.pack(">IIBBBBB", 256, 256, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


GREY = grey_tile()


class Service:
    """Serves the built-in data from a record of its own, on a base map, until `stop`."""

    def __init__(self):
        self._tiles = ThreadingHTTPServer(("127.0.0.1", 0), Tiles)
        threading.Thread(target=self._tiles.serve_forever, daemon=True).start()
        base_map = f"http://127.0.0.1:{self._tiles.server_port}/{{z}}/{{x}}/{{y}}"
        self._folder = tempfile.TemporaryDirectory()
        # The program's own log says what reached it; nothing stands between it and the client.
        self._log = tempfile.NamedTemporaryFile()
        self._settings = without_settings()
        self._process = subprocess.Popen(
            [PROGRAM, "serve", "--listen", "127.0.0.1:0", "--data", self._folder.name]
            + ["--allow-embed", "https://portal.example.cn"]
            + ["--base-map", base_map, "--base-map-attribution", "Grey"],
            env={**self._settings, "RENEWAL_MAP_LOG": "tower_http=debug", "NO_COLOR": "1"},
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        for line in self._process.stdout:
            if address := re.search(r"http://\S+", line):
                self.url = address[0]
                return
        raise RuntimeError(f"the service ended before it was ready: {Path(self._log.name).read_text()}")

    def stop(self):
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()
        self._tiles.shutdown()
        self._tiles.server_close()
        self._log.close()
        self._folder.cleanup()

    def token(self):
        """The token of an editor."""
        people = [PROGRAM, "people", "--data", self._folder.name]
        def run(*words):
            done = subprocess.run([*people, *words], env=self._settings, check=True, capture_output=True, text=True)
            return done.stdout.strip()

        run("add", "editor", "--role", "editor")
        return run("token", "editor")

    def share(self):
        """The id of a share."""
        body = json.dumps({"state": "?v=1"}).encode()
        request = urllib.request.Request(f"{self.url}/shares", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)["id"]

    def asked(self):
        """Path and parameters of every request so far, in order."""
        log = Path(self._log.name).read_text()
        targets = re.findall(r"uri=(\S+) .*started processing request", log)
        return [Request(target) for target in targets]

    def json(self, path, **parameters):
        """The answer to a GET request, which must succeed."""
        query = urllib.parse.urlencode(parameters)
        request = urllib.request.Request(f"{self.url}{path}?{query}", headers={"Accept": "application/json"})
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def items(self, collection, **parameters):
        """Features by their id."""
        answer = self.json(f"/collections/{collection}/items", limit=10000, **parameters)
        assert answer["numberMatched"] == answer["numberReturned"], "more than one page"
        return {feature["id"]: feature for feature in answer["features"]}


class Request:
    """What a client asked for."""

    def __init__(self, target):
        parts = urllib.parse.urlsplit(target)
        self.path = parts.path
        self.parameters = dict(urllib.parse.parse_qsl(parts.query))

    def __repr__(self):
        return f"{self.path} {self.parameters}"


class ServiceTest(unittest.TestCase):
    """Tests that share one service."""

    @classmethod
    def setUpClass(cls):
        cls.service = Service()
        cls.addClassCleanup(cls.service.stop)
