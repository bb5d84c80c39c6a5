"""The report of a comparison: what it holds, and that nothing of a data set gets out of its place."""

import base64

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.report.factories import picture
from tests.report.test_html import Parsed, texts
from viewer.compare import Comparison, Measured
from viewer.compare.unpaired import Measured as Side
from viewer.compare.unpaired import compare_unpaired
from viewer.errors import RenderError
from viewer.quality import Measurement
from viewer.quality.registry import Measured as Value
from viewer.report import compare_pairs, compare_report, unpaired_report
from viewer.report.compare_figures import distributions, whisker

NAMES = ("lve_max_l2_mm", "mve_mm", "jaw_error_deg", "part_jaw_mm_derived", "part_expression_mm_derived")


def measured(stem, value=1.0, *, frame=10, remarks=()):
    values = dict.fromkeys(NAMES, value)
    weights = dict.fromkeys(NAMES, 50)
    return Measured(stem, stem, 50, values, weights, 50, 50, 25.0, 25.0, 0, frame, remarks)


def comparison(values, *, prediction="/preds", **options):
    pairs = {stem: measured(stem, value) for stem, value in values.items()}
    return Comparison("/data", prediction, "/head.npz", pairs, options.pop("refused", {}), **options)


def page(comparisons, **options):
    return Parsed(compare_report(comparisons, **{"reference": "Data", **options}))


def link(key, stem, frame):
    return f"http://127.0.0.1:7860/?clip={stem}&t={frame}&with={key}"


def test_one_prediction_has_no_differences_and_no_choice():
    parsed = page({"ours": comparison({"a": 1.0, "b": 3.0})})
    assert not any("clip by clip" in text for text in parsed.texts("h2"))
    ((table, _),) = parsed.all("table", id="ranking")
    assert "data-choose" not in table
    assert parsed.texts("td", data_label="Clip") == ["b", "a"]
    assert parsed.texts("td", data_label="lve_max_l2_mm") == ["3.00", "1.00"]


def test_two_predictions_are_told_apart_where_they_differ():
    one = comparison({f"c{n}": 2.0 + 0.01 * n for n in range(30)})
    other = comparison({f"c{n}": 1.0 + 0.01 * n for n in range(30)})
    random = np.random.default_rng(0)
    chance = comparison({f"c{n}": 2.0 + 0.01 * n + random.normal(0, 0.5) for n in range(30)})
    parsed = page({"one": one, "other": other, "chance": chance})
    assert parsed.texts("span", **{"class": "badge lower"}) == ["lower"] * len(NAMES)
    assert parsed.texts("span", **{"class": "badge unclear"}) == ["unclear"] * len(NAMES)
    ((table, _),) = parsed.all("table", id="ranking")
    assert table["data-choose"] == "Prediction"


def test_it_says_that_the_reference_is_no_truth_and_what_is_missing():
    found = comparison({"a": 1.0}, missing=("lost_1",), extra=("more_1",), refused={"bad": "bad: it is broken"})
    text = "".join(page({"ours": found}).texts("header"))
    assert "itself estimated or synthesised" in text
    assert "Missing: lost_1" in text and "In it alone: more_1" in text and "it is broken" in text


def test_the_worst_frames_show_three_pictures_and_lead_to_the_app():
    asked = []

    def draw(key, stem, frame):
        asked.append((key, stem, frame))
        return picture(), picture("PNG"), picture()

    parsed = page({"ours": comparison({"a": 1.0, "b": 3.0})}, pictures=draw, link=link)
    assert asked == [("ours", "b", 10), ("ours", "a", 10)]
    images = [found["src"] for found, _ in parsed.all("img")]
    assert len(images) == 1 + 6  # the scale, and three of each clip
    assert base64.b64decode(images[1].removeprefix("data:image/jpeg;base64,")) == picture()
    assert link("ours", "b", 10) in [found["href"] for found, _ in parsed.all("a")]


def test_without_a_renderer_the_report_says_why_once():
    asked = []

    def fail(*key):
        asked.append(key)
        raise RenderError("no OpenGL here; install <libegl1>")

    parsed = page({"ours": comparison({"a": 1.0, "b": 3.0})}, pictures=fail)
    assert len(asked) == 1 and not parsed.all("img")
    assert "No more pictures: no OpenGL here; install <libegl1>" in parsed.texts("p")


def test_only_so_many_pairs_are_listed_and_the_rest_is_named(monkeypatch):
    monkeypatch.setattr(compare_pairs, "ROWS", 3)
    parsed = page({"ours": comparison({f"c{n}": float(n) for n in range(5)})})
    assert len(parsed.texts("td", data_label="Rank")) == 3
    assert any("The 3 worst of 5 pairs" in text for text in parsed.texts("p"))


def test_metrics_without_values_leave_gaps_not_errors():
    found = comparison({"a": None, "b": None})
    parsed = page({"ours": found}, link=link, pictures=lambda *_: (picture(),) * 3)
    assert not parsed.all("table", id="ranking") and "–" in parsed.texts("td", **{"class": "number"})


@given(stem=texts, remark=texts, name=texts, key=texts)
@settings(max_examples=100, deadline=None)
def test_whatever_texts_hold_the_elements_stay_the_same(stem, remark, name, key):
    def made(stem, remark, name, key):
        pairs = {stem: measured(stem, remarks=(remark,))}
        found = Comparison(name, name, name, pairs, {stem: remark}, (stem,), (stem,), (remark,))
        return page({key: found}, reference=name, link=link, pictures=lambda *_: (picture(),) * 3)

    parsed = made(stem, remark, name, key)
    assert parsed.shape == made("s", "r", "n", "k").shape
    for shown in (parsed.texts("td", data_label="Clip")[0], parsed.texts("h1")[0]):
        assert "\n" not in shown and not shown.startswith(("=", "+", "@", "\t"))


def test_the_file_asks_for_nothing_from_outside_and_has_no_styles_in_elements():
    text = compare_report(
        {"ours": comparison({"a": 1.0})}, reference="Data", link=link, pictures=lambda *_: (picture(),) * 3
    )
    parsed = Parsed(text)
    assert all(found["src"].startswith("data:") for _, found, _ in parsed.elements if "src" in found)
    assert not parsed.all("link") and "url(" not in text and "@import" not in text
    assert not any("style" in found for _, found, _ in parsed.elements)


numbers = st.floats(-1e12, 1e12)


@given(st.lists(st.lists(numbers, max_size=20), min_size=1, max_size=4).filter(any))
def test_every_clip_is_in_a_bar(values):
    svg = Parsed(distributions(values, unit="mm", title="t"))
    counts = [int(text.rsplit(": ", 1)[1].split()[0]) for text in svg.texts("title") if ": " in text]
    assert sum(counts) == sum(map(len, values))


@given(numbers, numbers, numbers)
def test_whiskers_stay_in_their_picture(low, mean, high):
    low, mean, high = sorted((low, mean, high))
    svg = Parsed(whisker(mean, low, high, span=(min(low, 0), max(high, 0)), number=0))
    for found, _ in svg.all("circle"):
        assert 0 <= float(found["cx"]) <= 150
    for found, _ in svg.all("line"):
        assert 0 <= float(found["x1"]) <= float(found["x2"]) <= 150


@given(name=texts)
@settings(max_examples=30, deadline=None)
def test_data_sets_side_by_side_whatever_they_are_called(name):
    def made(name):
        bands = tuple(range(7))
        clips = {
            f"c{n}": Measurement(f"c{n}", "h", 50, 25.0, {"jaw": Value(5.0 + 10 * n)}, bands={"jaw_angle": bands})
            for n in range(3)
        }
        sides = [Side(name, name, "flame2020", clips, {}) for _ in range(2)]
        return Parsed(unpaired_report(compare_unpaired(sides[0], sides[1:]), names=[name, name]))

    assert made(name).shape == made("n").shape


def test_data_sets_side_by_side_show_percentiles_and_shares():
    def side(shift):
        clips = {
            f"c{n}": Measurement(
                f"c{n}",
                "h",
                50,
                25.0,
                {"jaw": Value(5.0 + shift)},
                bands={"jaw_angle": tuple(shift + level for level in range(7))},
            )
            for n in range(12)
        }
        return Side("data", "head", "flame2020", clips, {})

    parsed = Parsed(unpaired_report(compare_unpaired(side(0.0), [side(20.0)]), names=["here", "there"]))
    assert parsed.texts("h2")[-2:] == ["Curves of there", "Checks of there"]
    assert "20.0" in parsed.texts("b")
    cells = parsed.texts("td", **{"class": "number"})
    assert "0 of 12" in cells and "12 of 12" in cells


def test_the_picture_of_the_error_is_the_scale(renderer):
    """Prediction and reference are drawn as they are compared, the error in the colours of the scale."""
    import cv2

    from viewer.compare import Faces, pair
    from viewer.dataset import DEMO_DATASET, Dataset
    from viewer.flame import choose_head
    from viewer.report.pictures import error_pictures

    clip = Dataset.open(DEMO_DATASET)["librivox-austen_0880"]
    faces = Faces(choose_head(expression_space=clip.expression_space))
    still = clip.__class__.from_arrays(
        exp=0 * clip.exp, pose=0 * clip.pose, fps=clip.fps, expression_space=clip.expression_space
    )
    same = error_pictures(pair(clip, clip), 20, faces=faces, renderer=renderer)
    other = error_pictures(pair(clip, still), 20, faces=faces, renderer=renderer)
    decoded = [cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR).astype(int) for data in (*same, *other)]
    assert np.abs(decoded[0] - decoded[1]).max() < 40 and np.abs(decoded[3] - decoded[4]).max() > 60
    blue_over_red = decoded[2][..., 0] - decoded[2][..., 2]
    assert (blue_over_red <= 12).mean() > 0.98  # ivory everywhere, none of the look's blue
    dark = (decoded[5].sum(axis=2) < 330).mean()
    assert dark > 1.5 * (decoded[2].sum(axis=2) < 330).mean()  # violet where the mouth is
    assert pytest.approx(decoded[0].shape) == decoded[5].shape
