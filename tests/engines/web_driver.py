"""A browser that is driven by WebDriver's commands (https://www.w3.org/TR/webdriver2/), whichever way it takes them."""

import base64
import time
from pathlib import Path
from typing import Any, Protocol

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the key that the standard gives to elements
TIMEOUT_SECONDS = 40.0  # for a busy machine; nothing waits that long on an idle one


class WebDriverError(Exception):
    """What the browser says of a command that failed: its `error` and its `message`."""


class Transport(Protocol):
    def ask(self, command: str, parameters: dict[str, Any]) -> Any:
        """The answer's value. ``command`` is the standard's name of it, as ``Navigate``; raises WebDriverError."""

    def close(self) -> None: ...


class WebDriver:
    """One window. Whatever is looked for is waited for."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def goto(self, url: str) -> None:
        self._transport.ask("Navigate", {"url": url})

    def back(self) -> None:
        self._transport.ask("Back", {})

    def run(self, script: str) -> Any:
        """The value of a JavaScript expression; a promise is awaited."""
        return self._transport.ask("ExecuteScript", {"script": f"return ({script});", "args": []})

    def wait_for(self, script: str, seconds: float = TIMEOUT_SECONDS) -> Any:
        """Ask until the expression is true, also across navigations; the standard has no event for that."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                value = self.run(script)
            except WebDriverError as error:
                value = error
            if value and not isinstance(value, WebDriverError):
                return value
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {seconds:.0f} s: {script}: {value}; the page: {self._words()}")
            time.sleep(0.1)

    def click(self, selector: str) -> None:
        self.wait_for(f"document.querySelector({selector!r})?.matches(':enabled, a, summary, label')")
        self._transport.ask("ElementClick", {"id": self._find(selector)})

    def type(self, selector: str, text: str) -> None:
        self.wait_for(f"document.querySelector({selector!r})")
        self._transport.ask("ElementSendKeys", {"id": self._find(selector), "text": text})

    def screenshot(self, file: Path) -> None:
        file.write_bytes(base64.b64decode(self._transport.ask("TakeScreenshot", {"full": False})))

    def close(self) -> None:
        self._transport.close()

    def _find(self, selector: str) -> str:
        found = self._transport.ask("FindElement", {"using": "css selector", "value": selector})
        return str(found[ELEMENT])

    def _words(self) -> object:
        try:
            return self.run("document.body.innerText.slice(0, 600)")
        except WebDriverError as error:
            return error
