"""Clips as folders of numbered pictures."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.video.tracks import prediction, reference
from viewer.errors import Cancelled, VideoError
from viewer.flame import HeadChoice
from viewer.render import Renderer
from viewer.video import ExportSettings, clip_frames
from viewer.video.sequence import export_sequence

SMALL = ExportSettings(size=(96, 64))


def pictures(folder: Path) -> list[np.ndarray]:
    return [np.asarray(Image.open(path)) for path in sorted(folder.glob("*.png"))]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("look", ["artalk", "grey"])
def test_pictures_with_alpha_over_the_background_are_the_film(
    tmp_path: Path, renderer: Renderer, head: HeadChoice, look: str
) -> None:
    clip, settings = reference(frames=5), replace(SMALL, look=look)
    options = {"head": head, "settings": settings, "renderer": renderer}
    export_sequence(clip, tmp_path / "a", alpha=True, **options)
    assert names(tmp_path / "a") == [*(f"00000{index}.png" for index in range(5)), "receipt.json"]
    opaque = list(clip_frames(clip, head=head, settings=settings, renderer=renderer))
    background = Image.new("RGBA", settings.size, tuple(opaque[0][0, 0].tolist()))
    for path, expected in zip(sorted((tmp_path / "a").glob("*.png")), opaque, strict=True):
        picture = Image.open(path)
        assert picture.mode == "RGBA"
        assert len(np.unique(np.asarray(picture)[..., 3])) > 2  # edges are partly covered
        over = np.asarray(Image.alpha_composite(background, picture))[..., :3].astype(int)
        assert np.abs(over - expected).max() <= 2


def test_without_alpha_they_are_the_frames(tmp_path: Path, renderer: Renderer, head: HeadChoice) -> None:
    clip = reference(frames=3)
    receipt = export_sequence(clip, tmp_path / "a", head=head, settings=SMALL, renderer=renderer)
    expected = list(clip_frames(clip, head=head, settings=SMALL, renderer=renderer))
    np.testing.assert_array_equal(pictures(tmp_path / "a"), expected)
    kept = json.loads((tmp_path / "a" / "receipt.json").read_text())
    assert kept["complete"] and not kept["alpha"]
    assert (kept["stem"], kept["frames"], kept["content_hash"]) == ("one", 3, receipt.content_hash)


def test_one_that_was_stopped_goes_on(tmp_path: Path, renderer: Renderer, head: HeadChoice) -> None:
    clip, folder = reference(frames=8), tmp_path / "a"
    options = {"head": head, "settings": SMALL, "renderer": renderer, "alpha": True}
    done: list[int] = []
    with pytest.raises(Cancelled):
        export_sequence(
            clip, folder, progress=lambda at, _: done.append(at), cancelled=lambda: len(done) >= 5, **options
        )
    assert names(folder) == [*(f"00000{index}.png" for index in range(5)), "receipt.json"]
    assert json.loads((folder / "receipt.json").read_text())["complete"] is False
    (folder / "000001.png").write_bytes((folder / "000001.png").read_bytes()[:-5])  # as after a power cut
    (folder / "000003.png").write_bytes(b"")
    stamps = {name: (folder / name).stat().st_mtime_ns for name in ("000000.png", "000002.png", "000004.png")}
    export_sequence(clip, folder, **options)
    assert {name: (folder / name).stat().st_mtime_ns for name in stamps} == stamps
    assert len(pictures(folder)) == 8
    fresh = tmp_path / "b"
    export_sequence(clip, fresh, **options)
    np.testing.assert_array_equal(pictures(folder), pictures(fresh))
    assert json.loads((folder / "receipt.json").read_text())["complete"] is True


@pytest.mark.parametrize("change", ["clip", "look", "alpha"])
def test_pictures_of_something_else_are_replaced_and_notes_are_left(
    tmp_path: Path, renderer: Renderer, head: HeadChoice, change: str
) -> None:
    clip, folder = reference(frames=6), tmp_path / "a"
    options = {"head": head, "settings": SMALL, "renderer": renderer, "alpha": False}
    export_sequence(clip, folder, **options)
    (folder / "notes.txt").write_text("mine")
    other = prediction(clip, jaw=0.2, frames=4) if change == "clip" else clip
    options |= {"settings": replace(SMALL, look="voca")} if change == "look" else {}
    options |= {"alpha": True} if change == "alpha" else {}
    export_sequence(other, folder, **options)
    export_sequence(other, tmp_path / "b", **options)
    np.testing.assert_array_equal(pictures(folder), pictures(tmp_path / "b"))
    assert (folder / "notes.txt").read_text() == "mine"


def test_pictures_of_others_are_left_alone(tmp_path: Path, renderer: Renderer, head: HeadChoice) -> None:
    clip, folder = reference(frames=2), tmp_path / "a"
    folder.mkdir()
    (folder / "000001.png").write_bytes(b"mine")
    options = {"head": head, "settings": SMALL, "renderer": renderer}
    with pytest.raises(VideoError, match="did not make"):
        export_sequence(clip, folder, **options)
    assert names(folder) == ["000001.png"]
    export_sequence(clip, folder, force=True, **options)
    assert len(pictures(folder)) == 2


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, renderer: Renderer, head: HeadChoice) -> None:
    options = {"head": head, "settings": SMALL, "renderer": renderer}
    with pytest.raises(VideoError, match=r"no/a: the folder does not exist"):
        export_sequence(reference(frames=2), tmp_path / "no" / "a", **options)
    (tmp_path / "file").write_text("")
    with pytest.raises(VideoError, match="file"):
        export_sequence(reference(frames=2), tmp_path / "file", **options)
