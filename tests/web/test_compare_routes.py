"""Clips beside those of other data sets, as the page asks for them."""

from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from tests.dataset.factories import make_clip, make_dataset, motion_arrays, write_motion
from tests.web.fakes import FakeRenderer, make_services
from viewer.clip import Clip
from viewer.compare import Faces, measure, pair
from viewer.dataset import Dataset
from viewer.web.access import Access
from viewer.web.compare import NO_DATA, stretched
from viewer.web.data_sets import Refused
from viewer.web.server import make_app
from viewer.web.services import Services
from viewer.web.wire.container import unpack

ARKIT = {"expression_space": "arkit52"}
FRAMES = 20


def moved(*, frames=FRAMES, n_exp=52, jaw=0.0, fps=25, seed=0):
    """Motion whose jaw opens by so much more."""
    arrays = motion_arrays(frames=frames, n_exp=n_exp, seed=seed, fps=fps)
    arrays["exp"] *= 0
    arrays["pose"][:, 3] += jaw
    return arrays


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A data set; predictions for it of every kind; others whose expressions are of another space."""
    root = tmp_path_factory.mktemp("compare")
    talks = make_dataset(root / "talks", stems=["alone"], frames=5, description=ARKIT | {"name": "The talks"})
    for stem in ("same", "short", "long", "faster", "nan", "broken", "narrow"):
        make_clip(talks, stem, frames=FRAMES)
        write_motion(talks, stem, moved())
    preds = make_dataset(root / "preds", stems=["free"], frames=5, description=ARKIT)
    write_motion(preds, "same_pred", moved(jaw=0.1))
    write_motion(preds, "short_pred", moved(frames=12, jaw=0.1))
    write_motion(preds, "long_pred", moved(frames=31, jaw=0.1))
    write_motion(preds, "faster_pred", moved(frames=40, fps=50))
    write_motion(preds, "narrow_pred", moved(n_exp=10))
    holes = moved(frames=12)
    holes["pose"][3:5] = np.nan
    write_motion(preds, "nan_pred", holes)
    path = write_motion(preds, "broken_pred", moved())
    path.write_bytes(path.read_bytes()[:-300])
    other = make_dataset(root / "other", stems=["same"], frames=FRAMES, description={"expression_space": "vocaset"})
    return talks, preds, other


def services_of(folder: Path, cache: Path, renderer: FakeRenderer, base: Path | None) -> Services:
    made = make_services(folder, cache, renderer)
    if base is not None:
        made.library.dataset = Dataset.open(folder, base=base, stem_pattern="{stem}_pred")
    return made


@pytest.fixture(scope="module")
def shown(folders, tmp_path_factory):
    cache, renderer = tmp_path_factory.mktemp("cache"), FakeRenderer()
    talks, preds, other = folders
    return {
        "talks": services_of(talks, cache, renderer, None),
        "preds": services_of(preds, cache, renderer, talks),
        "other": services_of(other, cache, renderer, None),
    }


@pytest.fixture(scope="module")
def browser(shown):
    refused = [Refused("third", Path("/nowhere/third"), "no clips there")]
    app = make_app(shown, Access(host="127.0.0.1", port=7860), refused=refused)
    with TestClient(app, base_url="http://127.0.0.1:7860") as browser:
        yield browser
    for services in shown.values():
        services.jobs.close()


def tracks(browser, clip, prefix=""):
    answer = browser.get(f"/viewer/{prefix}compare/tracks.json", params={"clip": clip})
    assert answer.status_code == 200, answer.text
    return {track["key"]: track for track in answer.json()["tracks"]}


def ask(browser, what, clip, key="preds", *, prefix="", **options):
    return browser.get(f"/viewer/{prefix}compare/{what}.bin", params={"clip": clip, "with": key}, **options)


def packed(browser, what, clip, key="preds", *, prefix=""):
    answer = ask(browser, what, clip, key, prefix=prefix)
    assert answer.status_code == 200, answer.text
    return unpack(answer.content)


def test_tracks_are_what_the_others_have_for_a_clip(browser):
    found = tracks(browser, "same")
    assert list(found) == ["preds", "other", "third"]
    assert found["preds"] == {
        "key": "preds",
        "name": "preds",
        "label": "preds",
        "stem": "same_pred",
        "frames": FRAMES,
        "fps": 25,
        "refused": None,
        "remarks": [],
    }
    assert "'arkit52'" in found["other"]["refused"] and "'vocaset'" in found["other"]["refused"]
    assert "no clips there" in found["third"]["refused"]


@pytest.mark.parametrize(
    ("clip", "words"),
    [("alone", "preds has no clip for alone"), ("broken", "broken_pred")],
)
def test_a_track_that_cannot_be_compared_says_why(browser, clip, words):
    assert words in tracks(browser, clip)["preds"]["refused"]
    for what in ("clip", "curves"):
        answer = ask(browser, what, clip)
        assert answer.status_code in (404, 422)
        assert words in answer.json()["error"]


@pytest.mark.parametrize(
    ("clip", "words"),
    [("short", "the first 12 are compared"), ("faster", "50 to 25"), ("nan", "frames 3–4"), ("narrow", "count as 0")],
)
def test_what_to_know_of_a_track_is_told(browser, clip, words):
    track = tracks(browser, clip)["preds"]
    assert track["refused"] is None
    assert words in " ".join(track["remarks"])
    header, _ = packed(browser, "curves", clip)
    assert words in " ".join(header["remarks"])


@pytest.mark.parametrize("clip", ["same", "short", "long", "faster", "nan"])
def test_motion_has_a_frame_for_each_of_the_reference(browser, clip):
    reference, _ = unpack(browser.get("/viewer/player/clip.bin", params={"stem": clip}).content)
    header, arrays = packed(browser, "clip", clip)
    assert {name: header[name] for name in ("frames", "fps", "head")} == {
        name: reference[name] for name in ("frames", "fps", "head")
    }
    assert (arrays["pose"].shape, len(arrays["exp"])) == ((FRAMES, 6), FRAMES)
    assert header["sound"] is None and header["words"] == []


def test_behind_its_end_the_last_frame_is_held_and_marked(browser, shown):
    header, arrays = packed(browser, "clip", "short")
    assert (header["bad_frames"], header["bad_values"]) == ([[12, 19]], NO_DATA)
    own = shown["preds"].library.clip("short_pred")
    np.testing.assert_array_equal(arrays["pose"][:12], own.pose)
    np.testing.assert_array_equal(arrays["pose"][12:], np.tile(own.pose[-1], (8, 1)))
    assert not header["identity_changes"]
    header, _ = packed(browser, "clip", "nan")
    assert (header["bad_frames"], header["bad_values"]) == ([[3, 4], [12, 19]], f"NaN or {NO_DATA}")
    header, _ = packed(browser, "clip", "long")
    assert header["bad_frames"] == []


def test_a_track_of_vertices_that_ends_early(shown):
    head = shown["talks"].head
    reference = shown["talks"].library.clip("same")
    moving = np.tile(head.model.v_template, (12, 1, 1)) + np.linspace(0, 0.01, 12)[:, None, None]
    whole = stretched(pair(reference, Clip.from_arrays(vertices=moving, stem="track")))
    assert whole.vertices.shape == (FRAMES, *head.model.v_template.shape)
    np.testing.assert_array_equal(whole.vertices[12:], np.tile(whole.vertices[11], (8, 1, 1)))
    assert np.flatnonzero(whole.bad_frames).tolist() == list(range(12, FRAMES))


@pytest.mark.parametrize("clip", ["same", "short", "nan"])
def test_differences_are_those_of_the_metrics(browser, shown, clip):
    header, arrays = packed(browser, "curves", clip)
    found = pair(shown["talks"].library.clip(clip), shown["preds"].library.clip(f"{clip}_pred"))
    expected = measure(found, Faces(shown["talks"].head))
    assert {metric["name"]: metric["value"] for metric in header["metrics"]} == dict(expected.values)
    assert (header["worst_frame"], header["compared"]) == (expected.worst_frame, len(found))
    assert [curve["name"] for curve in header["curves"]] == [
        "lip_error",
        "opening_difference",
        "face_error",
        "jaw_error",
    ]
    for name, curve in expected.curves.items():
        assert arrays[name].shape == (FRAMES,) and arrays[name].dtype == np.float32
        np.testing.assert_array_equal(arrays[name][: len(found)], curve)
        assert np.isnan(arrays[name][len(found) :]).all()


def test_a_jaw_that_is_open_by_so_much_more(browser):
    """The angle between two rotations about one axis is the difference of their angles."""
    _, arrays = packed(browser, "curves", "same")
    np.testing.assert_allclose(arrays["jaw_error"], np.degrees(0.1), rtol=1e-4)
    assert (arrays["opening_difference"] > 1).all()


def test_where_there_is_nothing_to_compare_curves_have_gaps(browser):
    header, arrays = packed(browser, "curves", "nan")
    assert header["bad_frames"] == [[3, 4]]
    gone = [3, 4, *range(12, FRAMES)]
    for curve in header["curves"]:
        assert np.flatnonzero(np.isnan(arrays[curve["name"]])).tolist() == gone


def test_a_prediction_can_be_the_reference(browser):
    assert tracks(browser, "short_pred", "@preds/")["talks"]["stem"] == "short"
    assert tracks(browser, "same", "@other/")["talks"]["refused"] is not None
    there, _ = packed(browser, "curves", "short_pred", "talks", prefix="@preds/")
    here, _ = packed(browser, "curves", "short")
    assert (there["frames"], here["frames"], there["compared"]) == (12, FRAMES, 12)
    assert ask(browser, "clip", "short_pred", prefix="@preds/").status_code == 404  # itself


@pytest.mark.parametrize("what", ["clip", "curves"])
def test_the_browser_keeps_it_until_one_of_both_changes(browser, folders, what):
    talks, preds, _ = folders
    write_motion(talks, "alone", moved())
    write_motion(preds, "alone_pred", moved(jaw=0.05))
    for services in ("", "@preds/"):
        browser.post(f"/viewer/{services}refresh", json={})
    first = ask(browser, what, "alone")
    assert first.status_code == 200, first.text
    assert first.headers["cache-control"] == "private, no-cache"
    known = {"If-None-Match": first.headers["etag"]}
    assert ask(browser, what, "alone", headers=known).status_code == 304
    for folder, stem in ((preds, "alone_pred"), (talks, "alone")):
        write_motion(folder, stem, moved(jaw=0.2, seed=1))
        again = ask(browser, what, "alone", headers=known)
        assert again.status_code == 200
        known = {"If-None-Match": again.headers["etag"]}
    (preds / "FLAME_coeffs_25" / "alone_pred.npz").unlink()
    browser.post("/viewer/@preds/refresh", json={})
    assert ask(browser, what, "alone", headers=known).status_code == 404


@pytest.mark.parametrize(
    ("clip", "key", "status", "words"),
    [
        ("nothing", "preds", 404, "nothing"),
        ("same", "elsewhere", 404, "it shows preds, other"),
        ("same", "../talks", 404, "no data set"),
        ("same", "third", 404, "no data set"),
        ("../../etc/passwd", "preds", 404, "passwd"),
        ("same", "other", 422, "'vocaset'"),
        ("same", "", 404, "no data set"),
    ],
)
def test_what_is_not_there_or_cannot_be_is_refused(browser, clip, key, status, words):
    for what in ("clip", "curves"):
        answer = ask(browser, what, clip, key)
        assert (answer.status_code, words in answer.json()["error"]) == (status, True), answer.text
    assert browser.get("/viewer/compare/tracks.json", params={"clip": "nothing"}).status_code == 404
    assert browser.get("/viewer/compare/clip.bin", params={"clip": "same"}).status_code == 422


def test_one_data_set_has_nothing_to_compare_with(folders, tmp_path):
    services = make_services(folders[0], tmp_path / "cache", FakeRenderer())
    app = make_app({"talks": services}, Access(host="127.0.0.1", port=7860))
    with TestClient(app, base_url="http://127.0.0.1:7860") as browser:
        assert tracks(browser, "same") == {}
        assert ask(browser, "curves", "same").status_code == 404
