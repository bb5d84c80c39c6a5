"""Verdicts beside the clips as they are: what is out of date, what is in each queue."""

import sqlite3

import pytest

from tests.dataset.factories import write_audio, write_motion
from tests.review.conftest import STEMS, judge
from tests.review.test_queues import clip, results
from viewer.dataset import Dataset
from viewer.dataset.catalogue import Catalogue, Query
from viewer.errors import DatasetError, UsageError
from viewer.review import Verdict
from viewer.review.columns import VerdictColumn
from viewer.review.desk import UNREADABLE


def states(desk):
    return {stem: one.state for stem, one in desk.standing().items()}


def test_a_changed_clip_shows_its_verdict_as_out_of_date(desk, open_desk, data):
    judge(desk, "a_0")
    judge(desk, "a_1", "good")
    assert states(desk) == {"a_0": "current", "a_1": "current"}
    write_motion(data, "a_0", frames=4, seed=9)
    desk.dataset.refresh()
    for one in (desk, open_desk()):
        assert states(one) == {"a_0": "changed", "a_1": "current"}
        assert one.judged() == {"a_1": "good"} and one.queue("changed").stems == ("a_0",)
        assert one.counts() == {"good": 1, "bad": 0, "unsure": 0, "changed": 1, "gone": 0}


def test_another_sound_or_date_leaves_the_verdict_as_it_is(desk, open_desk, data):
    """The verdict is on the motion; files that are copied or touched are read once to see that."""
    judge(desk, "a_0")
    write_audio(data, "a_0", [[0.5]] * 4000)
    (data / "FLAME_coeffs_25" / "a_0.npz").touch()
    desk.dataset.refresh()
    assert states(open_desk()) == {"a_0": "current"}


def test_a_clip_that_is_gone(desk, open_desk, data):
    judge(desk, "a_0")
    for file in data.rglob("a_0.*"):
        file.unlink()
    assert states(open_desk()) == {"a_0": "gone"}


@pytest.mark.parametrize("step", ["fingerprint", "__getitem__"])
def test_a_clip_that_goes_while_it_is_looked_at(desk, open_desk, data, monkeypatch, step):
    """The data set is looked at anew by another thread between two steps: nobody else's verdict is lost for it."""
    judge(desk, "a_0")
    judge(desk, "a_1", "good")
    (data / "FLAME_coeffs_25" / "a_0.npz").touch()
    again = open_desk()
    real = getattr(Dataset, step)

    def too_late(dataset, stem):
        if stem == "a_0":
            for file in data.rglob("a_0.*"):
                file.unlink()
            dataset.refresh()
        return real(dataset, stem)

    monkeypatch.setattr(Dataset, step, too_late)
    assert states(again) == {"a_0": "gone", "a_1": "current"}


def test_a_column_that_could_not_be_shown_is_not_taken_for_up_to_date(desk, monkeypatch):
    column = VerdictColumn(desk)
    column.refresh()
    judge(desk, "a_0")
    with monkeypatch.context() as patch, pytest.raises(sqlite3.OperationalError):
        patch.setattr(Catalogue, "set_scores", broken)
        column.keep_up()
    column.keep_up()
    assert {row["stem"]: row["verdict"] for row in desk.catalogue.rows()}["a_0"] == "bad"


def broken(*_):
    raise sqlite3.OperationalError("disk I/O error")


def test_a_clip_that_cannot_be_read_can_be_judged(desk, open_desk, data):
    (data / "FLAME_coeffs_25" / "a_0.npz").write_bytes(b"PK\x03\x04 no more")
    again = open_desk()
    assert again.motion_hash("a_0") == UNREADABLE
    judge(again, "a_0", reason="integrity")
    assert states(again) == {"a_0": "current"}
    write_motion(data, "a_0", frames=4)
    assert states(open_desk()) == {"a_0": "changed"}


def test_a_clip_that_changed_under_the_reviewers_eyes_is_not_judged(desk, data):
    seen = desk.motion_hash("a_0")
    write_motion(data, "a_0", frames=5)
    desk.dataset.refresh()
    with pytest.raises(UsageError, match="a_0 has changed since it was opened"):
        desk.judge(Verdict(stem="a_0", motion_hash=seen, verdict="good"))
    assert desk.current() == {}


def test_a_clip_that_changes_while_it_is_judged_is_out_of_date(desk, data, monkeypatch):
    seen = desk.motion_hash("a_0")
    read = desk.motion_hash

    def changes_after(stem):
        found = read(stem)
        write_motion(data, "a_0", frames=5)
        desk.dataset.refresh()
        return found

    monkeypatch.setattr(desk, "motion_hash", changes_after)
    record = desk.judge(Verdict(stem="a_0", motion_hash=seen, verdict="good"))
    monkeypatch.undo()
    assert desk.state(record) == "changed"


def test_an_unknown_clip_is_refused(desk):
    with pytest.raises(DatasetError, match="no clip 'b_0'"):
        desk.judge(Verdict(stem="b_0", motion_hash="", verdict="good"))
    assert not desk.reviews.file.exists()


def test_only_so_many_clips_are_read_at_once(desk, open_desk, data):
    for stem in STEMS[:4]:
        judge(desk, stem)
        (data / "FLAME_coeffs_25" / f"{stem}.npz").touch()
    again = open_desk()
    assert sorted(one.state for one in again.standing(reads=3).values()) == ["current"] * 3 + ["unchecked"]
    assert set(states(again).values()) == {"current"}


def test_what_another_process_judged_is_seen(desk, open_desk):
    other = open_desk()
    assert other.judged() == {}
    judge(desk, "a_0")
    assert other.judged() == {"a_0": "bad"}
    other.undo(other.current()["a_0"].id)
    assert desk.judged() == {}


def test_the_queue_of_the_list_is_the_list(desk):
    query = Query.parse(split=["train"], sort="-stem")
    assert desk.queue("list", query=query).stems == ("a_4", "a_2", "a_0")
    assert desk.queue("list").stems == tuple(STEMS)


def test_the_queue_of_a_file_keeps_its_order(open_desk):
    queue = open_desk(stems=["a_3", "x", "a_0", "a_3"]).queue("file")
    assert queue.stems == ("a_3", "a_0") and queue.note == "1 of the 3 stems in the file are not in this data set."
    assert "without --stems" in open_desk().queue("file").note


def test_random_queues_begin_alike(desk):
    five, three = desk.queue("random.5"), desk.queue("random.3")
    assert five.stems[:3] == three.stems and len(five.stems) == 5 and five.sample
    assert sorted(desk.queue("random").stems) == STEMS


def test_queues_of_checks(open_desk):
    found = results(
        clip("a_3", severity="error", pop=1.0), clip("gone", severity="error", pop=9.0), clip("a_1", pop=3.0)
    )
    desk = open_desk(results=lambda: found)
    assert desk.queue("errors").stems == ("a_3",)
    assert desk.queue("worst.pop").stems == ("a_1", "a_3")
    assert "worst.pop" in [queue.name for queue in desk.queues()]
    assert desk.reasons("a_3")[0] == {"name": "jaw", "title": "jaw opens too far or too little", "found": True}


def test_without_check_results_the_queue_says_what_to_run(desk):
    for name in ("errors", "odd", "worst.jaw"):
        queue = desk.queue(name)
        assert queue.stems == () and f"python -m viewer check --data {desk.dataset.path}" in queue.note


def test_queues_of_verdicts(desk):
    judge(desk, "a_2")
    judge(desk, "a_1")
    judge(desk, "a_0", "unsure")
    assert desk.queue("bad").stems == ("a_1", "a_2") and desk.queue("unsure").stems == ("a_0",)
    assert desk.queue("good").stems == ()


@pytest.mark.parametrize("name", ["", "best", "random.", "random.0", "random.x", "random.99999", "../x"])
def test_an_unknown_queue(desk, name):
    with pytest.raises(UsageError, match=r"there is no queue|expected random\.1 to"):
        desk.queue(name)
