"""Small pictures of many clips on sheets of paper's proportions, to look at or print."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from viewer.errors import VideoError
from viewer.paths import whole_file
from viewer.video.text import Pen

COLUMNS, ROWS = 12, 15
"""Pictures on a sheet: about the proportions of A4."""
_SIDE, _LABEL, _GAP = 160, 22, 12
_TEXT_PIXELS = 13
_PAPER, _INK = (255, 255, 255), (60, 66, 76)
_QUALITY = 88


def write_sheets(out: Path, pictures: Sequence[tuple[str, Path]]) -> list[Path]:
    """Write `contact_sheet.jpg`, or several with numbers, into `out`; returns where they are.

    pictures: stems, and image files of them. A picture that cannot be read is left white. Raises VideoError where a
    sheet cannot be written.
    """
    per_sheet = COLUMNS * ROWS
    n_columns = min(math.ceil(math.sqrt(len(pictures) * COLUMNS / ROWS)), COLUMNS)  # few have the same proportions
    n_sheets = -(-len(pictures) // per_sheet)
    digits = len(str(n_sheets))
    written = []
    for number, sheet in enumerate(_sheets(pictures, per_sheet, n_columns), start=1):
        path = out / ("contact_sheet.jpg" if n_sheets == 1 else f"contact_sheet_{number:0{digits}}.jpg")
        with whole_file(path, error=VideoError) as part:
            part.write_bytes(cv2.imencode(".jpg", sheet[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes())
        written.append(path)
    return written


def _sheets(
    pictures: Sequence[tuple[str, Path]], per_sheet: int, n_columns: int
) -> Iterator[UInt8[np.ndarray, "H W 3"]]:
    pen = Pen(_TEXT_PIXELS)
    for start in range(0, len(pictures), per_sheet):
        some = pictures[start : start + per_sheet]
        n_rows = -(-len(some) // n_columns)
        height, width = n_rows * (_SIDE + _LABEL + _GAP) + _GAP, n_columns * (_SIDE + _GAP) + _GAP
        sheet = np.full((height, width, 3), _PAPER, np.uint8)
        for place, (stem, path) in enumerate(some):
            row, column = divmod(place, n_columns)
            y, x = _GAP + row * (_SIDE + _LABEL + _GAP), _GAP + column * (_SIDE + _GAP)
            picture = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
            if picture is not None:
                sheet[y : y + _SIDE, x : x + _SIDE] = cv2.resize(picture, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
            pen.write(sheet, pen.shortened(stem, _SIDE), x, y + _SIDE + _TEXT_PIXELS + 3, _INK)
        yield sheet
