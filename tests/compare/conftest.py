"""Heads that pairs are compared on, made once."""

import pytest

from tests.flame.factories import head_like_flame, write_npz
from viewer.compare import Faces
from viewer.flame import choose_head


@pytest.fixture(scope="session")
def head():
    """The demo head: its lips are marked by its artist, its other regions derived."""
    return choose_head(expression_space="arkit52")


@pytest.fixture(scope="session")
def faces(head):
    return Faces(head)


@pytest.fixture(scope="session")
def flame_file(tmp_path_factory):
    """A model of FLAME's size without masks."""
    return write_npz(tmp_path_factory.mktemp("flame") / "generic_model.npz", head_like_flame())
