"""Every track format on the page: predictions beside a data set, with its sound."""

import contextlib

import numpy as np
import pytest

from tests.browser.conftest import SCREEN, Program, Viewer
from tests.dataset import track_factories as make
from tests.dataset.factories import make_dataset
from tests.flame.factories import head_like_flame, write_npz
from viewer.dataset import Dataset
from viewer.flame import choose_head

KINDS = {
    kind: kind.replace(" ", "-") for kind in ("webtalk", "artalk", "artalk pt", "emica", "vhap", "smplx", "vertices")
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Predictions in every format, the data set they belong to, and a model with as many vertices as the meshes."""
    root = tmp_path_factory.mktemp("tracks")
    model = root / "FLAME2020" / "generic_model.npz"
    model.parent.mkdir()
    arrays = head_like_flame()
    write_npz(model, arrays)
    for kind, stem in KINDS.items():
        make.FORMAT_FILES[kind](root / "preds", f"{stem}_pred")
    mesh = (arrays["v_template"] * np.linspace(1, 1.05, make.FRAMES)[:, None, None]).astype(np.float32)
    make.write_npy(root / "preds" / "vertices_pred.npy", mesh)
    base = make_dataset(root / "base", stems=KINDS.values(), frames=make.FRAMES)
    return root / "preds", base, model


@pytest.fixture(scope="module")
def viewer(chromium, folders, tmp_path_factory):
    preds, base, model = folders
    options = ("--base", base, "--stem-pattern", "{stem}_pred", "--model", model)
    with (
        Program(preds, *options, "--cache", tmp_path_factory.mktemp("cache")) as program,
        contextlib.closing(chromium.new_context(**SCREEN)) as context,
    ):
        viewer = Viewer(context.new_page(), program.url)
        viewer.open()
        yield viewer
    assert viewer.trouble == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_clip_plays_in_the_player_with_what_it_borrows(viewer, folders, kind):
    stem = f"{KINDS[kind]}_pred"
    viewer.page.locator("clip-list .row", has_text=stem).first.click()
    viewer.wait_for_clip(stem)
    shown = np.asarray(viewer.live("(player.pause(), player.seek(3), Array.from(player.vertices))")).reshape(-1, 3)
    preds, base, model = folders
    clip = Dataset.open(preds, base=base, stem_pattern="{stem}_pred")[stem]
    head = choose_head(model, expression_space=clip.expression_space)
    expected = np.concatenate(list(head.vertex_blocks(clip)))[3]
    np.testing.assert_allclose(shown, expected, atol=1e-5)
    told = viewer.live("stage.clip.flags.find(({ code }) => code === 'borrowed').message")
    assert told.startswith(f"From {KINDS[kind]} of base: sound, transcript, split")
    assert viewer.live("stage.clip.audio.rate") == 16000
    assert told not in viewer.page.locator("flame-player .notice").all_inner_texts()  # nothing is wrong with it
