import pytest

from tests.dataset.factories import make_dataset
from viewer.__main__ import main


class SharedRenderer:
    """The one render process of the tests: `with` does not close it."""

    def __init__(self, renderer):
        self._renderer = renderer

    def __enter__(self):
        return self._renderer

    def __exit__(self, *_):
        pass


@pytest.fixture(autouse=True)
def in_this_process(films_here, renderer, monkeypatch):
    """Commands start no processes of their own, which takes longer than what they do."""
    for name in ("viewer.cli.facts.Renderer", "viewer.render.Renderer"):
        monkeypatch.setattr(name, lambda *, gl: SharedRenderer(renderer))


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
