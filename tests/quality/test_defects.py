"""Planted defects: what changes is what was asked for, where it was said, and nothing else."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from viewer.clip import Audio, Clip
from viewer.dataset import Dataset
from viewer.flame import HeadChoice, choose_head, regions
from viewer.quality.defects import DEFECTS, CannotPlant, Material
from viewer.quality.ruler import Ruler
from viewer.speech import Alignment, Phone, SpokenWord

CHECKS = {"pop", "seam", "jitter", "frozen", "av_lag", "bilabial", "transcript", "identity"}
BY_NAME = {defect.name: defect for defect in DEFECTS}


@pytest.fixture(scope="module")
def ruler(head):
    return Ruler(head)


@pytest.fixture(scope="module")
def demo():
    return Dataset.demo()


@pytest.fixture(scope="module")
def clip(demo):
    return demo["librivox-austen_0870"]


@pytest.fixture(scope="module")
def other(demo):
    return demo["librivox-austen_0920"]


@pytest.fixture(scope="module")
def material(clip, other, ruler):
    """As if an M were heard whenever the lips are closed, and each word took a quarter of a second."""
    opening = ruler.opening(clip)
    closed = [frame for frame in range(5, len(clip) - 5) if opening[frame] < 1.5]
    phones = tuple(Phone("M", frame / 25, (frame + 1) / 25, 0.0) for frame in closed)
    words = tuple(SpokenWord(text, n / 4, (n + 1) / 4, weak=False) for n, text in enumerate(clip.transcript.split()))
    return Material(ruler, other, Alignment("aligned", words, phones, -10.0, ""))


@pytest.fixture(scope="module")
def track(clip, head):
    vertices = np.concatenate(list(head.vertex_blocks(clip)))
    return Clip.from_arrays(vertices=vertices, fps=25, audio=clip.audio.samples, stem="track")


def planted(name, clip, material, *, size=1, seed=0):
    defect = BY_NAME[name]
    return defect.plant(clip, defect.magnitudes[size], np.random.default_rng(seed), material)


def face_positions(clip, head):
    """All vertices of the face in mm, without the head's turns: measured without the ruler."""
    still = clip.pose.copy()
    still[:, :3] = 0
    vertices = np.concatenate(list(HeadChoice.vertex_blocks(head, replace(clip, pose=still))))
    masks = regions(head.model).masks
    return 1000 * vertices[:, masks["upper_face"] | masks["nose"] | masks["jaw"]]


def moved(before, after, head):
    return np.linalg.norm(face_positions(after, head) - face_positions(before, head), axis=2).mean(axis=1)


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_a_defect_says_what_it_is(defect):
    assert defect.check in CHECKS
    easy, middle, hard = defect.magnitudes
    assert easy > middle > hard > 0
    assert defect.what.endswith(".") and defect.why.endswith((".", ")."))


@pytest.mark.parametrize("size", range(3))
@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_the_clip_given_stays_and_the_same_seed_plants_the_same(defect, size, clip, material):
    before = clip.content_hash
    first, second = (planted(defect.name, clip, material, size=size, seed=4) for _ in range(2))
    assert Clip.content_hash.func(clip) == before  # computed again, not remembered
    assert first.clip.content_hash == second.clip.content_hash != before
    assert first.spans == second.spans
    assert all(0 <= start < end <= clip.seconds + 1e-9 for start, end in first.spans)


@pytest.mark.parametrize("name", [defect.name for defect in DEFECTS if defect.name != "open_lips"])
def test_another_seed_plants_another(name, clip, material):
    size = 1 if name != "av_shift" else 0
    hashes = {planted(name, clip, material, size=size, seed=seed).clip.content_hash for seed in range(8)}
    assert len(hashes) >= 2


def test_a_pop_is_one_frame_that_stands_elsewhere(clip, head, material):
    result = planted("pop", clip, material)
    distance = moved(clip, result.clip, head)
    (start, end), *_ = result.spans
    frame = round(start * 25)
    assert round(end * 25) == frame + 1
    assert np.flatnonzero(distance).tolist() == [frame]
    assert distance[frame] == pytest.approx(1.0, rel=0.4)  # fewer points, spread otherwise


def test_a_seam_is_a_jump_at_four_seconds_that_fades_on_both_sides(clip, head, material):
    result = planted("seam", clip, material, size=0)
    offset = face_positions(result.clip, head) - face_positions(clip, head)
    steps = np.linalg.norm(np.diff(offset, axis=0), axis=2).mean(axis=1)
    assert steps.argmax() == 99  # from frame 99 to frame 100
    assert steps[99] == pytest.approx(1.6, rel=0.4)
    assert np.delete(steps, 99).max() < 0.1 * steps[99]
    assert result.spans == ((99 / 25, 101 / 25),)


def test_jitter_has_the_size_asked_for_and_no_memory(clip, head, material):
    result = planted("jitter", clip, material)
    distance = moved(clip, result.clip, head)
    assert np.sqrt(np.mean(distance**2)) == pytest.approx(0.3, rel=0.4)
    noise = (result.clip.exp - clip.exp)[:, clip.exp.std(axis=0) > 0.01]
    lag1 = np.mean([np.corrcoef(column[:-1], column[1:])[0, 1] for column in noise.T])
    assert abs(lag1) < 0.1
    assert np.array_equal(result.clip.pose[:, :3], clip.pose[:, :3])


@pytest.mark.parametrize(("size", "frames"), [(0, 12), (1, 6), (2, 3)])
def test_a_frozen_face_stands_still_while_there_is_sound(clip, material, size, frames):
    result = planted("freeze", clip, material, size=size)
    held = (np.diff(result.clip.exp, axis=0) == 0).all(axis=1) & (np.diff(result.clip.pose, axis=0) == 0).all(axis=1)
    ((start, end),) = result.spans
    first = round(start * 25)
    assert np.flatnonzero(held).tolist() == list(range(first, first + frames))
    after = first + frames + 1
    assert np.array_equal(result.clip.exp[after:], clip.exp[after:])
    samples = clip.audio.samples[round(start * 16000) : round(end * 16000)]
    assert np.sqrt((samples**2).mean()) > 0.1 * np.sqrt((clip.audio.samples**2).mean())


@pytest.mark.parametrize(("size", "frames"), [(0, 6), (1, 3), (2, 2)])
def test_sound_is_shifted_to_either_side_and_keeps_its_length(clip, material, size, frames):
    by = set()
    for seed in range(6):
        shifted = planted("av_shift", clip, material, size=size, seed=seed).clip
        assert np.array_equal(shifted.exp, clip.exp) and shifted.audio.samples.shape == clip.audio.samples.shape
        for n in (640 * frames, -640 * frames):
            part = slice(max(n, 0), len(clip.audio.samples) + min(n, 0))
            if np.array_equal(np.roll(clip.audio.samples, n, axis=0)[part], shifted.audio.samples[part]):
                by.add(n)
    assert by == {640 * frames, -640 * frames}


@pytest.mark.parametrize(("size", "mm"), [(0, 5.0), (1, 3.0), (2, 1.5)])
def test_lips_stay_apart_at_the_phones_and_nowhere_else(clip, material, ruler, size, mm):
    result = planted("open_lips", clip, material, size=size)
    before, after = ruler.opening(clip), ruler.opening(result.clip)
    at = np.zeros(len(clip), bool)
    for phone in material.alignment.phones:
        at[round(phone.start * 25)] = True
    least = np.percentile(before, 5) + mm
    assert after[at].min() > least - 0.05
    near = np.convolve(at, np.ones(7), "same") > 0
    assert np.allclose(after[~near], before[~near], atol=1e-4)
    assert np.array_equal(result.clip.exp, clip.exp)


@given(share=st.sampled_from([1.0, 0.5, 0.25]), seed=st.integers(0, 99), words=st.integers(1, 40))
@settings(max_examples=40)
def test_a_run_of_words_is_swapped(clip, other, ruler, share, seed, words):
    own = replace(clip, transcript=" ".join(f"own{n}" for n in range(words)))
    result = BY_NAME["swapped_transcript"].plant(own, share, np.random.default_rng(seed), Material(ruler, other))
    new = result.clip.transcript.split()
    if share == 1:
        assert " ".join(new) == other.transcript
        return
    foreign = [number for number, word in enumerate(new) if not word.startswith("own")]
    assert len(new) == words and len(foreign) == max(round(share * words), 1)
    assert foreign == list(range(foreign[0], foreign[-1] + 1))


def test_a_stretch_of_sound_is_swapped(clip, other, material):
    result = planted("swapped_audio", clip, material)
    ((start, end),) = result.spans
    first, last = round(start * 16000), round(end * 16000)
    new = result.clip.audio.samples
    assert last - first == len(clip.audio.samples) // 2
    assert np.array_equal(new[:first], clip.audio.samples[:first])
    assert np.array_equal(new[last:], clip.audio.samples[last:])
    assert np.array_equal(new[first:last], np.resize(other.audio.samples, (last - first, 1)))


@pytest.mark.parametrize(("size", "count"), [(0, 6), (1, 3), (2, 1)])
def test_words_that_are_missing_were_said_where_it_is_told(clip, material, size, count):
    result = planted("missing_words", clip, material, size=size)
    before, after = clip.transcript.split(), result.clip.transcript.split()
    ((start, end),) = result.spans
    first = round(start * 4)
    assert round(end * 4) == first + count
    assert after == before[:first] + before[first + count :]
    assert result.clip.audio is clip.audio


def test_identity_flickers_and_nothing_moves(clip, material):
    result = planted("identity_flicker", clip, material)
    assert result.clip.shape.std(axis=0)[:10].mean() == pytest.approx(0.1, rel=0.2)
    assert np.array_equal(result.clip.exp, clip.exp) and np.array_equal(result.clip.pose, clip.pose)


@pytest.mark.parametrize("name", ["pop", "seam", "jitter", "freeze"])
def test_a_track_of_vertices_takes_defects_of_motion(name, track, ruler):
    result = planted(name, track, Material(ruler), size=0)
    distance = ruler.moved(track, result.clip)
    if name == "freeze":
        assert (distance > 0).sum() >= 6
    else:
        size = {"pop": 2.0, "seam": 0.8, "jitter": None}[name]
        assert distance.max() == pytest.approx(size, rel=0.05) if size else 0.4 < distance.mean() < 0.6
    assert result.clip.vertices.dtype == np.float32 and np.isfinite(result.clip.vertices).all()


def test_on_a_head_without_expressions_the_jaw_shows_the_size():
    """As with FLAME's coefficients and no FLAME model installed."""
    blind = choose_head(expression_space="flame2020")
    assert blind.zero_expression
    ruler = Ruler(blind)
    rng = np.random.default_rng(0)
    exp = np.cumsum(rng.standard_normal((120, 100)), axis=0) * 0.05
    pose = np.zeros((120, 6))
    pose[:, 3] = 0.1 + 0.05 * np.sin(np.arange(120) / 3)
    clip = Clip.from_arrays(exp=exp, pose=pose)
    result = planted("pop", clip, Material(ruler))
    assert ruler.moved(clip, result.clip).max() == pytest.approx(1.0, rel=0.02)
    assert (result.clip.exp != clip.exp).any()


def test_a_face_that_never_moves_takes_a_pop_of_the_jaw(ruler):
    still = Clip.from_arrays(exp=np.zeros((50, 100)), pose=np.zeros((50, 6)))
    result = planted("pop", still, Material(ruler))
    assert ruler.moved(still, result.clip).max() == pytest.approx(1.0, rel=0.02)


def silent(clip):
    return replace(clip, audio=None)


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("pop", lambda clip: clip.frames(0, 5), "few"),
        ("seam", lambda clip: clip.frames(0, 60), "few"),
        ("jitter", lambda clip: clip.frames(0, 1), "few"),
        ("freeze", silent, "no sound"),
        ("av_shift", silent, "no sound"),
        ("av_shift", lambda clip: replace(clip, audio=Audio(clip.audio.samples[:2000], 16000)), "short"),
        ("swapped_transcript", lambda clip: replace(clip, transcript=None), "no transcript"),
        ("swapped_audio", lambda clip: replace(clip, audio=Audio(clip.audio.samples, 8000)), "8,000 Hz"),
        ("missing_words", lambda clip: replace(clip, transcript="only two"), "not known in time"),
    ],
)
def test_what_has_no_place_says_so(name, change, says, clip, material):
    with pytest.raises(CannotPlant, match=says):
        planted(name, change(clip), material)


def test_without_phones_and_on_tracks_no_lips_are_opened(clip, track, ruler):
    with pytest.raises(CannotPlant, match="P, B or M"):
        planted("open_lips", clip, Material(ruler))
    with pytest.raises(CannotPlant, match="in time"):
        planted("missing_words", clip, Material(ruler))
    few = Alignment("aligned", (SpokenWord("go", 0, 1, weak=False),) * 3, (), -10.0, "")
    with pytest.raises(CannotPlant, match="3 words are too few"):
        planted("missing_words", replace(clip, transcript="go go go"), Material(ruler, None, few))
    with pytest.raises(CannotPlant, match="track of vertices"):
        planted("open_lips", track, Material(ruler))
    with pytest.raises(CannotPlant, match="identity"):
        planted("identity_flicker", track, Material(ruler))
