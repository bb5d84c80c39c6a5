"""What a refused visitor is told: a page for who opened a URL, JSON for scripts and the page's own requests."""

from __future__ import annotations

import html
from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response
from starlette.types import Scope

from viewer.web.answers import refusal

NEEDS_TOKEN = "This viewer asks for its token: open the full URL that it printed in the terminal where it was started."

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>FLAME viewer</title>
<style>
  :root {{ color-scheme: light dark; }}
  body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 34rem; margin: 18vh auto; padding: 0 20px; }}
  body {{ overflow-wrap: anywhere; }}
  h1 {{ font-size: 19px; }}
  code {{ padding: 1px 5px; border-radius: 5px; background: color-mix(in srgb, currentColor 10%, transparent); }}
  form {{ display: flex; gap: 8px; margin: 20px 0; }}
  input {{ flex: 1; min-width: 0; }}
  input, button {{ font: inherit; padding: 7px 12px; border: 1px solid #8888; border-radius: 8px; }}
  button {{ background: #3b62cf; border-color: #3b62cf; color: #fff; font-weight: 600; }}
</style>
<h1>{title}</h1>
{body}
</html>
"""


def refuse(scope: Scope, status: int, message: str) -> Response:
    """A refusal in words."""
    if not _is_visit(scope):
        return refusal(message, status)
    return _page(status, "The viewer does not answer this", f"<p>{html.escape(message)}</p>")


def ask_for_token(scope: Scope, rest: Iterable[tuple[str, str]], *, brought: bool) -> Response:
    """401, for visitors as a form that leads on to what they asked for.

    rest: names and values of the URL's query besides the token. brought: they came with a token, which is wrong.
    """
    headers = {"WWW-Authenticate": 'Bearer realm="FLAME viewer"'}
    if not _is_visit(scope):
        answer = refusal(NEEDS_TOKEN, 401)
        answer.headers.update(headers)
        return answer
    hidden = "".join(
        f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">' for name, value in rest
    )
    stale = "<p><strong>The token in this URL is not, or no longer, the right one.</strong></p>" if brought else ""
    body = f"""{stale}
<p>Open the full URL that it printed in the terminal where it was started. It ends with <code>?token=…</code>; this
browser then remembers it. Or paste that URL, or the token alone, here:</p>
<form>{hidden}<input name="token" aria-label="URL or token" autocomplete="off" autofocus required>
<button>Open</button></form>
<p>A link from somebody else carries no token on purpose: it leads to their clip once you have opened the viewer
yourself.</p>"""
    answer = _page(401, "This viewer asks for its token", body)
    answer.headers.update(headers)
    return answer


def _page(status: int, title: str, body: str) -> Response:
    return HTMLResponse(_PAGE.format(title=title, body=body), status, headers={"Cache-Control": "no-store"})


def _is_visit(scope: Scope) -> bool:
    """Whether a person reads the answer."""
    return scope.get("method") == "GET" and "text/html" in Headers(scope=scope).get("accept", "")
