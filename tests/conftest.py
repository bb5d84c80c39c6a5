"""What all tests share."""

from pathlib import Path

import pytest
from hypothesis import settings

# How long an example takes says something about the machine and nothing about the viewer.
settings.register_profile("viewer", deadline=None)
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
