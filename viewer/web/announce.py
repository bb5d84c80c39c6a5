"""What the terminal says once the page is served: where to open it, from here and from elsewhere, and what to mind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from viewer.dataset import Dataset
from viewer.flame import FlameModel
from viewer.web.access import Access
from viewer.web.reach import Proxy, ssh_line
from viewer.web.services import Services

_FREE = "CC0"
_OPEN = "CC-BY"
_UNKNOWN = "unknown"


def page_url(access: Access) -> str:
    """URL to open, with the token where one is needed."""
    host = access.machine if access.anywhere else access.host
    host = f"[{host}]" if ":" in host else host
    return f"http://{host}:{access.port}/{_query(access)}"


def ways_in(access: Access, proxy: Proxy | None, environment: Mapping[str, str]) -> Iterator[str]:
    """How to open the page from another computer, a line each; environment: the program's variables."""
    if proxy is not None:
        yield proxy.line(_query(access), known=access.extra_hosts)
    over_ssh = ssh_line(environment, access)
    if over_ssh is not None:
        yield over_ssh


def warnings(access: Access, models: Iterable[FlameModel]) -> Iterator[str]:
    """What whoever lets others in must know, a sentence or two each. models: those that the clips play on."""
    if access.private:
        return
    who = "knows this URL with its token" if access.token else "knows this address: --no-token lets them in"
    yield (
        f"everybody who can reach {access.host} and {who} sees the data. The connection is not encrypted; over SSH, "
        f"with --host 127.0.0.1, it is"
    )
    licences = {model.version: model.licence for model in models}
    for version, licence in licences.items():
        if not licence.startswith(_FREE):
            yield f"every browser that opens this page receives the basis of {version}{_limit(licence)}"


def _limit(licence: str) -> str:
    if licence.startswith(_OPEN):
        return f" ({licence}), whose authors must be named wherever it is passed on"
    if licence == _UNKNOWN:
        return ", of which no licence is known: let in only people whom its licence lets have it"
    return f", which its licence forbids to pass on ({licence}): let in only people who have accepted it themselves"


def summary(shown: Sequence[Services]) -> str:
    """What is shown, on which heads, drawn by what."""
    gl, error = shown[0].graphics.outcome()
    if gl is None:
        drawn = f"nothing can be rendered: {error}"
    else:
        drawn = f"{'software' if gl.software else 'GPU'} rendering ({gl.renderer})"
    sets = [f"{s.library.dataset.name}: {_clips(s.library.dataset)} on {s.head.model.version}" for s in shown]
    return f"{'; '.join(sets)}, {drawn}"


def _clips(dataset: Dataset) -> str:
    return "1 clip" if len(dataset) == 1 else f"{len(dataset):,} clips"


def _query(access: Access) -> str:
    return f"?token={access.token}" if access.token else ""
