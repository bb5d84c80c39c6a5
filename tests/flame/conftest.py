"""Models are made once a session; making and writing one takes a second."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.flame.factories import random_flame, write_npz
from viewer.flame.model import FlameModel


@pytest.fixture(scope="session")
def arrays() -> dict[str, Any]:
    return random_flame(0)


@pytest.fixture(scope="session")
def model_file(arrays: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_npz(tmp_path_factory.mktemp("flame") / "random.npz", arrays)


@pytest.fixture(scope="session")
def model(model_file: Path) -> FlameModel:
    return FlameModel.load(model_file)
