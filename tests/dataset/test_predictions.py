"""Folders of tracks as data sets, and what their clips borrow from the data set they belong to."""

import pickle
import tarfile

import numpy as np
import pytest

from tests.dataset import track_factories as make
from tests.dataset.archives import pack_all
from tests.dataset.factories import make_clip, make_dataset, motion_arrays, tone, write_audio, write_motion
from viewer.clip import FLAME_2020
from viewer.dataset import Dataset
from viewer.dataset.borrow import StemPattern
from viewer.dataset.tracks import FORMATS, read_map
from viewer.errors import ClipError, DatasetError, UsageError
from viewer.flame.version import FLAME_2023


def codes(flags):
    return [flag.code for flag in flags]


def borrowed(clip):
    return next((flag.message for flag in clip.flags if flag.code == "borrowed"), None)


@pytest.fixture
def base(tmp_path):
    return make_dataset(tmp_path / "base", stems=["a", "b"], frames=make.FRAMES, splits={"train": ["a"], "test": ["b"]})


@pytest.fixture
def preds(tmp_path):
    make.write_npy(tmp_path / "preds" / "a.npy", make.artalk())
    make.write_pt(tmp_path / "preds" / "b.pt", make.artalk())
    return tmp_path / "preds"


def clip_and_summary(dataset, stem):
    """Both ways to read a clip; what they say must be the same."""
    clip, summary = dataset[stem], dataset.summary(stem)
    assert clip.flags == summary.flags
    assert (clip.fps, len(clip), clip.splits) == (summary.fps, summary.frames, summary.splits)
    return clip, summary


@pytest.mark.parametrize("kind", make.FORMAT_FILES)
def test_a_folder_of_tracks_is_a_data_set(tmp_path, kind):
    make.FORMAT_FILES[kind](tmp_path / "preds", "a")
    dataset = Dataset.open(tmp_path / "preds")
    assert dataset.stems == dataset.playable == ("a",)
    clip, summary = clip_and_summary(dataset, "a")
    assert len(clip) == make.FRAMES
    assert summary.playable
    assert "no-audio" in codes(clip.flags)


@pytest.mark.parametrize("kind", make.FORMAT_FILES)
def test_every_format_works_in_the_data_set_s_own_layout(base, kind):
    (base / "FLAME_coeffs_25" / "a.npz").unlink()
    make.FORMAT_FILES[kind](base / "FLAME_coeffs_25", "a")
    clip, _ = clip_and_summary(Dataset.open(base), "a")
    assert clip.audio is not None
    assert clip.splits == ("train",)


@pytest.mark.parametrize("kind", ["artalk", "artalk pt", "emica", "vertices"])
def test_every_format_is_read_from_an_archive(tmp_path, base, kind):
    path = make.FORMAT_FILES[kind](tmp_path, "a")
    (tmp_path / "preds").mkdir()
    with tarfile.open(tmp_path / "preds" / "FLAME_coeffs_25.tar", "w") as tar:
        tar.add(path, f"FLAME_coeffs_25/{path.name}")
    clip, _ = clip_and_summary(Dataset.open(tmp_path / "preds", base=base, cache=tmp_path / "cache"), "a")
    assert len(clip) == make.FRAMES
    assert clip.audio is not None


def test_sound_and_text_may_lie_beside_the_tracks(preds):
    write_audio(preds, "a", tone(make.FRAMES / 25)).rename(preds / "a.wav")
    (preds / "audios").rmdir()
    (preds / "a.txt").write_text("hello")
    (preds / "notes.txt").write_text("not of a clip")
    (preds / "train.txt").write_text("b\n")
    dataset = Dataset.open(preds)
    assert dataset.stems == ("a", "b")
    clip, _ = clip_and_summary(dataset, "a")
    assert clip.transcript == "hello"
    assert clip.audio is not None
    assert dataset["b"].splits == ("train",)
    assert dataset.warnings == ()


def test_a_stem_in_two_formats_is_told(preds):
    make.write_npz(preds / "a.npz", make.webtalk())
    dataset = Dataset.open(preds)
    assert dataset.stems == ("a", "b")
    assert "same stem twice" in dataset.warnings[0]


def test_a_folder_without_tracks_is_no_data_set(tmp_path):
    (tmp_path / "a.wav").write_bytes(b"")
    with pytest.raises(DatasetError, match="is no data set"):
        Dataset.open(tmp_path)


def test_for_a_single_track_its_folder_is_named(preds):
    with pytest.raises(DatasetError, match=f"To play it name its folder, {preds}"):
        Dataset.open(preds / "a.npy")


def test_what_is_missing_is_borrowed_by_stem_and_told(preds, base):
    dataset = Dataset.open(preds, base=base)
    reference = Dataset.open(base)["a"]
    clip, summary = clip_and_summary(dataset, "a")
    np.testing.assert_array_equal(clip.exp, make.coefficients()["exp"])
    np.testing.assert_array_equal(clip.audio.samples, reference.audio.samples)
    np.testing.assert_array_equal(clip.shape, reference.shape)
    assert clip.transcript == reference.transcript == summary.transcript
    assert clip.splits == ("train",)
    assert codes(clip.flags) == ["borrowed"]
    assert borrowed(clip) == "From a of base: sound, transcript, split, identity."
    assert summary.has_audio and summary.audio_seconds == pytest.approx(make.FRAMES / 25)
    assert dataset.base.path == base
    assert dataset.warnings == ()


def test_what_a_clip_has_itself_is_not_borrowed(tmp_path, base):
    preds = make_dataset(tmp_path / "own", stems=["a"], frames=make.FRAMES, splits={"val": ["a"]})
    (preds / "transcripts" / "a.txt").write_text("mine")
    clip, _ = clip_and_summary(Dataset.open(preds, base=base), "a")
    assert clip.transcript == "mine"
    assert clip.splits == ("val",)
    assert clip.flags == ()


def test_an_identity_of_another_basis_is_not_borrowed(preds, base):
    (base / "dataset.json").write_text('{"expression_space": "arkit52"}')
    clip, _ = clip_and_summary(Dataset.open(preds, base=base), "a")
    assert clip.expression_space == FLAME_2020
    assert clip.shape.shape == (make.FRAMES, 0)
    assert codes(clip.flags) == ["no-shape", "borrowed"]


def test_an_identity_that_changes_is_lent_as_its_mean(preds, base):
    arrays = motion_arrays(frames=8)
    arrays["shape"][3:] += 1
    arrays["shape"][0] = np.nan
    write_motion(base, "a", arrays)
    clip = Dataset.open(preds, base=base)["a"]
    np.testing.assert_allclose(clip.shape[0], arrays["shape"][1:].mean(axis=0))


def test_a_broken_file_of_the_base_lends_nothing_and_breaks_nothing(preds, base):
    (base / "FLAME_coeffs_25" / "a.npz").write_bytes(b"broken")
    (base / "audios" / "a.wav").write_bytes(b"broken")
    clip, _ = clip_and_summary(Dataset.open(preds, base=base), "a")
    assert codes(clip.flags) == ["no-shape", "borrowed", "audio-unreadable"]


def test_a_mesh_borrows_no_identity(tmp_path, base):
    make.write_npy(tmp_path / "preds" / "a.npy", make.mesh())
    clip, _ = clip_and_summary(Dataset.open(tmp_path / "preds", base=base), "a")
    assert borrowed(clip) == "From a of base: sound, transcript, split."


def test_each_keeps_its_own_frame_rate(tmp_path, base):
    make_clip(base, "c", frames=60)
    make.write_npz(tmp_path / "preds" / "c.npz", make.smplx(72))
    clip, _ = clip_and_summary(Dataset.open(tmp_path / "preds", base=base), "c")
    assert (clip.fps, clip.seconds, clip.audio.seconds) == (30, 2.4, 2.4)
    assert not {"audio-longer", "audio-shorter"} & set(codes(clip.flags))


def test_where_the_rate_is_unknown_the_sound_hints_at_it(tmp_path, base):
    make_clip(base, "c", frames=50)
    make.write_npy(tmp_path / "preds" / "c.npy", np.tile(make.mesh(1), (60, 1, 1)))
    clip, _ = clip_and_summary(Dataset.open(tmp_path / "preds", base=base), "c")
    (message,) = (flag.message for flag in clip.flags if flag.code == "audio-shorter")
    assert "At 30 frames per second they would agree" in message


def test_names_of_predictions_follow_a_pattern(tmp_path, base):
    for stem in ("a_pred", "b_pred", "other"):
        make.write_npy(tmp_path / "preds" / f"{stem}.npy", make.artalk())
    dataset = Dataset.open(tmp_path / "preds", base=base, stem_pattern="{stem}_pred")
    assert dataset.stems == ("a_pred", "b_pred", "other")
    assert borrowed(dataset["a_pred"]).startswith("From a of base")
    assert borrowed(dataset["other"]) is None
    (warning,) = dataset.warnings
    assert "1 of 3 clips match none of" in warning
    assert "here: other; there: a, b" in warning
    assert "--stem-pattern '{stem}_pred'" in warning


def test_many_clips_without_a_match_are_one_warning(tmp_path, base):
    for number in range(20):
        make.write_npy(tmp_path / "preds" / f"x_{number:02}.npy", make.artalk(1))
    (warning,) = Dataset.open(tmp_path / "preds", base=base).warnings
    assert "20 of 20 clips" in warning
    assert "x_00, x_01, x_02, …" in warning


@pytest.mark.parametrize(
    ("pattern", "stem", "expected"),
    [
        ("{stem}", "a", "a"),
        ("{stem}_pred", "a_pred", "a"),
        ("{stem}_pred", "a", None),
        ("{stem}_pred", "_pred", None),
        ("model.{stem}.out", "model.a.b.out", "a.b"),
        ("aa{stem}aa", "aaa", None),
        ("é{stem}", "éa", "a"),
        (".*{stem}", "xa", None),
    ],
)
def test_a_pattern_is_taken_literally(pattern, stem, expected):
    assert StemPattern(pattern).base_stem(stem) == expected


@pytest.mark.parametrize("pattern", ["", "pred", "{stem}{stem}", "{Stem}"])
def test_a_pattern_holds_the_stem_once(pattern):
    with pytest.raises(UsageError, match=r"expected \{stem\} in it once"):
        StemPattern(pattern)


def test_the_fingerprint_covers_what_is_borrowed_and_how_motion_is_read(preds, base, tmp_path):
    dataset = Dataset.open(preds, base=base)
    before = dataset.fingerprint("a")
    assert dataset.fingerprint("a") == before
    assert Dataset.open(preds).fingerprint("a") != before
    for folder, name in (("audios", "a.wav"), ("transcripts", "a.txt"), ("FLAME_coeffs_25", "a.npz")):
        path = base / folder / name
        path.write_bytes(path.read_bytes() + b" ")
        after = dataset.fingerprint("a")
        assert after != before
        before = after
    (tmp_path / "map.toml").write_text("fps = 30")
    assert Dataset.open(preds, base=base, mapping=tmp_path / "map.toml").fingerprint("a") != before


def test_each_view_of_a_folder_has_an_identity_of_its_own(preds, base, tmp_path):
    (tmp_path / "map.toml").write_text("fps = 30")
    options = [
        {},
        {"base": base},
        {"base": base, "stem_pattern": "{stem}_pred"},
        {"track_format": "artalk"},
        {"mapping": tmp_path / "map.toml"},
    ]
    identities = [Dataset.open(preds, **each).identity for each in options]
    assert identities[0] == ""
    assert len(set(identities)) == len(options)


def test_a_map_and_a_format_hold_for_all_files(preds, tmp_path):
    (tmp_path / "map.toml").write_text('fps = 50\nexpression_space = "flame2023"')
    dataset = Dataset.open(preds, mapping=tmp_path / "map.toml")
    assert dataset.expression_space == FLAME_2023
    assert dataset["a"].fps == dataset["b"].fps == 50
    with pytest.raises(ClipError, match=r"no (expressions|poses) in the file"):
        Dataset.open(preds, track_format="smplx")["a"]
    with pytest.raises(UsageError, match="no track format"):
        Dataset.open(preds, track_format="bvh")


def test_a_map_can_be_handed_to_other_processes(tmp_path):
    (tmp_path / "map.toml").write_text("[exp]\ncolumns = '0:9'\n[jaw]\ncolumns = '9:12'")
    mapping = read_map(tmp_path / "map.toml")
    assert pickle.loads(pickle.dumps(mapping)) == mapping


def test_the_expression_space_is_what_is_said_nearest(tmp_path, base):
    preds = tmp_path / "preds"
    make.write_npz(preds / "a.npz", make.vhap())
    assert Dataset.open(preds).expression_space == FLAME_2023
    assert Dataset.open(preds)["a"].expression_space == FLAME_2023
    (base / "dataset.json").write_text('{"expression_space": "flame2023open"}')
    assert Dataset.open(preds, base=base).expression_space == FLAME_2023
    make.write_npz(preds / "a.npz", make.webtalk())
    assert Dataset.open(preds, base=base).expression_space == "flame2023open"
    assert Dataset.open(preds).expression_space == FLAME_2020
    (preds / "dataset.json").write_text('{"expression_space": "arkit52"}')
    assert Dataset.open(preds, base=base).expression_space == "arkit52"


@pytest.mark.parametrize("wait", [True, False])
def test_the_expression_space_of_members_of_an_archive(tmp_path, wait):
    root, cache = tmp_path / "data", tmp_path / "cache"
    for stem in ("a", "b"):
        make.write_npz(root / "FLAME_coeffs_25" / f"{stem}.npz", make.vhap())
    pack_all(root)
    for _ in range(2):  # walked over, then known from the index
        dataset = Dataset.open(root, cache=cache, wait=wait)
        assert dataset.expression_space == FLAME_2023
        dataset.wait()
        assert dataset["a"].expression_space == FLAME_2023
        assert "expression-space" not in codes(dataset.summary("a").flags)


def test_a_damaged_archive_leaves_the_usual_expression_space(tmp_path):
    root = make_dataset(tmp_path / "data")
    pack_all(root)
    (root / "FLAME_coeffs_25.tar").write_bytes(b"no tar" * 1000)
    assert Dataset.open(root, cache=tmp_path / "cache").expression_space == FLAME_2020


def test_a_track_of_another_space_than_the_data_set_s_is_told(base):
    (base / "FLAME_coeffs_25" / "b.npz").unlink()
    make.write_npz(base / "FLAME_coeffs_25" / "b.npz", make.vhap())
    clip, _ = clip_and_summary(Dataset.open(base), "b")
    assert "expression-space" in codes(clip.flags)


def test_nothing_may_be_written_into_the_base(preds, base):
    with pytest.raises(UsageError, match="inside the data set"):
        Dataset.open(preds, base=base).check_outside(base / "out", option="--out")


def test_a_refresh_sees_new_predictions_and_new_clips_of_the_base(preds, base):
    dataset = Dataset.open(preds, base=base)
    make.write_npy(preds / "c.npy", make.artalk())
    assert dataset.refresh()
    assert "c" in dataset and len(dataset.warnings) == 1
    make_clip(base, "c", frames=make.FRAMES)
    assert dataset.refresh()
    assert dataset.warnings == ()
    assert dataset["c"].transcript is not None


def test_a_format_of_ones_own_finds_its_files(tmp_path, base):
    before = dict(FORMATS)
    plugin = tmp_path / "mine.py"
    plugin.write_text("""
import numpy as np
from viewer.dataset.tracks import Track, TrackFormat, register_format

def read(file):
    rows = np.frombuffer(file.read_bytes(), "<f4").reshape(-1, 8)
    return Track(exp=rows[:, :2], pose=rows[:, 2:], fps=25)

register_format(TrackFormat("raw", "me", lambda file: file.suffix == ".raw", read=read, suffixes=(".raw",)))
""")
    try:
        (tmp_path / "preds").mkdir()
        (tmp_path / "preds" / "a.raw").write_bytes(np.full((6, 8), 0.1, "<f4").tobytes())
        clip, _ = clip_and_summary(Dataset.open(tmp_path / "preds", base=base, plugins=[str(plugin)]), "a")
        assert clip.exp.shape == (6, 2)
        assert borrowed(clip) is not None
        (base / "FLAME_coeffs_25" / "c.raw").write_bytes(np.full((6, 8), 0.1, "<f4").tobytes())
        assert len(Dataset.open(base)["c"]) == 6
    finally:
        FORMATS.clear()
        FORMATS.update(before)


def test_frames_of_nan_are_held_in_every_format(tmp_path):
    rows = make.artalk()
    rows[2] = np.nan
    make.write_npy(tmp_path / "preds" / "a.npy", rows)
    mesh = make.mesh()
    mesh[0] = np.inf
    make.write_npy(tmp_path / "preds" / "b.npy", mesh)
    dataset = Dataset.open(tmp_path / "preds")
    assert dataset["a"].bad_frames.tolist() == [False, False, True, False, False, False]
    assert dataset["b"].bad_frames.tolist() == [True, False, False, False, False, False]
