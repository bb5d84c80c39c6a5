"""The clips can be built again, and what builds them keeps its promises for any sequence of phones."""

from __future__ import annotations

import sys
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.dataset import DEMO_DATASET
from viewer.flame import FlameModel

FOLDER = Path(DEMO_DATASET)
sys.path.insert(0, str(FOLDER.parent / "build"))  # scripts beside each other, not a package

from clips import FPS, HEAD_FILE, build_clip  # noqa: E402
from coarticulation import VISEMES, blend, pulls  # noqa: E402
from lip_contact import SEALED, close_lips, contact  # noqa: E402
from phones import Segment  # noqa: E402

SEQUENCES = st.lists(st.tuples(st.sampled_from(sorted(VISEMES)), st.floats(0.03, 0.3)), min_size=2, max_size=12)


def segments(sequence: list[tuple[str, float]]) -> list[Segment]:
    ends = np.cumsum([seconds for _, seconds in sequence])
    starts = np.r_[0, ends[:-1]]
    return [Segment(phone, float(a), float(b)) for (phone, _), a, b in zip(sequence, starts, ends, strict=True)]


@pytest.mark.parametrize("stem", ["librivox-austen_0880", "cmusphinx_0001"])
def test_building_again_gives_the_committed_motion(stem: str) -> None:
    with wave.open(str(FOLDER / "audios" / f"{stem}.wav")) as sound:
        samples = np.frombuffer(sound.readframes(sound.getnframes()), "<i2")
    head = FlameModel.load(HEAD_FILE)
    built = build_clip(stem, samples, head)
    with np.load(FOLDER / "FLAME_coeffs_25" / f"{stem}.npz") as committed:
        np.testing.assert_array_equal(built.shape, committed["shape"])
        np.testing.assert_allclose(built.pose, committed["pose"], rtol=0, atol=1e-4)
        # Lip contact is solved on the head, so a touched-up head moves this one weight; the lips stay closed.
        solved = head.expression_names.index("mouthClose")
        np.testing.assert_allclose(built.exp[:, solved], committed["exp"][:, solved], rtol=0, atol=0.02)
        others = np.arange(100) != solved
        np.testing.assert_allclose(built.exp[:, others], committed["exp"][:, others], rtol=0, atol=1e-4)


@given(SEQUENCES)
def test_every_bilabial_has_a_frame_of_full_contact(sequence: list[tuple[str, float]]) -> None:
    phones = segments(sequence)
    times = (np.arange(int(np.ceil(phones[-1].end * FPS)) + 1) + 0.5) / FPS
    closed = times[contact(phones, SEALED, times) == 1]
    for phone in phones:
        if phone.phone in SEALED:
            assert np.abs(closed - phone.middle).min() <= 0.5 / FPS + phone.seconds / 2


@given(SEQUENCES)
def test_no_articulator_goes_beyond_the_targets_around_it(sequence: list[tuple[str, float]]) -> None:
    phones = segments(sequence)
    acting = pulls(phones, [0.5] * len(phones))
    mouth = blend(acting, np.arange(0, phones[-1].end, 0.005))
    jaw = [pull.viseme.jaw[0] * pull.gain for pull in acting]
    assert mouth.jaw.min() >= min(jaw) - 1e-6
    assert mouth.jaw.max() <= max(jaw) + 1e-6
    pucker = [pull.viseme.round[0] * pull.gain for pull in acting]
    assert mouth.weights["mouthPucker"].max() <= max(pucker) + 1e-6


def test_lips_round_before_a_rounded_vowel_is_heard() -> None:
    """The /s t/ of "stew" is rounded while it sounds, that of "stay" is not; /p/ alone has none of either."""
    times = np.arange(0, 0.6, 0.005)
    onset = [("SIL", 0.1), ("S", 0.12), ("T", 0.08)]
    rounded, spread = (
        blend(pulls(segments([*onset, (vowel, 0.2), ("SIL", 0.1)]), [0.5] * 5), times) for vowel in ("UW", "IY")
    )
    during_t = (times > 0.22) & (times < 0.30)
    assert rounded.weights["mouthPucker"][during_t].min() > 0.1
    assert spread.weights["mouthPucker"][during_t].max() < 0.02
    assert spread.weights["mouthSmile"][during_t].max() > rounded.weights["mouthSmile"][during_t].max()


def test_a_consonant_between_open_vowels_closes_less_the_shorter_it_is() -> None:
    times = np.arange(0, 0.6, 0.005)
    least = []
    for seconds in (0.03, 0.06, 0.12):
        phones = segments([("AA", 0.2), ("T", seconds), ("AA", 0.2)])
        mouth = blend(pulls(phones, [0.5] * 3), times)
        least.append(mouth.jaw[(times > 0.15) & (times < 0.25 + seconds)].min())
    assert least == sorted(least, reverse=True)
    assert least[0] - least[-1] > 1


def test_lips_are_closed_by_as_much_as_the_strictest_contact_asks() -> None:
    open_gap = np.array([8.0, 8.0, 8.0, 1.0])
    amount = close_lips(
        gap_with=lambda amount: open_gap - 30 * amount,
        contacts=[(np.array([0, 0.5, 1.0, 1.0]), 0.0), (np.array([0, 0, 1.0, 1.0]), 3.0)],
    )
    np.testing.assert_allclose(open_gap - 30 * amount, [8, 4, 0, 0], atol=1e-2)
    assert amount[0] == 0
