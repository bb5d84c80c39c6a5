"""How far a job is, on a terminal and in a log."""

import io
import re

import pytest

from viewer.cli import progress as shown
from viewer.cli.progress import job_progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    """Seconds that only pass when the test says so."""
    now = [1000.0]
    monkeypatch.setattr(shown.time, "monotonic", lambda: now[0])
    return now


def test_a_log_gets_a_line_a_minute(capsys, clock):
    with job_progress("checking") as progress:
        for step in range(8):  # what an earlier run did counts for nothing in the rate
            progress(1000 + 300 * step, step // 4, 7000)
            clock[0] += 30
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "checking: 1,600 of 7,000, 10.00clip/s, 09:00 left",
        "checking: 2,200 of 7,000, 1 failed, 10.00clip/s, 08:00 left",
        "checking: 2,800 of 7,000, 1 failed, 10.00clip/s, 07:00 left",
    ]


def test_short_work_says_nothing_in_a_log(capsys):
    with job_progress("checking") as progress:
        progress(0, 0, 3)
        progress(3, 1, 3)
    assert capsys.readouterr().err == ""


def test_a_terminal_gets_a_bar(monkeypatch):
    terminal, now = Terminal(), [1000.0]
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setattr("tqdm.std.time", lambda: now[0])
    with job_progress("checking", "check") as progress:
        for step, failed in enumerate((0, 2, 2)):
            progress(5000 + step, failed, 10_000)
            now[0] += 0.2
    bars = re.findall(
        r"checking: +50%\S+.*?(5,00\d) of 10,000 \[.*?, +([\d.]+)check/s, 2 failed\]", terminal.getvalue()
    )
    assert bars and all(float(rate) < 100 for _, rate in bars)
