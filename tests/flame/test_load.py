"""Every format FLAME comes in, and everything else that ends up under its name."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse

from tests.flame.factories import random_flame, write_npz, write_python2_pickle, write_python3_pickle
from viewer.errors import ModelFileError, UsageError
from viewer.flame.load import load_arrays
from viewer.flame.model import FlameModel

SMALL = random_flame(3, n_vertices=200)


def small(**changes: Any) -> dict[str, Any]:
    return {key: value for key, value in {**SMALL, **changes}.items() if value is not None}


WRITERS = {
    "npz": write_npz,
    "npz in float32": lambda path, arrays: write_npz(path, arrays, dtype=np.float32),
    "Python 3, csc": write_python3_pickle,
    "Python 3, csr": lambda path, arrays: write_python3_pickle(path, arrays, sparse=scipy.sparse.csr_matrix),
    "Python 3, coo": lambda path, arrays: write_python3_pickle(path, arrays, sparse=scipy.sparse.coo_matrix),
    "Python 3, csc_array": lambda path, arrays: write_python3_pickle(path, arrays, sparse=scipy.sparse.csc_array),
    "Python 3, protocol 2": lambda path, arrays: write_python3_pickle(path, arrays, protocol=2),
    "Python 3, protocol 5": lambda path, arrays: write_python3_pickle(path, arrays, protocol=5),
    "Python 2, one chumpy array": write_python2_pickle,
    "Python 2, all chumpy": lambda path, arrays: write_python2_pickle(
        path, arrays, wrapped=("v_template", "f", "shapedirs", "posedirs", "weights", "kintree_table")
    ),
    "Python 2, Select": lambda path, arrays: write_python2_pickle(path, arrays, selected="posedirs"),
    "Python 2, protocol 0": lambda path, arrays: write_python2_pickle(path, arrays, protocol=0),
    "Python 2, protocol 1": lambda path, arrays: write_python2_pickle(path, arrays, protocol=1),
}


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_gives_the_same_model(name: str, tmp_path: Path) -> None:
    WRITERS[name](tmp_path / "model.npz" if "npz" in name else tmp_path / "model.pkl", SMALL)
    model = FlameModel.load(next(tmp_path.iterdir()))
    loaded = model.arrays
    np.testing.assert_array_equal(loaded.v_template, SMALL["v_template"].astype(np.float32))
    np.testing.assert_array_equal(loaded.faces, SMALL["f"])
    np.testing.assert_array_equal(
        np.concatenate([loaded.shape_dirs, loaded.exp_dirs], axis=2), SMALL["shapedirs"].astype(np.float32)
    )
    np.testing.assert_array_equal(loaded.pose_dirs, SMALL["posedirs"].astype(np.float32))
    np.testing.assert_allclose(loaded.joint_regressor, SMALL["J_regressor"], atol=1e-7)
    np.testing.assert_array_equal(loaded.weights, SMALL["weights"].astype(np.float32))
    reference = write_npz(tmp_path / "reference.npz", SMALL)
    assert model.hash == FlameModel.load(reference).hash


def test_hash_follows_every_array_of_the_geometry(tmp_path: Path) -> None:
    hashes = {load_arrays(write_npz(tmp_path / "model.npz", SMALL)).digest()}
    for key in ("v_template", "shapedirs", "posedirs", "J_regressor"):
        changed = SMALL[key].copy()
        changed.flat[5] += 1e-3
        hashes.add(load_arrays(write_npz(tmp_path / "model.npz", small(**{key: changed}))).digest())
    swapped = np.roll(SMALL["weights"], 1, axis=1)
    hashes.add(load_arrays(write_npz(tmp_path / "model.npz", small(weights=swapped))).digest())
    hashes.add(load_arrays(write_npz(tmp_path / "model.npz", small(f=SMALL["f"][::-1]))).digest())
    assert len(hashes) == 7


def test_appearance_hash_follows_colours_and_parts_and_nothing_else(tmp_path: Path) -> None:
    def load(**changed: Any) -> FlameModel:
        return FlameModel.load(write_npz(tmp_path / "model.npz", small(**changed)))

    n_vertices = len(SMALL["v_template"])
    grey = np.full((n_vertices, 3), 128, np.uint8)
    parts = {"part": np.zeros(n_vertices, np.uint8), "part_names": np.array(["skin", "eyes"])}
    plain, coloured, parted = load(), load(vertex_colors=grey), load(**parts)
    other_grey, other_part = grey.copy(), parts["part"].copy()
    other_grey[7, 1], other_part[7] = 127, 1
    models = [plain, coloured, parted, load(vertex_colors=other_grey), load(**(parts | {"part": other_part}))]
    assert len({model.appearance_hash for model in models}) == 5
    assert len({model.hash for model in models}) == 1
    assert load(f=SMALL["f"][::-1]).appearance_hash == plain.appearance_hash
    assert load(vertex_colors=grey).appearance_hash == coloured.appearance_hash


def test_the_home_folder_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    write_npz(tmp_path / "model.npz", SMALL)
    assert FlameModel.load("~/model.npz").path == tmp_path / "model.npz"
    with pytest.raises(UsageError, match="NUL"):
        FlameModel.load("a\0b")


@pytest.mark.parametrize(
    "tree",
    [
        np.array([[4294967295, 0, 1, 1, 1], range(5)], np.uint32),
        np.array([[-1, 0, 1, 1, 1], range(5)], np.int32),
        np.array([[-1, 0, 1, 1, 1], range(5)], np.float64),
        np.array([[2**32 - 1, 0, 1, 1, 1], range(5)], np.float64),
    ],
)
def test_tree_of_any_number_type(tree: np.ndarray, tmp_path: Path) -> None:
    FlameModel.load(write_npz(tmp_path / "model.npz", small(kintree_table=tree)))


@pytest.mark.parametrize(
    ("changes", "n_shape", "n_exp"),
    [
        ({"shapedirs": SMALL["shapedirs"][:, :, :350]}, 300, 50),
        ({"shapedirs": SMALL["shapedirs"][:, :, :300]}, 300, 0),
        ({"shapedirs": SMALL["shapedirs"][:, :, :150], "n_shape": np.array(100)}, 100, 50),
        ({"shapedirs": SMALL["shapedirs"][:, :, :100], "expressiondirs": SMALL["shapedirs"][:, :, 300:350]}, 100, 50),
    ],
)
def test_fewer_columns(changes: dict[str, Any], n_shape: int, n_exp: int, tmp_path: Path) -> None:
    model = FlameModel.load(write_npz(tmp_path / "model.npz", small(**changes)))
    assert (model.n_shape, model.n_exp) == (n_shape, n_exp)
    assert model.vertices(exp=np.ones(n_exp), shape=np.ones(n_shape)).shape == (1, 200, 3)


BODY = {"kintree_table": np.zeros((2, 55), np.int64)}
NOT_FLAME: dict[str, tuple[dict[str, Any], str]] = {
    "SMPL-X": (BODY, r"SMPL-X \(a body\), with 55 joints"),
    "SMPL": ({"kintree_table": np.zeros((2, 24), np.int64)}, r"SMPL \(a body\)"),
    "missing keys": ({"posedirs": None, "weights": None}, "posedirs, weights missing"),
    "NaN": ({"v_template": np.where(np.arange(600).reshape(200, 3) == 7, np.nan, SMALL["v_template"])}, "1 values"),
    "flat": ({"v_template": SMALL["v_template"].ravel()}, r"shape \(600,\); expected \(any, 3\)"),
    "dirs of another mesh": ({"shapedirs": SMALL["shapedirs"][:-1]}, r"expected \(200, 3, any\)"),
    "correctives of a body": ({"posedirs": np.zeros((200, 3, 207))}, r"expected \(200, 3, 36\)"),
    "ambiguous columns": ({"shapedirs": SMALL["shapedirs"][:, :, :150]}, "n_shape"),
    "too many columns": ({"shapedirs": np.zeros((200, 3, 401))}, "401 columns"),
    "other tree": ({"kintree_table": np.array([[0, 0, 0, 1, 1], range(5)])}, "parents"),
    "face of a missing vertex": ({"f": SMALL["f"] + 100}, "names vertices 100"),
    "broken faces": ({"f": SMALL["f"] + 0.5}, "no whole numbers"),
    "weights": ({"weights": SMALL["weights"] * 2}, "sum to 1"),
    "text": ({"v_template": np.array("here")}, "expected numbers"),
    "millimetres": ({"v_template": SMALL["v_template"] * 1000}, "millimetres"),
    "points": ({"v_template": SMALL["v_template"] * 0}, "head in metres"),
}


@pytest.mark.parametrize("name", NOT_FLAME)
def test_refuses_what_is_no_flame_model(name: str, tmp_path: Path) -> None:
    changes, message = NOT_FLAME[name]
    path = write_npz(tmp_path / "model.npz", small(**changes))
    with pytest.raises(ModelFileError, match=message) as refusal:
        FlameModel.load(path)
    assert str(path) in str(refusal.value)


def zipped(name: str) -> bytes:
    import io

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, b"content")
    return buffer.getvalue()


FILES = {
    "login page": (
        b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>",
        "web page, probably the login",
    ),
    "login page with a preamble": (b"\n\n <!-- x --> <html lang=en><body>Log in</body></html>", "log in there"),
    "empty": (b"", "is empty"),
    "text": (b"FLAME model goes here\n", "text file"),
    "archive": (zipped("FLAME2020/generic_model.pkl"), r"unzip model.pkl -d flame_assets/"),
    "broken archive": (
        zipped("FLAME2020/generic_model.pkl")[:-30],
        r"model.pkl: the archive is cut off or damaged; download it again",
    ),
    "gzip": (b"\x1f\x8b\x08" + bytes(50), "packed archive"),
    "LFS pointer": (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "git lfs pull"),
    "noise": (bytes(range(255, 0, -1)) * 20, "no pickle opcode"),
}


@pytest.mark.parametrize("name", FILES)
def test_says_what_the_file_is_instead(name: str, tmp_path: Path) -> None:
    content, message = FILES[name]
    path = tmp_path / "model.pkl"
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match=message):
        FlameModel.load(path)


def test_folder_lists_the_files_in_it(tmp_path: Path) -> None:
    (tmp_path / "generic_model.pkl").touch()
    with pytest.raises(ModelFileError, match=r"is a folder.*generic_model\.pkl"):
        FlameModel.load(tmp_path)
    with pytest.raises(ModelFileError, match="does not exist"):
        FlameModel.load(tmp_path / "elsewhere.pkl")
    with pytest.raises(ModelFileError, match="no regular file"):
        FlameModel.load("/dev/zero")


@pytest.mark.parametrize("writer", [write_npz, write_python2_pickle, write_python3_pickle])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.999])
def test_truncated_download(writer: Any, part: float, tmp_path: Path) -> None:
    path = writer(tmp_path / ("model.npz" if writer is write_npz else "model.pkl"), SMALL)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * part)])
    with pytest.raises(ModelFileError, match=r"truncated|damaged"):
        FlameModel.load(path)


def test_a_pickle_of_something_else(tmp_path: Path) -> None:
    import pickle

    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps([1, 2, 3]))
    with pytest.raises(ModelFileError, match="holds a list"):
        FlameModel.load(path)


def test_chumpy_expressions_matter_only_where_an_array_is_needed(tmp_path: Path) -> None:
    """A chumpy object that computes its value from others cannot be read without chumpy."""
    expression = b"cchumpy.ch\nMatVecMult\n)\x81}b"
    written = write_python2_pickle(tmp_path / "model.pkl", SMALL).read_bytes()
    assert written[:3] == b"\x80\x02}"
    beside = b"\x80\x02}U\x05extra" + expression + b"s"  # the dictionary continues with the model's own items
    (tmp_path / "model.pkl").write_bytes(beside + written[written.index(b"(") :])
    assert FlameModel.load(tmp_path / "model.pkl").n_exp == 100
    (tmp_path / "model.pkl").write_bytes(
        beside + written[written.index(b"(") : -2] + b"U\x07weights" + expression + b"u."
    )
    with pytest.raises(ModelFileError, match="weights is stored as something else than an array"):
        FlameModel.load(tmp_path / "model.pkl")
