"""Predictions beside their reference: films, figures and pictures through the commands."""

import json

import av
import numpy as np
import pyarrow.parquet
import pytest
from PIL import Image

import viewer
from tests.dataset import track_factories as make
from tests.dataset.factories import make_dataset, motion_arrays, write_motion
from tests.flame.factories import head_like_flame, write_npz
from viewer.cli.film_options import frames_held
from viewer.errors import UsageError

SMALL = ("--size", 64)


@pytest.fixture(scope="module")
def flame(tmp_path_factory):
    """A model of FLAME's sizes."""
    path = tmp_path_factory.mktemp("model") / "FLAME2020" / "generic_model.npz"
    path.parent.mkdir()
    arrays = head_like_flame()
    write_npz(path, arrays)
    return path, arrays["v_template"]


@pytest.fixture
def sets(tmp_path):
    """A data set `data` with clips a_0, a_1, b_0, and two predictions of it."""
    arkit = {"expression_space": "arkit52"}
    data = make_dataset(tmp_path / "data", stems=["a_0", "a_1", "b_0"], frames=4, description=arkit)
    for name, jaw in (("zeta", 0.2), ("alpha", 0.0)):
        for seed, stem in enumerate(("a_0", "a_1", "b_0")):
            arrays = motion_arrays(frames=4, seed=seed)
            arrays["pose"][:, 3] += jaw
            write_motion(tmp_path / name, stem, arrays)
        (tmp_path / name / "dataset.json").write_text(json.dumps(arkit))
    return data, tmp_path / "zeta", tmp_path / "alpha"


def receipt_in(path):
    with av.open(str(path)) as container:
        return json.loads(container.metadata["comment"]), len(container.streams.audio)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_film_for_each_clip_with_tracks_in_order(cli, sets, tmp_path):
    data, zeta, alpha = sets
    out = tmp_path / "out"
    code, stdout, stderr = cli(
        "export", "b_0", "a_1", "--data", data, "--compare", zeta, alpha, "--out", out, *SMALL, "--heat-top", 2
    )
    assert code == 0, stderr
    assert stdout.splitlines() == [str(out / "b_0.compare.mp4"), str(out / "a_1.compare.mp4")]
    receipt, n_sounds = receipt_in(out / "b_0.compare.mp4")
    assert [track["label"] for track in receipt["tracks"]] == ["zeta", "alpha"]
    assert [track["stem"] for track in receipt["tracks"]] == ["b_0", "b_0"]
    assert (receipt["stem"], receipt["heat_top_mm"], receipt["speed"], n_sounds) == ("b_0", 2.0, 1.0, 1)
    again, _, _ = cli("export", "b_0", "--data", data, "--compare", alpha, "--out", out, *SMALL, "--layout", "row")
    assert again == 0  # its own film is replaced
    assert [track["label"] for track in receipt_in(out / "b_0.compare.mp4")[0]["tracks"]] == ["alpha"]


def test_films_of_all_clips_with_predictions_are_made_once(cli, sets, tmp_path):
    data, zeta, alpha = sets
    (alpha / "FLAME_coeffs_25" / "a_1.npz").unlink()
    out = tmp_path / "films"
    command = ("export", "--all", "--data", data, "--compare", zeta, alpha, "--labels", "Z,A", "--out", out, *SMALL)
    code, _, stderr = cli(*command, "--gallery")
    assert code == 0, stderr
    assert "note: 1 clip without a prediction in each of --compare: no films of these" in stderr
    films = {path.name.split(".")[0]: path for path in out.glob("*.mp4")}
    assert films.keys() == {"a_0", "b_0"}
    receipt, n_sounds = receipt_in(films["b_0"])
    assert ([track["label"] for track in receipt["tracks"]], n_sounds) == (["Z", "A"], 1)
    rows = pyarrow.parquet.read_table(out / "manifest.parquet").to_pylist()
    assert [each["label"] for each in json.loads(rows[0]["settings"])["compare"]] == ["Z", "A"]

    written = {path: path.stat().st_mtime_ns for path in films.values()}
    write_motion(alpha, "b_0", motion_arrays(frames=4, seed=9))  # a prediction has changed
    assert cli(*command, "--gallery")[0] == 0
    (fresh,) = set(out.glob("*.mp4")) - set(written)
    assert fresh.name.startswith("b_0.")
    assert {path: path.stat().st_mtime_ns for path in written} == written
    assert cli(*command, "--gallery", "--heat-top", 2)[0] == 0
    assert len(list(out.glob("*.mp4"))) == 5


def test_of_clips_that_are_named_in_a_file_each_without_a_prediction_is_told(cli, sets, tmp_path):
    data, zeta, _ = sets
    (zeta / "FLAME_coeffs_25" / "a_1.npz").unlink()
    (tmp_path / "stems.txt").write_text("a_0\na_1\n")
    options = ("--stems", tmp_path / "stems.txt", "--data", data, "--compare", zeta, "--out", tmp_path / "o", *SMALL)
    code, _, stderr = cli("export", *options)
    assert code == 1
    assert "error: a_1: " in stderr and "has no prediction for it" in stderr
    assert [path.name.split(".")[0] for path in (tmp_path / "o").glob("*.mp4")] == ["a_0"]


def test_labels_of_ones_own_and_of_folders_with_one_name(cli, sets, tmp_path):
    data, zeta, _ = sets
    other = tmp_path / "other" / "zeta"
    write_motion(other, "a_0", motion_arrays(frames=4))
    (other / "dataset.json").write_text('{"expression_space": "arkit52"}')
    code, _, stderr = cli("export", "a_0", "--data", data, "--compare", zeta, other, "--out", tmp_path / "o", *SMALL)
    assert code == 0, stderr
    found = [track["label"] for track in receipt_in(tmp_path / "o" / "a_0.compare.mp4")[0]["tracks"]]
    assert found == [f"{tmp_path.name}/zeta", "other/zeta"]
    cli(
        "export",
        "a_0",
        "--data",
        data,
        "--compare",
        zeta,
        other,
        "--out",
        tmp_path / "o",
        *SMALL,
        "--labels",
        "我,Ours",
    )
    found = [track["label"] for track in receipt_in(tmp_path / "o" / "a_0.compare.mp4")[0]["tracks"]]
    assert found == ["我", "Ours"]


def test_the_reference_may_be_one_of_its_predictions(cli, sets, tmp_path):
    data, *_ = sets
    code, _, stderr = cli("export", "a_0", "--data", data, "--compare", data, "--out", tmp_path / "o", *SMALL)
    assert code == 0, stderr


def test_tracks_of_other_formats_are_compared(cli, flame, tmp_path):
    """ARTalk's coefficients and a mesh, named after a pattern, that borrow what they lack."""
    base = make_dataset(tmp_path / "base", stems=["one"], frames=make.FRAMES)
    make.write_npy(tmp_path / "artalk" / "one_pred.npy", make.artalk())
    mesh = np.repeat(flame[1][None], make.FRAMES, axis=0).astype(np.float32)
    make.write_npy(tmp_path / "meshes" / "one_pred.npy", mesh)
    folders = (tmp_path / "artalk", tmp_path / "meshes")
    options = ("--data", base, "--compare", *folders, "--stem-pattern", "{stem}_pred", "--model", flame[0])
    code, _, stderr = cli("export", "one", *options, "--out", tmp_path / "o", *SMALL)
    assert code == 0, stderr
    assert "meshes: The prediction is a track of vertices" in stderr
    receipt, n_sounds = receipt_in(tmp_path / "o" / "one.compare.mp4")
    assert [track["stem"] for track in receipt["tracks"]] == ["one_pred", "one_pred"]
    assert n_sounds == 1


def test_clips_without_a_prediction_are_errors_and_the_others_are_written(cli, sets, tmp_path):
    data, zeta, alpha = sets
    (alpha / "FLAME_coeffs_25" / "a_1.npz").unlink()
    write_motion(zeta, "b_0", {"exp": np.zeros((4, 5))})
    code, _, stderr = cli(
        "export", "a_0", "a_1", "b_0", "--data", data, "--compare", zeta, alpha, "--out", tmp_path / "o", *SMALL
    )
    assert code == 1
    assert names(tmp_path / "o") == ["a_0.compare.mp4"]
    errors = [line for line in stderr.splitlines() if line.startswith("error: ")]
    assert f"a_1: {alpha} has no prediction for it" in errors[0] and "--stem-pattern" in errors[0]
    assert "no pose in the file" in errors[1]


def test_other_expression_spaces_are_refused(cli, sets, tmp_path):
    data, zeta, _ = sets
    (zeta / "dataset.json").write_text('{"expression_space": "flame2020"}')
    code, _, stderr = cli("export", "a_0", "--data", data, "--compare", zeta, "--out", tmp_path / "o", *SMALL)
    assert code == 1
    assert "the same numbers mean other faces" in stderr
    assert names(tmp_path / "o") == []


def test_a_prediction_that_is_being_written_costs_only_its_clip(cli, sets, tmp_path):
    data, zeta, _ = sets
    path = zeta / "FLAME_coeffs_25" / "a_0.npz"
    path.write_bytes(path.read_bytes()[:300])
    code, _, stderr = cli("export", "a_0", "a_1", "--data", data, "--compare", zeta, "--out", tmp_path / "o", *SMALL)
    assert code == 1
    assert names(tmp_path / "o") == ["a_1.compare.mp4"]
    assert "error: a_0: " in stderr


@pytest.mark.parametrize("where", ["data", "zeta"])
def test_nothing_is_written_into_a_data_set(cli, sets, tmp_path, where):
    data, zeta, _ = sets
    folder = {"data": data, "zeta": zeta}[where]
    before = sorted(folder.rglob("*"))
    code, _, stderr = cli("export", "a_0", "--data", data, "--compare", zeta, "--out", folder / "o", *SMALL)
    assert code == 2 and "never written to" in stderr
    code, _, stderr = cli("figure", "a_0", "--frames", 0, "--data", data, "--compare", zeta, "-o", folder / "f.png")
    assert code == 2 and "never written to" in stderr
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--compare", "nowhere"), "nowhere"),
        (("--labels", "a"), "--compare"),
        (("--heat-top", 5), "--compare"),
        (("--layout", "row"), "--compare"),
        (("--heat-top", -1), "no length in mm"),
        (("--heat-top", "nan"), "no length in mm"),
        (("--compare", "PRED", "--labels", "a,b"), "2 for 1"),
        (("--compare", "PRED", "--frame", 0), "figure"),
        (("--compare", "PRED", "--format", "png-sequence"), "figure"),
        (("--alpha",), "png-sequence"),
        (("--alpha", "--frame", 0, "--format", "obj"), "png-sequence"),
        (("--format", "png-sequence", "--frame", 0), "leave out --frame"),
        (("--format", "png-sequence", "--captions"), "--captions is for films"),
        (("--format", "png-sequence", "--speed", "1/2"), "--speed is for films"),
        (("--frame", 0, "--speed", "1/2"), "--speed is for films"),
        (("--speed", "0.3"), "try 1/3"),
        (("--speed", "2"), "no speed"),
    ],
)
def test_options_that_do_not_go_together_are_told(cli, sets, tmp_path, options, message):
    data, zeta, _ = sets
    options = [zeta if option == "PRED" else option for option in options]
    code, _, stderr = cli("export", "a_0", "--data", data, "--out", tmp_path / "o", *options)
    assert code in (1, 2)
    assert message in stderr
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    ("text", "times"), [("1", 1), ("0.5", 2), (".25", 4), ("1/3", 3), ("0.2", 5), ("0.01", 100), ("2/4", 2)]
)
def test_speeds_are_shares(text, times):
    assert frames_held(text) == times


@pytest.mark.parametrize("text", ["0", "-1", "2", "1/0", "0.0", "", "x", "nan", "1e-2", "0.001", "3/4", "1/1000"])
def test_what_is_no_speed_is_told(text):
    with pytest.raises(UsageError, match=r"speed"):
        frames_held(text)


def test_slow_motion_says_that_it_has_no_sound(cli, sets, tmp_path):
    code, _, stderr = cli("export", "a_0", "--data", sets[0], "--speed", "0.25", "--out", tmp_path, *SMALL)
    assert code == 0
    assert "a_0: slowed to 1/4 of the speed: each frame is shown 4 times, without sound" in stderr
    receipt, n_sounds = receipt_in(tmp_path / "a_0.mp4")
    assert (receipt["speed"], receipt["frames"], n_sounds) == (0.25, 16, 0)


def test_all_frames_as_pictures(cli, sets, tmp_path):
    options = ("--data", sets[0], "--format", "png-sequence", "--alpha", "--out", tmp_path / "o", *SMALL)
    code, stdout, stderr = cli("export", "a_0", *options)
    assert code == 0, stderr
    folder = tmp_path / "o" / "a_0.frames"
    assert stdout == f"{folder}\n"
    assert names(folder) == ["000000.png", "000001.png", "000002.png", "000003.png", "receipt.json"]
    assert Image.open(folder / "000002.png").mode == "RGBA"
    stamp = (folder / "000001.png").stat().st_mtime_ns
    (folder / "000003.png").unlink()
    assert cli("export", "a_0", *options)[0] == 0
    assert (folder / "000001.png").stat().st_mtime_ns == stamp
    assert (folder / "000003.png").is_file()


def test_one_frame_with_alpha(cli, sets, tmp_path):
    assert cli("export", "a_0", "--data", sets[0], "--frame", 1, "--alpha", "--out", tmp_path, *SMALL)[0] == 0
    assert Image.open(tmp_path / "a_0.frame1.png").mode == "RGBA"


@pytest.mark.parametrize("name", ["fig.png", "fig.pdf"])
def test_a_figure_of_predictions(cli, sets, tmp_path, name):
    data, zeta, alpha = sets
    path = tmp_path / name
    options = ("--frames", "0,3,worst", "--compare", zeta, alpha, "--width", 600, "--dpi", 100, "--camera", "profile")
    code, stdout, stderr = cli("figure", "b_0", "--data", data, *options, "-o", path)
    assert code == 0, stderr
    assert stdout == f"{path}\n"
    assert path.read_bytes()[:4] in (b"\x89PNG", b"%PDF")
    assert cli("figure", "b_0", "--data", data, "--frames", "0", "--width", 300, "-o", path)[0] == 0


def test_words_of_a_figure_that_are_estimated_are_said(cli, sets, tmp_path):
    path = tmp_path / "fig.png"
    code, _, stderr = cli("figure", "a_0", "--data", sets[0], "--frames", "word:there", "--width", 300, "-o", path)
    assert code == 0, stderr
    assert "when “there” is spoken is only estimated" in stderr


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--frames", "word:nothing"), 2, "its words are: hello, there, this, is"),
        (("--frames", "9"), 2, "frames 0 to 3"),
        (("--frames", "worst"), 2, "--compare"),
        (("--frames", "0", "--width", 10), 2, "width is 10"),
        (("--frames", "0", "--compare", "nowhere"), 1, "nowhere"),
        (("--frames", "0", "--ink", "nice"), 2, "no colour"),
        ((), 2, "--frames"),
    ],
)
def test_figures_that_cannot_be_made_are_told(cli, sets, tmp_path, options, code, message):
    path = tmp_path / "o" / "fig.png"
    path.parent.mkdir()
    found, _, stderr = cli("figure", "a_0", "--data", sets[0], *options, "-o", path)
    assert found == code
    assert message in stderr
    assert names(path.parent) == []


def test_notebooks_make_them_too(tmp_path):
    clip = viewer.Clip.from_arrays(
        exp=np.zeros((4, 52)), pose=np.zeros((4, 6)), stem="mine", expression_space="arkit52", sample_rate=16000
    )
    receipt = viewer.export(clip, tmp_path / "a.mp4", size=64, compare={"ours": clip}, heat_top=3, hold=2)
    assert [track.label for track in receipt.tracks] == ["ours"]
    assert (receipt.frames, receipt.heat_top_mm, receipt.size[0]) == (8, 3, 3 * 64)
    made = viewer.figure(clip, tmp_path / "a.png", frames=[0, 3], compare={"ours": clip}, width=600, ink=(0, 0, 0))
    assert [moment.frame for moment in made.frames] == [0, 3]
    assert Image.open(tmp_path / "a.png").size == made.size
    with pytest.raises(UsageError, match="no setting colour; expected look, camera, width"):
        viewer.figure(clip, tmp_path / "b.png", frames="0", colour=3)
