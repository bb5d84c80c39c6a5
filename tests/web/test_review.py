"""What the review panel fetches and says: verdicts, undo, queues, downloads; and what is refused."""

import csv
import io

import pytest

from tests.dataset.factories import write_motion
from tests.web.test_list_routes import settle
from viewer.web.guard import MAX_BODY_BYTES

HOSTILE = "=1+1</script><script>alert(1)</script>\r\n\u2028@x"


@pytest.fixture(autouse=True)
def file_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))


@pytest.fixture
def review(page, services):
    """The page, with helpers to say something of a clip."""
    settle(services)
    return Review(page)


class Review:
    def __init__(self, page):
        self.page = page

    def get(self, path="", **parameters):
        answer = self.page.get(f"review{path}", **parameters)
        assert answer.status_code == 200, answer.json()
        return answer.json()

    def post(self, path, **body):
        return self.page.client.post(f"/viewer/review/{path}", json=body)

    def judge(self, clip, verdict="bad", **more):
        motion_hash = self.get("/clip", clip=clip)["motion_hash"]
        answer = self.post("verdict", clip=clip, motion_hash=motion_hash, verdict=verdict, **more)
        assert answer.status_code == 200, answer.json()
        return answer.json()["verdict"]


def test_a_verdict_is_given_seen_completed_and_taken_back(review):
    bare = review.judge("a_0", "bad", reviewer="ann")
    assert bare["state"] == "current"
    whole = review.judge("a_0", "bad", reason="pop", note=HOSTILE, time=0.12, reviewer="ann", replaces=bare["id"])
    (said,) = review.get("/clip", clip="a_0")["said"]
    assert said == whole and said["note"] == "=1+1</script><script>alert(1)</script> @x"
    assert review.get("/marks") == {"marks": {"a_0": ["bad", "current"]}, "unchecked": 0}
    undone = review.post("undo", id=whole["id"]).json()["verdict"]
    assert undone["stem"] == "a_0" and review.get("/marks")["marks"] == {}
    assert review.post("undo", id=whole["id"]).status_code == 422


def test_overview_offers_queues(review, services):
    found = review.get()
    assert found["file"] == str(services.desk.reviews.file) and found["splits"] == ["train"]
    assert [queue["name"] for queue in found["queues"]][:3] == ["random", "list", "errors"]


def test_progress_of_a_queue(review):
    first = review.get("/queue", name="list", clip="a_1")
    expected = {"total": 4, "done": 0, "position": 1, "previous": "a_0", "next": "b_0", "open": "b_0", "rate": None}
    assert {name: first[name] for name in expected} == expected
    for stem in ("b_0", "b_1"):
        review.judge(stem, "good")
    then = review.get("/queue", name="list", clip="a_1")
    assert (then["done"], then["next"], then["open"]) == (2, "b_0", "a_0"), "it goes on round the end"
    for stem in ("a_0", "a_1"):
        review.judge(stem, "good")
    assert review.get("/queue", name="list", clip="a_1")["open"] is None


def test_the_queue_of_the_list_takes_its_parameters(review):
    found = review.get("/queue", name="list", clip="b_1", search="b_", sort="-stem")
    assert (found["total"], found["position"], found["previous"], found["next"]) == (2, 0, None, "b_0")


def test_from_outside_a_queue_it_begins_at_its_beginning(review):
    found = review.get("/queue", name="list", clip="a_0", search="b_")
    assert (found["position"], found["previous"], found["next"], found["open"]) == (None, None, "b_0", "b_0")


def test_a_queue_of_verdicts_goes_on_where_a_clip_has_left_it(review):
    for stem in ("a_0", "a_1", "b_0"):
        review.judge(stem, "unsure")
    review.judge("a_1", "good")
    found = review.get("/queue", name="unsure", clip="a_1")
    assert (found["total"], found["position"], found["previous"], found["next"]) == (2, None, "a_0", "b_0")


def test_a_random_queue_has_a_rate(review):
    order = []
    found = review.get("/queue", name="random")
    while found["open"]:
        order.append(found["open"])
        review.judge(found["open"], "bad" if len(order) == 1 else "good")
        found = review.get("/queue", name="random", clip=order[-1])
    assert sorted(order) == ["a_0", "a_1", "b_0", "b_1"]
    assert (found["rate"]["judged"], found["rate"]["bad"]) == (4, 1)
    assert found["rate"]["low"] == pytest.approx(0.0456, abs=1e-4)


def test_a_changed_clip(review, services, data):
    seen = review.judge("a_0")["motion_hash"]
    write_motion(data, "a_0", frames=7)
    assert review.get("/clip", clip="a_0")["said"][0]["state"] == "changed"
    assert review.get("/marks")["marks"]["a_0"] == ["bad", "changed"]
    assert review.get("/queue", name="list", clip="a_0")["done"] == 0
    answer = review.post("verdict", clip="a_0", motion_hash=seen, verdict="good")
    assert answer.status_code == 422 and "has changed since it was opened" in answer.json()["error"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"clip": "zz"}, 404),
        ({"clip": "../../etc/passwd"}, 404),
        ({"clip": "x" * 5000}, 422),
        ({"verdict": "fine"}, 422),
        ({"verdict": None}, 422),
        ({"note": "x" * 2001}, 422),
        ({"reason": "x" * 101}, 422),
        ({"reviewer": "x" * 101}, 422),
        ({"time": -1}, 422),
        ({"time": 1e300}, 422),
        ({"replaces": 77}, 422),
        ({"replaces": 2**70}, 422),
        ({"motion_hash": "0" * 32}, 422),
    ],
)
def test_what_is_refused_leaves_nothing_behind(review, body, status):
    whole = {"clip": "a_0", "motion_hash": review.get("/clip", clip="a_0")["motion_hash"], "verdict": "bad"} | body
    answer = review.post("verdict", **whole)
    assert answer.status_code == status and answer.json()["error"]
    assert review.get("/marks")["marks"] == {}


@pytest.mark.parametrize("path", ["clip?clip=zz", "queue?name=best", "export/split?split=val"])
def test_reads_of_what_is_not_there(review, path):
    answer = review.page.client.get(f"/viewer/review/{path}")
    assert answer.status_code in (404, 422) and answer.json()["error"]


@pytest.mark.parametrize("path", ["verdict", "undo"])
def test_a_link_changes_nothing(review, path):
    assert review.page.client.get(f"/viewer/review/{path}").status_code == 405


def test_the_limits_of_a_verdict_are_far_below_those_of_a_request():
    assert MAX_BODY_BYTES > 10 * (4096 + 2000 + 200) * 4


def test_downloads(review):
    review.judge("a_0", "bad", note=HOSTILE)
    answer = review.page.client.get("/viewer/review/export/csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="four clips.verdicts.csv"'
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert row["note"].startswith("'=1+1</script>")
    assert review.get("/export/json")["verdicts"][0]["stem"] == "a_0"
    assert review.page.client.get("/viewer/review/export/split").text == "a_1\nb_0\nb_1\n"


def test_trouble_with_the_file_is_told_and_harms_nothing_else(review, services):
    review.judge("a_0")
    services.desk.reviews.file.write_bytes(b"no database " * 100)
    answer = review.page.get("review/marks")
    assert answer.status_code == 500 and "review rescue" in answer.json()["error"]
    assert review.page.get("clips").status_code == 200
