"""What a script or a notebook uses: `import viewer`."""

import subprocess
import sys
import types
from pathlib import Path

import av
import numpy as np
import pytest

import viewer
from tests.dataset.factories import make_dataset
from viewer.errors import ClipError, DatasetError, UsageError

REPOSITORY = Path(__file__).parents[1]
HEAVY = ("gradio", "OpenGL", "pyrender", "torch", "av", "scipy", "trimesh", "cv2", "PIL")


def modules_after(code):
    command = [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in done.stdout.split()}


def test_importing_the_package_loads_next_to_nothing():
    assert not modules_after("import viewer") & {*HEAVY, "numpy", "soundfile"}


@pytest.mark.parametrize("name", ["Clip", "Dataset"])
def test_data_is_read_without_anything_that_draws(name):
    assert not modules_after(f"import viewer; viewer.{name}") & set(HEAVY)


@pytest.mark.parametrize("code", ["import viewer; viewer.export, viewer.FlameModel", "import viewer.render"])
def test_opengl_is_never_loaded_into_the_users_process(code):
    assert not modules_after(code) & {"gradio", "OpenGL", "pyrender", "torch"}


def test_the_command_line_starts_light():
    code = "from viewer.__main__ import parser; parser()"
    assert not modules_after(code) & set(HEAVY)


def test_names_are_listed_and_others_refused():
    assert {"Clip", "Dataset", "FlameModel", "export", "show", "__version__"} <= set(dir(viewer))
    with pytest.raises(AttributeError, match="nonsense"):
        viewer.nonsense  # noqa: B018


@pytest.fixture
def clip():
    return viewer.Clip.from_arrays(
        exp=np.zeros((5, 10)), pose=np.zeros((5, 6)), audio=np.zeros(3200), sample_rate=16000, stem="mine"
    )


def test_export_of_arrays(clip, tmp_path):
    done = []
    receipt = viewer.export(
        clip, tmp_path / "a.mp4", size=(96, 64), background=(255, 0, 0), progress=lambda *n: done.append(n)
    )
    assert (receipt.stem, receipt.frames, tuple(receipt.size)) == ("mine", 5, (96, 64))
    assert done[-1] == (5, 5)
    with av.open(str(tmp_path / "a.mp4")) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
        assert len(container.streams.audio) == 1
    assert len(frames) == 5
    assert frames[0].shape == (64, 96, 3)


def test_export_of_a_stem(tmp_path):
    data = make_dataset(tmp_path / "data", stems=["a"], frames=3)
    assert viewer.export("a", tmp_path / "a.mp4", data=data, size=64).stem == "a"


def test_the_home_folder_is_found(clip, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    viewer.export(clip, "~/a.mp4", size=64)
    assert (tmp_path / "a.mp4").is_file()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"crf": "a"}, "crf is 'a'"),
        ({"size": "big"}, "'big'"),
        ({"background": "red"}, "'red'"),
        ({"gl": "metal"}, "'metal'"),
        ({"model": 3}, "3 is no path"),
        ({"path": None}, "None is no path"),
        ({"path": "~nosuchuser/a.mp4"}, "home folder of ~nosuchuser"),
        ({"path": "a\0b.mp4"}, "NUL"),
        ({"clip": 3}, "3 is no clip; expected a Clip or a stem"),
    ],
)
def test_values_of_the_wrong_kind_are_told(clip, tmp_path, options, message):
    with pytest.raises(UsageError, match=message):
        viewer.export(**({"clip": clip, "path": tmp_path / "a.mp4"} | options))
    assert list(tmp_path.iterdir()) == []


def test_mistakes_are_told(clip, tmp_path):
    with pytest.raises(DatasetError, match="no clip 'nobody'"):
        viewer.export("nobody", tmp_path / "a.mp4")
    with pytest.raises(UsageError, match="a Clip needs none"):
        viewer.export(clip, tmp_path / "a.mp4", data="x")
    with pytest.raises(UsageError, match="artalk"):
        viewer.export(clip, tmp_path / "a.mp4", look="nice")
    with pytest.raises(ClipError):
        viewer.Clip.from_arrays(exp=[[1]], pose=[[1]])
    assert list(tmp_path.iterdir()) == []


def test_show_embeds_the_film(clip, monkeypatch):
    display = types.ModuleType("IPython.display")
    display.Video = types.SimpleNamespace
    monkeypatch.setitem(sys.modules, "IPython", types.ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    shown = viewer.show(clip, size=64)
    assert shown.data[4:8] == b"ftyp"
    assert (shown.embed, shown.mimetype, shown.width, shown.height) == (True, "video/mp4", 64, 64)


def test_show_without_a_notebook_says_what_to_do(clip, monkeypatch):
    monkeypatch.setitem(sys.modules, "IPython", None)
    monkeypatch.setitem(sys.modules, "IPython.display", None)
    with pytest.raises(UsageError, match=r"pip install jupyterlab, or use viewer\.export"):
        viewer.show(clip)
