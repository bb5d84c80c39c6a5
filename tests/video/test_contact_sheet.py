"""Sheets of small pictures."""

import cv2
import numpy as np
import pytest

from viewer.video.contact_sheet import COLUMNS, ROWS, write_sheets


@pytest.fixture
def red(tmp_path):
    path = tmp_path / "red.png"
    cv2.imwrite(str(path), np.full((80, 80, 3), (0, 0, 255), np.uint8))
    return path


def red_places(path):
    """How many red squares are on a sheet, and the sheet's width by its height."""
    sheet = cv2.imread(str(path)).astype(int)
    is_red = (sheet[..., 2] - sheet[..., 0] > 100).astype(np.uint8)
    return cv2.connectedComponents(is_red)[0] - 1, sheet.shape[1] / sheet.shape[0]


def test_few_pictures_are_one_sheet_of_papers_proportions(tmp_path, red):
    pictures = [("a", red), ("lost", tmp_path / "lost.jpg"), *((f"b_{n}", red) for n in range(10))]
    (sheet,) = write_sheets(tmp_path, pictures)
    assert sheet == tmp_path / "contact_sheet.jpg"
    n_pictures, proportion = red_places(sheet)
    assert n_pictures == 11  # one cannot be read: its place is white
    assert 0.6 < proportion < 1.3


def test_many_pictures_are_several_sheets(tmp_path, red):
    sheets = write_sheets(tmp_path, [(f"clip_{n}", red) for n in range(COLUMNS * ROWS + 1)])
    assert [path.name for path in sheets] == ["contact_sheet_1.jpg", "contact_sheet_2.jpg"]
    assert [red_places(path)[0] for path in sheets] == [COLUMNS * ROWS, 1]


def test_no_picture_is_no_sheet(tmp_path):
    assert write_sheets(tmp_path, []) == []
