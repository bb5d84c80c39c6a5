"""Heads that pairs are compared on, made once."""

import pytest

from tests.flame.factories import head_like_flame, write_npz
from viewer.compare import Faces


@pytest.fixture(scope="session")
def faces(head):
    return Faces(head)


@pytest.fixture(scope="session")
def flame_file(tmp_path_factory):
    """A model of FLAME's size without masks."""
    return write_npz(tmp_path_factory.mktemp("flame") / "generic_model.npz", head_like_flame())
