import pytest

import viewer.cli.facts  # before `shared` can replace the Renderer that it imports
import viewer.render
from tests.dataset.factories import make_dataset
from viewer.__main__ import main
from viewer.render import Renderer


class SharedRenderer:
    """One render process for all tests of a module: `with` does not close it."""

    def __init__(self, renderer):
        self._renderer = renderer

    def __enter__(self):
        return self._renderer

    def __exit__(self, *_):
        pass


@pytest.fixture(scope="module")
def renderer():
    with Renderer() as renderer:
        yield renderer


@pytest.fixture
def shared(renderer, monkeypatch):
    monkeypatch.setattr(viewer.render, "Renderer", lambda *, gl: SharedRenderer(renderer))


@pytest.fixture
def cli(capsys):
    """Run a command in this process: `code, stdout, stderr = cli("export", "--out", folder)`."""

    def run(*arguments):
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as usage:  # argparse
            code = usage.code
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture
def data(tmp_path):
    return make_dataset(tmp_path / "data", stems=["a_0", "a_1", "b_0"], frames=4)
