"""Maps and plugins: files of one's own."""

import textwrap

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from tests.dataset import track_factories as make
from viewer.dataset.entry import FileEntry
from viewer.dataset.tracks import FORMATS, TrackOptions, load_plugin, read_map, read_track, read_track_header
from viewer.dataset.tracks.rotation import to_axis_angle
from viewer.errors import ClipError, UsageError


@pytest.fixture
def mapped(tmp_path):
    """Read arrays by a map: `mapped(arrays, toml)`."""

    def read(arrays, text):
        (tmp_path / "map.toml").write_text(textwrap.dedent(text), encoding="utf-8")
        if isinstance(arrays, dict):
            path = make.write_npz(tmp_path / "a.npz", arrays)
        else:
            path = make.write_npy(tmp_path / "a.npy", arrays)
        options = TrackOptions(mapping=read_map(tmp_path / "map.toml"))
        track = read_track(FileEntry(path), options=options)
        assert read_track_header(FileEntry(path), options=options) == track.header
        return track

    return read


def test_columns_order_units_rate_and_space(mapped):
    made = make.coefficients(n_exp=50)
    rows = np.concatenate([np.degrees(made["pose"][:, [5, 4, 3]]), made["exp"]], axis=1)
    track = mapped(
        {"motion": rows, "identity": made["shape"]},
        """
        fps = 30
        expression_space = "flame2023"
        [exp]
        key = "motion"
        columns = "3:53"
        [jaw]
        key = "motion"
        columns = [2, 1, 0]
        units = "degrees"
        [shape]
        key = "identity"
        columns = "0:10"
        """,
    )
    np.testing.assert_allclose(track.exp, made["exp"])
    np.testing.assert_allclose(track.pose[:, 3:], made["pose"][:, 3:], rtol=1e-6)
    assert not track.pose[:, :3].any()
    np.testing.assert_array_equal(np.ravel(track.shape), made["shape"][:10])
    assert (track.fps, track.expression_space) == (30, "flame2023")
    assert [flag.code for flag in track.flags] == ["no-pose"]


def test_an_array_without_a_name_needs_no_key(mapped):
    track = mapped(make.artalk(), '[exp]\ncolumns = "0:100"\n[pose]\ncolumns = "100:106"\n')
    np.testing.assert_array_equal(track.pose, make.coefficients()["pose"])


def test_the_frame_rate_may_be_an_array(mapped):
    assert mapped({"x": make.artalk(), "rate": 60.0}, 'fps_key = "rate"\n').fps == 60


def test_a_map_may_change_no_more_than_the_rate_and_space_of_a_known_format(mapped):
    track = mapped(make.mesh(), "fps = 30\n")
    assert (track.kind, track.fps) == ("vertices", 30)
    track = mapped(make.smplx(), 'format = "smplx"\nfps = 15\nexpression_space = "flame2023"')
    assert (track.fps, track.expression_space) == (15, "flame2023")


@pytest.mark.parametrize(("unit", "factor"), [("mm", 1000), ("cm", 100), ("m", 1)])
def test_vertices_in_other_units(mapped, unit, factor):
    track = mapped({"v": make.mesh(n_vertices=7) * factor}, f'[vertices]\nkey = "v"\nunits = "{unit}"')
    np.testing.assert_allclose(track.vertices, make.mesh(n_vertices=7), rtol=1e-6)


FORMS = {
    "axis-angle": Rotation.as_rotvec,
    "matrix": lambda r: r.as_matrix().reshape(-1, 9),
    "6d": lambda r: r.as_matrix()[:, :2].reshape(-1, 6),
    "6d-columns": lambda r: r.as_matrix()[:, :, :2].transpose(0, 2, 1).reshape(-1, 6),
    "quaternion-xyzw": Rotation.as_quat,
    "quaternion-wxyz": lambda r: r.as_quat()[:, [3, 0, 1, 2]],
    "euler-XYZ": lambda r: r.as_euler("XYZ"),
    "euler-zyx": lambda r: r.as_euler("zyx"),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_rotation(mapped, form):
    rotations = Rotation.random(20, random_state=0)
    arrays = {"exp": np.zeros((20, 3)), "r": FORMS[form](rotations)}
    track = mapped(arrays, f'[exp]\nkey = "exp"\n[global]\nkey = "r"\nrotation = "{form}"')
    np.testing.assert_allclose(Rotation.from_rotvec(track.pose[:, :3]).as_matrix(), rotations.as_matrix(), atol=1e-6)


def test_a_jaw_that_is_one_angle_opens_about_x(mapped):
    arrays = {"exp": np.zeros((3, 2)), "open": np.array([[0.0], [90.0], [10.0]])}
    track = mapped(arrays, '[exp]\nkey = "exp"\n[jaw]\nkey = "open"\nrotation = "x-angle"\nunits = "degrees"')
    np.testing.assert_allclose(track.pose[:, 3], np.radians([0, 90, 10]))
    assert not track.pose[:, 4:].any()


def test_matrices_may_be_tables(mapped):
    rotations = Rotation.random(4, random_state=1)
    track = mapped({"r": rotations.as_matrix()}, '[global]\nkey = "r"\nrotation = "matrix"')
    np.testing.assert_allclose(track.pose[:, :3], rotations.as_rotvec(), atol=1e-6)


def test_frames_of_a_rotation_that_are_not_finite_stay_so():
    matrices = np.tile(np.eye(3).ravel(), (3, 1))
    matrices[1, 4] = np.nan
    assert np.isnan(to_axis_angle(matrices, "matrix")).all(axis=1).tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("form", "values"),
    [
        ("matrix", np.zeros((2, 9))),
        ("matrix", -np.eye(3).reshape(1, 9)),
        ("6d", np.zeros((2, 6))),
        ("6d", np.ones((2, 6))),
        ("quaternion-xyzw", np.zeros((2, 4))),
    ],
)
def test_what_is_no_rotation_is_refused(mapped, form, values):
    with pytest.raises(ClipError, match=f"r \\(jaw, {form}\\): some"):
        mapped({"r": values}, f'[jaw]\nkey = "r"\nrotation = "{form}"')


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[exp]\nkey = "none"', "no none in the file"),
        ('[exp]\nkey = "x"\ncolumns = "100:200"', "x has width 106, so it has no column 199"),
        ('[jaw]\nkey = "x"', "x has width 106; expected 3 \\(jaw, axis-angle\\)"),
        ('fps_key = "x"', "x has shape \\(6, 106\\); expected one number"),
    ],
)
def test_a_file_that_does_not_fit_its_map_is_a_clip_error(mapped, text, message):
    with pytest.raises(ClipError, match=message):
        mapped({"x": make.artalk()}, text)


WRONG_MAPS = {
    "no TOML": ("fps = = 3", "no TOML.*line 1"),
    "an unknown setting": ("# mine\nrate = 3", "map.toml, line 2: rate: unknown; expected format, fps"),
    "an unknown table": ("fps = 25\n[neck]\nkey = 'x'", "line 2: neck: unknown"),
    "an unknown key": ("[exp]\nkeys = 'x'", r"line 2: \[exp\] keys: unknown in \[exp\]; expected key, columns"),
    "no table": ("exp = 'x'", "line 1: exp: 'x'; expected a table"),
    "a rate of text": ("fps = 'rate'", "line 1: fps: 'rate'; expected 1 to 1000.*fps_key"),
    "a rate of 0": ("fps = 0", "expected 1 to 1000"),
    "a rate of NaN": ("fps = nan", "expected 1 to 1000"),
    "a rate that is true": ("fps = true", "expected 1 to 1000"),
    "columns backwards": ("[exp]\ncolumns = '9:3'", r"line 2: \[exp\] columns: '9:3'; expected such as"),
    "columns without end": ("[exp]\ncolumns = '9:'", "expected such as"),
    "negative columns": ("[exp]\ncolumns = [-1]", "expected such as"),
    "no columns": ("[exp]\ncolumns = []", "expected such as"),
    "five columns of a pose": ("[pose]\ncolumns = '0:5'", "5 of them; expected 6"),
    "an unknown rotation": ("[jaw]\nrotation = 'rpy'", r"line 2: \[jaw\] rotation: 'rpy'; expected axis-angle, matrix"),
    "euler about one axis thrice": ("[jaw]\nrotation = 'euler-xxy'", "rotation: 'euler-xxy'; expected"),
    "a pose of matrices": ("[pose]\nrotation = 'matrix'", r"give \[global\] and \[jaw\]"),
    "degrees of a matrix": ("[jaw]\nrotation = 'matrix'\nunits = 'degrees'", "expected none for matrix"),
    "radians of vertices": ("[vertices]\nunits = 'radians'", "'radians'; expected m or cm or mm"),
    "units of expressions": ("[exp]\nunits = 'mm'", r"unknown in \[exp\]"),
    "pose and jaw": ("[pose]\n[jaw]", r"line 2: jaw: \[pose\] holds it already"),
    "vertices and expressions": ("[vertices]\n[exp]", "line 2: exp: a map with .vertices. has no coefficients"),
    "identity alone": ("[shape]", "line 1: shape: no motion beside it"),
    "a format and tables": ("format = 'artalk'\n[exp]", r"line 1: format: a map with \[exp\] says itself"),
    "an unknown format": ("format = 'artalks'", "line 1: format: no track format 'artalks'; did you mean artalk"),
    "a key that is a number": ("[exp]\nkey = 3", "expected a text"),
    "an empty space": ("expression_space = ''", "expected a text"),
}


@pytest.mark.parametrize("name", WRONG_MAPS)
def test_a_wrong_map_is_told_by_line_and_setting(tmp_path, name):
    text, message = WRONG_MAPS[name]
    path = tmp_path / "map.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=message) as error:
        read_map(path)
    assert str(path) in str(error.value)


def test_a_map_that_is_not_there(tmp_path):
    with pytest.raises(UsageError, match=r"map .*none\.toml"):
        read_map(tmp_path / "none.toml")


def test_the_example_of_the_documentation_reads(tmp_path):
    example = (make.Path(__file__).parents[2] / "docs" / "tracks.md").read_text("utf-8")
    text = example.split("```toml")[1].split("```")[0]
    path = tmp_path / "map.toml"
    path.write_text(text, encoding="utf-8")
    assert read_map(path).plan is not None


PLUGIN = """
import numpy as np
from viewer.dataset.tracks import Track, TrackFormat, register_format

def read(file):
    rows = np.loadtxt(file.read_bytes().decode().splitlines(), delimiter=",", ndmin=2)
    return Track(exp=rows[:, :-1], pose=np.pad(rows[:, -1:], ((0, 0), (3, 2))), fps=50)

register_format(TrackFormat("csv", "mine", lambda file: file.suffix == ".csv", read=read, suffixes=(".csv",)))
"""


@pytest.fixture
def plugin(tmp_path):
    """Write and load a plugin; its formats are forgotten at the end."""
    before = dict(FORMATS)

    def load(text, name="plugin.py"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        load_plugin(str(tmp_path / name))

    yield load
    FORMATS.clear()
    FORMATS.update(before)


def test_a_function_of_ones_own_reads_any_file(tmp_path, plugin):
    plugin(PLUGIN)
    path = tmp_path / "a.csv"
    path.write_text("1,2,0.5\n3,4,0.25\n")
    track = read_track(FileEntry(path))
    np.testing.assert_array_equal(track.exp, [[1, 2], [3, 4]])
    np.testing.assert_array_equal(track.pose, [[0, 0, 0, 0.5, 0, 0], [0, 0, 0, 0.25, 0, 0]])
    assert read_track_header(FileEntry(path)).fps == track.fps == 50
    (tmp_path / "map.toml").write_text("fps = 20")
    options = TrackOptions("csv", read_map(tmp_path / "map.toml"))
    assert read_track(FileEntry(path), options=options).fps == 20


def test_a_format_of_ones_own_may_be_a_plan(tmp_path, plugin):
    plugin("""
from viewer.dataset.tracks import Part, Plan, TrackFormat, register_format
plan = Plan(exp=Part("e"), jaw=Part("j"), usual_fps=60)
register_format(TrackFormat("mine", "me", lambda file: "e" in file and "j" in file, plan=lambda file: plan))
""")
    path = make.write_npz(tmp_path / "a.npz", {"e": np.ones((3, 5)), "j": np.ones((3, 3))})
    assert read_track(FileEntry(path)).fps == 60


@pytest.mark.parametrize(
    ("read", "message"),
    [
        ("lambda file: file.nothing", "track format mine failed on .*a.csv: AttributeError"),
        ("lambda file: 3", "returned int for .*; expected a Track"),
        ("lambda file: Track(fps=25)", "found no frames"),
        ("lambda file: Track(fps=0, vertices=np.ones((2, 3, 3)))", "gave .* 0 frames per second"),
        ("lambda file: file.array('x')", "not a file of arrays"),
    ],
)
def test_a_function_that_fails_is_an_error_of_its_clip(tmp_path, plugin, read, message):
    plugin(f"""
import numpy as np
from viewer.dataset.tracks import Track, TrackFormat, register_format
register_format(TrackFormat("mine", "me", lambda file: True, read={read}))
""")
    path = tmp_path / "a.csv"
    path.write_text("1")
    with pytest.raises(ClipError, match=message):
        read_track(FileEntry(path))


def test_a_format_that_looks_for_an_array_that_is_not_there_leaves_the_others_alone(tmp_path, plugin):
    plugin("""
from viewer.dataset.tracks import Track, TrackFormat, register_format
register_format(TrackFormat("mine", "me", lambda file: file.header("motion").shape[1] == 9, read=lambda file: None))
""")
    assert read_track(FileEntry(make.write_npy(tmp_path / "a.npy", make.artalk()))).frames == make.FRAMES
    path = make.write_npz(tmp_path / "a.npz", {"motion": np.zeros(3)})
    with pytest.raises(ClipError, match=r"track format mine failed to recognise .*IndexError"):
        read_track(FileEntry(path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import nothing_of_this_name", "plugin.py, line 1: ModuleNotFoundError"),
        ("x = 1\nx.y", "plugin.py, line 2: AttributeError"),
        ("def", "SyntaxError"),
        ("x = 1", "registers no track format"),
        (PLUGIN.replace('"csv", "mine"', '"artalk", "mine"'), "there is a track format 'artalk' already"),
        (PLUGIN.replace("read=read, ", ""), "needs a plan, or else a function read"),
    ],
)
def test_a_plugin_that_cannot_be_loaded_is_told_with_its_line(plugin, text, message):
    with pytest.raises(UsageError, match=message):
        plugin(text)


def test_a_plugin_that_is_not_there(tmp_path):
    with pytest.raises(UsageError, match="no such file"):
        load_plugin(str(tmp_path / "none.py"))
    with pytest.raises(UsageError, match="ModuleNotFoundError"):
        load_plugin("no_module_of_this_name")


def test_a_plugin_is_loaded_once(plugin, tmp_path):
    plugin(PLUGIN)
    load_plugin(str(tmp_path / "plugin.py"))
    assert "csv" in FORMATS
