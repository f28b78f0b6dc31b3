"""A real Chromium for tests: chromedriver spoken to over plain HTTP, with nothing but the standard library."""

from __future__ import annotations

import base64
import importlib.util
import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

_QUIET = ("background-networking", "component-update", "default-apps", "dev-shm-usage", "gpu", "quic", "sync")
_ARGUMENTS = ("--headless=new", "--no-sandbox", "--no-first-run", "--hide-scrollbars", *(f"--disable-{each}" for each in _QUIET))
_TIMEOUT = 60
_DIRECT = build_opener(ProxyHandler({}))


class Browser:
    """One session: pages, scripts, screenshots, and what the page asked the network for."""

    def __init__(self, driver: str) -> None:
        self._driver = driver
        self._profile = Path(tempfile.mkdtemp(prefix="chromium-"))
        options = {"args": [*_ARGUMENTS, f"--user-data-dir={self._profile}"], "binary": shutil.which("chromium")}
        wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"performance": "ALL", "browser": "ALL"}}
        answer = self._call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self._session = f"/session/{answer['sessionId']}"

    def open(self, page: Path) -> None:
        """Show a file, and forget what earlier pages asked for."""
        self.requests()
        self._call("POST", f"{self._session}/url", {"url": page.resolve().as_uri()})

    def script(self, text: str, *arguments: object) -> Any:
        """What the script returns; `arguments` is its array of that name."""
        return self._call("POST", f"{self._session}/execute/sync", {"script": text, "args": list(arguments)})

    def later(self, text: str) -> Any:
        """What the script hands to its callback, the last of `arguments`."""
        return self._call("POST", f"{self._session}/execute/async", {"script": text, "args": []})

    def devtools(self, command: str, **parameters: object) -> Any:
        """A command of the DevTools protocol."""
        return self._call("POST", f"{self._session}/goog/cdp/execute", {"cmd": command, "params": parameters})

    def screen(self, width: int, height: int = 1600, *, phone: bool = False) -> None:
        """The size of the window, as a desktop's or a phone's."""
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)

    def scheme(self, name: str) -> None:
        """`light` or `dark`."""
        self.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def offline(self) -> None:
        """Cut the network."""
        self.devtools("Network.enable")
        self.devtools("Network.emulateNetworkConditions", offline=True, latency=0, downloadThroughput=0, uploadThroughput=0)

    def requests(self) -> list[str]:
        """The addresses asked for since the last look."""
        entries = self._call("POST", f"{self._session}/se/log", {"type": "performance"})
        events = [json.loads(entry["message"])["message"] for entry in entries]
        return [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]

    def complaints(self) -> list[str]:
        """The console's messages since the last look: refused styles and scripts among them."""
        return [entry["message"] for entry in self._call("POST", f"{self._session}/se/log", {"type": "browser"})]

    def barriers(self) -> list[Any]:
        """What axe finds on the page with every group opened: rule, and the HTML that it is about."""
        script = axe_script()
        assert script is not None
        self.script("document.querySelectorAll('details').forEach(each => each.open = true)")
        self.script(script.read_text(encoding="utf-8") + "; window.axe = axe;")
        return list(
            self.later(
                "const done = arguments[arguments.length - 1];"
                "axe.run().then(got => done(got.violations.map(each => [each.id, each.nodes.map(node => node.html)])))"
            )
        )

    def picture(self, target: Path) -> Path:
        """The whole page as a PNG."""
        made = self.devtools("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        target.write_bytes(base64.b64decode(made["data"]))
        return target

    def printed(self) -> bytes:
        """The page as a PDF on A4."""
        made = self._call("POST", f"{self._session}/print", {"page": {"width": 21.0, "height": 29.7}})
        return base64.b64decode(made)

    def close(self) -> None:
        self._call("DELETE", self._session)
        shutil.rmtree(self._profile, ignore_errors=True)

    def _call(self, method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = Request(self._driver + path, data, {"Content-Type": "application/json"}, method=method)
        with _DIRECT.open(request, timeout=_TIMEOUT) as answer:
            return json.load(answer)["value"]


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser of one's own, ended afterwards."""
    with subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as driver:
        try:
            browser = Browser(f"http://127.0.0.1:{_port(driver)}")
            try:
                yield browser
            finally:
                browser.close()
        finally:
            driver.terminate()


def missing() -> str | None:
    """Why no browser test can run here, or None."""
    absent = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    if axe_script() is None:
        absent.append("axe-core-python (a development package)")
    return f"needs {' and '.join(absent)}" if absent else None


def axe_script() -> Path | None:
    """axe-core's script, found without importing the package that carries it."""
    found = importlib.util.find_spec("axe_core_python")
    return Path(found.origin).with_name("axe.min.js") if found is not None and found.origin else None


def _port(driver: subprocess.Popen[str]) -> int:
    assert driver.stdout is not None
    for line in driver.stdout:
        if told := re.search(r"started successfully on port (\d+)", line):
            return int(told.group(1))
    raise RuntimeError("chromedriver did not start")
