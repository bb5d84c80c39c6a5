"""How commands end that are stopped."""

import os
import signal
import subprocess
import sys
import time
from argparse import Namespace

import pytest

from viewer.terminal import run_command

pytestmark = pytest.mark.usefixtures("signals_end_programs")
SIGNALS = [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]


def stop(how):
    os.kill(os.getpid(), how)
    raise AssertionError("nobody was stopped")


@pytest.mark.parametrize(("how", "code"), SIGNALS)
def test_who_presses_ctrl_c_twice_means_it_once(capsys, monkeypatch, how, code):
    monkeypatch.setattr("viewer.terminal._CLEANING_SECONDS", 1000.0)
    put_away = []

    def run(_options):
        try:
            stop(how)
        finally:
            for again, _ in SIGNALS:
                os.kill(os.getpid(), again)
            put_away.append("half a film")

    before = [signal.getsignal(number) for number, _ in SIGNALS]
    assert run_command(lambda _argv: Namespace(run=run)) == code
    assert put_away
    assert capsys.readouterr().err == "stopped\n"
    assert [signal.getsignal(number) for number, _ in SIGNALS] == before


def test_what_hangs_while_it_is_stopped_can_be_stopped_later(monkeypatch):
    monkeypatch.setattr("viewer.terminal._CLEANING_SECONDS", 0.0)

    def run(_options):
        try:
            stop(signal.SIGINT)
        finally:
            stop(signal.SIGTERM)

    assert run_command(lambda _argv: Namespace(run=run)) == 143


class Finalised:
    """An object that has something to do when it goes."""

    def __init__(self, do):
        self.do = do

    def __del__(self):
        self.do()


@pytest.mark.parametrize(("how", "code"), SIGNALS)
def test_a_signal_that_comes_while_an_object_is_finalised_stops_all_the_same(capfd, how, code):
    """What is raised there Python tells on standard error and forgets."""

    def run(_options):
        gone = Finalised(lambda: stop(how))
        del gone
        time.sleep(60)
        return 0

    assert run_command(lambda _argv: Namespace(run=run)) == code
    assert capfd.readouterr().err == "stopped\n"


def test_other_errors_of_objects_that_go_are_told_as_ever(capfd, monkeypatch):
    monkeypatch.setattr(sys, "unraisablehook", sys.__unraisablehook__)  # instead of pytest's

    def run(_options):
        gone = Finalised(lambda: 1 / 0)
        del gone
        return 0

    assert run_command(lambda _argv: Namespace(run=run)) == 0
    assert "ZeroDivisionError" in capfd.readouterr().err
    assert sys.unraisablehook is sys.__unraisablehook__


def test_a_program_that_still_loads_is_stopped_in_one_line(capsys):
    assert run_command(lambda _argv: stop(signal.SIGINT)) == 130
    assert capsys.readouterr().err == "stopped\n"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGHUP])
def test_what_was_ignored_stays_so(how):
    """As under nohup, and in the background of a shell's script."""
    before = signal.signal(how, signal.SIG_IGN)
    try:
        assert run_command(lambda _argv: Namespace(run=lambda _options: os.kill(os.getpid(), how) or 0)) == 0
    finally:
        signal.signal(how, before)


@pytest.mark.parametrize(("nobody_reads", "code"), [("stdout", 0), ("stderr", 1)])
def test_only_who_has_read_enough_of_the_results_ends_a_command_well(nobody_reads, code):
    """As `head` does; a run that cannot say how it goes has not been finished."""
    script = f"""
import sys
import time
from argparse import Namespace
from viewer.terminal import run_command

def run(_options):
    for n in range(100_000):
        print(n, file=sys.{nobody_reads}, flush=True)
    return 5

sys.exit(run_command(lambda _argv: Namespace(run=run)))
"""
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    unread, read = process.stdout, process.stderr
    if nobody_reads == "stderr":
        unread, read = read, unread
    unread.close()
    with read:
        assert read.read() == b""
    assert process.wait() == code
