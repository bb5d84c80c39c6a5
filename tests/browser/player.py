"""The player in a tab: what tests do with it and ask of it."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
from PIL import Image

from tests.browser.pages import Pages, Watcher

ELEMENT = "document.querySelector('flame-player')"


class PlayerTab(Watcher):
    """A page with nothing but a <flame-player>; `options`: how `Pages.take` sets up its tab."""

    def __init__(self, pages: Pages, url: str, *, attributes: str = "", init: str = "", **options: Any) -> None:
        self._pages = pages
        self.watch(
            pages.take(url, **{"viewport": {"width": 640, "height": 560}} | options),
            pageerror=lambda error: self.trouble.append(str(error)),
        )
        self.page.set_default_timeout(60_000)
        self.url = url
        self.trouble: list[str] = []
        if init:
            self.run_first(init)
        self.page.goto(f"{url}?attributes={attributes}")
        self.page.wait_for_function(f"!!customElements.get('flame-player') && {ELEMENT}.looks.length > 0")
        # Everything the element announces, in order.
        self.page.evaluate(
            f"""() => {{
              window.heard = [];
              for (const type of ["open", "play", "pause", "seek", "ended", "next", "previous", "error", "settings",
                                  "blocked", "silent", "contextlost", "contextrestored"]) {{
                {ELEMENT}.addEventListener(type, (event) => heard.push([type, event.detail]));
              }}
            }}"""
        )

    def js(self, expression: str, argument: Any = None) -> Any:
        """Value of a JavaScript expression of `player`, `root` (its shadow root) and `argument`; may await."""
        return self.page.evaluate(
            f"async (argument) => {{ const player = {ELEMENT}, root = player.shadowRoot; return {expression}; }}",
            argument,
        )

    def until(self, condition: str, argument: Any = None) -> None:
        self.page.wait_for_function(
            f"(argument) => {{ const player = {ELEMENT}, root = player.shadowRoot; return {condition}; }}", arg=argument
        )

    def when(self, condition: str, expression: str, argument: Any = None) -> Any:
        """Value of an expression at the picture with which a condition has come to be: before anything else happens."""
        return self.page.wait_for_function(
            f"""(argument) => {{
              const player = {ELEMENT}, root = player.shadowRoot;
              return ({condition}) && {{ value: {expression} }};
            }}""",
            arg=argument,
        ).json_value()["value"]

    def laid_out(self) -> None:
        """Wait until the player has heard of the size that it was given: the browser tells it behind a picture."""
        self.js("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))")

    def open(self, stem: str, **options: Any) -> bool:
        return bool(self.js("player.open(...argument)", [stem, options]))

    def vertices(self, frames: list[int]) -> np.ndarray:
        """Vertices (T, V, 3) of some frames, one seek each."""
        text = self.js(
            """(async () => {
              const all = [];
              for (const frame of argument) { player.seek(frame); all.push(player.vertices); }
              const blob = new Blob(all);
              const reader = new FileReader();
              await new Promise((resolve) => { reader.onload = resolve; reader.readAsDataURL(blob); });
              return reader.result.split(",")[1];
            })()""",
            frames,
        )
        return np.frombuffer(base64.b64decode(text), np.float32).reshape(len(frames), -1, 3)

    def picture(self) -> np.ndarray:
        """The canvas, (H, W, 3)."""
        text = self.js(
            """(async () => {
              const reader = new FileReader();
              const blob = await player.picture();
              await new Promise((resolve) => { reader.onload = resolve; reader.readAsDataURL(blob); });
              return reader.result.split(",")[1];
            })()"""
        )
        return np.asarray(Image.open(io.BytesIO(base64.b64decode(text))).convert("RGB"))

    def heard(self, kind: str) -> list[Any]:
        """Details of the events of one kind so far."""
        return [detail for name, detail in self.page.evaluate("heard") if name == kind]

    def notices(self) -> list[str]:
        return self.page.locator("flame-player .notice").all_inner_texts()

    def press(self, *keys: str) -> None:
        self.page.locator("flame-player").focus()
        for key in keys:
            self.page.keyboard.press(key)

    def close(self) -> None:
        self.leave()
        self._pages.give_back(self.page)
        assert not self.trouble, self.trouble
