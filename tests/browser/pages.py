"""Tabs that tests use one after the other: to start one takes the browser longer than what most tests do in it."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import APIResponse, Browser, Error, Page, Route

EMULATED = {"color_scheme": "light", "reduced_motion": "no-preference"}
"""What a tab can be told to be like while it is open, besides its size."""


class Pages:
    """Tabs of one browser profile: what one has loaded, the next ones find in the browser's cache."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._context = browser.new_context()
        self._idle: list[Page] = []
        self._taken: list[Page] = []

    def take(self, url: str, **options: Any) -> Page:
        """An empty tab that finds no cookie, no setting and no permission of a test before it.

        options: those of a browser's context; with others than its size and EMULATED it is in a profile of its own.
        """
        if options.keys() - EMULATED.keys() - {"viewport"}:
            return self._browser.new_context(**EMULATED | options).new_page()
        page = self._idle.pop() if self._idle else self._context.new_page()
        self._taken.append(page)
        page.set_viewport_size(options.pop("viewport"))
        page.emulate_media(**EMULATED | options)
        page.mouse.move(0, 0)
        page.bring_to_front()  # only there is it given the whole screen
        _forget(page, url)
        return page

    def give_back(self, page: Page) -> None:
        """Make it empty for the next test, and close those that were opened from it."""
        if page.context is not self._context:
            page.context.close()
            return
        self._taken.remove(page)
        page.unroute_all(behavior="ignoreErrors")
        with contextlib.suppress(Error):  # one that is on its way elsewhere is closed with the others
            page.evaluate("() => { try { sessionStorage.clear(); } catch { } }")  # an error page has none
            page.goto("about:blank")
            self._idle.append(page)
        for other in self._context.pages:
            if other not in self._idle and other not in self._taken:
                other.close()

    def close(self) -> None:
        self._context.close()


def _forget(page: Page, url: str) -> None:
    """Have the browser keep nothing of a site but what it has loaded from there."""
    page.context.clear_permissions()
    page.context.clear_cookies()
    session = page.context.new_cdp_session(page)
    session.send("Storage.clearDataForOrigin", {"origin": url.rstrip("/"), "storageTypes": "all"})
    session.detach()


def answer_to(route: Route, **options: Any) -> APIResponse:
    """What the server answers to a request. A server closes idle connections, at times just when one is used again."""
    return route.fetch(max_retries=3, **options)


def intercept(page: Page, url: str, handler: Callable[[Route], object]) -> None:
    """`page.route`, and the page was seen to ask by that way: nobody promises that no request is faster."""
    page.route(url, handler)
    reached: list[Route] = []

    def note(route: Route) -> None:
        reached.append(route)
        route.fulfill(body="")

    page.route(_PROBE, note)
    while page.url.startswith("http") and not reached:
        page.evaluate("() => fetch(new URL('?is-it-held', document.baseURI)).then(() => 0, () => 0)")
    page.unroute(_PROBE, note)


_PROBE = re.compile(r"\?is-it-held$")


class Held:
    """What the server answers to some requests of a page, held back until a test lets it go: in the worst order."""

    def __init__(self, page: Page, url: str) -> None:
        self._page = page
        self._holds = True
        self._answers: list[tuple[Route, APIResponse]] = []
        self._failures: list[Error] = []
        intercept(page, url, self._hold)

    def _hold(self, route: Route) -> None:
        if not self._holds:
            route.continue_()
            return
        try:
            self._answers.append((route, answer_to(route)))
        except Error as error:  # told where a test waits for more
            self._failures.append(error)
        if not self._holds:  # any more
            self.end()

    def __len__(self) -> int:
        return len(self._answers)

    def wait(self, count: int = 1) -> None:
        """Until so many answers are held."""
        deadline = time.monotonic() + 60
        while len(self) < count:
            assert time.monotonic() < deadline, (
                f"{len(self)} of {count} answers came at {self._page.url}; failures: {self._failures}"
            )
            self._page.wait_for_timeout(20)  # requests are told meanwhile

    def let_go(self, index: int = 0, change: Callable[[Any], object] | None = None) -> None:
        """Hand one answer over, as it was when it was asked for; change: what to do to its JSON before."""
        route, answer = self._answers.pop(index)
        body = answer.json() if change else None
        if change:
            change(body)
        with contextlib.suppress(Error):  # nobody may wait for it any more
            route.fulfill(response=answer, **({"json": body} if change else {}))

    def end(self) -> None:
        """Hand over all that is held, and hold no more."""
        self._holds = False  # to take the route away would have held requests made once more
        while self._answers:
            self.let_go()


class Watcher:
    """Hears of what happens in a page, until it leaves it."""

    def watch(self, page: Page, **handlers: Callable[[Any], object]) -> None:
        """handlers: by the name of the event."""
        self.page = page
        self.session = page.context.new_cdp_session(page)
        """What the browser is told by it holds until then."""
        self._handlers: list[tuple[Any, Callable[[Any], object]]] = []
        for event, handler in handlers.items():
            self.hear(event, handler)

    def hear(self, event: Any, handler: Callable[[Any], object]) -> None:
        self.page.on(event, handler)
        self._handlers.append((event, handler))

    def run_first(self, script: str) -> None:
        """Have a script run before those of every page that is opened from now on."""
        self.session.send("Page.enable")
        self.session.send("Page.addScriptToEvaluateOnNewDocument", {"source": script})

    def leave(self) -> None:
        self.session.detach()
        for event, handler in self._handlers:
            self.page.remove_listener(event, handler)
