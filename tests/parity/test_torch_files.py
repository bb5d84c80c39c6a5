"""What torch.save writes is read as torch.load reads it."""

import numpy as np
import pytest

from viewer.dataset.entry import FileEntry
from viewer.dataset.tracks.file import open_track
from viewer.errors import ClipError

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.parity


def motions():
    generator = torch.Generator().manual_seed(0)
    motion = torch.randn(7, 106, generator=generator)
    return {
        "plain": motion,
        "half": motion.half(),
        "bfloat16": motion.bfloat16(),
        "double": motion.double(),
        "whole numbers": (motion * 100).long(),
        "transposed": torch.randn(106, 7, generator=generator).T,
        "part": torch.randn(20, 200, generator=generator)[3:10, 5:111],
        "expanded": motion[:1].expand(7, 106),
        "parameter": torch.nn.Parameter(motion),
        "one number": torch.tensor(3.0),
        "empty": torch.zeros(0, 106),
    }


@pytest.mark.parametrize("name", motions())
@pytest.mark.parametrize("alone", [True, False])
def test_tensors_are_read_as_torch_reads_them(tmp_path, name, alone):
    motion = motions()[name]
    path = tmp_path / "a.pt"
    torch.save(motion if alone else {"x": {"motion": motion, "shape": motion.shape}, "name": "a"}, path)
    with open_track(FileEntry(path)) as file:
        found = file.array("array" if alone else "x.motion")
    expected = motion.detach()
    expected = (expected.float() if expected.dtype == torch.bfloat16 else expected).numpy()
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


def test_a_model_and_the_format_before_1_6_are_refused(tmp_path):
    torch.save(torch.nn.Linear(2, 2), tmp_path / "model.pt")
    with pytest.raises(ClipError, match=r"torch\.nn\.modules"), open_track(FileEntry(tmp_path / "model.pt")):
        pass
    torch.save(torch.ones(2), tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    with open_track(FileEntry(tmp_path / "old.pt")) as file:
        assert "before version 1.6" in str(file.problem)
