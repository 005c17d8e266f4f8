"""Firefox, driven by its own protocol: what is asked of it here is not worth a package more.

(Marionette: https://firefox-source-docs.mozilla.org/testing/marionette/Protocol.html)
"""

import contextlib
import json
import shutil
import socket
import subprocess
import time

PROGRAM = shutil.which("firefox-esr") or shutil.which("firefox")
_START = 60  # seconds it may take to open


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Firefox:
    """One window without a network; its profile lies in a folder that must be empty."""

    def __init__(self, folder):
        port = _free_port()
        preferences = {
            "marionette.port": port,
            "media.autoplay.default": 0,
            "network.proxy.type": 1,
            "network.proxy.http": "127.0.0.1",
            "network.proxy.http_port": 9,
            "network.proxy.ssl": "127.0.0.1",
            "network.proxy.ssl_port": 9,
        }
        lines = [
            f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in preferences.items()
        ]
        (folder / "user.js").write_text("\n".join(lines))
        self.process = subprocess.Popen(
            [PROGRAM, "--headless", "--marionette", "--no-remote", "--profile", folder],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.socket = self._connected(port)
        self._answer()  # says which protocol it is
        self.number = 0
        self.ask("WebDriver:NewSession", capabilities={})

    def _connected(self, port):
        until = time.monotonic() + _START
        while True:
            with contextlib.suppress(OSError):
                return socket.create_connection(("127.0.0.1", port), timeout=_START)
            if time.monotonic() > until or self.process.poll() is not None:
                self.process.kill()
                raise TimeoutError("Firefox did not open")
            time.sleep(0.3)

    def _answer(self):
        head = b""
        while not head.endswith(b":"):
            head += self.socket.recv(1)
        length, data = int(head[:-1]), b""
        while len(data) < length:
            data += self.socket.recv(length - len(data))
        return json.loads(data)

    def ask(self, command, **parameters):
        """One command of WebDriver."""
        self.number += 1
        data = json.dumps([0, self.number, command, parameters]).encode()
        self.socket.sendall(str(len(data)).encode() + b":" + data)
        _, _, error, result = self._answer()
        assert error is None, error
        return result

    def evaluate(self, code, *arguments):
        """What a function's body returns; `page` is the page's own window."""
        script = f"const page = window.wrappedJSObject || window; {code}"
        return self.ask("WebDriver:ExecuteScript", script=script, args=list(arguments))["value"]

    def wait_for(self, condition, seconds=60):
        """Until an expression is true."""
        until = time.monotonic() + seconds
        while not self.evaluate(f"return Boolean({condition});"):
            assert time.monotonic() < until, condition
            time.sleep(0.2)

    def click(self, selector):
        """A real click."""
        found = self.ask("WebDriver:FindElement", using="css selector", value=selector)["value"]
        self.ask("WebDriver:ElementClick", id=next(iter(found.values())))

    def close(self):
        """End it."""
        self.socket.close()
        self.process.terminate()
        self.process.wait(timeout=20)
