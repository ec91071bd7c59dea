"""A headless Chromium spoken to over a pipe (Chrome DevTools Protocol), by the standard library."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser")
# Chromium reads from descriptor 3 and writes to 4.
SHELL = 'in=$1; out=$2; shift 2; exec "$@" 3<"/dev/fd/$in" 4>"/dev/fd/$out"'
FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe"),
    *("--no-first-run", "--disable-component-update", "--disable-background-networking"),
    *("--disable-dev-shm-usage", "--disable-sync", "--disable-extensions", "--mute-audio"),
)
PATIENCE = 60.0  # seconds
KEYS = {"Enter": 13, "Escape": 27, "Tab": 9, "ArrowDown": 40, "ArrowUp": 38, "Home": 36, "End": 35}


class Browser:
    """One Chromium process."""

    def __init__(self, reads: int, writes: int) -> None:
        self._reads = reads
        self._writes = writes
        self._buffer = b""
        self._last = 0
        self._page: Page | None = None
        self.events: list[dict[str, Any]] = []

    def call(self, method: str, session: str | None = None, **params: Any) -> Any:
        """Send one command and return its result; what else arrives is kept in `events`."""
        self._last += 1
        message = {"id": self._last, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self._writes, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._last:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]
            self.events.append(answer)

    @contextmanager
    def page(self, url: str, *, width: int = 1400) -> Iterator[Page]:
        """Open a page in the one tab there is, in daylight; leave it in the end."""
        if self._page is None:
            target = self.call("Target.createTarget", url="about:blank")["targetId"]
            attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
            self._page = Page(self, attached["sessionId"])
            for domain in ("Page", "Runtime", "Network", "Log", "Audits"):
                self._page.call(f"{domain}.enable")
        self._page.size(width)
        self._page.prefer("light")
        self.events.clear()
        self._page.call("Page.navigate", url=url)
        self._page.wait("document.readyState == 'complete'")
        try:
            yield self._page
        finally:
            self._page.call("Page.navigate", url="about:blank")

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._reads], [], [], PATIENCE)
            assert ready, "Chromium does not answer"
            chunk = os.read(self._reads, 1 << 20)
            assert chunk, "Chromium has ended"
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\0")
        answer: dict[str, Any] = json.loads(line)
        return answer


class Page:
    """One tab."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session

    def call(self, method: str, **params: Any) -> Any:
        return self._browser.call(method, self._session, **params)

    def events(self, *methods: str) -> list[dict[str, Any]]:
        """Return the parameters of the events of these kinds since the page was opened."""
        return [
            event["params"]
            for event in self._browser.events
            if event.get("sessionId") == self._session and event["method"] in methods
        ]

    def size(self, width: int, height: int = 900) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def prefer(self, scheme: str) -> None:
        """Set prefers-color-scheme: `light` or `dark`."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", features=features)

    def run(self, expression: str) -> Any:
        """Evaluate JavaScript and return its value, of a promise what it holds."""
        answer = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait(self, expression: str) -> None:
        """Wait until an expression is true."""
        end = time.monotonic() + PATIENCE
        while not self.run(f"Boolean({expression})"):
            assert time.monotonic() < end, f"never true: {expression}"
            time.sleep(0.01)

    def press(self, *keys: str) -> None:
        for key in keys:
            how: dict[str, Any] = {"key": key, "windowsVirtualKeyCode": KEYS.get(key, 0)}
            text = "\r" if key == "Enter" else key if len(key) == 1 else ""
            self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **how)
            self.call("Input.dispatchKeyEvent", type="keyUp", **how)

    def screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))


@contextmanager
def chromium(folder: Path) -> Iterator[Browser]:
    """Start Chromium with `folder` as its home and profile; end it and wait for its end."""
    assert PROGRAM is not None
    reads_of_it, writes = os.pipe()
    reads, writes_of_it = os.pipe()
    command = [PROGRAM, *FLAGS, f"--user-data-dir={folder / 'profile'}", "about:blank"]
    process = subprocess.Popen(
        ["sh", "-c", SHELL, "sh", str(reads_of_it), str(writes_of_it), *command],
        pass_fds=(reads_of_it, writes_of_it),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8"},
    )
    os.close(reads_of_it)
    os.close(writes_of_it)
    try:
        browser = Browser(reads, writes)
        try:
            yield browser
        finally:
            browser.call("Browser.close")
            process.wait(PATIENCE)
    finally:
        os.close(reads)
        os.close(writes)
        process.kill()
        process.wait()
