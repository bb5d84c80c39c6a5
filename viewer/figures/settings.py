"""How a figure looks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from viewer import heat, looks
from viewer.errors import UsageError

NARROWEST, WIDEST = 256, 16384
LOWEST_DPI, HIGHEST_DPI = 36, 2400


@dataclass(frozen=True, kw_only=True)
class FigureSettings:
    """How a figure looks. Raises UsageError for what does not exist."""

    look: str = looks.DEFAULT_LOOK
    camera: str = looks.DEFAULT_CAMERA
    width: int = 2400
    """Pixels of the whole figure; its height follows."""
    dpi: int = 300
    """Pixels an inch: at 300, 2400 pixels are 8 inches wide, and text of 8 points is as large as in a paper."""
    font_points: float = 8
    ink: looks.RGB = (26, 26, 26)
    """Of text; the background is transparent."""
    heat_top_mm: float = heat.TOP_MM

    def __post_init__(self) -> None:
        looks.look(self.look)
        looks.camera(self.camera)
        looks.rgb(self.ink)
        heat.steps(np.zeros(0), self.heat_top_mm)
        for name, value, least, most in (
            ("width", self.width, NARROWEST, WIDEST),
            ("dpi", self.dpi, LOWEST_DPI, HIGHEST_DPI),
        ):
            if type(value) is not int or not least <= value <= most:
                raise UsageError(f"{name} is {value!r}; expected a whole number from {least} to {most}")
        if not 2 <= self.font_points <= 72:
            raise UsageError(f"font size is {self.font_points!r}; expected 2 to 72 points")
