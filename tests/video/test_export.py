import json
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from tests.flame.factories import head_like_flame
from tests.video import decoding
from viewer import looks
from viewer.clip import Clip
from viewer.dataset import DEMO_DATASET, Dataset
from viewer.errors import Cancelled, RenderError, UsageError, VideoError
from viewer.flame import FlameModel, HeadChoice, choose_head
from viewer.render import Renderer
from viewer.video import ExportSettings, clip_frames, export_clip, render_key
from viewer.video.captions import Captions
from viewer.words import Word

SMALL = ExportSettings(size=(128, 128))


@pytest.fixture(scope="module")
def demo() -> Dataset:
    return Dataset.open(DEMO_DATASET)


def opening_at(frame: int, *, frames: int = 75, rate: int = 16000, seconds: float = 3.0) -> Clip:
    """A mouth that opens, and a click that sounds, at the same frame."""
    pose = np.zeros((frames, 6), np.float32)
    pose[frame:, 3] = 0.3
    samples = np.zeros(round(seconds * rate), np.float32)
    click = round(frame * rate / 25)
    samples[click : click + rate // 100] = 0.8
    return Clip.from_arrays(
        exp=np.zeros((frames, 52), np.float32),
        pose=pose,
        audio=samples,
        sample_rate=rate,
        transcript="click",
        stem="opening",
        expression_space="arkit52",
    )


def receipt_in(path: Path) -> dict:
    with av.open(str(path)) as container:
        return json.loads(container.metadata["comment"])


@pytest.mark.parametrize("rate", [16000, 44100])
def test_mouth_and_click_stay_together(tmp_path: Path, renderer: Renderer, head: HeadChoice, rate: int) -> None:
    path = tmp_path / "a.mp4"
    export_clip(opening_at(40, rate=rate), path, head=head, settings=SMALL, renderer=renderer)
    frames = decoding.frames(path, SMALL.size).astype(float)
    change = np.abs(np.diff(frames, axis=0)).mean(axis=(1, 2, 3))
    assert len(frames) == 75
    assert np.argmax(change) + 1 == 40
    loud = np.abs(decoding.sound(path)[:, 0])
    assert np.argmax(loud > 0.3) / 48000 == pytest.approx(40 / 25, abs=0.005)


def test_every_demo_clip_becomes_a_film_of_its_own_length(
    tmp_path: Path, renderer: Renderer, head: HeadChoice, demo: Dataset
) -> None:
    stem = demo.stems[0]
    clip = demo[stem]
    done: list[tuple[int, int]] = []
    path = tmp_path / f"{stem}.mp4"
    receipt = export_clip(
        clip, path, head=head, settings=SMALL, renderer=renderer, progress=lambda *at: done.append(at)
    )
    frames = decoding.frames(path, SMALL.size)
    assert len(frames) == receipt.frames == len(clip)
    assert decoding.container_seconds(path) == pytest.approx(clip.seconds, abs=0.011)
    assert done == [(index + 1, len(clip)) for index in range(len(clip))]
    assert clip.audio is not None
    heard = decoding.sound(path, clip.audio.rate)[:, 0]
    n = min(len(heard), len(clip.audio.samples))
    assert np.corrcoef(heard[:n], clip.audio.samples[:n, 0])[0, 1] > 0.97
    assert all(frame.std() > 10 for frame in frames)  # a head is in every one of them


def test_film_shows_what_the_renderer_drew(tmp_path: Path, renderer: Renderer, head: HeadChoice, demo: Dataset) -> None:
    clip = demo[demo.stems[0]]
    path = tmp_path / "a.mp4"
    settings = replace(SMALL, look="skin", camera="three-quarter", crf=10)
    export_clip(clip, path, head=head, settings=settings, renderer=renderer)
    drawn = np.stack(list(clip_frames(clip, head=head, settings=settings, renderer=renderer)))
    shown = decoding.frames(path, settings.size)
    error = np.abs(shown.astype(float) - drawn).mean(axis=(1, 2, 3))
    assert error.max() < 4
    shifted = np.abs(shown[1:].astype(float) - drawn[:-1]).mean()
    assert shifted > 1.2 * error.mean()  # and not its neighbour


def test_receipt_says_what_was_shown_and_what_was_altered(tmp_path: Path, renderer: Renderer, head: HeadChoice) -> None:
    path = tmp_path / "a.mp4"
    clip = opening_at(10, frames=50, seconds=3.0)
    receipt = export_clip(clip, path, head=head, settings=replace(SMALL, camera="profile"), renderer=renderer)
    kept = receipt_in(path)
    assert kept == json.loads(receipt.to_json())
    assert kept["stem"] == "opening"
    assert kept["model_hash"] == head.model.hash
    assert (kept["look"], kept["camera"], kept["size"]) == (looks.DEFAULT_LOOK, "profile", [128, 128])
    assert kept["gl_renderer"] == renderer.info.renderer
    assert any("sound cut by 1.00 s" in note for note in kept["altered"])


def test_zeroed_expressions_are_in_the_receipt_and_jaw_still_moves(
    tmp_path: Path, renderer: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FLAME_MODEL", raising=False)
    head = choose_head(choose_head(expression_space="arkit52").model.path, expression_space="flame2020")
    assert head.zero_expression
    clip = opening_at(10, frames=20)
    wild = Clip.from_arrays(
        exp=np.random.default_rng(0).normal(0, 3, (20, 100)), pose=clip.pose, expression_space="flame2020"
    )
    calm = Clip.from_arrays(exp=np.zeros((20, 100)), pose=clip.pose, expression_space="flame2020")
    path = tmp_path / "a.mp4"
    export_clip(wild, path, head=head, settings=SMALL, renderer=renderer)
    assert any("neutral" in note for note in receipt_in(path)["altered"])
    both = [list(clip_frames(each, head=head, settings=SMALL, renderer=renderer)) for each in (wild, calm)]
    np.testing.assert_array_equal(both[0], both[1])
    assert np.abs(both[0][5].astype(float) - both[0][15]).max() > 30


@pytest.mark.parametrize(
    ("sound_seconds", "note"), [(2.0, "sound padded with 1.00 s"), (4.0, "sound cut by 1.00 s"), (3.0, None)]
)
def test_sound_gets_the_length_of_the_motion(
    tmp_path: Path, renderer: Renderer, head: HeadChoice, sound_seconds: float, note: str | None
) -> None:
    path = tmp_path / "a.mp4"
    receipt = export_clip(opening_at(10, seconds=sound_seconds), path, head=head, settings=SMALL, renderer=renderer)
    assert len(decoding.sound(path, 16000)) == pytest.approx(3 * 16000, abs=1024)
    assert decoding.container_seconds(path) == pytest.approx(3.0, abs=0.011)
    assert [text for text in receipt.altered if "sound" in text] == ([] if note is None else [receipt.altered[-1]])
    assert note is None or note in receipt.altered[-1]


def test_clip_without_sound_makes_a_silent_film(tmp_path: Path, renderer: Renderer, head: HeadChoice) -> None:
    path = tmp_path / "a.mp4"
    clip = replace(opening_at(10), audio=None)
    export_clip(clip, path, head=head, settings=SMALL, renderer=renderer)
    assert "Audio" not in decoding.description(path)
    assert len(decoding.frames(path, SMALL.size)) == 75


def test_a_flame_sized_head_exports_too(tmp_path: Path, renderer: Renderer) -> None:
    np.savez(tmp_path / "flame.npz", **head_like_flame())
    head = HeadChoice(FlameModel.load(tmp_path / "flame.npz"), False, ())
    path = tmp_path / "a.mp4"
    clip = opening_at(5, frames=12, seconds=0.48)
    export_clip(clip, path, head=head, settings=ExportSettings(size=(320, 192)), renderer=renderer)
    assert len(decoding.frames(path, (320, 192))) == 12


def test_captions_show_the_words_in_a_band_and_leave_the_face_alone(
    tmp_path: Path, renderer: Renderer, head: HeadChoice
) -> None:
    settings = ExportSettings(size=(256, 256), crf=10)
    clip = replace(opening_at(10, frames=30, seconds=1.2), transcript="Hello captions")
    films = {}
    for captions in (False, True):
        path = tmp_path / f"{captions}.mp4"
        receipt = export_clip(clip, path, head=head, settings=replace(settings, captions=captions), renderer=renderer)
        films[captions] = decoding.frames(path, settings.size).astype(float)
        assert any("captions" in note for note in receipt.altered) == captions
    difference = np.abs(films[True] - films[False]).mean(axis=(0, 2, 3))
    assert difference[:190].max() < 3
    assert difference[-20:].min() > 20
    first, last = films[True][0], films[True][-1]
    assert np.abs(first[-20:] - last[-20:]).max() > 30  # the time has moved on


def test_captions_draw_letters_of_many_scripts_each_as_itself() -> None:
    """A font that lacks a letter draws the same box for all of them."""
    frame = np.zeros((128, 256, 3), np.uint8)
    pictures = {
        text: Captions(stem="", words=[Word(text, 0, 1)], fps=25, n_frames=25, size=(256, 128)).draw(frame, 0).tobytes()
        for text in ("ü", "u", "ß", "漢", "字", "ж", "щ", "ع", "é")
    }
    assert len(set(pictures.values())) == len(pictures)


def test_long_transcripts_are_shown_line_by_line() -> None:
    words = [Word(f"word{index}", index * 0.1, index * 0.1 + 0.1) for index in range(100)]
    captions = Captions(stem="s" * 300, words=words, fps=25, n_frames=250, size=(512, 512))
    frame = np.zeros((512, 512, 3), np.uint8)
    lines = {captions.draw(frame, index)[-46:-24].tobytes() for index in range(250)}
    assert len(lines) > 5


def test_a_sentence_without_spaces_is_shown_piece_by_piece() -> None:
    sentence = "".join(chr(0x4E00 + index) for index in range(120))
    captions = Captions(stem="", words=[Word(sentence, 0.0, 10.0)], fps=25, n_frames=250, size=(256, 256))
    frame = np.zeros((256, 256, 3), np.uint8)
    shown = [captions.draw(frame, index)[-32:-18].tobytes() for index in range(0, 250, 5)]
    assert len(set(shown)) > 5


@pytest.mark.timeout(60)
def test_one_endless_word_does_not_hold_up_the_export() -> None:
    Captions(stem="s" * 100_000, words=[Word("x" * 100_000, 0.0, 1.0)], fps=25, n_frames=25, size=(256, 256))


def test_sound_louder_than_full_scale_is_held_at_it(tmp_path: Path, renderer: Renderer, head: HeadChoice) -> None:
    clip = opening_at(2, frames=5, seconds=0.2)
    assert clip.audio is not None
    loud = replace(clip, audio=replace(clip.audio, samples=clip.audio.samples * np.float32(1e38)))
    export_clip(loud, tmp_path / "a.mp4", head=head, settings=SMALL, renderer=renderer)
    assert np.abs(decoding.sound(tmp_path / "a.mp4")).max() < 1.5


def test_cancel_stops_early_and_leaves_nothing(tmp_path: Path, renderer: Renderer, head: HeadChoice) -> None:
    done: list[int] = []
    with pytest.raises(Cancelled, match="opening"):
        export_clip(
            opening_at(10),
            tmp_path / "a.mp4",
            head=head,
            settings=SMALL,
            renderer=renderer,
            progress=lambda at, _: done.append(at),
            cancelled=lambda: len(done) >= 20,
        )
    assert len(done) == 20
    assert not list(tmp_path.iterdir())


def test_render_process_killed_in_mid_clip_is_an_error_and_the_next_export_works(
    tmp_path: Path, head: HeadChoice
) -> None:
    clip = opening_at(10, frames=150, seconds=6.0)
    with Renderer() as renderer:

        def kill(at: int, _total: int) -> None:
            if at == 5:
                assert renderer.pid is not None
                os.kill(renderer.pid, signal.SIGKILL)

        with pytest.raises(RenderError, match="SIGKILL"):
            export_clip(clip, tmp_path / "a.mp4", head=head, settings=SMALL, renderer=renderer, progress=kill)
        assert not list(tmp_path.iterdir())
        export_clip(clip, tmp_path / "a.mp4", head=head, settings=SMALL, renderer=renderer)
    assert len(decoding.frames(tmp_path / "a.mp4", SMALL.size)) == 150


def test_many_threads_export_their_own_clips(tmp_path: Path, renderer: Renderer, head: HeadChoice) -> None:
    together = threading.Barrier(6)

    def export(index: int) -> Path:
        together.wait()
        path = tmp_path / f"{index}.mp4"
        export_clip(opening_at(10 + 5 * index), path, head=head, settings=SMALL, renderer=renderer)
        return path

    with ThreadPoolExecutor(6) as pool:
        paths = list(pool.map(export, range(6)))
    for index, path in enumerate(paths):
        frames = decoding.frames(path, SMALL.size).astype(float)
        assert np.argmax(np.abs(np.diff(frames, axis=0)).mean(axis=(1, 2, 3))) + 1 == 10 + 5 * index


def test_missing_folder_is_named(tmp_path: Path, renderer: Renderer, head: HeadChoice) -> None:
    with pytest.raises(VideoError, match="does not exist"):
        export_clip(opening_at(1), tmp_path / "no" / "a.mp4", head=head, settings=SMALL, renderer=renderer)


@pytest.mark.parametrize(
    "wrong",
    [
        {"look": "nosuch"},
        {"camera": "nosuch"},
        {"size": (511, 512)},
        {"crf": 52},
        {"crf": -1},
        {"crf": "a"},
        {"crf": True},
        {"background": (0, 0, 256)},
    ],
)
def test_settings_that_do_not_exist_are_refused(wrong: dict) -> None:
    with pytest.raises(UsageError):
        ExportSettings(**wrong)


def test_cache_key_follows_everything_that_is_seen_or_heard(head: HeadChoice) -> None:
    clip = opening_at(10)
    settings = ExportSettings()
    keys = {
        render_key(clip, head, settings),
        render_key(opening_at(11), head, settings),
        render_key(replace(clip, audio=None), head, settings),
        render_key(replace(clip, transcript="other"), head, settings),
        render_key(clip, HeadChoice(head.model, True, ()), settings),
        *(
            render_key(clip, head, replace(settings, **change))
            for change in (
                {"look": "grey"},
                {"camera": "profile"},
                {"size": (256, 256)},
                {"background": (0, 0, 0)},
                {"captions": True},
                {"crf": 30},
            )
        ),
    }
    assert len(keys) == 11
    assert render_key(opening_at(10), head, ExportSettings()) in keys


def test_cache_key_follows_the_colours_of_the_head(tmp_path: Path, head: HeadChoice) -> None:
    with np.load(head.model.path) as archive:
        arrays = dict(archive)
    np.savez(tmp_path / "green.npz", **arrays | {"vertex_colors": np.full_like(arrays["vertex_colors"], 100)})
    green = HeadChoice(FlameModel.load(tmp_path / "green.npz"), False, ())
    assert green.model.hash == head.model.hash
    assert render_key(opening_at(10), green, SMALL) != render_key(opening_at(10), head, SMALL)
