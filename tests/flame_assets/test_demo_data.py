"""The demo data set is laid out like real data, and its faces move like speech."""

from __future__ import annotations

import json
import wave
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pytest
from jaxtyping import Bool, Float

from viewer.clip import Clip
from viewer.dataset import DEMO_DATASET, Dataset
from viewer.flame import FlameModel, regions

FOLDER = Path(DEMO_DATASET)
PHONES = json.loads((FOLDER.parent / "build" / "phones.json").read_text(encoding="utf-8"))["clips"]
STEMS = sorted(PHONES)
FPS = 25
RATE = 16000


@dataclass(frozen=True)
class Spoken:
    """A demo clip, its phones, and its face without head movement."""

    clip: Clip
    head: FlameModel

    @property
    def times(self) -> Float[np.ndarray, " T"]:
        """Middle of each frame, in seconds."""
        return (np.arange(len(self.clip)) + 0.5) / FPS

    @property
    def jaw_degrees(self) -> Float[np.ndarray, " T"]:
        return np.rad2deg(self.clip.pose[:, 3])

    @property
    def phones(self) -> list[tuple[str, float, float]]:
        return [tuple(phone) for _, phones in PHONES[self.clip.stem]["words"] for phone in phones]

    @property
    def speaking(self) -> Bool[np.ndarray, " T"]:
        return np.any([self.during(start, end) for phone, start, end in self.phones if phone != "SIL"], axis=0)

    def during(self, start: float, end: float) -> Bool[np.ndarray, " T"]:
        return (self.times >= start) & (self.times < end)

    def weight(self, name: str) -> Float[np.ndarray, " T"]:
        return self.clip.exp[:, self.head.expression_names.index(name)]

    @cached_property
    def vertices(self) -> np.ndarray:
        pose = np.array(self.clip.pose)
        pose[:, :3] = 0
        return self.head.vertices(exp=self.clip.exp, shape=self.clip.shape, pose=pose)

    @cached_property
    def lip_gap_mm(self) -> Float[np.ndarray, " T"]:
        """Between the inner lips' landmarks, against the same face at rest."""
        landmarks = regions(self.head)
        upper, lower = landmarks.landmark("lip_upper_inner"), landmarks.landmark("lip_lower_inner")
        rest = self.head.vertices(shape=self.clip.shape[:1])
        gap, rest_gap = (1e3 * (upper.of(v) - lower.of(v))[:, 1] for v in (self.vertices, rest))
        return gap - rest_gap[0]


@pytest.fixture(scope="module")
def spoken() -> list[Spoken]:
    head = FlameModel.load(FOLDER.parent / "demo_head.npz")
    dataset = Dataset.open(FOLDER)
    return [Spoken(dataset[stem], head) for stem in dataset]


def test_opens_with_nothing_to_remark() -> None:
    dataset = Dataset.open(FOLDER)
    assert dataset.stems == tuple(STEMS)
    assert len(dataset) >= 6
    assert dataset.expression_space == "arkit52"
    assert not dataset.warnings
    assert [summary.flags for summary in dataset.summaries()] == [()] * len(STEMS)


@pytest.mark.parametrize("stem", STEMS)
def test_files_are_those_of_the_real_data(stem: str) -> None:
    with np.load(FOLDER / "FLAME_coeffs_25" / f"{stem}.npz", allow_pickle=False) as arrays:
        found = {name: (arrays[name].dtype, arrays[name].shape[1:]) for name in arrays}
        n_frames = {name: len(arrays[name]) for name in ("exp", "shape", "pose")}
        assert int(arrays["mocap_frame_rate"]) == FPS
    assert found == {
        "exp": (np.float32, (100,)),
        "shape": (np.float64, (100,)),
        "pose": (np.float32, (6,)),
        "mocap_frame_rate": (np.int64, ()),
    }
    with wave.open(str(FOLDER / "audios" / f"{stem}.wav")) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (RATE, 1, 2)
        assert set(n_frames.values()) == {sound.getnframes() * FPS / RATE}


def test_splits_name_every_clip_once() -> None:
    named = [stem for split in ("train", "val", "test") for stem in (FOLDER / f"{split}.txt").read_text().split()]
    assert sorted(named) == STEMS
    assert all((FOLDER / f"{split}.txt").read_text() for split in ("train", "val", "test"))


def test_is_small_and_says_where_it_comes_from() -> None:
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) < 2e6
    about = json.loads((FOLDER / "dataset.json").read_text(encoding="utf-8"))
    for session in {stem.rpartition("_")[0] for stem in STEMS}:
        assert set(about["sessions"][session]) >= {"source", "licence"}


def test_transcripts_are_what_is_said(spoken: list[Spoken]) -> None:
    for one in spoken:
        said = [word for word, _ in PHONES[one.clip.stem]["words"] if word]
        assert one.clip.transcript is not None
        assert one.clip.transcript.split() == said


def test_a_session_is_one_person(spoken: list[Spoken]) -> None:
    faces: dict[str, list[np.ndarray]] = {}
    for one in spoken:
        np.testing.assert_array_equal(one.clip.shape, one.clip.shape[:1].repeat(len(one.clip), 0))
        faces.setdefault(one.clip.stem.rpartition("_")[0], []).append(one.head.vertices(shape=one.clip.shape[0])[0])
    assert len(faces) >= 2
    for vertices in faces.values():
        np.testing.assert_array_equal(vertices, vertices[:1] * len(vertices))
    first, second = (vertices[0] for vertices in list(faces.values())[:2])
    assert np.linalg.norm(first - second, axis=1).max() > 3e-3


def test_weights_are_named_and_bounded(spoken: list[Spoken]) -> None:
    for one in spoken:
        n_named = len(one.head.expression_names)
        assert one.clip.exp.min() >= 0
        assert one.clip.exp.max() <= 1
        assert not one.clip.exp[:, n_named:].any()
        assert not one.weight("jawOpen").any(), "the jaw opens by pose alone"


def test_jaw_moves_as_in_captured_speech(spoken: list[Spoken]) -> None:
    jaw = np.concatenate([one.jaw_degrees[one.speaking] for one in spoken])
    assert 3.5 < jaw.mean() < 5.0
    assert 2.2 < jaw.std() < 3.4
    assert 12 < jaw.max() < 16
    assert min(one.jaw_degrees.min() for one in spoken) >= 0


def test_lips_meet_at_every_bilabial_and_part_at_every_open_vowel(spoken: list[Spoken]) -> None:
    least = [
        (one.clip.stem, phone, start, one.lip_gap_mm[one.during(start - 0.03, end + 0.01)].min())
        for one in spoken
        for phone, start, end in one.phones
        if phone in ("M", "B", "P")
    ]
    assert len(least) > 25
    assert not [bilabial for bilabial in least if bilabial[3] > 0.2]
    most = [
        (one.clip.stem, phone, start, one.lip_gap_mm[one.during(start, end)].max())
        for one in spoken
        for phone, start, end in one.phones
        if phone in ("AA", "AE", "AO", "AW", "AY") and end - start > 0.08
    ]
    assert len(most) > 10
    assert not [vowel for vowel in most if vowel[3] < 4]


def test_lower_lip_reaches_the_upper_teeth_at_f_and_v(spoken: list[Spoken]) -> None:
    head = spoken[0].head
    rest, opened = head.vertices()[0], head.vertices(pose=[0, 0, 0, 0.1, 0, 0])[0]
    middle = np.abs(rest[:, 0]) < 0.008
    upper_teeth = (head.part == head.part_names.index("teeth")) & (np.abs(opened - rest).max(1) < 1e-4) & middle
    lower_lip = regions(head)["lip_lower_inner"]
    lower_lip = lower_lip[middle[lower_lip]]
    found = 0
    for one in spoken:
        edge = one.vertices[:, upper_teeth, 1].min(1)
        above_edge_mm = 1e3 * (one.vertices[:, lower_lip, 1].max(1) - edge)
        for phone, start, end in one.phones:
            if phone in ("F", "V"):
                found += 1
                assert above_edge_mm[one.during(start, end)].max() > 0, (one.clip.stem, phone, start)
    assert found >= 5


def test_mouth_rests_in_silence(spoken: list[Spoken]) -> None:
    for one in spoken:
        assert one.lip_gap_mm[-1] < 0.3, one.clip.stem
        assert one.jaw_degrees[-1] < 0.5, one.clip.stem


def test_mouth_opens_with_the_sound(spoken: list[Spoken]) -> None:
    """Correlation of mouth opening with loudness, all clips together, is positive and best within a frame or two."""
    lags = range(-6, 7)
    products = dict.fromkeys(lags, 0.0)
    norm = 0.0
    for one in spoken:
        assert one.clip.audio is not None
        power = (one.clip.audio.samples[:, 0].astype(np.float64) ** 2).reshape(len(one.clip), -1).mean(1)
        loud = np.maximum(10 * np.log10(power + 1e-9) + 55, 0)
        opening = one.lip_gap_mm
        loud, opening = loud - loud.mean(), opening - opening.mean()
        norm += float(np.linalg.norm(loud) * np.linalg.norm(opening))
        for lag in lags:
            a, b = (loud[lag:], opening[: len(opening) - lag]) if lag >= 0 else (loud[:lag], opening[-lag:])
            products[lag] += float(a @ b)
    best = max(products, key=lambda lag: products[lag])
    assert abs(best) <= 2
    assert products[best] / norm > 0.35


def test_motion_is_smooth(spoken: list[Spoken]) -> None:
    for one in spoken:
        frequencies = np.fft.rfftfreq(len(one.clip), 1 / FPS)
        power = np.abs(np.fft.rfft((one.jaw_degrees - one.jaw_degrees.mean()) * np.hanning(len(one.clip)))) ** 2
        assert power[frequencies > 8].sum() < 0.03 * power[frequencies > 0.3].sum(), one.clip.stem
        assert np.abs(np.diff(np.rad2deg(one.clip.pose[:, :3]), axis=0)).max() * FPS < 45, one.clip.stem
        steps = np.abs(np.diff(one.clip.exp, axis=0)).max(0)
        lids = [i for i, name in enumerate(one.head.expression_names) if name.startswith("eyeBlink")]
        assert np.delete(steps, lids).max() < 0.45, one.clip.stem


def test_blinks_shut_fast_open_slowly_and_are_as_many_as_people_make(spoken: list[Spoken]) -> None:
    n_blinks, minutes = 0, 0.0
    for one in spoken:
        lids = one.weight("eyeBlink_L")
        minutes += one.clip.seconds / 60
        shut = np.flatnonzero((lids[1:-1] > lids[:-2]) & (lids[1:-1] >= lids[2:]) & (lids[1:-1] > 0.5)) + 1
        for frame in shut:
            moving = lids > 0.02
            before = frame - np.flatnonzero(~moving[:frame]).max()
            after = np.flatnonzero(~moving[frame:]).min()
            assert lids[frame] > 0.95
            assert before < after, f"{one.clip.stem}: {before} frames to shut, {after} to open"
            assert 0.12 <= (before + after) / FPS <= 0.4
        n_blinks += len(shut)
    assert 10 <= n_blinks / minutes <= 30
