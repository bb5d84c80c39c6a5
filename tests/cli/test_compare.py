"""`python -m viewer compare`, as a user runs it."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.dataset.factories import make_dataset, motion_arrays
from tests.dataset.track_factories import write_npy, write_npz
from tests.flame.factories import head_like_flame
from tests.flame.factories import write_npz as write_model
from tests.waiting import until
from viewer.compare import METRICS
from viewer.dataset import DEMO_DATASET

REPOSITORY = Path(__file__).parents[2]
STEMS = ("a_0", "a_1", "b_0", "b_1")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A model of FLAME's shapes, so that expressions move the face."""
    path = tmp_path_factory.mktemp("model") / "FLAME2020" / "generic_model.npz"
    path.parent.mkdir()
    write_model(path, head_like_flame())
    return path


@pytest.fixture
def data(tmp_path):
    return make_dataset(tmp_path / "data", stems=STEMS, frames=20, splits={"train": STEMS[:3], "test": STEMS[3:]})


@pytest.fixture
def preds(tmp_path, data):
    return predictions(tmp_path / "preds")


def predictions(folder, *, stems=STEMS, open_more=0.05, name="{stem}"):
    """The motion of `make_dataset`, with the jaw a little further open: in ARTalk's format."""
    for seed, stem in enumerate(STEMS):
        if stem in stems:
            write_npy(folder / f"{name.format(stem=stem)}.npy", track(seed, open_more=open_more))
    return folder


def track(seed=0, *, frames=20, open_more=0.05, n_exp=100):
    arrays = motion_arrays(frames=frames, seed=seed)
    arrays["pose"][:, 3] += open_more
    return np.concatenate([arrays["exp"][:, :n_exp], arrays["pose"]], axis=1).astype(np.float32)


@pytest.fixture
def compare(cli, model, tmp_path):
    def run(*arguments):
        return cli("compare", *arguments, "--model", model, "--cache", tmp_path / "cache", "--jobs", 1)

    return run


def found(code_out_err, *, code=0):
    assert code_out_err[0] == code, code_out_err[2]

    def no_constants(text):
        raise AssertionError(f"{text} is no JSON")

    return json.loads(code_out_err[1], parse_constant=no_constants)


# -- what comes out ----------------------------------------------------------------------------------------------------


def test_json_has_every_pair_every_metric_and_both_poolings(compare, data, preds):
    told = found(compare(data, preds, "--json"))
    assert told["reference"] == str(data) and told["prediction"] == str(preds)
    assert [pair["stem"] for pair in told["pairs"]] == list(STEMS)
    short = [name.removesuffix("_derived") for name in told["pooled"]]
    assert short == list(METRICS) and list(told["pooled_by_frame"]) == list(told["pooled"])
    for pair in told["pairs"]:
        assert pair["frames"] == 20 and list(pair["metrics"]) == list(told["pooled"])
        assert pair["metrics"]["jaw_error_deg"] == pytest.approx(np.degrees(0.05), rel=1e-5)
    pooled = told["pooled"]["jaw_error_deg"]
    assert set(pooled) == {"mean", "low", "high"}
    assert pooled["low"] <= pooled["mean"] <= pooled["high"]
    assert any(name.endswith("_derived") for name in told["pooled"])


def test_a_set_against_itself_has_no_error(compare, data):
    told = found(compare(data, data, "--json", "-"))
    assert {value for pair in told["pairs"] for value in pair["metrics"].values()} == {0}


def test_several_predictions_are_one_object_each(compare, data, preds, tmp_path):
    worse = predictions(tmp_path / "worse", open_more=0.1, stems=STEMS[:3])
    told = found(compare(data, preds, worse, "--json"))
    assert list(told) == ["reference", "comparisons"]
    assert [one["prediction"] for one in told["comparisons"]] == [str(preds), str(worse)]
    assert told["comparisons"][1]["missing"] == ["b_1"]


def test_the_table_names_poolings_intervals_and_what_is_missing(compare, data, preds, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    worse = predictions(tmp_path / "worse", open_more=0.1, stems=STEMS[:3])
    write_npy(worse / "other.npy", track())
    code, out, _ = compare(data, preds, worse)
    assert code == 0
    assert "itself estimated or synthesised" in out and "by clip" in out and "by frame" in out
    assert "preds: 4 pairs, 80 frames" in out and "worse: 3 pairs, 60 frames" in out
    assert "1 clip missing in it: b_1" in out and "1 clip in it alone: other" in out
    assert "worse minus preds, clip by clip, on 3 clips" in out
    (difference,) = [line.split() for line in out.splitlines() if line.startswith("jaw_error_deg") and "higher" in line]
    assert float(difference[1]) == pytest.approx(np.degrees(0.05), rel=0.01)
    assert "Worst clips of preds, by lve_max_l2_mm" in out
    assert max(map(len, out.splitlines())) <= 200


def test_csv_is_safe_to_open_in_a_spreadsheet(compare, tmp_path):
    data = make_dataset(tmp_path / "data", stems=["=1+1", "a_0"], frames=5)
    write_npy(tmp_path / "preds" / "=1+1.npy", track(frames=5))
    write_npy(tmp_path / "preds" / "a_0.npy", track(frames=5))
    code, _, err = compare(data, tmp_path / "preds", "--csv", tmp_path / "out.csv")
    lines = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text())))
    assert code == 0 and "wrote" in err
    assert [line["stem"] for line in lines] == ["'=1+1", "a_0"]
    assert float(lines[0]["jaw_error_deg"]) > 0 and lines[0]["frames"] == "5"


def test_stems_and_splits_choose(compare, data, preds, tmp_path):
    assert [pair["stem"] for pair in found(compare(data, preds, "--split", "test", "--json"))["pairs"]] == ["b_1"]
    (tmp_path / "stems.txt").write_text("b_0\na_1\n")
    told = found(compare(data, preds, "--stems", tmp_path / "stems.txt", "--json"))
    assert [pair["stem"] for pair in told["pairs"]] == ["b_0", "a_1"]
    code, _, err = compare(data, preds, "--split", "dev")
    assert code == 2 and "test, train" in err
    (tmp_path / "stems.txt").write_text("nobody\n")
    code, _, err = compare(data, preds, "--stems", tmp_path / "stems.txt")
    assert code == 1 and "nobody" in err


def test_names_of_predictions(compare, data, tmp_path):
    preds = predictions(tmp_path / "preds", name="{stem}_pred")
    told = found(compare(data, preds, "--stem-pattern", "{stem}_pred", "--json"))
    assert [pair["prediction_stem"] for pair in told["pairs"]] == [f"{stem}_pred" for stem in STEMS]


def test_two_folders_of_predictions_against_each_other(compare, data, preds, tmp_path):
    other = predictions(tmp_path / "other", open_more=0.15)
    told = found(compare(preds, other, "--base", data, "--json"))
    assert told["reference"] == str(preds)
    assert told["pooled"]["jaw_error_deg"]["mean"] == pytest.approx(np.degrees(0.1), rel=1e-5)


@pytest.mark.parametrize(("suffix", "options"), [("npz", ()), ("npy", ()), ("vertices", ("--own-identity",))])
def test_tracks_in_other_formats(compare, data, tmp_path, suffix, options):
    for seed, stem in enumerate(STEMS):
        motion = track(seed)
        if suffix == "npz":
            exp, pose = motion[:, :100], motion[:, 100:]
            write_npz(
                tmp_path / "preds" / f"{stem}.npz", {"exp": exp, "jawpose": pose[:, 3:], "globalpose": pose[:, :3]}
            )
        elif suffix == "npy":
            write_npy(tmp_path / "preds" / f"{stem}.npy", motion)
        else:
            rest = head_like_flame()["v_template"]
            write_npy(tmp_path / "preds" / f"{stem}.npy", np.tile(rest, (20, 1, 1)).astype(np.float32))
    told = found(compare(data, tmp_path / "preds", "--json", *options))
    lips = [name for name in told["pooled"] if name.startswith("lve_max_l2_mm")]
    assert len(told["pairs"]) == 4 and told["pooled"][lips[0]]["mean"] > 0
    if suffix == "vertices":
        assert told["pooled"]["jaw_error_deg"]["mean"] is None
        assert "track of vertices" in told["pairs"][0]["remarks"][0]


def test_head_pose_counts_where_asked(compare, data, tmp_path):
    turned = [track(seed, open_more=0) for seed in range(len(STEMS))]
    for stem, motion in zip(STEMS, turned, strict=True):
        motion[:, 101] += 0.1
        write_npy(tmp_path / "preds" / f"{stem}.npy", motion)
    plain = found(compare(data, tmp_path / "preds", "--json"))["pooled"]
    asked = found(compare(data, tmp_path / "preds", "--json", "--head-pose"))["pooled"]
    assert plain["mve_mm"]["mean"] == pytest.approx(0, abs=1e-3) and asked["mve_mm"]["mean"] > 1
    assert plain["head_error_deg"] == asked["head_error_deg"]


def test_lips_from_a_file_are_no_derived_ones(compare, data, preds, tmp_path):
    assert "lve_max_l2_mm_derived" in found(compare(data, preds, "--json"))["pooled"]
    (tmp_path / "lips.txt").write_text("3501\n3502\n3502\n")
    told = found(compare(data, preds, "--lip-indices", tmp_path / "lips.txt", "--json"))
    assert "lve_max_l2_mm" in told["pooled"]
    assert any("again" in note for note in told["notes"]) or any(
        "again" in remark for pair in told["pairs"] for remark in pair["remarks"]
    )
    (tmp_path / "lips.txt").write_text("999999\n")
    code, _, err = compare(data, preds, "--lip-indices", tmp_path / "lips.txt")
    assert code == 1 and "5022" in err.replace(",", "")


def test_the_report_has_pictures_differences_and_links(cli, tmp_path):
    """With the demo head, whose expressions are those of the demo data."""

    for name, less in (("one", 0.8), ("two", 0.5)):
        for path in sorted((DEMO_DATASET / "FLAME_coeffs_25").glob("*.npz"))[:3]:
            with np.load(path) as arrays:
                write_npz(tmp_path / name / path.name, {"exp": less * arrays["exp"], "pose": arrays["pose"]})
    options = ("--cache", tmp_path / "cache", "--jobs", 1, "--app", "https://example.org/v/")
    code, _, err = cli(
        "compare", DEMO_DATASET, tmp_path / "one", tmp_path / "two", "--html", tmp_path / "r.html", *options
    )
    assert code == 0 and "wrote" in err
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert text.count("data:image/jpeg") == 3 * 6 and "Against" in text
    assert "https://example.org/v/?data=demo&amp;clip=" in text and "with=two&amp;mode=beside" in text
    assert "itself estimated or synthesised" in text


# -- bad input ---------------------------------------------------------------------------------------------------------


def test_no_common_stems_says_how_names_are_compared(compare, data, tmp_path):
    write_npy(tmp_path / "preds" / "z_0.npy", track())
    code, out, err = compare(data, tmp_path / "preds")
    assert code == 1 and out == "" and "none of 4 clips" in err and "--stem-pattern" in err and "z_0" in err


def test_other_lengths_rates_and_widths_are_compared_and_told(compare, data, tmp_path):
    write_npy(tmp_path / "preds" / "a_0.npy", track(0, frames=15))
    write_npz(tmp_path / "preds" / "a_1.npz", {"exp": track(1)[:, :50], "pose": track(1)[:, 100:]})
    arrays = motion_arrays(frames=40, seed=2)
    write_npz(tmp_path / "preds" / "b_0.npz", {"exp": arrays["exp"], "pose": arrays["pose"], "fps": 50})
    nan = track(3)
    nan[4:6, 101] = np.nan
    write_npy(tmp_path / "preds" / "b_1.npy", nan)
    told = found(compare(data, tmp_path / "preds", "--json"))
    remarks = {pair["stem"]: " ".join(pair["remarks"]) for pair in told["pairs"]}
    assert "the first 15 are compared" in remarks["a_0"]
    assert "50" in remarks["a_1"] and "count as 0" in remarks["a_1"]
    assert "resampled from 50 to 25" in remarks["b_0"]
    assert "frames 4–5" in remarks["b_1"]
    assert all(pair["metrics"]["jaw_error_deg"] is not None for pair in told["pairs"])
    code, out, _ = compare(data, tmp_path / "preds")
    assert code == 0 and "resampled from 50 to 25" in " ".join(out.split())


def test_other_expression_spaces_are_refused_with_the_reason(compare, data, preds):
    (preds / "dataset.json").write_text('{"expression_space": "flame2023"}')
    code, _, err = compare(data, preds)
    assert code == 1 and "flame2020" in err and "flame2023" in err and "dataset.json" in err


def test_one_broken_file_costs_one_pair(compare, data, preds):
    (preds / "a_1.npy").write_bytes(b"broken")
    code, out, _ = compare(data, preds)
    assert code == 1 and "preds: 3 pairs" in out and "not compared: a_1" in out
    assert found(compare(data, preds, "--json"), code=1)["refused"].keys() == {"a_1"}


def test_a_folder_that_grows_is_compared_as_far_as_it_is_and_goes_on(compare, data, tmp_path):
    """A file that is half written is refused; once it is whole, only it and the new ones are measured."""
    folder = predictions(tmp_path / "preds", stems=STEMS[:2])
    whole = (folder / "a_1.npy").read_bytes()
    (folder / "a_1.npy").write_bytes(whole[: len(whole) // 2])
    first = found(compare(data, folder, "--json"), code=1)
    assert [pair["stem"] for pair in first["pairs"]] == ["a_0"] and first["missing"] == ["b_0", "b_1"]
    (folder / "a_1.npy").write_bytes(whole)
    predictions(folder, stems=STEMS[2:])
    second = found(compare(data, folder, "--json"))
    assert [pair["stem"] for pair in second["pairs"]] == list(STEMS) and second["missing"] == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--json", "--csv"), "both go to standard output"),
        (("--rank", "nothing"), "no such metric"),
        (("--app", "javascript:alert(1)", "--html", "r.html"), "expected an address"),
        (("--unpaired", "--head-pose"), "--head-pose is of pairs"),
        (("--shard", "1/2", "--json"), "without --shard"),
        (("--stems", "a", "--split", "b"), "not allowed with"),
    ],
)
def test_wrong_options_are_told(compare, data, preds, options, message):
    code, out, err = compare(data, preds, *options)
    assert code == 2 and out == "" and message in " ".join(err.split())


def test_what_is_not_there_is_told(compare, data, tmp_path):
    code, _, err = compare(data, tmp_path / "nowhere")
    assert code == 1 and "nowhere" in err
    assert compare(data)[0] == 2
    code, _, err = compare(data, data, "--html", data / "r.html")
    assert code == 2 and "never written to" in err and not (data / "r.html").exists()


# -- without common clips ----------------------------------------------------------------------------------------------


def test_sets_without_common_clips_are_told_side_by_side(compare, data, tmp_path):
    for number in range(4):
        write_npy(tmp_path / "made" / f"made_{number}.npy", track(number, open_more=0.4))
    told = found(compare(data, tmp_path / "made", "--unpaired", "--json"))
    jaw = told["curves"]["jaw_angle"]
    assert jaw["difference"]["p50"]["low"] > 0 and jaw["unit"] == "°"
    assert (told["checks"]["jaw"]["reference"]["found"], told["checks"]["jaw"]["prediction"]["found"]) == (0, 4)
    code, out, _ = compare(data, tmp_path / "made", "--unpaired", "--html", tmp_path / "r.html")
    assert code == 0 and "made (4 clips) beside data (4 clips)" in out and "Jaw angle, °" in out
    assert "Curves of" in (tmp_path / "r.html").read_text(encoding="utf-8")
    code, out, _ = compare(data, tmp_path / "made", "--unpaired", "--csv", "-")
    lines = list(csv.DictReader(io.StringIO(out)))
    assert {line["kind"] for line in lines} == {"curve", "check"}


# -- as a process ------------------------------------------------------------------------------------------------------


def command(data, preds, cache, *options):
    return [sys.executable, "-m", "viewer", "compare", str(data), str(preds), "--cache", str(cache), *options]


def test_as_a_process_with_the_demo_head(data, preds, tmp_path):
    """FLAME's expressions on a head that has others: rotations are compared, the rest is null and said so."""
    done = subprocess.run(
        command(data, preds, tmp_path / "cache", "--jobs", "1", "--json"),
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["pooled"]["jaw_error_deg"]["mean"] == pytest.approx(np.degrees(0.05), rel=1e-5)
    assert told["pooled"]["mve_mm"]["mean"] is None
    assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("signals_end_programs")
def test_ctrl_c_stops_and_the_next_run_goes_on(data, tmp_path):
    preds = predictions(tmp_path / "preds")
    plugin = tmp_path / "slow.py"
    plugin.write_text(
        "import os, time\nfrom pathlib import Path\nfrom viewer.compare import metric\n"
        '@metric("slow", title="Slow", unit="s")\n'
        "def slow(compared):\n"
        f"    with open({str(tmp_path / 'done')!r}, 'a') as file:\n"
        "        file.write(compared.pair.stem + chr(10))\n"
        f"    while compared.pair.stem == 'b_0' and not os.path.exists({str(tmp_path / 'go')!r}):\n"
        "        time.sleep(0.05)\n"
        "    return 1.0\n"
    )
    options = ("--plugin", str(plugin), "--jobs", "1", "--json")
    process = subprocess.Popen(
        command(data, preds, tmp_path / "cache", *options),
        cwd=REPOSITORY,
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    done = tmp_path / "done"
    try:
        until(lambda: done.exists() and "b_0" in done.read_text(), seconds=120)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130 and out == "" and "stopped" in err.splitlines()[-1] and "Traceback" not in err
    (tmp_path / "go").touch()
    again = subprocess.run(
        command(data, preds, tmp_path / "cache", *options), cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["pooled"]["slow"]["mean"] == 1.0
    measured = done.read_text().split()
    assert sorted(measured) == ["a_0", "a_1", "b_0", "b_0", "b_1"]  # only what was at work is done again
