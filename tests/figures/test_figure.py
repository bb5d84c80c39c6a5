"""Figures: what is where in them, in PNG and PDF."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.video.tracks import prediction, reference
from viewer import heat, looks
from viewer.clip import Clip
from viewer.compare import Faces, pair
from viewer.errors import CompareError, UsageError, VideoError
from viewer.figures import FigureSettings, make_figure
from viewer.figures.figure import worst_frame
from viewer.figures.fonts import families
from viewer.flame import HeadChoice
from viewer.render import Painted, Renderer
from viewer.video.tracks import Tracks

SMALL = FigureSettings(width=480, dpi=100)


def blocks(values: np.ndarray) -> list[tuple[int, int]]:
    """Stretches (start, end) in which something is true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], values.astype(int), [0]])))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]


def test_default_size_is_that_of_a_paper(tmp_path: Path, renderer: Renderer, head: HeadChoice) -> None:
    path = tmp_path / "fig.png"
    receipt = make_figure(reference(), path, frames="0,3,6", head=head, renderer=renderer)
    picture = Image.open(path)
    assert picture.size == receipt.size
    assert picture.width == 2400
    assert picture.mode == "RGBA"
    assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.01)
    assert json.loads(picture.info["Comment"]) == json.loads(receipt.to_json())


@pytest.mark.parametrize(("width", "dpi"), [(480, 100), (481, 72), (1001, 299), (2048, 600)])
def test_the_width_is_exact(tmp_path: Path, renderer: Renderer, head: HeadChoice, width: int, dpi: int) -> None:
    path = tmp_path / "fig.png"
    settings = FigureSettings(width=width, dpi=dpi, font_points=4)
    receipt = make_figure(reference(), path, frames="0,3", head=head, settings=settings, renderer=renderer)
    assert Image.open(path).size == receipt.size
    assert receipt.size[0] == width


def test_rows_are_methods_then_errors_and_columns_are_frames(
    tmp_path: Path, renderer: Renderer, head: HeadChoice
) -> None:
    clip = reference()
    predictions = [("a", prediction(clip, jaw=0.2)), ("b", prediction(clip))]
    path = tmp_path / "fig.png"
    make_figure(clip, path, frames="0,6,3,9", predictions=predictions, head=head, settings=SMALL, renderer=renderer)
    picture = np.asarray(Image.open(path)).astype(int)
    solid = (picture[..., 3] == 255) & (np.ptp(picture[..., :3], axis=2) > 8)  # pictures, not text
    left = blocks(solid[:, :400].sum(axis=0) > 40)
    assert len(left) == 4
    rows = blocks(solid[:, left[0][0] : left[0][1]].sum(axis=1) > 8)
    assert len(rows) == 5
    blue = [picture[(a + b) // 2, (left[0][0] + left[0][1]) // 2] for a, b in rows]
    assert [bool(pixel[2] > pixel[0]) for pixel in blue] == [True, True, True, False, False]
    reds = [picture[a:b, left[1][0] : left[1][1]] for a, b in rows[3:]]
    darkest = [part[part[..., 3] == 255][:, 1].mean() for part in reds]
    assert darkest[0] < darkest[1] - 3  # a is wrong, b is not
    first, second = (picture[rows[0][0] : rows[0][1], a:b] for a, b in left[:2])
    n = min(first.shape[1], second.shape[1])
    assert np.abs(first[:, :n] - second[:, :n]).max() > 40  # shut and open


def test_error_pictures_have_the_colours_of_the_errors(tmp_path: Path, renderer: Renderer, head: HeadChoice) -> None:
    clip, path = reference(), tmp_path / "fig.png"
    wrong = prediction(clip, jaw=0.15)
    settings = replace(SMALL, heat_top_mm=9.0)
    make_figure(clip, path, frames="6", predictions=[("a", wrong)], head=head, settings=settings, renderer=renderer)
    errors = Faces(head).errors_mm(pair(clip, wrong))[6:7]
    vertices = np.concatenate(list(head.vertex_blocks(clip)))[6:7]
    model = head.model
    picture = np.asarray(Image.open(path)).astype(int)
    height = (picture.shape[0] - 17) // 3  # one line of text over three pictures
    (expected,) = renderer.frames(
        [Painted(vertices, heat.colors(errors, 9.0))],
        faces=model.faces,
        v_template=model.v_template,
        look=looks.legible(looks.look(settings.look)),
        size=height // 2 * 2,
        transparent=True,
    )
    found = picture[-expected.shape[0] :][:, :420]
    shades = [
        np.histogram(part[part[..., 3] == 255][:, 1], 16, (0, 256), density=True)[0] for part in (found, expected)
    ]
    assert np.abs(shades[0] - shades[1]).sum() < 0.1 * shades[1].sum()


def test_the_scale_is_beside_the_errors(tmp_path: Path, renderer: Renderer, head: HeadChoice) -> None:
    clip, path = reference(), tmp_path / "fig.png"
    predictions = [("a", prediction(clip, jaw=0.2))]
    make_figure(clip, path, frames="0,6", predictions=predictions, head=head, settings=SMALL, renderer=renderer)
    picture = np.asarray(Image.open(path)).astype(int)
    table = heat.table().astype(int)
    last_row = picture[-picture.shape[0] // 3 :]
    like = [np.abs(last_row[..., :3] - color).max(axis=2) < 6 for color in (table[40], table[128], table[215])]
    right = SMALL.width - 60
    at = [np.flatnonzero(part[:, right:].sum(axis=1) > 3).mean() for part in like]
    assert at[0] > at[1] > at[2]  # no error is at the bottom
    assert not (np.abs(picture[: picture.shape[0] // 2, right:, :3] - table[128]).max(axis=2) < 6).any()


def test_the_background_is_transparent_and_text_has_its_ink(
    tmp_path: Path, renderer: Renderer, head: HeadChoice
) -> None:
    path = tmp_path / "fig.png"
    settings = replace(SMALL, ink=(255, 0, 200))
    make_figure(reference(), path, frames="0,6", head=head, settings=settings, renderer=renderer)
    picture = np.asarray(Image.open(path))
    assert picture[0, 0, 3] == 0
    assert (picture[..., 3] == 0).mean() > 0.2
    text = picture[: picture.shape[0] // 30]
    ink = text[text[..., 3] > 100].astype(int)
    assert len(ink) > 10
    assert np.abs(ink - (255, 0, 200, 0))[:, :3].max() < 4


@pytest.mark.parametrize("frame", [5, 11])
def test_frames_without_data_are_left_empty_and_said(
    tmp_path: Path, renderer: Renderer, head: HeadChoice, frame: int
) -> None:
    clip, path = reference(), tmp_path / "fig.png"
    gaps = prediction(clip, jaw=0.1, frames=9, bad=slice(4, 6))
    receipt = make_figure(
        clip, path, frames=f"{frame}", predictions=[("gaps", gaps)], head=head, settings=SMALL, renderer=renderer
    )
    assert f"gaps has no data at frame {frame}" in receipt.notes
    picture = np.asarray(Image.open(path))[:, 40:400]
    third = picture.shape[0] // 3
    shown = [(picture[k * third + 20 : (k + 1) * third, :, 3] > 0).mean() for k in range(3)]
    assert shown[0] > 0.3 and max(shown[1:]) < 0.05


def test_the_worst_frame_is_the_one_with_the_largest_error_of_all_predictions(head: HeadChoice) -> None:
    clip = reference(frames=20)
    offsets = {"a": (4, 0.1), "b": (13, 0.2)}
    predictions = []
    for label, (frame, jaw) in offsets.items():
        pose = np.array(clip.pose)
        pose[frame, 3] += jaw
        predictions.append((label, Clip.from_arrays(exp=clip.exp, pose=pose, expression_space="arkit52")))
    assert worst_frame(Tracks(clip, predictions, head=head)) == 13
    assert worst_frame(Tracks(clip, predictions[:1], head=head)) == 4


def test_text_of_a_pdf_is_text(tmp_path: Path, renderer: Renderer, head: HeadChoice) -> None:
    """Embedded as TrueType, with what was drawn in the document's facts; made again, the file is the same."""
    clip = reference(transcript="open", sound=False)
    path = tmp_path / "fig.pdf"
    options = {"frames": "3,word:open", "head": head, "settings": SMALL, "renderer": renderer}
    receipt = make_figure(clip, path, predictions=[("$run_a$ β", prediction(clip))], **options)
    data = path.read_bytes()
    assert data.startswith(b"%PDF-")
    assert b"/FontFile2" in data and b"/Type3" not in data
    assert re.search(rb"/Creator \(flame-viewer [\d.]+\)", data)
    box = re.search(rb"/MediaBox ?\[ ?0 0 ([\d.]+) ([\d.]+)", data)
    assert box is not None
    assert float(box[1]) == pytest.approx(480 / 100 * 72, abs=0.01)
    assert float(box[2]) == pytest.approx(receipt.size[1] / 100 * 72, abs=0.01)
    make_figure(clip, path, predictions=[("$run_a$ β", prediction(clip))], **options)
    assert path.read_bytes() == data


@pytest.mark.parametrize("label", ["قديم", "модель", "a" * 300, "$x^2", "\x1b[31m"])
def test_labels_of_many_kinds_are_drawn(tmp_path: Path, renderer: Renderer, head: HeadChoice, label: str) -> None:
    clip = reference()
    path = tmp_path / "fig.png"
    make_figure(
        clip, path, frames="0", predictions=[(label, prediction(clip))], head=head, settings=SMALL, renderer=renderer
    )
    picture = np.asarray(Image.open(path))
    third = picture.shape[0] // 3
    margins = [(picture[k * third + 15 : (k + 1) * third, :20, 3] > 0).sum() for k in range(3)]
    assert min(margins) > 5
    assert max(margins) < 20 * third / 2


def test_letters_that_no_font_has_are_told() -> None:
    assert families("abc β д") == ["DejaVu Sans"]
    with pytest.raises(UsageError, match="no installed font has the letters"):
        families("a\U000e0100\U0001f9ff\U00013000\U0001d2e0")


def test_profiles_are_wider(tmp_path: Path, renderer: Renderer, head: HeadChoice) -> None:
    heights = []
    for camera in ("front", "profile"):
        settings = replace(SMALL, camera=camera)
        receipt = make_figure(
            reference(), tmp_path / f"{camera}.png", frames="0,6", head=head, settings=settings, renderer=renderer
        )
        heights.append(receipt.size[1])
        picture = np.asarray(Image.open(tmp_path / f"{camera}.png"))
        middle = slice(picture.shape[0] // 4, picture.shape[0] // 2)
        assert not (picture[middle, [0, -1], 3] > 0).any()  # no head is cut at the sides
    assert heights[1] < heights[0]


def test_files_of_others_are_left_alone(tmp_path: Path, renderer: Renderer, head: HeadChoice) -> None:
    options = {"frames": "0", "head": head, "settings": SMALL, "renderer": renderer}
    for name in ("a.png", "a.pdf"):
        path = tmp_path / name
        path.write_bytes(b"mine")
        with pytest.raises(VideoError, match="--force"):
            make_figure(reference(), path, **options)
        assert path.read_bytes() == b"mine"
        make_figure(reference(), path, force=True, **options)
        make_figure(reference(), path, **options)  # its own is replaced
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.pdf", "a.png"]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"path": "a.jpg"}, UsageError, r"\.png nor a \.pdf"),
        ({"path": "nowhere/a.png"}, VideoError, "does not exist"),
        ({"frames": ",".join(["0"] * 40)}, UsageError, "40 frames beside each other in 480 pixels"),
        (
            {"predictions": [("a", prediction(reference(), expression_space="flame2020"))]},
            CompareError,
            "of 'flame2020'",
        ),
    ],
)
def test_what_cannot_be_made_is_told_and_leaves_nothing(
    tmp_path: Path, renderer: Renderer, head: HeadChoice, options: dict, error: type[Exception], message: str
) -> None:
    options = {"path": "a.png", "frames": "0", "head": head, "settings": SMALL, "renderer": renderer} | options
    with pytest.raises(error, match=message):
        make_figure(reference(), **options | {"path": tmp_path / options["path"]})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "wrong",
    [
        {"width": 100},
        {"width": 2400.0},
        {"dpi": 10},
        {"dpi": True},
        {"font_points": 0},
        {"heat_top_mm": -1},
        {"look": "nosuch"},
        {"camera": "nosuch"},
        {"ink": (0, 0, 256)},
    ],
)
def test_settings_that_do_not_exist_are_refused(wrong: dict) -> None:
    with pytest.raises(UsageError):
        FigureSettings(**wrong)


def test_nothing_else_waits_for_matplotlib() -> None:
    code = "import sys, viewer.api, viewer.figures, viewer.cli.figure; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout == "False\n"
