"""Clips that are odd in every way: each check says something, nothing fails, and what is said is plain JSON."""

import json
from dataclasses import replace

import numpy as np
import pytest

from viewer.clip import Clip
from viewer.dataset import Dataset
from viewer.flame import choose_head
from viewer.quality import CHECKS, Geometry, Inputs
from viewer.quality.examine import examine
from viewer.quality.measure import Measurement, measure
from viewer.quality.results import QualityResults
from viewer.speech import Alignment, Phone, Voice, align

STEM = "librivox-austen_0870"
HEADS = {"its own head": "arkit52", "a head without its expressions": "flame2020"}


@pytest.fixture(scope="module")
def geometries():
    return {"no head": None} | {name: Geometry(choose_head(expression_space=space)) for name, space in HEADS.items()}


@pytest.fixture(scope="module")
def demo():
    return Dataset.demo()[STEM]


@pytest.fixture(scope="module")
def track(demo):
    head = choose_head(expression_space="arkit52")
    return np.concatenate(list(head.vertex_blocks(demo)))


def resampled(array, factor):
    at = np.arange(int(len(array) * factor)) / factor
    return np.stack([np.interp(at, np.arange(len(array)), column) for column in np.asarray(array, float).T], axis=1)


def nan_at(array, frames):
    array = np.array(array, float)
    array[frames] = np.nan
    return array


def random(*shape):
    return np.random.default_rng(0).normal(0, 0.1, shape)


ODD = {
    "as it is": lambda clip: {},
    **{f"{n} frames": lambda clip, n=n: {"exp": clip.exp[:n], "pose": clip.pose[:n]} for n in (1, 2, 3, 4, 5)},
    "one frame and no sound": lambda clip: {"exp": clip.exp[:1], "pose": clip.pose[:1], "audio": None},
    "constant": lambda clip: {"exp": clip.exp[[20] * len(clip)], "pose": clip.pose[[20] * len(clip)]},
    "at rest": lambda clip: {"exp": 0 * clip.exp, "pose": 0 * clip.pose},
    "30 fps": lambda clip: {"exp": resampled(clip.exp, 1.2), "pose": resampled(clip.pose, 1.2), "fps": 30},
    "60 fps": lambda clip: {"exp": resampled(clip.exp, 2.4), "pose": resampled(clip.pose, 2.4), "fps": 60},
    "1 fps": lambda clip: {"exp": clip.exp[:8], "pose": clip.pose[:8], "fps": 1},
    "1000 fps": lambda clip: {"fps": 1000},
    "x 1000": lambda clip: {"exp": clip.exp * 1000, "pose": np.clip(clip.pose * 1000, -9000, 9000)},
    "half a turn": lambda clip: {"pose": np.full((len(clip), 6), np.pi)},
    "some NaN": lambda clip: {"exp": nan_at(clip.exp, slice(10, 20))},
    "every other frame NaN": lambda clip: {"exp": nan_at(clip.exp, slice(None, None, 2))},
    "one frame that is not NaN": lambda clip: {"exp": nan_at(clip.exp, [n for n in range(len(clip)) if n != 5])},
    "more coefficients than the head": lambda clip: {"exp": np.pad(clip.exp, ((0, 0), (0, 200)), constant_values=1)},
    "one coefficient": lambda clip: {"exp": clip.exp[:, :1]},
    "no identity": lambda clip: {"shape": None},
    "an identity a frame": lambda clip: {"shape": random(len(clip), 20)},
    "no sound": lambda clip: {"audio": None},
    "silence": lambda clip: {"audio": np.zeros(len(clip) * 640)},
    "a constant sound": lambda clip: {"audio": np.ones(len(clip) * 640)},
    "no samples": lambda clip: {"audio": np.zeros((0, 1))},
    "one sample": lambda clip: {"audio": np.ones((1, 1))},
    "stereo at 44.1 kHz": lambda clip: {"audio": random(44100 * 7, 2), "sample_rate": 44100},
}
TRACKS = {
    "track": lambda track: track,
    "track of one frame": lambda track: track[:1],
    "track that stands still": lambda track: track[[9] * 50],
    "track of zeros": lambda track: 0 * track[:50],
    "track in millimetres": lambda track: 1000 * track,
    "track far away": lambda track: track + 100,
    "track of another mesh": lambda track: track[:, :77],
    "track that begins with NaN": lambda track: nan_at(track, slice(0, 3)),
}


def inputs_of(clip, geometry):
    """With phones and a voice as of any clip, so that the checks of speech run too."""
    phones = tuple(Phone(label, n * 0.2, n * 0.2 + 0.2, -5.0) for n, label in enumerate(["SIL", "M", "AA", "P", "IY"]))
    voice = Voice(np.tile(np.float32([0, 1, 1, 0]), 60), 0.032)
    alignment = Alignment("aligned", (), phones, -12.0, "")
    return Inputs(clip, geometry=geometry, alignment=alignment, voice=voice)


@pytest.fixture(scope="module")
def odd(demo, track):
    """Makes the clip of that name."""

    def clip(name):
        if name in TRACKS:
            return Clip.from_arrays(vertices=TRACKS[name](track), audio=demo.audio.samples, stem=name)
        values = {"exp": demo.exp, "pose": demo.pose, "shape": demo.shape[0], "audio": demo.audio.samples}
        changed = values | ODD[name](demo)
        return Clip.from_arrays(**changed, stem=name, expression_space="arkit52", transcript=demo.transcript)

    return clip


DEPEND_ON_THE_HEAD = ("as it is", "1 frames", "some NaN", "more coefficients than the head", *TRACKS)
CASES = [(name, "its own head") for name in (*ODD, *TRACKS)]
CASES += [(name, head) for name in DEPEND_ON_THE_HEAD for head in ("a head without its expressions", "no head")]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("name", "head"), CASES)
def test_no_check_fails_and_all_is_json(name, head, odd, geometries):
    found = measure(inputs_of(odd(name), geometries[head]))
    assert dict(found.failed) == {}
    assert set(found.found) == set(CHECKS)
    kept = Measurement.from_json(name, json.loads(json.dumps(found.as_json(), allow_nan=False)))
    results = QualityResults.build({name: kept})
    json.dumps(results.as_json(), allow_nan=False)
    assert {finding.check for finding in results.of(name).findings} == set(CHECKS)


def test_a_track_of_a_clean_clip_has_no_findings_also_where_it_was_rounded(track):
    head = choose_head(expression_space="arkit52")
    for positions in (track, np.round(track, 4), track.astype(np.float16)):
        clip = Clip.from_arrays(vertices=positions)
        found = examine(Inputs(clip, geometry=Geometry(head)))
        assert [finding.message for finding in found.findings if finding.severity in ("warn", "error")] == []


def test_a_track_whose_skull_changes_is_another_person_each_frame(track):
    head = choose_head(expression_space="arkit52")
    sizes = 1 + 0.01 * np.random.default_rng(0).standard_normal((len(track), 1, 1))
    found = examine(Inputs(Clip.from_arrays(vertices=track * sizes), geometry=Geometry(head)))
    assert {finding.check: finding.severity for finding in found.findings[:1]} == {"identity": "error"}


@pytest.mark.parametrize(
    ("status", "confidence", "value"),
    [("aligned", -12.0, -12.0), ("estimated", -57.0, -100.0), ("estimated", -30.0, -100.0), ("estimated", None, None)],
)
def test_what_the_aligner_does_not_believe_is_no_match_whatever_its_score(status, confidence, value, demo):
    alignment = Alignment(status, (), (), confidence, "" if status == "aligned" else "Not credible.")
    assert CHECKS["transcript"].measure(Inputs(demo, alignment=alignment)).value == value


def test_words_that_are_nowhere_in_the_sound_are_the_worst_match(demo):
    other = replace(Dataset.demo()["cmusphinx_0002"], transcript=demo.transcript)
    measured = CHECKS["transcript"].measure(Inputs(other, alignment=align(other)))
    assert measured.value is not None and measured.value < -40
    assert CHECKS["transcript"].measure(Inputs(demo, alignment=align(demo))).value > -24
