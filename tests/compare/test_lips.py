"""Lists of lip vertices, in whatever file they are."""

import pickle

import numpy as np
import pytest

from viewer.compare import CompareError, lip_region, read_lip_indices
from viewer.flame import FlameModel

NUMBERS = [3, 1, 4, 15, 9, 2, 6]


def read(path):
    return read_lip_indices(path, n_vertices=5023)


@pytest.mark.parametrize(
    "text",
    [
        "3\n1\n4\n15\n9\n2\n6\n",
        "3, 1, 4, 15, 9, 2, 6",
        "[3,1,4,15,9,2,6]",
        "# lips\r\n3 1 4 # five more\r\n15 9 2 6",
        "3\t1\n\n4 15 9 2 6",
    ],
)
def test_a_text_of_numbers(tmp_path, text):
    (tmp_path / "lips.txt").write_text(text, newline="")
    found = read(tmp_path / "lips.txt")
    assert found.indices.tolist() == sorted(NUMBERS) and not found.derived and found.remarks == ()
    assert "lips.txt" in found.source


def test_arrays_and_pickles(tmp_path):
    np.save(tmp_path / "a.npy", np.array(NUMBERS, np.int32))
    np.savez(tmp_path / "b.npz", anything=np.array(NUMBERS, float))
    (tmp_path / "c.pkl").write_bytes(pickle.dumps(NUMBERS))
    (tmp_path / "d.pkl").write_bytes(pickle.dumps({"lips": np.array(NUMBERS), "nose": np.arange(9)}))
    (tmp_path / "e.pkl").write_bytes(pickle.dumps(NUMBERS, protocol=0))
    for path in sorted(tmp_path.iterdir()):
        assert read(path).indices.tolist() == sorted(NUMBERS), path


def test_a_vertex_that_is_named_twice_counts_once_and_is_told(tmp_path):
    (tmp_path / "lips.txt").write_text("7\n8\n7\n9\n7\n")
    found = read(tmp_path / "lips.txt")
    assert found.indices.tolist() == [7, 8, 9]
    assert found.remarks == ("lips.txt names 5 vertices, 2 of them again: 3 count.",)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "is empty"),
        (b"# none\n", "is empty"),
        (b"1\n5023\n", "from 1 to 5023; expected numbers of lip vertices from 0 to 5022"),
        (b"-1\n3\n", "from -1 to 3"),
        (b"lips\n", "no list of vertex numbers"),
        (b"1.5\n2.5\n", "no list of vertex numbers"),
        (b"12345678901234567890", "no list of vertex numbers"),
        (b"\x00\xff\x10", "no list of vertex numbers"),
        (b"#" * 5000 + b"\n\x00", "no list of vertex numbers"),
        (pickle.dumps([0.5, 1.5]), "expected whole numbers"),
        (pickle.dumps({"a": [1], "b": [2]}), "holds a, b; expected `lips`"),
        (pickle.dumps(pytest.raises), "no list of vertex numbers"),
    ],
)
def test_what_is_no_list_is_refused_with_the_reason(tmp_path, content, expected):
    (tmp_path / "lips").write_bytes(content)
    with pytest.raises(CompareError, match=expected):
        read(tmp_path / "lips")


def test_files_that_are_not_there(tmp_path):
    with pytest.raises(CompareError, match="No such file"):
        read(tmp_path / "nothing.txt")
    with pytest.raises(CompareError, match="Is a directory"):
        read(tmp_path)


def test_lips_of_a_head(head, flame_file, tmp_path):
    marked = lip_region(head.model)
    assert not marked.derived and marked.source == "parts named in the model file"
    derived = lip_region(FlameModel.load(flame_file))
    assert derived.derived and len(derived.indices) > 20
    (tmp_path / "lips.txt").write_text("5\n6\n")
    assert lip_region(head.model, tmp_path / "lips.txt").indices.tolist() == [5, 6]


def test_masks_that_the_user_has_are_not_derived(flame_file, tmp_path):
    """FLAME_masks.pkl beside the model."""
    here = tmp_path / flame_file.name
    here.write_bytes(flame_file.read_bytes())
    lips = lip_region(FlameModel.load(flame_file)).indices
    masks = {"lips": lips, "nose": np.arange(9), "forehead": np.arange(9), "eye_region": np.arange(20)}
    (tmp_path / "FLAME_masks.pkl").write_bytes(pickle.dumps(masks))
    found = lip_region(FlameModel.load(here))
    assert not found.derived and "FLAME_masks.pkl" in found.source and found.indices.tolist() == lips.tolist()
