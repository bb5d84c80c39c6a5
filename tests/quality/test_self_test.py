"""The self-test: what it counts is what was planted, and its figures mean what they say."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.clip import Clip
from viewer.dataset import Dataset
from viewer.errors import Cancelled
from viewer.quality.defects import DEFECTS, SIZES
from viewer.quality.self_test import Sample, auc, self_test
from viewer.quality.thresholds import Limit, Thresholds
from viewer.speech import Alignment, Phone, Voice

BY_NAME = {defect.name: defect for defect in DEFECTS}
NOTHING = Thresholds(dict.fromkeys(("pop", "frozen", "identity", "jitter", "seam"), ()))


@pytest.fixture(scope="module")
def samples():
    demo = Dataset.demo()
    return [Sample(demo[stem]) for stem in ("librivox-austen_0870", "librivox-austen_0890")]


def of(result, name, size="middle"):
    (found,) = [item for item in result.detections if item.defect.name == name and item.size == size]
    return found


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=30), st.lists(st.integers(-5, 5), min_size=1, max_size=30))
def test_auc_is_the_share_of_pairs_in_the_right_order(clean, bad):
    pairs = [(b > c) + (b == c) / 2 for b in bad for c in clean]
    assert auc(clean, bad) == pytest.approx(np.mean(pairs))


def test_auc_of_nothing_is_none_and_of_what_is_never_found_is_zero():
    assert auc([], [1.0]) is None and auc([1.0], []) is None
    assert auc([0.0, 1.0], [-np.inf]) == 0


def test_easy_defects_of_motion_are_found_where_they_lie(head, samples):
    result = self_test(samples, head=head, defects=[BY_NAME["pop"], BY_NAME["freeze"], BY_NAME["identity_flicker"]])
    assert result.clips == 2
    for name in ("pop", "freeze"):
        easy = of(result, name, "easy")
        assert (easy.planted, easy.found, easy.placed, easy.auc) == (2, 2, 2, 1.0)
    flicker = of(result, "identity_flicker", "easy")
    assert flicker.found == 2 and flicker.placed is None  # it is everywhere


def test_found_means_a_warning_so_without_limits_nothing_is_found_and_the_auc_stays(head, samples):
    result = self_test(samples, head=head, defects=[BY_NAME["freeze"]], thresholds=NOTHING)
    easy = of(result, "freeze", "easy")
    assert (easy.planted, easy.found, easy.auc) == (2, 0, 1.0)


def test_a_note_is_neither_a_detection_nor_an_alarm(head, samples):
    notes = Thresholds({**NOTHING.limits, "frozen": (Limit("note_above", -1.0),)})
    result = self_test(samples, head=head, defects=[BY_NAME["freeze"]], thresholds=notes)
    assert of(result, "freeze", "easy").found == 0
    assert {alarms.check.name: alarms.warned for alarms in result.false_alarms}["frozen"] == 0


def test_false_alarms_count_the_clips_as_they_are(head, samples):
    everything = Thresholds({**NOTHING.limits, "pop": (Limit("warn_above", -1.0),)})
    result = self_test(samples, head=head, defects=(), thresholds=everything)
    counted = {alarms.check.name: (alarms.warned, alarms.clips) for alarms in result.false_alarms}
    assert counted["pop"] == (2, 2) and counted["frozen"] == (0, 2)
    assert counted["transcript"] == (0, 0)  # no words were looked for
    assert result.detections == ()


def test_the_same_seed_gives_the_same_figures_and_another_plants_elsewhere(head, samples):
    def run(seed):
        return self_test(samples, head=head, defects=[BY_NAME["pop"]], repeats=2, seed=seed).as_json()

    assert run(1) == run(1)
    assert json.loads(json.dumps(run(1))) == run(1)


def test_defects_of_speech_need_an_aligner(head, samples):
    result = self_test(samples, head=head, defects=[BY_NAME["swapped_transcript"], BY_NAME["open_lips"]])
    assert all(found.planted == 0 and found.auc is None for found in result.detections)


def test_words_are_looked_for_again_after_they_were_swapped(head, samples):
    asked = []

    def align(clip):
        asked.append(clip.transcript)
        score = -10.0 if any(clip.transcript == sample.clip.transcript for sample in samples) else -90.0
        return Alignment("aligned", (), (Phone("AA", 0.1, 0.2, score),), score, "")

    spoken = [Sample(sample.clip, align(sample.clip)) for sample in samples]
    limits = Thresholds({**NOTHING.limits, "transcript": (Limit("warn_below", -40.0),)})
    result = self_test(spoken, head=head, align=align, defects=[BY_NAME["swapped_transcript"]], thresholds=limits)
    easy, middle = (of(result, "swapped_transcript", size) for size in ("easy", "middle"))
    assert (middle.planted, middle.found, middle.auc) == (2, 2, 1.0)
    assert easy.planted == 2 and set(asked[2:4]) == {sample.clip.transcript for sample in samples}  # each other's


def test_a_voice_is_looked_for_again_only_after_the_sound_changed(head, samples, monkeypatch):
    heard = []
    voice = Voice(np.zeros(200, np.float32), 0.032)
    monkeypatch.setattr("viewer.quality.self_test.detect_voice", lambda audio: heard.append(audio) or voice)
    known = Alignment("aligned", (), (Phone("AA", 0.1, 0.2, -10.0),), -10.0, "")
    spoken = [Sample(sample.clip, known, voice) for sample in samples]
    swapped = [BY_NAME["swapped_transcript"], BY_NAME["swapped_audio"]]
    self_test(spoken, head=head, align=lambda clip: known, defects=swapped)
    own = {id(sample.clip.audio) for sample in samples}
    assert len(heard) == 6 and not any(id(audio) in own for audio in heard)


def test_clips_without_a_place_are_not_counted(head):
    short = Clip.from_arrays(exp=np.zeros((4, 52)), pose=np.zeros((4, 6)), expression_space="arkit52")
    result = self_test([Sample(short)], head=head)
    assert all(found.planted == 0 for found in result.detections if found.defect.name != "identity_flicker")


def test_progress_counts_to_the_end_and_the_run_can_be_stopped(head, samples):
    told = []
    self_test(samples, head=head, defects=[BY_NAME["freeze"]], progress=lambda *step: told.append(step))
    assert told == [(n, 8) for n in range(1, 9)] and len(SIZES) == 3
    with pytest.raises(Cancelled):
        self_test(samples, head=head, defects=[BY_NAME["freeze"]], cancelled=lambda: True)
