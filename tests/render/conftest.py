from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from tests.render import heads
from viewer.render import Renderer

Picture = Callable[..., np.ndarray]


@pytest.fixture(scope="session")
def renderer() -> Iterator[Renderer]:
    with Renderer(gl="software") as renderer:
        yield renderer


@pytest.fixture(scope="session")
def picture(renderer: Renderer) -> Picture:
    """One picture: `picture(vertices=heads.head(), size=256, …)`."""

    def draw(vertices: np.ndarray | None = None, **options: Any) -> np.ndarray:
        vertices = heads.head() if vertices is None else vertices
        options = {"faces": heads.faces(), "v_template": heads.head(), "size": 256, **options}
        (frame,) = renderer.frames([vertices[None]], **options)
        return frame

    return draw
