"""The data set as a whole: counts, histograms, and the jaw of a sample."""

import json

import numpy as np
import pytest

from tests.dataset.factories import make_clip, make_dataset, write_motion
from tests.web.conftest import ARKIT
from tests.web.test_list_routes import settle
from viewer.dataset import Dataset
from viewer.dataset.catalogue import Histogram
from viewer.web.data_facts import sample_jaw
from viewer.web.plots import histogram_plot


def test_numbers(page, services, data):
    make_clip(data, "b_1", frames=100, text="three more words")
    (data / "audios" / "a_0.wav").unlink()
    services.library.refresh()
    settle(services)
    facts = page.get("data").json()
    assert facts["clips"] == 4 and facts["complete"]
    assert facts["facets"]["session"] == {"a": 2, "b": 2}
    assert facts["facets"]["modality"]["no-audio"] == 1 and facts["facets"]["flag"]["no-audio"] == 1
    assert facts["seconds"]["count"] == 4
    assert facts["seconds"]["sum"] == pytest.approx(4 + 3 * 0.2, rel=0.01)
    assert facts["seconds"]["median"] == pytest.approx(0.2, rel=0.05)


def test_numbers_before_anything_is_indexed(page):
    facts = page.get("data").json()
    assert facts["clips"] == 0 and not facts["complete"] and facts["seconds"] is None


def test_jaw_of_a_small_data_set_is_that_of_all_clips(data):
    jaw = sample_jaw(Dataset.open(data))
    assert jaw.clips == 4 and len(jaw.degrees) == 4
    widest = np.degrees(0.1 * np.sin(np.arange(5) / 3) ** 2).max()  # what the data set was made with
    assert jaw.degrees == pytest.approx(widest, rel=1e-4)
    assert sum(jaw.histogram().counts) == 4


def test_jaw_of_a_large_data_set_is_that_of_a_sample(tmp_path):
    data = make_dataset(tmp_path / "data", stems=[f"s_{i:03}" for i in range(50)], frames=3, description=ARKIT)
    jaw = sample_jaw(Dataset.open(data), clips=10)
    assert jaw.clips == 50 and len(jaw.degrees) == 10
    assert len(sample_jaw(Dataset.open(data), seconds=0).degrees) == 0


def test_clips_that_cannot_be_read_are_left_out(data):
    path = data / "FLAME_coeffs_25" / "a_0.npz"
    path.write_bytes(b"no archive")
    assert len(sample_jaw(Dataset.open(data)).degrees) == 3


def test_jaw_is_read_anew_once_the_data_set_has_changed(services, data):
    facts = services.data_facts
    assert facts.jaw() is facts.jaw()
    write_motion(data, "new_0", frames=5)
    services.library.refresh()
    assert facts.jaw().clips == 5


def plot(histogram, dark=False):
    return json.loads(histogram_plot(histogram, title="seconds", unit="s", dark=dark).plot)


def test_plot_shows_the_counts():
    shown = plot(Histogram([2, 0, 7], [1.0, 2.0, 3.0, 4.0]))
    (bars,) = shown["data"]
    assert (bars["x"], bars["y"], bars["width"]) == ([1.5, 2.5, 3.5], [2, 0, 7], [1.0, 1.0, 1.0])
    assert bars["customdata"][2] == [3.0, 4.0]
    assert shown["config"]["displaylogo"] is False and shown["layout"]["paper_bgcolor"] == "rgba(0,0,0,0)"


def test_plot_fits_dark_and_light():
    histogram = Histogram([1], [0.0, 1.0])
    assert plot(histogram)["layout"]["font"]["color"] != plot(histogram, dark=True)["layout"]["font"]["color"]


def test_plot_of_nothing_says_so():
    assert "no values" in json.dumps(plot(Histogram([], [])))
