"""`python -m viewer check`."""

import csv
import io
import json

import numpy as np
import pytest

from tests.dataset.factories import make_dataset, motion_arrays, write_motion
from viewer.quality import CHECKS
from viewer.quality.registry import NOT_APPLICABLE

KEYS = ["check", "severity", "value", "unit", "percentile", "start", "end", "message"]


@pytest.fixture
def data(tmp_path):
    return make_dataset(tmp_path / "data", stems=["a_0", "=b_1"], frames=60)


def no_constants(text):
    raise AssertionError(f"{text} is no JSON")


def test_json_is_as_documented_and_strict(cli, data, tmp_path):
    arrays = motion_arrays(frames=60)
    arrays["pose"][30] = np.inf
    write_motion(data, "a_0", arrays)
    code, out, _ = cli("check", "--data", data, "--no-speech", "--json", "-", "--jobs", 1, "--cache", tmp_path / "c")
    found = json.loads(out, parse_constant=no_constants)
    assert code == 1  # a frame is no number
    assert list(found) == ["dataset", "model", "clips"] and found["dataset"] == str(data)
    assert [clip["stem"] for clip in found["clips"]] == ["=b_1", "a_0"]
    for clip in found["clips"]:
        assert list(clip) == ["stem", "findings"]
        assert {finding["check"] for finding in clip["findings"]} == {
            n for n, c in CHECKS.items() if c.stage == "motion"
        }
        for finding in clip["findings"]:
            assert list(finding) == KEYS and finding["severity"] in ("ok", "note", "warn", "error")
    worst = found["clips"][1]["findings"][0]
    assert (worst["check"], worst["severity"], worst["value"]) == ("integrity", "error", 1.0)


def test_csv_is_safe_to_open_in_a_spreadsheet(cli, data, tmp_path):
    file = tmp_path / "found.csv"
    code, _, err = cli("check", "--data", data, "--no-speech", "--csv", file, "--jobs", 1, "--cache", tmp_path / "c")
    lines = list(csv.DictReader(io.StringIO(file.read_text())))
    assert code == 0 and "wrote" in err
    assert list(lines[0]) == ["stem", *KEYS]
    assert {line["stem"] for line in lines} == {"'=b_1", "a_0"}


@pytest.mark.parametrize("option", ["--json", "--csv", "--html", "--calibrate"])
def test_nothing_is_written_into_the_data_set(cli, data, option):
    code, _, err = cli("check", "--data", data, "--no-speech", option, data / "found")
    assert code == 2 and f"{option} {data}/found is inside the data set" in err and not (data / "found").exists()


def test_one_clip_is_shown_in_detail(cli):
    code, out, _ = cli("check", "librivox-austen_0880", "--no-speech")
    assert code == 0
    assert out.startswith("Clip librivox-austen_0880: 75 frames, 3.00 s")
    assert "Jaw at most" in out and "▁" in out and NOT_APPLICABLE in out
    _, complete, _ = cli("check", "librivox-austen_0880", "--no-speech", "--all")
    assert "words and phones were not looked for" in " ".join(complete.split())


def test_a_finding_is_marked_below_its_curve(cli, data, tmp_path):
    arrays = motion_arrays(frames=60)
    arrays["pose"][30, 3] = np.radians(30)
    write_motion(data, "a_0", arrays)
    _, out, _ = cli("check", "a_0", "--data", data, "--no-speech", "--cache", tmp_path / "c")
    assert "warning  jaw" in out and "Jaw at 30.0° at 1.20 s." in out
    lines = out.splitlines()
    (curve,) = [number for number, line in enumerate(lines) if line.startswith("  jaw ") and "█" in line]
    assert lines[curve + 1].index("▲") == pytest.approx(lines[curve].index("█"), abs=1)


def test_all_clips_are_ranked(cli, data, tmp_path):
    arrays = motion_arrays(frames=60)
    write_motion(data, "=b_1", {**arrays, "pose": 0 * arrays["pose"], "exp": 0 * arrays["exp"]})
    code, out, _ = cli("check", "--data", data, "--no-speech", "--jobs", 1, "--cache", tmp_path / "c")
    assert code == 1 and "1 clip with errors" in out
    ranked = [line for line in out.splitlines() if line.startswith("    1  ")]
    assert "=b_1" in ranked[0] and "does not move" in ranked[0]


def test_limits_of_ones_own(cli, data, tmp_path):
    mine = tmp_path / "mine.toml"
    mine.write_text("[jaw.error_above]\nvalue = 0.5\n")
    options = ("--data", data, "--no-speech", "--jobs", 1, "--cache", tmp_path / "c", "--json", "-")
    assert cli("check", *options)[0] == 0
    assert cli("check", *options, "--thresholds", mine)[0] == 1
    mine.write_text("[jaw.error_above]\nvalue = 'much'\n")
    code, _, err = cli("check", *options, "--thresholds", mine)
    assert code == 2 and "no number" in err
    code, _, err = cli("check", *options, "--calibrate", tmp_path / "new.toml")
    assert code == 2 and "too few clips" in err


def test_what_cannot_be_checked_says_why(cli, data, tmp_path):
    code, _, err = cli("check", "nobody", "--data", data, "--no-speech")
    assert code == 2 and "no clip 'nobody'" in err
    assert cli("check", "--data", tmp_path / "nowhere")[0] == 2
    assert cli("check", "--seam-period", "often")[0] == 2


def test_an_own_check_by_plugin(cli, tmp_path):
    before = dict(CHECKS)
    plugin = tmp_path / "own_check.py"
    plugin.write_text(
        "import numpy as np\nfrom viewer.quality import Measured, check\n"
        '@check("own_check", title="Own", unit="mm", limits={"error_above": 1})\n'
        "def own_check(inputs):\n"
        "    return Measured(2.0, ((0.5, 1.0, 2.0),), curve=np.arange(len(inputs)))\n"
    )
    try:
        code, out, _ = cli("check", "librivox-austen_0880", "--no-speech", "--plugin", plugin)
        assert code == 1 and "Own at 0.50 s: 2 mm." in out and "0 to 74 mm" in out
    finally:
        CHECKS.clear()
        CHECKS.update(before)


def test_a_file_in_the_place_of_the_kept_results_is_told_in_one_line(cli, data, tmp_path):
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "quality").write_text("no folder")
    for speech in ((), ("--no-speech",)):
        code, _, err = cli("check", "--data", data, *speech, "--jobs", 1, "--cache", tmp_path / "c")
        assert code == 2 and "is a file" in err and "Traceback" not in err
