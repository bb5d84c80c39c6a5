"""What the browser computes is what the Python layer computes."""

import numpy as np
import pytest

from tests.browser.player import PlayerTab
from tests.browser.serving import player_app, serving, speaking_clip
from tests.flame.factories import head_like_flame, random_flame, write_npz
from viewer.clip import Clip
from viewer.flame import FlameModel, HeadChoice, choose_head

FRAMES = 60


def moving(head, stem, shape):
    rng = np.random.default_rng(3)
    exp = rng.normal(0, 1, (FRAMES, min(head.model.n_exp, 52) if head.model.part is not None else 100))
    return Clip.from_arrays(stem=stem, exp=exp, pose=rng.uniform(-1.2, 1.2, (FRAMES, 6)), shape=shape)


@pytest.fixture(scope="module", params=["demo head", "smooth, FLAME's size", "noise, FLAME's size"])
def tab(request, pages, tmp_path_factory):
    folder = tmp_path_factory.mktemp("head")
    rng = np.random.default_rng(5)
    if request.param == "demo head":
        head = choose_head(expression_space="arkit52")
    else:
        arrays = head_like_flame() if "smooth" in request.param else random_flame()
        head = HeadChoice(FlameModel.load(write_npz(folder / "head.npz", arrays)), False, ())
    first, second = rng.normal(size=(2, 100))
    clips = {
        "constant": moving(head, "constant", first),
        "jump": moving(head, "jump", np.where(np.arange(FRAMES)[:, None] < 50, first, second)),
        "flicker": moving(head, "flicker", first + 0.05 * rng.normal(size=(FRAMES, 100))),
        "speech": speaking_clip(head, "speech", frames=FRAMES),
    }
    with serving(player_app(clips, head)) as url:
        tab = PlayerTab(pages, url)
        tab.head, tab.clips = head, clips
        yield tab
        tab.close()


@pytest.mark.parametrize("stem", ["constant", "jump", "flicker", "speech"])
def test_vertices_over_a_whole_clip(tab, stem):
    assert tab.open(stem)
    expected = np.concatenate(list(tab.head.vertex_blocks(tab.clips[stem])))
    error = 1000 * np.linalg.norm(tab.vertices(list(range(FRAMES))) - expected, axis=2)
    assert error.mean() <= 0.001
    assert error.max() <= 0.01


def test_layers_are_those_of_the_model(tab):
    clip, model = tab.clips["constant"], tab.head.model
    parts = {"exp": clip.exp, "shape": clip.shape[0], "pose": clip.pose}
    off = {
        "expression": parts | {"exp": None},
        "jaw": parts | {"pose": clip.pose * [1, 1, 1, 0, 0, 0]},
        "headPose": parts | {"pose": clip.pose * [0, 0, 0, 1, 1, 1]},
        "identity": parts | {"shape": None},
    }
    tab.open("constant")
    for layer, coefficients in off.items():
        tab.js("player.layers = argument", {layer: False})
        error = 1000 * np.linalg.norm(tab.vertices([7, 31]) - model.vertices(**coefficients)[[7, 31]], axis=2)
        assert error.max() <= 0.01, layer
        tab.js("player.layers = argument", {layer: True})


def test_vertices_are_a_copy(tab):
    tab.open("speech")
    before = tab.vertices([3])
    tab.js("(() => { const v = player.vertices; v.fill(9); })()")
    np.testing.assert_array_equal(tab.vertices([3]), before)
