"""`pytest` leaves these tests out where what they compare with is not installed.

`pytest -m parity` asks for them, so it must be.
"""

from __future__ import annotations

from importlib.util import find_spec

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.option.markexpr == "parity" or all(map(find_spec, ("smplx", "torch", "torchmetrics"))):
        return
    for item in items:
        if item.get_closest_marker("parity"):
            item.add_marker(pytest.mark.skip(reason="needs requirements-parity.txt: make parity"))
