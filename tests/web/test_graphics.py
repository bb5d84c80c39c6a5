"""What becomes of the renderer's start is told, whatever it is."""

import pytest

from tests.web.fakes import FakeRenderer
from viewer.errors import RenderError
from viewer.web.graphics import Graphics


class Failing(FakeRenderer):
    def __init__(self, error):
        super().__init__()
        self.error = error

    @property
    def info(self):
        raise self.error


@pytest.mark.parametrize(
    ("error", "told", "logged"),
    [
        (RenderError("There is no EGL"), "There is no EGL", 0),
        (MemoryError("no room"), "the renderer could not be started (MemoryError: no room)", 1),
    ],
)
def test_why_nothing_can_be_drawn(error, told, logged, caplog):
    graphics = Graphics(Failing(error))
    graphics.start()
    assert graphics.outcome() == (None, told)
    assert len(caplog.records) == logged, "only what nobody expected needs a traceback in the terminal"
