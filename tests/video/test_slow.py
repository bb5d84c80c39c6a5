"""Slow motion."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from tests.video import decoding
from tests.video.tracks import prediction, reference
from viewer.errors import UsageError
from viewer.flame import HeadChoice
from viewer.render import Renderer
from viewer.video import ExportSettings, clip_frames, export_clip, render_key
from viewer.video.captions import Captions
from viewer.video.comparison import export_comparison

SLOW = ExportSettings(size=(64, 64), crf=0, hold=4)


def test_every_frame_is_there_four_times_and_nothing_between(
    tmp_path: Path, renderer: Renderer, head: HeadChoice
) -> None:
    clip = reference(frames=10)
    path = tmp_path / "a.mp4"
    receipt = export_clip(clip, path, head=head, settings=SLOW, renderer=renderer)
    frames = decoding.frames(path, (64, 64))
    assert len(frames) == receipt.frames == 40
    assert decoding.container_seconds(path) == pytest.approx(1.6, abs=0.011)
    drawn = list(clip_frames(clip, head=head, settings=SLOW, renderer=renderer))
    for index, frame in enumerate(frames):
        assert np.abs(frame.astype(int) - drawn[index // 4]).mean() < 2
    for first in range(0, 40, 4):
        np.testing.assert_array_equal(frames[first : first + 4], frames[[first] * 4])


@pytest.mark.parametrize("compared", [False, True])
def test_there_is_no_sound_and_that_is_said(
    tmp_path: Path, renderer: Renderer, head: HeadChoice, compared: bool
) -> None:
    clip, path = reference(frames=5), tmp_path / "a.mp4"
    options = {"head": head, "settings": SLOW, "renderer": renderer}
    if compared:
        export_comparison(clip, [("a", prediction(clip))], path, **options)
    else:
        export_clip(clip, path, **options)
    with av.open(str(path)) as container:
        assert not container.streams.audio
        receipt = json.loads(container.metadata["comment"])
    assert receipt["speed"] == 0.25
    assert receipt["altered"] == ["slowed to 1/4 of the speed: each frame is shown 4 times, without sound"]


def test_captions_say_it() -> None:
    frame = np.zeros((128, 128, 3), np.uint8)
    options = {"stem": "", "words": [], "fps": 25, "n_frames": 10, "size": (128, 128)}
    with_it, without = (Captions(**options, aside=aside).draw(frame, 3) for aside in (SLOW.aside, ""))
    assert SLOW.aside == "1/4 speed, no sound"
    assert (with_it != without).any()


def test_a_slow_film_has_another_key(head: HeadChoice) -> None:
    clip = reference(frames=5)
    assert render_key(clip, head, SLOW) != render_key(clip, head, replace(SLOW, hold=2))


@pytest.mark.parametrize("hold", [0, -1, 101, 2.0, True, "4"])
def test_what_is_no_number_of_times_is_refused(hold: object) -> None:
    with pytest.raises(UsageError, match="hold is"):
        ExportSettings(hold=hold)  # type: ignore[arg-type]
