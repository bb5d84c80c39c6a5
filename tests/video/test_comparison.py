"""Films of a reference beside predictions: what they show is compared with what is known of the clips."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from tests.video import decoding
from tests.video.tracks import prediction, reference
from viewer import heat, looks
from viewer.clip import Clip
from viewer.compare import CompareError, Faces, pair
from viewer.errors import ClipError, UsageError
from viewer.flame import HeadChoice, choose_head
from viewer.render import Painted, Renderer
from viewer.video import ExportSettings, clip_frames
from viewer.video.comparison import export_comparison
from viewer.video.grid import LAYOUTS, Page
from viewer.video.tracks import Tracks

SIDE = 128
SMALL = ExportSettings(size=(SIDE, SIDE), crf=4)


def film(path: Path, clip: Clip, predictions: list[tuple[str, Clip]], **options):
    """Decoded frames, and the receipt inside the file."""
    settings = options.pop("settings", SMALL)
    receipt = export_comparison(clip, predictions, path, settings=settings, **options)
    with av.open(str(path)) as container:
        assert json.loads(container.metadata["comment"]) == json.loads(receipt.to_json())
    return decoding.frames(path, receipt.size), receipt


def panels(layout: str, clip: Clip, labels: list[str]) -> Page:
    return Page(
        labels=labels,
        remarks=[""] * len(labels),
        cell=SMALL.size,
        background=(255, 255, 255),
        stem=clip.stem,
        n_frames=len(clip),
        fps=clip.fps,
        layout=layout,  # type: ignore[arg-type]
    )


def cut(frame: np.ndarray, panel) -> np.ndarray:
    """Lower part of the picture in a panel: what is written is above."""
    return frame[panel.y + 20 : panel.y + SIDE, panel.x : panel.x + SIDE].astype(float)


def test_columns_are_in_the_order_given_and_under_each_is_its_error(
    tmp_path: Path, renderer: Renderer, head: HeadChoice
) -> None:
    clip = reference()
    offsets = {"b": 0.25, "a": 0.0, "c": 0.1}
    predictions = [(label, prediction(clip, jaw=jaw)) for label, jaw in offsets.items()]
    frames, receipt = film(tmp_path / "a.mp4", clip, predictions, head=head, renderer=renderer, layout="grid")
    page = panels("grid", clip, list(offsets))
    assert receipt.size == page.size
    assert [track.label for track in receipt.tracks] == ["b", "a", "c"]
    clips = [clip, *(each for _, each in predictions)]
    for panel, each in zip(page._pictures, clips, strict=True):
        drawn = list(clip_frames(each, head=head, settings=SMALL, renderer=renderer))
        for index in (0, 7, 11):
            assert np.abs(cut(frames[index], panel) - drawn[index][20:]).mean() < 2
    blues = [cut(frames[7], panel)[..., 2].mean() for panel in page._heats]  # the scale loses its blue at once
    assert blues[0] < blues[2] - 1 < blues[1] - 2
    assert [panel.x for panel in page._heats] == [panel.x for panel in page._pictures[1:]]


@pytest.mark.parametrize("layout", ["row", "grid"])
def test_heat_maps_have_the_colours_of_the_errors(
    tmp_path: Path, renderer: Renderer, head: HeadChoice, layout: str
) -> None:
    """Each is drawn here once more, from `Faces.errors_mm` of the whole pair."""
    clip = reference()
    wrong = prediction(clip, jaw=0.15)
    frames, _ = film(
        tmp_path / "a.mp4", clip, [("a", wrong)], head=head, renderer=renderer, layout=layout, heat_top_mm=8.0
    )
    errors = Faces(head).errors_mm(pair(clip, wrong))
    vertices = np.concatenate(list(head.vertex_blocks(clip)))
    model = head.model
    expected = renderer.frames(
        [Painted(vertices, heat.colors(errors, 8.0))],
        faces=model.faces,
        v_template=model.v_template,
        look=looks.legible(looks.look(SMALL.look)),
        size=SIDE,
    )
    (panel,) = panels(layout, clip, ["a"])._heats
    for index, drawn in enumerate(expected):
        assert np.abs(cut(frames[index], panel) - drawn[20:]).mean() < 2
    assert np.ptp(np.stack([cut(frames[index], panel) for index in (0, 6)]), axis=0).max() > 20  # it moves


def test_no_error_has_the_lightest_colour_and_a_large_one_the_darkest(
    tmp_path: Path, renderer: Renderer, head: HeadChoice
) -> None:
    clip = reference()
    same, off = prediction(clip), prediction(clip, jaw=0.3)
    frames, _ = film(tmp_path / "a.mp4", clip, [("same", same), ("off", off)], head=head, renderer=renderer)
    light, dark = panels("auto", clip, ["same", "off"])._heats
    forehead, chin = (slice(12, 24), slice(54, 74)), (slice(73, 77), slice(60, 68))
    assert np.abs(cut(frames[3], light)[forehead].mean(axis=(0, 1)) - heat.table()[0]).max() < 24
    assert np.abs(cut(frames[3], dark)[forehead].mean(axis=(0, 1)) - heat.table()[0]).max() < 24
    assert np.abs(cut(frames[3], dark)[chin].mean(axis=(0, 1)) - heat.table()[255]).max() < 30


def test_the_film_lasts_as_long_as_the_reference_and_is_heard_as_it(
    tmp_path: Path, renderer: Renderer, head: HeadChoice
) -> None:
    clip = reference(frames=20)
    short, long = prediction(clip, frames=12), prediction(reference(frames=30))
    path = tmp_path / "a.mp4"
    frames, receipt = film(path, clip, [("short", short), ("long", long)], head=head, renderer=renderer)
    assert len(frames) == receipt.frames == 20
    assert clip.audio is not None
    heard = decoding.sound(path, 16000)[: len(clip.audio.samples), 0]
    assert np.corrcoef(heard, clip.audio.samples[: len(heard), 0])[0, 1] > 0.97
    assert [track.frames for track in receipt.tracks] == [12, 30]
    assert all("Lengths differ" in track.remarks[0] for track in receipt.tracks)


def test_after_its_end_a_prediction_is_faded_and_its_error_is_unknown(
    tmp_path: Path, renderer: Renderer, head: HeadChoice
) -> None:
    clip = reference(frames=20)
    tracks = Tracks(clip, [("short", prediction(clip, frames=12))], head=head)
    errors = [each[0] for each in tracks.errors_mm()]
    assert len(errors) == 20
    assert not np.isnan(errors[:12]).any() and np.isnan(errors[12:]).all()
    (track,) = tracks.tracks
    assert track.note(11) is None and track.note(12) == "ends at 0.48 s: its last frame is held"
    frames, _ = film(tmp_path / "a.mp4", clip, [("short", prediction(clip, frames=12))], head=head, renderer=renderer)
    page = panels("auto", clip, ["short"])
    y = frames.shape[1] - page.size[1]  # remarks make the page higher
    low = page._pictures[1].y + y + 40
    column = slice(SIDE, 2 * SIDE)
    dark = [int(frames[index][low : low + 80, column].min()) for index in (11, 12)]
    assert dark[0] < 90 < 130 < dark[1]


def test_frames_that_are_nan_have_no_error_and_are_said(tmp_path: Path, renderer: Renderer, head: HeadChoice) -> None:
    clip = reference()
    broken = prediction(clip, jaw=0.2, bad=slice(4, 6))
    tracks = Tracks(clip, [("broken", broken)], head=head)
    unknown = [bool(np.isnan(each[0]).all()) for each in tracks.errors_mm()]
    assert unknown == [index in (4, 5) for index in range(12)]
    note = tracks.tracks[0].note(4)
    assert note is not None and "NaN" in note
    frames, receipt = film(tmp_path / "a.mp4", clip, [("broken", broken)], head=head, renderer=renderer)
    assert len(frames) == 12
    assert "not a number" in receipt.tracks[0].remarks[0]


def test_other_frame_rates_are_resampled_and_said(tmp_path: Path, renderer: Renderer, head: HeadChoice) -> None:
    clip = reference(frames=25)
    at_50 = Clip.from_arrays(
        stem="one",
        exp=np.zeros((50, 52)),
        pose=np.repeat(clip.pose, 2, axis=0),
        fps=50,
        expression_space="arkit52",
    )
    frames, receipt = film(tmp_path / "a.mp4", clip, [("fast", at_50)], head=head, renderer=renderer)
    assert len(frames) == 25
    assert "resampled from 50 to 25" in receipt.tracks[0].remarks[0]
    assert (receipt.tracks[0].frames, receipt.tracks[0].fps) == (50, 50)


def test_vertices_are_compared_with_coefficients(tmp_path: Path, renderer: Renderer, head: HeadChoice) -> None:
    clip = reference()
    vertices = np.concatenate(list(head.vertex_blocks(clip)))
    track = Clip.from_arrays(stem="one", vertices=vertices)
    frames, receipt = film(tmp_path / "a.mp4", clip, [("vertices", track)], head=head, renderer=renderer)
    assert len(frames) == 12
    tracks = Tracks(clip, [("vertices", track)], head=head)
    assert max(float(each[0].max()) for each in tracks.errors_mm()) < 0.05
    assert any("track of vertices" in remark for remark in receipt.tracks[0].remarks)


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        (lambda clip: [], UsageError, "name at least one prediction"),
        (lambda clip: [("a", prediction(clip, expression_space="flame2020"))], CompareError, "expressions are of"),
        (lambda clip: [("a", prediction(clip, exp=np.ones((12, 120))))], ClipError, "120 coefficients"),
        (lambda clip: [("a", Clip.from_arrays(stem="one", vertices=np.zeros((12, 7, 3))))], ClipError, "7 vertices"),
    ],
)
def test_what_cannot_be_compared_is_refused_and_leaves_nothing(
    tmp_path: Path,
    renderer: Renderer,
    head: HeadChoice,
    wrong: Callable[[Clip], list[tuple[str, Clip]]],
    error: type[Exception],
    message: str,
) -> None:
    clip = reference()
    with pytest.raises(error, match=message):
        export_comparison(clip, wrong(clip), tmp_path / "a.mp4", head=head, settings=SMALL, renderer=renderer)
    assert not list(tmp_path.iterdir())


def test_a_head_that_cannot_make_the_expressions_is_refused(tmp_path: Path, renderer: Renderer) -> None:
    head = choose_head(choose_head(expression_space="arkit52").model.path, expression_space="flame2020")
    clip = Clip.from_arrays(stem="one", exp=np.zeros((5, 50)), pose=np.zeros((5, 6)))
    with pytest.raises(CompareError, match="Install the FLAME model"):
        export_comparison(clip, [("a", clip)], tmp_path / "a.mp4", head=head, settings=SMALL, renderer=renderer)


def test_a_page_too_large_for_films_names_a_size_that_fits(
    head: HeadChoice, tmp_path: Path, renderer: Renderer
) -> None:
    clip = reference()
    many = [(f"run {index}", prediction(clip)) for index in range(9)]
    with pytest.raises(UsageError, match=r"at most 4096 a side.*--size 408") as refused:
        export_comparison(clip, many, tmp_path / "a.mp4", head=head, renderer=renderer)
    assert "--layout" not in str(refused.value)
    with pytest.raises(UsageError, match="or use --layout grid"):
        export_comparison(clip, many, tmp_path / "a.mp4", head=head, layout="row", renderer=renderer)
    with pytest.raises(UsageError, match="above 0"):
        export_comparison(clip, many, tmp_path / "a.mp4", head=head, heat_top_mm=0, renderer=renderer)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("n", [1, 2, 5])
@pytest.mark.parametrize("cell", [(64, 64), (128, 96), (300, 512)])
def test_nothing_on_a_page_overlaps_or_leaves_it(layout: str, n: int, cell: tuple[int, int]) -> None:
    page = Page(
        labels=[f"a long name of run {index}" for index in range(n)],
        remarks=["Lengths differ: the reference has 70 frames (2.80 s), the prediction 60."] * n,
        cell=cell,
        background=(255, 255, 255),
        stem="s" * 200,
        n_frames=70,
        fps=25,
        layout=layout,  # type: ignore[arg-type]
    )
    width, height = page.size
    assert width % 2 == height % 2 == 0
    taken = np.zeros((height, width), int)
    for panel in (*page._pictures, *page._heats):
        taken[panel.y : panel.y + cell[1], panel.x : panel.x + cell[0]] += 1
    assert taken.sum() == (1 + 2 * n) * cell[0] * cell[1]
    assert taken.max() == 1
    written = (page._paper != 255).any(axis=2)
    assert not (written & (taken > 0)).any()  # labels and legend keep off the pictures
    for panel in (*page._pictures, *page._heats):
        assert written[: panel.y, panel.x : panel.x + cell[0]].any()


@pytest.mark.parametrize("label", ["模型", "модель β", "قديم", "run\n\x1b[31m", "x" * 500])
def test_labels_of_any_script_are_drawn(label: str) -> None:
    def paper(text: str) -> np.ndarray:
        return panels("row", reference(), [text])._paper

    blank = paper(" ")
    top = slice(0, panels("row", reference(), [" "])._pictures[0].y)
    assert (paper(label)[top, SIDE : 2 * SIDE] != blank[top, SIDE : 2 * SIDE]).sum() > 30
    np.testing.assert_array_equal(paper(label)[:, :SIDE], blank[:, :SIDE])


def test_spoken_words_are_shown(tmp_path: Path, renderer: Renderer, head: HeadChoice) -> None:
    clip = reference(frames=10, transcript="open close")
    options = {"head": head, "renderer": renderer}
    plain, bare = film(tmp_path / "a.mp4", clip, [("a", prediction(clip))], **options)
    settings = replace(SMALL, captions=True)
    worded, receipt = film(tmp_path / "b.mp4", clip, [("a", prediction(clip))], settings=settings, **options)
    assert worded.shape[1] > plain.shape[1]
    assert "captions drawn over the picture" in receipt.altered
    assert bare.altered == ()
