"""Clips that are not as clips should be: each is checked as far as it goes, and nothing is raised."""

import json

import numpy as np
import pytest

from tests.quality.clips import FPS, RATE, clip_of, smooth_motion, sound
from viewer.clip import Clip
from viewer.flame import choose_head
from viewer.quality import CHECKS, Geometry, Inputs, Thresholds, measure
from viewer.quality.judge import judge
from viewer.quality.measure import Measurement
from viewer.speech import Alignment, Voice

N = 200
SECONDS = N / FPS
TIME = np.arange(round(SECONDS * RATE)) / RATE
SILENT = Alignment("none", (), (), None, "The sound is silent.")


def with_sound(samples, **options):
    return clip_of(audio=samples, sample_rate=RATE, **options)


def with_nan():
    exp = 0.2 * smooth_motion(N)
    exp[:10], exp[50], exp[-3:] = np.nan, np.inf, np.nan
    return clip_of(exp, audio=sound(SECONDS), sample_rate=RATE)


def only_one_good_frame():
    exp = np.full((N, 5), np.nan)
    exp[77] = 0.1
    return clip_of(exp, np.zeros((N, 6)))


def constant(value):
    return with_sound(sound(SECONDS), exp=np.full((N, 52), value), pose=np.full((N, 6), value))


ODD = {
    "silence": lambda: with_sound(np.zeros(len(TIME))),
    "a tone": lambda: with_sound(0.5 * np.sin(2 * np.pi * 440 * TIME)),
    "noise": lambda: with_sound(sound(SECONDS)),
    "one sample": lambda: with_sound(np.zeros(1)),
    "no sound": lambda: clip_of(),
    "one frame": lambda: clip_of(np.full((1, 5), 0.1), np.zeros((1, 6))),
    "two frames": lambda: clip_of(frames=2),
    "four frames": lambda: clip_of(frames=4),
    "ten minutes": lambda: clip_of(0.2 * smooth_motion(15_000), audio=sound(600), sample_rate=RATE),
    "NaN": with_nan,
    "one good frame": only_one_good_frame,
    "all zero": lambda: constant(0.0),
    "constant": lambda: constant(0.1),
    "a thousand times too large": lambda: clip_of(200 * smooth_motion(N), 100 * smooth_motion(N, n=6)),
    "a track": lambda: Clip.from_arrays(vertices=np.random.default_rng(0).normal(size=(30, 12, 3))),
    "one frame of a track": lambda: Clip.from_arrays(vertices=np.zeros((1, 12, 3)) + 0.1),
}


@pytest.fixture(scope="module")
def geometry():
    return Geometry(choose_head(expression_space="arkit52"))


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("with_head", [True, False])
def test_every_check_has_an_answer(name, with_head, geometry):
    clip = ODD[name]()
    voice = Voice(np.zeros(max(round(len(clip) / FPS / 0.032), 1), np.float32), 0.032)
    inputs = Inputs(clip, geometry=geometry if with_head else None, alignment=SILENT, voice=voice)
    found = measure(inputs)
    assert found.failed == {}
    text = json.dumps(found.as_json(), allow_nan=False)
    quality = judge(Measurement.from_json(clip.stem, json.loads(text)), thresholds=Thresholds.load())
    assert {finding.check for finding in quality.findings} == set(CHECKS)
    for finding in quality.findings:
        json.dumps(finding.as_json(), allow_nan=False)
        assert finding.message and (finding.value is not None or finding.severity == "ok")
        if finding.start is not None:
            assert 0 <= finding.start < finding.end <= len(clip) / clip.fps + 1e-6


@pytest.mark.parametrize(
    ("name", "check", "severity"),
    [
        ("NaN", "integrity", "error"),
        ("all zero", "frozen", "error"),
        ("constant", "frozen", "error"),
        ("a thousand times too large", "range", "error"),
        ("a thousand times too large", "jaw", "error"),
        ("one sample", "duration", "error"),
        ("noise", "integrity", "ok"),
        ("ten minutes", "pop", "ok"),
    ],
)
def test_what_is_wrong_with_them_is_told(name, check, severity, geometry):
    quality = judge(measure(Inputs(ODD[name](), geometry=geometry)), thresholds=Thresholds.load())
    assert next(finding.severity for finding in quality.findings if finding.check == check) == severity
