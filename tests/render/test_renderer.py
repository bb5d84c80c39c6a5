"""The render process and its client: threads, crashes, forks, memory, bad input."""

from __future__ import annotations

import contextlib
import gc
import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.render import heads
from tests.waiting import until
from viewer.errors import RenderError, UsageError
from viewer.render import Renderer, list_devices, shared_renderer
from viewer.render.child import RenderProcess

ROOT = Path(__file__).parents[2]
HEAD: dict[str, Any] = {"faces": heads.faces(), "v_template": heads.head(), "size": 64}


@pytest.fixture
def own() -> Iterator[Renderer]:
    with Renderer(gl="software") as renderer:
        yield renderer


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until_gone(pid: int, seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not is_running(pid)


def python(code: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key not in ("PYOPENGL_PLATFORM", "PYTHONPATH")}
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{code}"
    return subprocess.run(
        [sys.executable, "-"],
        input=code,
        cwd=cwd,
        env={**environment, **env},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize("lengths", [[1], [5, 1, 2], [16, 17], [40]])
def test_one_picture_per_frame_in_order(renderer: Renderer, lengths: list[int]) -> None:
    vertices = heads.motion(sum(lengths))
    blocks = np.split(vertices, np.cumsum(lengths)[:-1])
    frames = list(renderer.frames(blocks, **HEAD))
    singles = [next(iter(renderer.frames([v[None]], **HEAD))) for v in vertices]
    np.testing.assert_array_equal(frames, singles)


def test_threads_get_their_own_frames(renderer: Renderer) -> None:
    """Background and mouth mark each caller's frames; all draw at once, with different sizes and looks."""

    def clip(i: int) -> None:
        options = {**HEAD, "size": (64, 64 + 2 * i), "background": (10 * i, 255 - 10 * i, 7)}
        vertices = heads.motion(23, phase=i)
        frames = list(renderer.frames(np.array_split(vertices, 4), **options))
        assert len(frames) == 23
        for frame in frames:
            assert frame.shape == (64 + 2 * i, 64, 3)
            assert (frame[0] == options["background"]).all()
        (alone,) = renderer.frames([vertices[11:12]], **options)
        np.testing.assert_array_equal(frames[11], alone)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(clip, range(8)))


def test_few_blocks_are_read_ahead(renderer: Renderer) -> None:
    taken = itertools.count()
    frames = renderer.frames((heads.head()[None] for _ in taken), **HEAD)
    next(frames)
    frames.close()  # type: ignore[attr-defined]
    assert next(taken) <= 5


def test_a_killed_process_is_reported_and_replaced(own: Renderer) -> None:
    frames = own.frames([heads.motion(400)], **HEAD)
    next(frames)
    first = own.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    with pytest.raises(RenderError, match=r"killed by signal 9 \(SIGKILL\)"):
        list(frames)
    assert len(list(own.frames([heads.motion(3)], **HEAD))) == 3
    assert own.pid != first


def test_a_signal_without_a_name_of_its_own_is_reported(own: Renderer) -> None:
    """Real-time signals have numbers only."""
    frames = own.frames([heads.motion(400)], **HEAD)
    next(frames)
    assert own.pid is not None
    os.kill(own.pid, signal.SIGRTMIN + 3)
    with pytest.raises(RenderError, match=f"killed by signal {signal.SIGRTMIN + 3}"):
        list(frames)


def test_others_go_on_when_the_process_dies(own: Renderer) -> None:
    """Only the block that was being drawn is lost."""
    assert own.info.software
    outcomes: list[Any] = []

    def clip() -> None:
        try:
            outcomes.append(len(list(own.frames([heads.motion(120)], **HEAD))))
        except RenderError as error:
            outcomes.append(error)

    threads = [threading.Thread(target=clip) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    if own.pid is not None:
        os.kill(own.pid, signal.SIGKILL)
    for thread in threads:
        thread.join(60)
    assert len(outcomes) == 4
    assert outcomes.count(120) >= 3


def test_on_one_core_no_thread_helps_and_pictures_are_the_same(renderer: Renderer) -> None:
    motion, options = heads.motion(3), {"faces": heads.faces(), "v_template": heads.head(), "size": 128}
    with Renderer(gl="software", one_core=True) as alone:
        pictures = list(alone.frames([motion], **options))
        names = [path.read_text() for path in Path(f"/proc/{alone.pid}/task").glob("*/comm")]
    assert not any("llvmpipe-" in name for name in names)
    np.testing.assert_array_equal(pictures, list(renderer.frames([motion], **options)))


def test_a_silent_process_is_ended(own: Renderer) -> None:
    assert own.info.software
    process = own._desk._processes[0]
    assert process is not None
    process._socket.settimeout(0.5)
    os.kill(process.pid, signal.SIGSTOP)
    with pytest.raises(RenderError, match="said nothing"):
        list(own.frames([heads.motion(1)], **HEAD))
    assert not is_running(process.pid)
    assert len(list(own.frames([heads.motion(1)], **HEAD))) == 1


def test_closing_ends_the_process() -> None:
    renderer = Renderer(gl="software")
    frames = renderer.frames([heads.motion(100)], **HEAD)
    next(frames)
    pid = renderer.pid
    assert pid is not None
    renderer.close()
    renderer.close()
    assert not is_running(pid)
    with pytest.raises(RenderError, match="closed"):
        list(frames)
    with pytest.raises(RenderError, match="closed"):
        renderer.info  # noqa: B018


def test_a_forgotten_renderer_takes_its_process_along() -> None:
    renderer = Renderer(gl="software")
    assert renderer.info.software
    pid = renderer.pid
    assert pid is not None
    del renderer
    gc.collect()
    assert wait_until_gone(pid)


@pytest.mark.parametrize("how", ["SIGKILL", "end"])
def test_no_orphan_outlives_its_owner(tmp_path: Path, how: str) -> None:
    code = f"""
import os, signal
from tests.render import heads
from viewer.render import Renderer
r = Renderer(gl="software")
frames = r.frames([heads.motion(500)], faces=heads.faces(), v_template=heads.head(), size=64)
next(frames)
print(r.pid, flush=True)
if {how!r} == "SIGKILL":
    os.kill(os.getpid(), signal.SIGKILL)
"""
    done = python(code, tmp_path)
    assert done.returncode == (-9 if how == "SIGKILL" else 0), done.stderr
    assert wait_until_gone(int(done.stdout))


def test_a_forked_copy_starts_its_own_process(own: Renderer) -> None:
    (expected,) = own.frames([heads.motion(1)], **HEAD)
    parents = own.pid
    read, write = os.pipe()
    fork = os.fork()
    if fork == 0:
        try:
            (frame,) = own.frames([heads.motion(1)], **HEAD)
            pid = own.pid
            own.close()
            os.write(write, f"{pid} {(frame == expected).all()}".encode())
        finally:
            os._exit(0)
    os.close(write)
    os.waitpid(fork, 0)
    pid, same = os.read(read, 100).decode().split()
    assert same == "True"
    assert int(pid) != parents
    (again,) = own.frames([heads.motion(1)], **HEAD)
    np.testing.assert_array_equal(again, expected)
    assert own.pid == parents


def test_a_script_anywhere_can_draw_and_stays_clean(tmp_path: Path) -> None:
    """No main guard, a running event loop, a bogus display, files that shadow libraries; nothing of OpenGL comes in."""
    for name in ("numpy.py", "cv2.py", "viewer.py"):
        (tmp_path / name).write_text("raise RuntimeError('the wrong module')")
    code = """
import asyncio, os, sys
sys.path[:] = [p for p in sys.path if p not in ("", os.getcwd())]
before = dict(os.environ)
from tests.render import heads
from viewer.render import shared_renderer
async def main():
    return list(shared_renderer("software").frames([heads.motion(2)], faces=heads.faces(), v_template=heads.head()))
print(len(asyncio.run(main())))
assert dict(os.environ) == before
loaded = {name.split(".")[0] for name in sys.modules} & {"OpenGL", "pyrender", "pyglet", "trimesh", "gradio", "torch"}
assert not loaded, loaded
"""
    done = python(code, tmp_path, DISPLAY=":77", PYTHONOPTIMIZE="1", EGL_DEVICE_ID="9")
    assert done.stdout == "2\n", done.stderr


def test_memory_does_not_grow(own: Renderer) -> None:
    def megabytes() -> float:
        pages = int(Path(f"/proc/{own.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def draw(n: int) -> None:
        for _ in own.frames((heads.motion(10) for _ in range(n // 10)), **{**HEAD, "size": 128}):
            pass

    draw(60)
    before = megabytes()
    draw(300)
    assert megabytes() - before < 8  # naive pyrender: about 1 MB a frame


def test_the_shared_renderer_is_one_and_is_replaced_when_closed() -> None:
    first = shared_renderer("software")
    assert shared_renderer("software") is first
    first.close()
    assert shared_renderer("software") is not first
    shared_renderer("software").close()


def test_info_and_devices_agree(renderer: Renderer) -> None:
    assert renderer.info.software
    assert "llvmpipe" in renderer.info.renderer or "softpipe" in renderer.info.renderer
    device = next(d for d in list_devices() if d.software)
    assert renderer.info.device == f"{device.index}: {device.name}"


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"size": 127}, UsageError, "even"),
        ({"size": (128, 100000)}, UsageError, "4096"),
        ({"size": (1, 2, 3)}, UsageError, "width, height"),
        ({"look": "shiny"}, UsageError, "artalk, voca, grey, skin"),
        ({"camera": "back"}, UsageError, "front, three-quarter, profile"),
        ({"background": (0, 0, 256)}, UsageError, "0..255"),
        ({"faces": heads.faces() + 10**6}, RenderError, "different models"),
        ({"faces": heads.faces()[:, :2]}, RenderError, r"\(F, 3\)"),
        ({"v_template": heads.head() * np.nan}, RenderError, "NaN"),
        ({"v_template": heads.head()[:, :2]}, RenderError, r"\(V, 3\)"),
        ({"colors": heads.colors()[:5]}, RenderError, "colors"),
        ({"colors": heads.colors() / 255}, RenderError, "uint8"),
    ],
)
def test_bad_requests_are_refused_at_once(options: dict[str, Any], error: type[Exception], message: str) -> None:
    renderer = Renderer(gl="software")
    with pytest.raises(error, match=message):
        renderer.frames([heads.motion(1)], **{**HEAD, **options})
    assert renderer.pid is None


def test_the_frame_with_nan_is_named(renderer: Renderer) -> None:
    vertices = heads.motion(60)
    vertices[37, 5, 1] = np.nan
    frames = renderer.frames([vertices[:20], vertices[20:40], vertices[40:]], **HEAD)
    with pytest.raises(RenderError, match="frame 37 hold NaN"):
        list(frames)
    assert len(list(renderer.frames([vertices[:30]], **HEAD))) == 30


def test_vertices_of_another_model_are_refused(renderer: Renderer) -> None:
    with pytest.raises(RenderError, match=f"expected float \\(frames, {len(heads.head())}, 3\\)"):
        list(renderer.frames([heads.motion(2)[:, 1:]], **HEAD))


def test_a_device_that_does_not_exist_lists_those_that_do() -> None:
    with Renderer(gl=7) as renderer, pytest.raises(RenderError, match=r"no EGL device 7; there is 0: "):
        renderer.info  # noqa: B018
    with pytest.raises(UsageError, match="software"):
        Renderer(gl="fast")


def test_a_python_that_cannot_start_is_an_error(monkeypatch: pytest.MonkeyPatch, own: Renderer) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", "/nowhere/python")
        with pytest.raises(RenderError, match="Cannot start /nowhere/python"):
            own.info  # noqa: B018
    assert own.info.software


@pytest.mark.parametrize("missing", ["libEGL", "libGL", "driver", "vendor"])
def test_missing_opengl_names_the_fix(tmp_path: Path, missing: str) -> None:
    """A file that is no library, first in the search path, does what a missing library does."""
    env = {
        "libEGL": {"LD_LIBRARY_PATH": str(tmp_path)},
        "libGL": {"LD_LIBRARY_PATH": str(tmp_path)},
        "driver": {"LIBGL_DRIVERS_PATH": str(tmp_path), "GBM_BACKENDS_PATH": str(tmp_path)},
        "vendor": {"__EGL_VENDOR_LIBRARY_DIRS": str(tmp_path)},
    }[missing]
    hidden = {"libEGL": ["libEGL.so.1"], "libGL": ["libGL.so", "libGL.so.1", "libOpenGL.so.0"]}
    for name in hidden.get(missing, []):
        (tmp_path / name).write_text("no library")
    code = """
from viewer.errors import RenderError
from viewer.render import Renderer
try:
    print(Renderer().info)
except RenderError as error:
    print("RenderError", error)
"""
    done = python(code, tmp_path, **env)
    if missing == "driver" and done.stdout.startswith("GlInfo"):
        pytest.skip("this Mesa keeps its drivers elsewhere")
    assert done.stdout.startswith("RenderError"), done.stdout + done.stderr
    assert "apt-get install libegl1 libgl1 libgl1-mesa-dri" in done.stdout
    assert "NVIDIA_DRIVER_CAPABILITIES" in done.stdout


def test_a_second_process_helps_where_the_processor_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("viewer.render.client._SECONDS_ALONE", 0.0)
    motion = heads.motion(96)
    with Renderer(gl="software", one_core=True) as alone:
        first = np.stack(list(alone.frames([motion], **HEAD)))
    drawn_by: set[RenderProcess] = set()
    draw_job = RenderProcess.draw

    def note(process: RenderProcess, job: Any) -> Any:
        drawn_by.add(process)
        return draw_job(process, job)

    monkeypatch.setattr(RenderProcess, "draw", note)
    before = _render_processes()
    with Renderer(gl="software") as renderer:

        def draw() -> np.ndarray:
            return np.stack(list(renderer.frames([motion], **HEAD)))

        def has_helped() -> bool:
            assert np.array_equal(draw(), first)  # in their order, whoever drew them
            return helping() in drawn_by

        def helping() -> RenderProcess | None:
            return renderer._desk._processes[1]

        until(has_helped)
        helper = helping()
        assert helper is not None
        os.kill(helper.pid, signal.SIGKILL)

        def is_missed() -> bool:
            with contextlib.suppress(RenderError):  # of the block that it dies with
                draw()
            return not helper.alive

        until(is_missed)
        until(lambda: has_helped() and helping() is not helper)
    assert _render_processes() <= before


def test_where_no_second_process_can_start_one_draws_alone(
    own: Renderer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("viewer.render.client._SECONDS_ALONE", 0.0)
    assert own.info.software
    tried = threading.Event()

    def refuse(*_: Any, **__: Any) -> None:
        tried.set()
        raise RenderError("there is no memory")

    monkeypatch.setattr("viewer.render.client.RenderProcess", refuse)
    assert len(list(own.frames([heads.motion(96)], **HEAD))) == 96
    assert tried.wait(60)
    assert len(list(own.frames([heads.motion(96)], **HEAD))) == 96
    assert "no second process helps to draw: there is no memory" in caplog.text


@pytest.mark.parametrize("which", [0, 1])
def test_where_a_thread_cannot_start_nobody_waits_for_it(
    own: Renderer, monkeypatch: pytest.MonkeyPatch, which: int
) -> None:
    """As in a container that allows so many and no more."""
    monkeypatch.setattr("viewer.render.client._SECONDS_ALONE", 0.0)
    start = threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        if thread.name == f"viewer-render-{which}":
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    if which == 0:
        with pytest.raises(RenderError, match="can't start new thread"):
            next(own.frames([heads.motion(1)], **HEAD))
        monkeypatch.undo()
    assert len(list(own.frames([heads.motion(96)], **HEAD))) == 96


def _render_processes() -> set[int]:
    """Children of this process that draw."""
    found = set()
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == os.getpid() and b"viewer.render.process" in (path / "cmdline").read_bytes():
                found.add(int(path.name))
    return found
