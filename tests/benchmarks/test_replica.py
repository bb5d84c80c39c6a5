import json
import tarfile

import numpy as np
import pytest
import soundfile

from benchmarks import make_replica as script
from benchmarks.make_replica import ReplicaError, make_replica

FOLDERS = ("FLAME_coeffs_25", "audios", "transcripts", "audios_token_glm")


def files_of(root):
    return {str(file.relative_to(root)): file.read_bytes() for file in root.rglob("*") if file.is_file()}


def test_the_same_seed_makes_the_same_bytes(tmp_path):
    first = make_replica(tmp_path / "a", clips=5, layout="both")
    again = make_replica(tmp_path / "b", clips=5, layout="both")
    other = make_replica(tmp_path / "c", clips=5, layout="both", seed=1)
    assert files_of(first) == files_of(again)
    assert files_of(first)["audios.tar"] != files_of(other)["audios.tar"]


def test_archives_hold_what_the_folders_hold(tmp_path):
    root = make_replica(tmp_path / "a", clips=5, layout="both")
    for folder in FOLDERS:
        with tarfile.open(root / f"{folder}.tar") as tar:
            members = {m.name: tar.extractfile(m).read() for m in tar.getmembers() if m.isfile()}
        assert members == {f"{folder}/{file.name}": file.read_bytes() for file in (root / folder).iterdir()}
        assert len(members) == 5


def test_a_clip_fits_together(tmp_path):
    root = make_replica(tmp_path / "a", clips=40, layout="folder")
    stems = [
        stem for split in ("train", "val", "test") for stem in (root / f"{split}.txt").read_text().split("\n")[:-1]
    ]
    assert len(set(stems)) == len(stems) == 40
    seen = set()
    for stem in stems:
        with np.load(root / FOLDERS[0] / f"{stem}.npz") as arrays:
            motion = {key: arrays[key] for key in arrays.files}
        samples, rate = soundfile.read(root / "audios" / f"{stem}.wav")
        tokens = np.load(root / FOLDERS[3] / f"{stem}.npy")
        frames = -(-len(samples) * 25 // rate)
        assert {key: (array.shape, array.dtype.str) for key, array in motion.items()} == {
            "exp": ((frames, 100), "<f4"),
            "shape": ((frames, 100), "<f8"),
            "pose": ((frames, 6), "<f4"),
            "mocap_frame_rate": ((), "<i8"),
        }
        assert tokens.shape == (-(-len(samples) // 1280),) and tokens.dtype == np.int64
        assert (root / "transcripts" / f"{stem}.txt").read_text(encoding="utf-8").strip()
        assert (motion["shape"] == motion["shape"][0]).all()
        seen |= {motion["exp"].tobytes(), samples.tobytes()}
    assert len(seen) == 80  # no clip is another's copy


def test_defects_are_listed_beside_the_data_set(tmp_path):
    root = make_replica(tmp_path / "a", clips=script.FEWEST_CLIPS, defects=True)
    planted = json.loads((tmp_path / "a.defects.json").read_text())
    assert len(planted) > 30
    assert {"archive", "motion", "audio", "split-overlap", "same-motion"} <= {entry["check"] for entry in planted}
    assert sorted(file.name for file in root.iterdir() if file.suffix == ".json") == []


def test_a_disk_that_is_too_small_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(ReplicaError, match=r"GB free; 100,000,000 clips need .* GB.*--clips \d+"):
        make_replica(tmp_path / "a", clips=100_000_000)
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_left_alone(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(ReplicaError, match="exists; choose another folder"):
        make_replica(tmp_path / "a", clips=2)


def test_too_few_clips_for_the_defects_are_refused(tmp_path):
    with pytest.raises(ReplicaError, match="with --defects 120 or more"):
        make_replica(tmp_path / "a", clips=10, defects=True)
