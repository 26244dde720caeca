"""A headless Chromium with one page, driven over its remote debugging port."""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from websockets.sync.client import connect
from websockets.sync.connection import Connection

CHROMIUM = shutil.which("chromium")
PATIENCE = 120.0
_KEYS = {"Enter": (13, "\r"), "Escape": (27, ""), "Tab": (9, "")}


@dataclass(slots=True)
class Page:
    """One page: what it was asked, and every event that it told of."""

    socket: Connection
    events: list[dict[str, Any]] = field(default_factory=list)
    asked: int = 0

    def call(self, method: str, **params: Any) -> Any:  # noqa: ANN401 - the protocol's values
        """Ask for something and wait for the answer."""
        self.asked += 1
        self.socket.send(json.dumps({"id": self.asked, "method": method, "params": params}))
        while True:
            told = json.loads(self.socket.recv(timeout=PATIENCE))
            if told.get("id") == self.asked:
                assert "error" not in told, told
                return told["result"]
            self.events.append(told)

    def js(self, expression: str) -> Any:  # noqa: ANN401 - whatever the page says
        """Evaluate an expression in the page."""
        told = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    def open(self, file: Path) -> None:
        """Load a file, and wait until it is there."""
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        self.call("Page.navigate", url=file.as_uri())
        deadline = time.monotonic() + PATIENCE
        while self.js("document.readyState + location.protocol") != "completefile:":
            assert time.monotonic() < deadline, "the page did not load"
            time.sleep(0.05)

    def show(self, text: str, directory: Path) -> "Page":
        """Load a page from its text, written to `directory`; what was told of the one before is forgotten."""
        self.events.clear()
        file = directory / "page.html"
        file.write_text(text, "utf-8")
        self.open(file)
        return self

    def choose(self, field_id: str, value: str) -> None:
        """Put a value into a field, as typing or choosing does."""
        self.js(
            f"(e => {{ e.value = {json.dumps(value)}; e.dispatchEvent(new Event('input')); }})"
            f"(document.getElementById({json.dumps(field_id)}))"
        )

    def press(self, key: str) -> None:
        """Press a key."""
        code, text = _KEYS[key]
        for kind in ("keyDown", "keyUp"):
            typed = {"text": text} if text and kind == "keyDown" else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **typed)

    def click(self, selector: str) -> None:
        """Click into the middle of an element with the mouse."""
        x, y = self.js(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            " e.scrollIntoView({block: 'center'}); const r = e.getBoundingClientRect();"
            " return [r.x + r.width / 2, r.y + r.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def complaints(self) -> list[str]:
        """Name what the console was told, what was thrown, and every request but for the file itself."""
        self.js("0")
        loud = ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded")
        told = [json.dumps(each["params"]) for each in self.events if each["method"] in loud]
        urls = [e["params"]["request"]["url"] for e in self.events if e["method"] == "Network.requestWillBeSent"]
        return told + [url for url in urls if not url.startswith(("file:", "data:"))]


@contextmanager
def chromium(directory: Path) -> Iterator[Page]:
    """Start a browser with a profile in `directory`; it ends with the block."""
    assert CHROMIUM is not None
    # As root in a container there is no sandbox; the pages are our own.
    options = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run")
    command = [CHROMIUM, *options, "--remote-debugging-port=0", f"--user-data-dir={directory}", "about:blank"]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with connect(_address(directory / "DevToolsActivePort"), max_size=None) as socket:
            yield Page(socket)
    finally:
        running.terminate()
        try:
            running.wait(20)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


def _address(told: Path) -> str:
    """Wait for the file in which the browser names its port, and return its page's address."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if told.exists() and len(told.read_text().splitlines()) > 1:
            with urlopen(f"http://127.0.0.1:{told.read_text().splitlines()[0]}/json") as answer:
                pages = [each for each in json.load(answer) if each["type"] == "page"]
            if pages:
                return str(pages[0]["webSocketDebuggerUrl"])
        time.sleep(0.05)
    raise AssertionError("the browser did not start")
