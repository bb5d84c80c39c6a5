"""Checks that are given facts instead of files."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.dataset.doctor.compare import check_copies, check_frame_rates, check_lengths
from viewer.dataset.doctor.depth import EVERYTHING, HEADERS, Depth
from viewer.dataset.doctor.facts import ClipFacts
from viewer.dataset.doctor.finding import Finding
from viewer.dataset.doctor.splits import check_splits
from viewer.errors import UsageError


def found(findings):
    return [(finding.check, finding.severity, finding.stem) for finding in findings]


def clip(stem="a_0", **facts):
    return ClipFacts(stem, read=True, **facts)


@pytest.mark.parametrize(
    ("frames", "severity"),
    [(200, None), (201, "note"), (199, "note"), (202, "note"), (203, "error"), (197, "error"), (198, "note")],
)
def test_frames_against_sound(frames, severity):
    facts = clip(frames=frames, fps=25.0, audio_seconds=8.0)
    assert [finding.severity for finding in check_lengths([facts])] == ([severity] if severity else [])


@given(st.integers(1, 1_000_000))
def test_motion_with_a_frame_for_each_one_begun_is_as_long_as_its_sound(samples):
    frames = -(-samples // 640)
    assert check_lengths([clip(frames=frames, fps=25.0, audio_seconds=samples / 16000)]) == []


@pytest.mark.parametrize(
    ("tokens", "severity"), [(100, None), (99, None), (101, None), (98, "warn"), (88, "warn"), (87, "error")]
)
def test_tokens_against_sound(tokens, severity):
    findings = check_lengths([clip(tokens=tokens, audio_seconds=8.0)])
    assert found(findings) == ([("token-count", severity, "a_0")] if severity else [])


def test_the_message_names_both_numbers():
    (finding,) = check_lengths([clip(frames=190, fps=25.0, audio_seconds=8.0)])
    assert finding.message == "190 frames (7.60 s) for 8.00 s of sound: 10 frames fewer than the 200 expected."


def test_a_frame_rate_unlike_the_others():
    facts = [clip(f"a_{k}", fps=25.0) for k in range(9)] + [clip("b_0", fps=30.0)]
    assert found(check_frame_rates(facts)) == [("frame-rate", "warn", "b_0")]


def test_a_data_set_at_another_rate_is_one_finding():
    facts = [clip(f"a_{k}", fps=30.0) for k in range(9)]
    assert found(check_frame_rates(facts)) == [("frame-rate", "warn", None)]


def test_copies_across_splits_are_errors_and_the_copy_is_the_one_that_is_tested_on():
    splits = {"z_0": ("train",), "a_0": ("test",), "b_0": ("train",)}
    facts = [clip(stem, motion_hash="same", audio_hash=stem) for stem in ("a_0", "b_0", "c_0", "z_0")]
    findings = check_copies(facts, splits)
    assert found(findings) == [
        ("same-motion", "warn", "z_0"),
        ("same-motion", "error", "a_0"),
        ("same-motion", "warn", "c_0"),
    ]
    assert findings[1].message == "The same motion as b_0, which is in train; this clip is in test."


def test_motion_that_says_nothing_is_no_copy():
    assert check_copies([clip("a", motion_hash=None), clip("b", motion_hash=None)], {}) == []


def test_splits_in_both_directions():
    lists = {
        "train": ("a_0", " b_0 ", "", "a_0", "../../etc/passwd"),
        "test": ("b_0", "nobody", ""),
    }
    findings = check_splits(lists, {"a_0", "b_0", "c_0"})
    assert found(findings) == [
        ("split-repeat", "warn", "a_0"),
        ("split-unknown", "error", "../../etc/passwd"),
        ("split-unknown", "error", "nobody"),
        ("split-overlap", "error", "b_0"),
        ("split-missing", "warn", "c_0"),
    ]
    assert [finding.where for finding in findings[:4]] == [
        "train.txt line 4",
        "train.txt line 5",
        "test.txt line 2",
        "test.txt line 1",
    ]


def test_no_lists_are_a_note_and_no_finding_for_each_clip():
    assert found(check_splits({}, {"a_0", "b_0"})) == [("layout", "note", None)]


@pytest.mark.parametrize(("text", "share"), [("5%", 0.05), ("100%", 1.0), (" 0.5% ", 0.005)])
def test_shares(text, share):
    assert math.isclose(Depth.parse(text).share, share)


@pytest.mark.parametrize("text", ["0%", "101%", "5", "0.05", "-5%", "five", "", "1e-3", "nan"])
def test_what_is_no_share(text):
    with pytest.raises(UsageError, match="such as 5%"):
        Depth.parse(text)


@given(st.text(), st.floats(0, 1), st.floats(0, 1))
def test_a_larger_share_holds_the_clips_of_a_smaller_one(stem, one, other):
    small, large = sorted((one, other))
    assert Depth(small).reads(stem) <= Depth(large).reads(stem)
    assert EVERYTHING.reads(stem) and not HEADERS.reads(stem)


def test_a_share_is_about_as_large_as_asked_for():
    assert 450 < sum(Depth(0.05).reads(f"session_{k:05d}") for k in range(10_000)) < 550


def test_facts_survive_the_way_through_json():
    facts = clip(frames=3, fps=25.0, findings=(Finding("motion", "error", "Damaged.", "x/a_0.npz", "a_0"),))
    assert ClipFacts.from_json(facts.as_json()) == facts
