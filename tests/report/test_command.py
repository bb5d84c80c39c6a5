"""`check --html` and `check --self-test` on a data set."""

import base64
import json
import re
import shutil

import numpy as np
import pytest

from viewer.__main__ import main
from viewer.dataset import DEMO_DATASET
from viewer.quality.defects import DEFECTS

BAD = "librivox-austen_0870"
pytestmark = pytest.mark.usefixtures("jobs_here")


@pytest.fixture
def data(tmp_path):
    """The demo clips; one of them has frames that are no numbers."""
    folder = tmp_path / "data"
    shutil.copytree(DEMO_DATASET, folder)
    path = folder / "FLAME_coeffs_25" / f"{BAD}.npz"
    with np.load(path) as file:
        arrays = dict(file)
    arrays["exp"][50:55] = np.nan
    np.savez(path, **arrays)
    return folder


@pytest.fixture
def run(capsys, data, tmp_path):
    def check(*arguments):
        code = main(["check", *map(str, arguments), "--data", str(data), "--cache", str(tmp_path / "cache")])
        return code, *capsys.readouterr()

    return check


def test_the_report_shows_the_clip_that_is_wrong_where_it_is_wrong(run, tmp_path):
    path = tmp_path / "report.html"
    code, stdout, stderr = run("--no-speech", "--html", path, "--app", "https://example.org/viewer/")
    assert code == 1 and f"wrote {path}" in stderr
    assert BAD in stdout  # what is printed is as without it
    text = path.read_text(encoding="utf-8")
    assert f'https://example.org/viewer/?clip={BAD}&amp;t=50"' in text
    jpeg = base64.b64decode(re.search(r"data:image/jpeg;base64,([^\"]+)", text)[1])
    assert jpeg.startswith(b"\xff\xd8") and 2_000 < len(jpeg) < 40_000
    assert "and mister john dashwood" in text
    assert text.count("<tr>") == 8 and "Demo clips" in text


def test_links_are_addresses_of_pages_and_nothing_else(run, tmp_path, capsys):
    for address in ("javascript:alert(1)", "file:///etc/passwd", "example.org", "http://x/?a=1"):
        with pytest.raises(SystemExit) as ended:
            run("--html", tmp_path / "r.html", "--app", address)
        assert ended.value.code == 2
        assert "expected an address such as http://127.0.0.1:7860/" in " ".join(capsys.readouterr().err.split())


def test_a_report_that_cannot_be_written_is_a_sentence(run, tmp_path):
    code, _, stderr = run("--no-speech", "--html", tmp_path / "nowhere" / "r.html")
    assert code == 2 and "nowhere" in stderr and "Traceback" not in stderr


def test_the_self_test_tells_what_was_found_and_of_how_many(run):
    code, stdout, stderr = run("--no-speech", "--self-test", "2")
    assert code == 0 and "Traceback" not in stderr
    assert re.search(r"^identity_flicker +identity +easy 0\.5 SD of people +2 +2 +100 % 1\.000$", stdout, re.MULTILINE)
    assert re.search(
        r"^swapped_audio +transcript +easy 1 share +– +no place for it in these clips$", stdout, re.MULTILINE
    )
    assert re.search(r"^frozen +2 +0 +0\.0 %$", stdout, re.MULTILINE)


def test_the_self_test_as_json(run, tmp_path):
    code, _, _ = run("--no-speech", "--self-test", "2", "--json", tmp_path / "found.json")
    found = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
    assert code == 0 and found["clips"] == 2
    assert len(found["detections"]) == sum(len(defect.magnitudes) for defect in DEFECTS)
    assert {"defect", "check", "size", "magnitude", "unit", "planted", "found", "placed", "auc"} == set(
        found["detections"][0]
    )


def test_what_cannot_go_together_is_refused(run, tmp_path):
    code, _, stderr = run("--self-test", "--html", tmp_path / "r.html")
    assert code == 2 and "by themselves" in stderr
