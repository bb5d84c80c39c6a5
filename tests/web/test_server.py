"""The program as a user starts it: `python app.py`."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

import app
import viewer.__main__
from tests.dataset.factories import make_dataset
from tests.waiting import until
from viewer.web.facts import short_path

pytestmark = pytest.mark.usefixtures("signals_end_programs")
ROOT = Path(__file__).parents[2]


def app_command(*arguments):
    return [sys.executable, str(ROOT / "app.py"), *map(str, arguments)]


def start(*arguments):
    """The program, its output in one pipe."""
    return subprocess.Popen(
        app_command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd="/"
    )


@contextmanager
def running(*arguments):
    """The program, once it has printed its URL: (process, its first line)."""
    process = start(*arguments)
    try:
        line = ""
        while "http://" not in line:
            line = process.stdout.readline()
            assert line, "it ended before it was ready"
        yield process, line
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def data(tmp_path):
    return make_dataset(tmp_path / "data", stems=["a_0"], frames=3, description={"expression_space": "arkit52"})


def children(pid):
    return [int(path.name) for path in Path("/proc").glob("[0-9]*") if parent(path) == pid]


def parent(process):
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None


def assert_ends(process, how):
    """It ends by a signal, and takes the renderer along."""
    renderers = children(process.pid)
    assert renderers, "the render process is a child"
    process.send_signal(how)
    assert "Traceback" not in process.communicate(timeout=60)[0]
    wait_until_gone(renderers)


def wait_until_gone(processes):
    until(lambda: not any(alive(pid) for pid in processes))  # or it would outlive the page


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_it_ends_quickly_with_an_open_page(data, tmp_path):
    with running(data, "--port", 0, "--cache", tmp_path / "cache") as (process, line):
        url = re.search(r"http://[^ ]+", line)[0]
        assert "1 clip on demo head" in line
        assert "rendering" in line
        with socket.create_connection(("127.0.0.1", int(re.search(r":(\d+)/", url)[1]))) as tab:
            token = re.search(r"token=([\w-]+)", url)[1]
            ask = f"GET /gradio_api/heartbeat/test HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n"
            tab.sendall(ask.encode())  # never ends by itself
            assert tab.recv(100).startswith(b"HTTP/1.1 200")
            assert_ends(process, signal.SIGINT)


def test_stopped_while_it_loads(data, tmp_path):
    process = start(data, "--port", 0, "--cache", tmp_path / "cache")
    try:
        until(lambda: children(process.pid))  # it starts first, then Gradio loads
        renderers = children(process.pid)
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=60)[0].strip() == "stopped"
    finally:
        process.kill()
    assert process.returncode == 130
    wait_until_gone(renderers)


def test_a_terminal_that_can_only_say_ascii(data, tmp_path):
    code = "import app, viewer.web.server as web; web.serve = lambda _: print('7 · 8'); app.main()"
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-c", code, data, "--cache", tmp_path]
    result = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment)
    assert (result.stdout, result.stderr) == ("7 \\xb7 8\n", "")


def test_everybody_needs_the_token_and_the_terminal_says_how_to_get_here(data, tmp_path):
    arguments = (data, "--host", "0.0.0.0", "--port", 0, "--cache", tmp_path / "cache")
    with running(*arguments) as (process, line):
        port, token = re.search(r":(\d+)/\?token=([\w-]{24,}) ", line).groups()
        assert f"ssh -L {port}:127.0.0.1:{port} " in process.stdout.readline()
        assert process.stdout.readline().startswith("warning: everybody who can reach 0.0.0.0")
        url = f"http://127.0.0.1:{port}/viewer/alive"
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(url)
        bearer = {"Authorization": f"Bearer {token}"}
        assert urllib.request.urlopen(urllib.request.Request(url, headers=bearer)).status == 200
        assert_ends(process, signal.SIGTERM)


def rows_at(address):
    """Rows of a list, once all are there: the catalogue is filled in the background."""
    answers = []

    def complete():
        answers.append(json.loads(urllib.request.urlopen(address).read()))
        return answers[-1]["complete"]

    until(complete)
    return [(row["stem"], row["lve"]) for row in answers[-1]["rows"]]


def test_scores_are_columns_of_the_list_and_nobody_needs_a_token(data, tmp_path):
    """One of the data sets has no clip in the table: it is shown without scores, and nothing is said."""
    preds = make_dataset(
        tmp_path / "preds", stems=["b_0", "b_1"], frames=3, description={"expression_space": "arkit52"}
    )
    (tmp_path / "lve.csv").write_text("stem,lve\nb_0,1\nb_1,2\n")
    options = ("--no-token", "--port", 0, "--cache", tmp_path / "cache", "--scores", tmp_path / "lve.csv")
    with running(data, preds, *options) as (process, line):
        url = re.match(r"(http://[^ ]+/) ", line)[1]
        assert rows_at(f"{url}viewer/@data/clips?sort=-lve") == [("a_0", None)]
        assert rows_at(f"{url}viewer/@preds/clips?sort=-lve") == [("b_1", 2), ("b_0", 1)]
        assert_ends(process, signal.SIGHUP)  # as when its terminal is closed


@pytest.fixture
def fails(capsys):
    """Start the program with arguments that it refuses; returns what it says."""

    def run(*arguments):
        assert app.main([str(argument) for argument in arguments]) in (1, 2)
        return capsys.readouterr().err

    return run


def test_port_in_use(data, tmp_path, fails):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        message = fails(data, "--port", port, "--cache", tmp_path / "cache")
    assert f"port {port} is in use" in message
    assert re.search(r"--port \d+", message)


def test_a_taken_port_leaves_no_cache_folder_behind(data, tmp_path, fails):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        fails(data, "--port", taken.getsockname()[1], "--cache", tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_limits_of_the_checks_that_are_none(data, tmp_path, fails):
    (tmp_path / "limits.toml").write_text("[jaw.bad_above]\nvalue = 1\n")
    message = fails(data, "--port", 0, "--cache", tmp_path / "cache", "--thresholds", tmp_path / "limits.toml")
    assert "--thresholds" in message and "[jaw.bad_above] is no limit" in message


def test_scores_that_are_no_table(data, tmp_path, fails):
    (tmp_path / "lve.csv").write_text("")
    message = fails(data, "--port", 0, "--cache", tmp_path / "cache", "--scores", tmp_path / "lve.csv")
    assert "--scores" in message and "lve.csv" in message


def test_cache_in_the_data_set(data, tmp_path, fails):
    before = sorted(data.rglob("*"))
    (tmp_path / "link").symlink_to(data)
    for folder in (data / "new" / "cache", data, tmp_path / "link" / "cache"):
        message = fails(data, "--port", 0, "--cache", folder)
        assert f"--cache {folder} is inside the data set" in message
    assert sorted(data.rglob("*")) == before


@pytest.fixture
def no_home(monkeypatch):
    """As a user id without an account, such as a container may run under."""

    def unknown(_):
        raise KeyError("uid not found")

    for name in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", unknown)


def test_no_home_folder(no_home, data, fails, capsys):
    assert "--cache DIR" in fails(data, "--port", 0)
    with pytest.raises(SystemExit, match="0"):
        app.main(["--help"])
    assert "your cache folder" in capsys.readouterr().out


def test_no_home_folder_is_needed(no_home, data, tmp_path, monkeypatch):
    served = []
    monkeypatch.setattr("viewer.web.server.serve", served.append)
    assert app.main([str(data), "--cache", str(tmp_path / "cache")]) == 0
    assert served[0].cache == tmp_path / "cache"
    assert short_path(data) == str(data)


@pytest.mark.parametrize("program", [app.main, lambda arguments: viewer.__main__.main(["serve", *arguments])])
def test_both_programs_serve_alike(program, data, tmp_path, monkeypatch):
    served = []
    monkeypatch.setattr("viewer.web.server.serve", served.append)
    arguments = ["--cache", tmp_path, "--port", 0, "--size", 256, "--root-path", "proxy/1/", "--allowed-host", "lab"]
    assert program([str(argument) for argument in (data, *arguments)]) == 0
    (options,) = served
    assert [shown.dataset.path for shown in options.shown] == [data]
    assert (options.cache, options.port, options.view.size) == (tmp_path, 0, 256)
    assert (options.root_path, options.extra_hosts) == ("/proxy/1", ("lab",))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["/nowhere/at/all"], "/nowhere/at/all"),
        (["--look", "neon"], "artalk"),
        (["--camera", "below"], "front"),
        (["--size", "63"], "even"),
        (["--gl", "fast"], "software"),
        (["--port", "99999"], "65535"),
        (["--root-path", "https://lab.example/proxy"], "--allowed-host"),
        (["--root-path", "/viewer"], "the viewer's own routes"),
        (["--model", "/nowhere.pkl"], "/nowhere.pkl"),
        (["--host", "256.1.1.1", "--port", "0"], "127.0.0.1 always works"),
        (["--cache", "/proc/nothing", "--port", "0"], "--cache DIR"),
    ],
)
def test_bad_arguments_are_told_in_one_line(arguments, words, fails):
    message = fails(*arguments)
    assert words in message
    assert len(message.splitlines()) == 1


def test_nothing_heavy_is_imported_for_a_bad_argument():
    heavy = ("gradio", "OpenGL", "pyrender", "torch")
    code = f"import sys, app; app.main(['/nowhere']); print([name for name in {heavy} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert result.stdout.strip() == "[]"
