"""A page in headless Chromium, by the DevTools protocol."""

from __future__ import annotations

import base64
import json
import subprocess
import urllib.request
from itertools import count
from pathlib import Path
from typing import Any

from servers import chromium_program, until
from websockets.sync.client import connect


class Page:
    """One browser with one page."""

    def __init__(self, there: Path, width: int = 1200, height: int = 800) -> None:
        program = chromium_program()
        assert program is not None
        flags = ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage", "--remote-debugging-port=0", "--hide-scrollbars")
        with (there / "chromium.log").open("wb") as said:
            self._process = subprocess.Popen([program, *flags, f"--user-data-dir={there / 'profile'}", f"--window-size={width},{height}", "about:blank"], stdout=said, stderr=said)
        try:
            self._connect(there / "profile" / "DevToolsActivePort")
        except BaseException:
            self.end()
            raise

    def _connect(self, port_file: Path) -> None:
        until(lambda: port_file.exists() and port_file.read_text().count("\n") >= 1, "chromium does not start")
        port = port_file.read_text().splitlines()[0]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=10) as answer:
            target = next(one for one in json.load(answer) if one["type"] == "page")
        self._connecting = connect(target["webSocketDebuggerUrl"], max_size=None)
        self._socket = self._connecting.__enter__()
        self._numbers = count(1)
        self.said: list[str] = []
        """What the page's console and its errors say, and the addresses that it has asked for."""
        self.asked: list[str] = []
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            said = json.loads(self._socket.recv(timeout=30))
            if said.get("id") == number:
                assert "error" not in said, said
                result: dict[str, Any] = said["result"]
                return result
            if said.get("method") in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"):
                self.said.append(json.dumps(said["params"]))
            elif said.get("method") == "Network.requestWillBeSent":
                self.asked.append(said["params"]["request"]["url"])

    def open(self, url: str) -> None:
        self.send("Page.navigate", url=url)

    def run(self, script: str) -> Any:
        result = self.send("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def wait(self, script: str, timeout: float = 20.0) -> Any:
        """Waits until a script gives something that is true."""
        try:
            return until(lambda: self.run(script), script, timeout)
        except TimeoutError:
            raise TimeoutError(f"{script}\n{self.run('document.body.innerText')}") from None

    def key(self, key: str, code: int, text: str = "") -> None:
        for kind in ("keyDown", "keyUp"):
            more = {"text": text} if text and kind == "keyDown" else {}
            self.send("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **more)

    def size(self, width: int, height: int) -> None:
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def scheme(self, name: str) -> None:
        self.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def picture(self) -> bytes:
        return base64.b64decode(self.send("Page.captureScreenshot", format="png")["data"])

    def close(self) -> None:
        self._connecting.__exit__(None, None, None)
        self.end()

    def end(self) -> None:
        self._process.terminate()
        self._process.wait(20)
