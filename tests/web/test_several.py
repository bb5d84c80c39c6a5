"""Several data sets on one page: their names, their routes, and those that cannot be opened."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

import app as program
from tests.dataset.factories import make_clip, make_dataset
from tests.waiting import until
from tests.web.fakes import SIZE, FakeRenderer, make_services
from viewer.data_options import each_dataset, keys_of
from viewer.dataset import Dataset, counterpart
from viewer.web.access import Access
from viewer.web.announce import summary
from viewer.web.command import page_parser
from viewer.web.data_sets import Refused
from viewer.web.server import make_app

ARKIT = {"expression_space": "arkit52"}


@pytest.mark.parametrize(
    ("folders", "keys"),
    [
        (["/data/WebTalk", "/out/preds"], ["WebTalk", "preds"]),
        (["/run1/preds", "/run2/preds"], ["run1-preds", "run2-preds"]),
        (["/run2/preds", "/run1/preds"], ["run2-preds", "run1-preds"]),
        (["/a/x/preds", "/b/x/preds", "/c/other"], ["a-x-preds", "b-x-preds", "other"]),
        (["/preds", "/run/preds"], ["preds", "run-preds"]),
        (["/Mädchen & Söhne?/../x/a b/#1"], ["1"]),
        (["/数据", "/结果"], ["data", "data-2"]),
        (["/a/b-c", "/a-b/c", "/c", "/d/b-c"], ["a-b-c", "a-b-c-2", "c", "d-b-c"]),
        (["/"], ["data"]),
    ],
)
def test_keys_are_safe_in_urls_and_name_one_folder_each(folders, keys):
    assert keys_of([Path(folder) for folder in folders]) == keys


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Two data sets that share a stem, not its content."""
    root = tmp_path_factory.mktemp("several")
    first = make_dataset(root / "first", stems=["a_0", "a_1"], frames=5, description=ARKIT | {"name": "The first"})
    second = make_dataset(root / "second", stems=["b_0"], frames=4, description=ARKIT)
    make_clip(second, "a_0", frames=9, text="quite another text", seed=7)
    return first, second


@pytest.fixture(scope="module")
def shown(folders, tmp_path_factory):
    cache, renderer = tmp_path_factory.mktemp("cache"), FakeRenderer()
    return {folder.name: make_services(folder, cache, renderer) for folder in folders}


@pytest.fixture(scope="module")
def browser(shown):
    refused = [Refused("third", Path("/nowhere/third"), "no clips there")]
    app = make_app(shown, Access(host="127.0.0.1", port=7860), refused=refused)
    with TestClient(app, base_url="http://127.0.0.1:7860") as browser:
        until(lambda: all(one.library.complete for one in shown.values()))  # from now on lists stay as they are
        yield browser
    for services in shown.values():
        services.jobs.close()


ROUTES = [
    "clip?stem=a_0",
    "player/clip.bin?stem=a_0",
    "timeline/clip.bin?stem=a_0",
    "clips?search=a_0",
    "data",
    "about",
]


@pytest.mark.parametrize("route", ROUTES)
def test_the_same_stem_is_another_clip_in_each(browser, route):
    first, second = (browser.get(f"/viewer/@{key}/{route}") for key in ("first", "second"))
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.content != second.content
    if "etag" in first.headers:
        assert first.headers["etag"] != second.headers["etag"]
        mixed = browser.get(f"/viewer/@second/{route}", headers={"If-None-Match": first.headers["etag"]})
        assert mixed.content == second.content


@pytest.mark.parametrize("route", [route for route in ROUTES if route != "data"])
def test_without_a_key_it_is_the_first(browser, route):
    assert browser.get(f"/viewer/{route}").content == browser.get(f"/viewer/@first/{route}").content


def rendered(browser, url, wish):
    """What is said of a film once it is there."""
    said = [{"state": "queued"}]

    def over():
        said.append(browser.post(url, json=wish).json())
        return said[-1]["state"] not in ("queued", "rendering")

    until(over)
    assert said[-1]["state"] == "ready", said[-1]
    return said[-1]


def test_films_do_not_mix_and_one_that_is_asked_for_twice_is_rendered_once(browser):
    wish = {"clip": "a_0", "look": "artalk", "camera": "front", "size": SIZE, "tab": "x"}
    films = {}
    for prefix in ("viewer", "viewer/@first", "viewer/@second"):
        films[prefix] = film = rendered(browser, f"/{prefix}/film", wish)
        assert browser.get(f"/{prefix}/{film['url']}").status_code == 200
    assert films["viewer"]["url"] == films["viewer/@first"]["url"] != films["viewer/@second"]["url"]
    assert [film["receipt"]["frames"] for film in films.values()] == [5, 5, 9]


def test_the_clip_is_looked_for_in_all(browser):
    first, second, third = browser.get("/viewer/sets?data=second&clip=b_0").json()["sets"]
    assert (first["key"], first["name"], first["clips"], first["clip"]) == ("first", "The first", 2, None)
    assert (second["key"], second["clips"], second["clip"]) == ("second", 2, "b_0")
    assert (third["key"], third["refused"]) == ("third", "no clips there")
    assert [one["clip"] for one in browser.get("/viewer/sets?clip=a_0").json()["sets"]] == ["a_0", "a_0", None]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("@fourth/about", "it shows first, second"),
        ("@third/about", "no clips there"),
        ("@second/nothing", "no such route"),
        ("@second/clip?stem=a_1", "a_1"),
        ("@first/static/page.js", "no such route"),
        ("@/about", "no such route"),
    ],
)
def test_what_is_not_there_is_told(browser, url, words):
    answer = browser.get(f"/viewer/{url}")
    assert answer.status_code == 404
    assert words in answer.json()["error"]


def test_the_terminal_names_all(shown):
    said = summary(list(shown.values()))
    assert said.startswith("The first: 2 clips on demo head; second: 2 clips on demo head, software rendering")


def test_a_prediction_belongs_to_the_clip_that_it_is_named_after(folders, tmp_path):
    first, _ = folders
    make_clip(tmp_path / "preds", "a_0_pred", frames=5)
    make_clip(tmp_path / "preds", "free", frames=5)
    preds = Dataset.open(tmp_path / "preds", base=first, stem_pattern="{stem}_pred")
    base = Dataset.open(first)
    assert counterpart("a_0_pred", preds, base) == "a_0"
    assert counterpart("a_0", base, preds) == "a_0_pred"
    assert counterpart("a_1", base, preds) is None
    assert counterpart("free", preds, base) is None
    assert counterpart("free", preds, preds) == "free"


def options(*arguments):
    return each_dataset(page_parser("test").parse_args([str(argument) for argument in arguments]))


def test_what_is_said_of_predictions_holds_for_all_but_the_base(folders, tmp_path):
    base, preds = folders
    given = ("--base", base, "--stem-pattern", "{stem}_pred", "--track-format", "artalk")
    (tmp_path / "link").symlink_to(base)
    first, second = options(tmp_path / "link", preds, preds, base, *given)
    assert (first.data, first.base, first.stem_pattern, first.track_format) == (
        tmp_path / "link",
        None,
        "{stem}",
        "auto",
    )
    assert (second.data, second.base, second.stem_pattern, second.track_format) == (
        preds,
        base,
        "{stem}_pred",
        "artalk",
    )


def test_one_data_set_or_none(folders):
    (one,) = options(*folders[:1], "--base", folders[1])
    assert (one.data, one.base) == folders
    assert [demo.data for demo in options()] == [None]


@pytest.fixture
def start(tmp_path, monkeypatch, capsys):
    """Start the program up to the point where it would serve; returns what it would, and what it says."""
    served = []
    monkeypatch.setattr("viewer.web.server.serve", served.append)

    def run(*folders, cache=tmp_path / "cache"):
        status = program.main([*map(str, folders), "--cache", str(cache)])
        return status, served[0] if served else None, capsys.readouterr().err

    return run


def test_one_that_cannot_be_opened_does_not_stop_the_others(folders, tmp_path, start):
    (tmp_path / "empty").mkdir()
    status, served, said = start(tmp_path / "empty", *folders, folders[0])
    assert status == 0
    assert [one.key for one in served.shown] == ["first", "second"]
    assert served.shown[0].head is served.shown[1].head
    (refused,) = served.refused
    assert (refused.key, refused.path) == ("empty", tmp_path / "empty")
    assert f"{refused.path} cannot be opened: {refused.reason}" in said


def test_all_refused(tmp_path, start):
    (tmp_path / "empty").mkdir()
    status, served, said = start(tmp_path / "empty", tmp_path / "gone")
    assert (status, served) == (1, None)
    assert said.startswith("error: none of these 2 data sets can be opened")
    assert str(tmp_path / "empty") in said and str(tmp_path / "gone") in said


def test_a_cache_inside_one_of_them(folders, start):
    first, second = folders
    before = sorted(second.rglob("*"))
    status, served, said = start(first, second, cache=second / "cache")
    assert (status, served) == (2, None)
    assert f"is inside the data set {second}" in said
    assert sorted(second.rglob("*")) == before
