"""What all tests share."""

import pytest


@pytest.fixture(autouse=True)
def no_models_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests choose their heads themselves, also where the user has set up a FLAME model."""
    monkeypatch.delenv("FLAME_MODEL", raising=False)
    monkeypatch.delenv("FLAME_ASSETS", raising=False)
