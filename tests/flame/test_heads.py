"""Which head plays which data, and how versions are told apart."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.flame.factories import JOINTS, head_like_flame, random_flame, write_npz, write_python2_pickle
from viewer.clip import FLAME_2020, Clip
from viewer.errors import ClipError, ModelFileError, UsageError
from viewer.flame import FlameModel, choose_head, heads, installed_heads
from viewer.flame.version import FLAME_2023, FLAME_2023_OPEN

SMALL = random_flame(3, n_vertices=200)
SMALL_FLAME = SMALL | {"expression_space": FLAME_2020}


@pytest.fixture
def assets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder that models are looked for in, but for the demo head's."""
    folder = tmp_path / "assets"
    folder.mkdir()
    monkeypatch.setenv("FLAME_ASSETS", str(folder))
    monkeypatch.delenv("FLAME_MODEL", raising=False)
    monkeypatch.chdir(tmp_path)
    repository = heads.asset_folders()[-1]
    monkeypatch.setattr(heads, "asset_folders", lambda: (folder, repository))
    (repository / heads.DEMO_HEAD).stat()
    return folder


def install(folder: Path, name: str, arrays: dict[str, Any] | None = None) -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    writer = write_npz if path.suffix == ".npz" else write_python2_pickle
    return writer(path, SMALL_FLAME if arrays is None else arrays)


def test_demo_data_plays_on_the_demo_head(assets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = install(assets, "FLAME2020/generic_model.pkl")
    monkeypatch.setenv("FLAME_MODEL", str(path))
    choice = choose_head(expression_space="arkit52")
    assert choice.model.version == "demo head"
    assert (choice.zero_expression, choice.warnings) == (False, ())


def test_flame_data_plays_on_the_installed_flame(assets: Path) -> None:
    path = install(assets, "FLAME2020/generic_model.pkl")
    install(assets, "FLAME2023/flame2023.pkl")
    choice = choose_head(expression_space=FLAME_2020)
    assert choice.model.path == path
    assert (choice.zero_expression, choice.warnings) == (False, ())


def test_flame_model_variable_comes_before_installed_files(assets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(assets, "FLAME2020/generic_model.pkl")
    mine = install(assets, "mine.npz")
    monkeypatch.setenv("FLAME_MODEL", str(mine))
    assert choose_head(expression_space=FLAME_2020).model.path == mine
    monkeypatch.setenv("FLAME_MODEL", str(assets / "gone.pkl"))
    with pytest.raises(ModelFileError, match="does not exist"):
        choose_head(expression_space=FLAME_2020)


def test_another_release_plays_with_a_warning(assets: Path) -> None:
    install(assets, "FLAME2023/flame2023.pkl", SMALL | {"expression_space": FLAME_2023})
    choice = choose_head(expression_space=FLAME_2020)
    assert choice.model.version == "FLAME 2023"
    assert not choice.zero_expression
    assert "FLAME 2020" in choice.warnings[0] and "may look off" in choice.warnings[0]


def test_without_flame_the_demo_head_stays_neutral_and_says_what_to_do(assets: Path) -> None:
    choice = choose_head(expression_space=FLAME_2020)
    assert choice.model.version == "demo head"
    assert choice.zero_expression
    (warning,) = choice.warnings
    assert str(assets / "FLAME2020" / "generic_model.pkl") in warning
    assert "--model FILE" in warning and "flame_assets/README.md" in warning


def test_a_named_model_is_taken_as_it_is(assets: Path) -> None:
    path = install(assets, "mine.npz")
    assert choose_head(path, expression_space=FLAME_2020).warnings == ()
    choice = choose_head(path, expression_space="arkit52")
    assert choice.model.path == path
    assert choice.zero_expression
    assert "stay neutral" in choice.warnings[0]
    demo = choose_head(heads.asset_folders()[-1] / heads.DEMO_HEAD, expression_space=FLAME_2020)
    assert demo.zero_expression and "stay neutral" in demo.warnings[0]


def test_no_head_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heads, "asset_folders", lambda: (tmp_path,))
    monkeypatch.delenv("FLAME_MODEL", raising=False)
    with pytest.raises(ModelFileError, match=f"looked in: {tmp_path}.*Clone the repository.*FLAME_ASSETS.*--model"):
        choose_head(expression_space=FLAME_2020)


def test_a_wrong_flame_assets_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLAME_ASSETS", "/nowhere")
    with pytest.raises(ModelFileError, match="FLAME_ASSETS is /nowhere, which is no folder"):
        choose_head(expression_space="arkit52")


@pytest.mark.parametrize("variable", ["FLAME_ASSETS", "FLAME_MODEL"])
def test_a_home_that_is_not_there_is_an_error(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "~nosuchuser/x")
    with pytest.raises(UsageError, match=f"{variable}: .*the home folder of ~nosuchuser is not known"):
        choose_head(expression_space=FLAME_2020)


def test_an_asset_folder_that_may_not_be_listed_is_told(assets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_folder: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(ModelFileError, match=rf"{assets} cannot be read: Permission denied; see `ls -ld"):
        installed_heads()


def test_coefficients_that_the_head_does_not_have_are_told_with_the_clip(assets: Path) -> None:
    choice = choose_head(install(assets, "model.npz"), expression_space=FLAME_2020)
    n_exp = choice.model.n_exp
    wide = np.zeros((2, n_exp + 50))
    padded = Clip.from_arrays(exp=wide, pose=np.zeros((2, 6)), stem="bob_1")
    assert len(next(choice.vertex_blocks(padded))) == 2
    wide[1, n_exp + 3] = 1
    clip = Clip.from_arrays(exp=wide, pose=np.zeros((2, 6)), stem="bob_1")
    message = rf"bob_1: exp has {n_exp + 50} coefficients, not all 0 beyond the {n_exp} of .*Keep the first {n_exp} "
    with pytest.raises(ClipError, match=message):
        choice.vertex_blocks(clip)


def test_unknown_layer() -> None:
    with pytest.raises(UsageError, match="numpy, smplx"):
        choose_head(expression_space="arkit52", layer="cuda")


def test_smplx_layer_says_how_to_install_it(assets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Comparing with smplx where it is installed is the matter of tests/parity."""
    monkeypatch.setitem(sys.modules, "smplx.lbs", None)
    with pytest.raises(UsageError, match=r"pip install -r requirements-parity\.txt"):
        choose_head(install(assets, "mine.npz"), expression_space=FLAME_2020, layer="smplx")


def test_a_replaced_file_is_read_again(assets: Path) -> None:
    path = install(assets, "mine.npz")
    first = choose_head(path, expression_space=FLAME_2020).model
    assert choose_head(path, expression_space=FLAME_2020).model is first
    install(assets, "mine.npz", random_flame(4, n_vertices=200) | {"expression_space": FLAME_2020})
    assert choose_head(path, expression_space=FLAME_2020).model.hash != first.hash


def test_zeroed_expression_keeps_jaw_and_head_moving(assets: Path) -> None:
    choice = choose_head(expression_space=FLAME_2020)
    rng = np.random.default_rng(0)
    pose = rng.normal(0, 0.1, (5, 6))
    clip = Clip.from_arrays(exp=rng.normal(0, 1, (5, 100)), shape=rng.normal(0, 1, 300), pose=pose)
    vertices = np.concatenate(list(choice.vertex_blocks(clip)))
    np.testing.assert_array_equal(vertices, choice.model.vertices(pose=pose.astype(np.float32)))
    played = choose_head(install(assets, "mine.npz"), expression_space=FLAME_2020)
    vertices = np.concatenate(list(played.vertex_blocks(clip)))
    np.testing.assert_array_equal(vertices, played.model.vertices(exp=clip.exp, shape=clip.shape, pose=clip.pose))


def test_installed_heads_are_listed_best_first(assets: Path) -> None:
    for name in ("FLAME2023/flame2023_no_jaw.pkl", "FLAME2023/flame2023.pkl", "FLAME2020/generic_model.pkl"):
        install(assets, name)
    install(assets, "FLAME2023_Open/flame2023_Open.pkl")
    (assets / "FLAME_masks.pkl").touch()
    (assets / "FLAME2020" / "Readme.pdf").touch()
    found = [(head.path.name, head.version) for head in installed_heads()]
    assert found == [
        ("generic_model.pkl", "FLAME 2020"),
        ("flame2023.pkl", "FLAME 2023"),
        ("flame2023_no_jaw.pkl", "FLAME 2023"),
        ("flame2023_Open.pkl", "FLAME 2023 Open"),
        ("demo_head.npz", "demo head"),
    ]


VERSIONS = {
    "FLAME2020/generic_model.npz": ("FLAME 2020", FLAME_2020, 0),
    "FLAME2023/flame2023.npz": ("FLAME 2023", FLAME_2023, 0),
    "x/flame2023_Open.npz": ("FLAME 2023 Open", FLAME_2023_OPEN, 1),
    "x/generic_model.npz": ("FLAME 2020", FLAME_2020, 1),
}


@pytest.mark.parametrize("name", VERSIONS)
def test_version_from_the_name_of_the_download(name: str, tmp_path: Path, arrays: dict[str, Any]) -> None:
    version, space, n_warnings = VERSIONS[name]
    model = FlameModel.load(install(tmp_path, name, arrays))
    assert (model.version, model.expression_space, len(model.warnings)) == (version, space, n_warnings)


def test_what_the_file_says_comes_before_its_name(tmp_path: Path, arrays: dict[str, Any]) -> None:
    renamed = install(tmp_path, "FLAME2020/generic_model.pkl", arrays | {"metadata": {"expr_source": "SUPR_head"}})
    model = FlameModel.load(renamed)
    assert model.version == "FLAME 2023 Open"
    assert "FLAME 2020" in model.warnings[0]
    assert model.licence == "CC-BY-4.0"


def test_2023_open_is_known_by_its_joints(tmp_path: Path) -> None:
    """It is commonly copied over FLAME2020/generic_model.pkl; its mean face gives it away."""
    arrays = head_like_flame()
    placed = JOINTS.copy()
    placed[0, 0] = -0.002
    for joint in range(5):
        chosen = np.flatnonzero(arrays["J_regressor"][joint])
        system = np.vstack([arrays["v_template"][chosen].T, np.ones(len(chosen))])
        arrays["J_regressor"][joint, chosen] = np.linalg.pinv(system) @ [*placed[joint], 1]
    model = FlameModel.load(install(tmp_path, "FLAME2020/generic_model.npz", arrays))
    assert (model.version, model.version_evidence) == ("FLAME 2023 Open", "joints of the mean face")


def test_a_model_without_a_jaw_is_announced(tmp_path: Path, arrays: dict[str, Any]) -> None:
    weights = arrays["weights"].copy()
    weights[:, 1] += weights[:, 2]
    weights[:, 2] = 0
    model = FlameModel.load(install(tmp_path, "FLAME2023/flame2023_no_jaw.npz", arrays | {"weights": weights}))
    assert "no jaw" in model.warnings[0]
