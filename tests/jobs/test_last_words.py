"""What is said for a process that cannot say anything any more."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import os, sys
from viewer.jobs.last_words import LastWords
words = LastWords("all of {} is gone, {{}}")
words.note(3)
words.note(12)
eval(sys.argv[1])
"""


@pytest.mark.parametrize(
    ("end", "code", "said"),
    [
        ("words.take_back()", 0, ""),
        ("os._exit(7)", 7, "all of 12 is gone, {}\n"),
        ("os.kill(os.getpid(), 9)", -signal.SIGKILL, "all of 12 is gone, {}\n"),
        ("(words.take_back(), os._exit(7))", 7, ""),
        ("(words._process.kill(), words._process.wait(), words.note(1), words.take_back())", 0, ""),
    ],
)
def test_they_are_said_where_nobody_took_them_back(end, code, said):
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, end],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path.cwd())},
    )
    assert process.communicate(timeout=60)[1] == said
    assert process.returncode == code
