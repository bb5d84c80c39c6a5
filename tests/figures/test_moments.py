"""Which frames of a clip are shown."""

from __future__ import annotations

import pytest

from tests.video.tracks import reference
from viewer import clock
from viewer.dataset import Dataset
from viewer.errors import UsageError
from viewer.figures import Moments
from viewer.speech import align_apart


def frames(text: str, **options) -> list[int]:
    return [moment.frame for moment in Moments(reference(frames=50), **options).find(text)]


def test_numbers_and_seconds_in_the_order_given() -> None:
    assert frames("12,0, 49 ,1s,.5s,1.5s,12") == [12, 0, 49, 25, 12, 37, 12]


def test_the_worst_frame_is_asked_for() -> None:
    assert frames("3,worst", worst=lambda: 17) == [3, 17]
    with pytest.raises(UsageError, match="--compare"):
        frames("worst")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "names no frames"),
        ("1,,2", "names no frames"),
        ("50", "frames 0 to 49"),
        ("-1", "names no frame"),
        ("2s", r"ends at 2\.00 s"),
        ("1e3", "names no frame"),
        ("word", "names no frame"),
        ("word:hello", "has no transcript"),
    ],
)
def test_what_is_no_frame_is_told(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        frames(text)


def test_a_word_is_found_where_it_is_spoken() -> None:
    dataset = Dataset.demo()
    clip = dataset[dataset.stems[0]]
    words = align_apart(clip).words
    moments = Moments(clip)
    for word in words:
        (found,) = moments.find(f"word:{word.text.upper()}")
        assert word.start <= clock.frame_middle(found.frame, clip.fps) <= word.end + 1 / clip.fps
        assert found.title == f"“{word.text}”"
    assert bool(moments.notes) == any(word.weak for word in words)


def spoken(transcript: str) -> Moments:
    return Moments(reference(frames=100, transcript=transcript, sound=False))


def test_a_word_that_is_spoken_twice_must_be_told_apart() -> None:
    moments = spoken("One, two; one “Two” three.")
    with pytest.raises(UsageError, match=r"which 'one'\? .* spoken at 0\.\d+, \d\.\d+ s; write word:one#1, word:one#2"):
        moments.find("word:one")
    first, second = moments.find("word:one#1,word:ONE#2")
    assert first.frame < second.frame
    assert [moment.title for moment in moments.find("word:two#1,word:two#2")] == ["“two”", "“Two”"]
    with pytest.raises(UsageError, match="no 'one#3'"):
        moments.find("word:one#3")
    with pytest.raises(UsageError, match="no 'one#x'"):
        moments.find("word:one#x")


@pytest.mark.parametrize("unknown", ["four", "", "…", "on"])
def test_unknown_words_are_answered_with_those_that_there_are(unknown: str) -> None:
    with pytest.raises(UsageError, match="its words are: one, two, one, two, three"):
        spoken("One, two; one “Two” three.").find(f"word:{unknown}")


def test_many_words_are_not_all_listed() -> None:
    with pytest.raises(UsageError, match=r"w59, …$"):
        spoken(" ".join(f"w{index}" for index in range(500))).find("word:nothing")


def test_estimated_times_are_said() -> None:
    moments = spoken("привет мир")
    (found,) = moments.find("word:МИР")
    assert found.title == "“мир”"
    assert "only estimated" in moments.notes[0]
