"""What all tests share."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.jobs.here import TeamOfNone
from viewer.flame import HeadChoice, choose_head
from viewer.jobs import LocalEngine
from viewer.render import Renderer

# How long an example takes says something about the machine and nothing about the viewer.
settings.register_profile("explore", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# The same examples each time: what fails for one fails for all. Others are found by --hypothesis-profile explore.
settings.register_profile("viewer", settings.get_profile("explore"), derandomize=True, database=None)
settings.load_profile("viewer")


@pytest.fixture(autouse=True)
def no_models_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests choose their heads themselves, also where the user has set up a FLAME model."""
    monkeypatch.delenv("FLAME_MODEL", raising=False)
    monkeypatch.delenv("FLAME_ASSETS", raising=False)


@pytest.fixture(autouse=True)
def cache_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nothing of a test is kept in, or found in, the user's cache folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(Path(tmp_path_factory.getbasetemp()) / "cache"))


@pytest.fixture(autouse=True)
def verdicts_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nor is any verdict kept in the user's data folder."""
    monkeypatch.setenv("XDG_DATA_HOME", str(Path(tmp_path_factory.getbasetemp()) / "data-home"))


@pytest.fixture
def signals_end_programs() -> Iterator[None]:
    """Also where what runs the tests ignores them, as nohup does: programs that are started would ignore them too."""
    handlers = {
        signal.SIGINT: signal.default_int_handler,
        signal.SIGTERM: signal.SIG_DFL,
        signal.SIGHUP: signal.SIG_DFL,
    }
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(scope="session")
def head() -> HeadChoice:
    """The demo head."""
    return choose_head(expression_space="arkit52")


@pytest.fixture(scope="session")
def renderer() -> Iterator[Renderer]:
    """One render process for all tests that do not end it."""
    with Renderer() as renderer:
        yield renderer


@pytest.fixture
def jobs_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs of many clips are done in this process: to start others takes longer than what they do for small clips."""
    monkeypatch.setattr(LocalEngine, "team", lambda _, job, *, processes: TeamOfNone(job))


@pytest.fixture
def films_here(jobs_here: None, renderer: Renderer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Films of many clips too, with the one render process."""
    monkeypatch.setattr("viewer.video.batch.Renderer", lambda **_: renderer)
