"""What all tests share."""

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
