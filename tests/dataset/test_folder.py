"""What a data set folder may look like, and what is said about it."""

import os
import shutil
import unicodedata
from pathlib import Path

import pytest

from tests.dataset.factories import make_clip, make_dataset, tone, write_audio, write_motion, write_transcript
from viewer.dataset import Dataset
from viewer.errors import DatasetError, UsageError


def only_warning(dataset):
    assert len(dataset.warnings) == 1, dataset.warnings
    return dataset.warnings[0]


def test_a_plain_folder_opens_without_a_word(tmp_path):
    root = make_dataset(tmp_path / "talk", splits={"train": ["alice_0", "bob_0"], "test": ["alice_1"]})
    dataset = Dataset.open(root)
    assert dataset.stems == tuple(dataset) == ("alice_0", "alice_1", "bob_0")
    assert len(dataset) == 3
    assert dataset.warnings == ()
    assert dataset.name == "talk"
    assert dataset.expression_space == "flame2020"
    assert [summary.splits for summary in dataset.summaries()] == [("train",), ("test",), ("train",)]


HOSTILE_STEMS = (
    "with space",
    " leading and trailing ",
    "Zoë",
    "你好",
    'quo"ted',
    "it's",
    "<script>",
    "line\nbreak",
    "%2e%2e",
    "a..",
    "-rf",
    "a.b.npz",
    "x" * 200,
)


@pytest.mark.parametrize("stem", HOSTILE_STEMS)
def test_any_file_name_is_a_stem(tmp_path, stem):
    dataset = Dataset.open(make_dataset(tmp_path / "data", stems=[stem]))
    assert dataset.stems == (stem,)
    assert stem in dataset
    clip = dataset[stem]
    assert clip.stem == stem
    assert clip.audio is not None
    assert clip.flags == ()


@pytest.mark.parametrize("on_disk", ["NFC", "NFD"])
@pytest.mark.parametrize("asked", ["NFC", "NFD"])
def test_composed_and_decomposed_names_are_the_same_stem(tmp_path, on_disk, asked):
    stem = "Zoë_çé"
    make_dataset(tmp_path, stems=[unicodedata.normalize(on_disk, stem)])
    (tmp_path / "test.txt").write_text(unicodedata.normalize(asked, stem), encoding="utf-8")
    dataset = Dataset.open(tmp_path)
    assert dataset[unicodedata.normalize(asked, stem)].stem == unicodedata.normalize("NFC", stem)
    assert dataset.summary(stem).splits == ("train", "test")


@pytest.mark.parametrize("stem", ["../secret", "../audios/a", "/etc/passwd", "a/../a", "", ".", "a\0b"])
def test_a_stem_never_chooses_a_path(tmp_path, stem):
    make_dataset(tmp_path / "data", stems=["a"])
    shutil.copytree(tmp_path / "data", tmp_path / "data" / "secret_set")
    write_motion(tmp_path / "data" / "..", "secret")
    shutil.copy(tmp_path / "FLAME_coeffs_25" / "secret.npz", tmp_path / "data" / "secret.npz")
    (tmp_path / "data" / "test.txt").write_text(f"a\n{stem}\n")
    dataset = Dataset.open(tmp_path / "data")
    assert dataset.stems == ("a",)
    assert stem not in dataset
    for read in (dataset.__getitem__, dataset.summary, dataset.fingerprint):
        with pytest.raises(DatasetError, match="no clip"):
            read(stem)


def test_an_unknown_stem_names_the_likely_one(tmp_path):
    dataset = Dataset.open(make_dataset(tmp_path))
    with pytest.raises(DatasetError, match="did you mean 'alice_1'"):
        dataset["alise_1"]
    with pytest.raises(DatasetError, match="first of its 3 clips are 'alice_0'"):
        dataset["zzz"]


def test_linked_files_work_as_in_the_cache_of_the_hub(tmp_path):
    blobs = make_dataset(tmp_path / "blobs", stems=["a"])
    snapshot = tmp_path / "snapshots" / "main"
    for file in [path for path in blobs.rglob("*") if path.is_file()]:
        link = snapshot / file.relative_to(blobs)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(os.path.relpath(file, link.parent))
    dataset = Dataset.open(snapshot)
    assert dataset["a"].flags == ()
    assert dataset.warnings == ()


def test_what_is_no_file_is_left_out_and_counted(tmp_path):
    make_dataset(tmp_path, stems=["a"])
    (tmp_path / "audios" / "b.wav").symlink_to("nowhere.wav")
    (tmp_path / "audios" / "c.wav").mkdir()
    (tmp_path / "audios" / "d.wav").symlink_to("d.wav")
    dataset = Dataset.open(tmp_path)
    assert dataset.stems == ("a",)
    assert only_warning(dataset).startswith("audios: 3 files left out (broken links, or not files)")


def test_files_that_systems_leave_behind_are_not_clips(tmp_path):
    make_dataset(tmp_path, stems=["a"])
    for name in ("._a.npz", ".DS_Store", "a.npz.incomplete", "Thumbs.db", ".npz"):
        (tmp_path / "FLAME_coeffs_25" / name).write_bytes(b"x")
    dataset = Dataset.open(tmp_path)
    assert dataset.stems == ("a",)
    assert dataset.warnings == ()


def test_suffixes_in_capitals_count_and_a_stem_twice_is_told(tmp_path):
    make_dataset(tmp_path, stems=["a", "b"])
    audios = tmp_path / "audios"
    (audios / "a.wav").rename(audios / "a.WAV")
    shutil.copy(audios / "b.wav", audios / "b.Wav")
    dataset = Dataset.open(tmp_path)
    assert dataset["a"].audio is not None
    assert "twice" in only_warning(dataset)


def test_names_that_are_not_utf8_are_left_out(tmp_path):
    make_dataset(tmp_path, stems=["a"])
    shutil.copy(tmp_path / "audios" / "a.wav", os.fsencode(tmp_path / "audios") + b"/caf\xe9.wav")
    dataset = Dataset.open(tmp_path)
    assert dataset.stems == ("a",)
    only_warning(dataset).encode()
    assert "not UTF-8" in only_warning(dataset)


class TestSplits:
    def test_bom_crlf_blank_lines_spaces_and_duplicates(self, tmp_path):
        make_dataset(tmp_path, stems=["a", "b"])
        (tmp_path / "train.txt").write_bytes(b"\xef\xbb\xbfa\r\n\r\n  b \r\na\r\n")
        dataset = Dataset.open(tmp_path)
        assert dataset.warnings == ()
        assert [summary.splits for summary in dataset.summaries()] == [("train",), ("train",)]

    def test_unknown_stems_are_counted_and_some_named(self, tmp_path):
        make_dataset(tmp_path, stems=["a"], splits={"train": ["a"], "val": ["x1", "x2", "x3", "x4", "x1"]})
        warning = only_warning(Dataset.open(tmp_path))
        assert warning == "val.txt names 4 clips without files here: x1, x2, x3, …"

    def test_a_clip_in_two_splits_is_told(self, tmp_path):
        make_dataset(tmp_path, stems=["a", "b"], splits={"train": ["a", "b"], "test": ["b"]})
        assert only_warning(Dataset.open(tmp_path)) == "1 clip in more than one split: b"

    def test_no_lists_are_fine(self, tmp_path):
        make_dataset(tmp_path)
        (tmp_path / "train.txt").unlink()
        dataset = Dataset.open(tmp_path)
        assert dataset.warnings == ()
        assert dataset.summary("bob_0").splits == ()

    def test_a_list_that_cannot_be_read_is_told(self, tmp_path):
        make_dataset(tmp_path)
        (tmp_path / "test.txt").mkdir()
        assert "split list left out" in only_warning(Dataset.open(tmp_path))


class TestDescription:
    def test_name_and_expression_space(self, tmp_path):
        make_dataset(tmp_path, description={"name": "Demo", "expression_space": "arkit52", "other": 1})
        dataset = Dataset.open(tmp_path)
        assert (dataset.name, dataset.expression_space, dataset.warnings) == ("Demo", "arkit52", ())
        assert dataset["bob_0"].expression_space == "arkit52"

    @pytest.mark.parametrize("content", ["{", "[1]", "null", "[" * 100_000, '{"expression_space": 5}', "\x00", ""])
    def test_a_broken_one_is_told_and_the_usual_space_is_taken(self, tmp_path, content):
        make_dataset(tmp_path)
        (tmp_path / "dataset.json").write_text(content)
        dataset = Dataset.open(tmp_path)
        assert dataset.expression_space == "flame2020"
        assert "dataset.json" in only_warning(dataset)
        assert dataset["bob_0"].flags == ()


class TestPartialData:
    def test_clips_with_only_sound_are_listed(self, tmp_path):
        make_dataset(tmp_path, stems=["a"])
        write_audio(tmp_path, "b", tone(1))
        dataset = Dataset.open(tmp_path)
        assert dataset.stems == ("a", "b")
        assert dataset.playable == ("a",)

    def test_transcripts_alone_are_no_clips(self, tmp_path):
        make_dataset(tmp_path, stems=["a"])
        write_transcript(tmp_path, "b", "Nobody says this.")
        dataset = Dataset.open(tmp_path)
        assert dataset.stems == ("a",)
        assert only_warning(dataset) == "transcripts: 1 clip without motion or sound left out: b"

    @pytest.mark.parametrize("folder", ["audios", "transcripts", "FLAME_coeffs_25"])
    def test_any_folder_may_be_missing(self, tmp_path, folder):
        make_dataset(tmp_path)
        shutil.rmtree(tmp_path / folder)
        dataset = Dataset.open(tmp_path)
        assert len(dataset) == len(dataset.summaries()) == 3


def refusal(path):
    with pytest.raises(DatasetError) as error:
        Dataset.open(path)
    return str(error.value)


class TestNoDataSet:
    def test_missing(self, tmp_path):
        assert f"no such folder ({tmp_path} exists)" in refusal(tmp_path / "a" / "b")

    def test_a_file(self, tmp_path):
        (tmp_path / "notes.txt").write_text("x")
        assert "is a file; expected a folder that holds FLAME_coeffs_25/" in refusal(tmp_path / "notes.txt")

    def test_an_archive(self, tmp_path):
        (tmp_path / "set.tar").write_bytes(b"")
        assert "tar -xf" in refusal(tmp_path / "set.tar")

    def test_a_clip_in_place_of_its_data_set(self, tmp_path):
        make_dataset(tmp_path)
        assert f"Did you mean {tmp_path}?" in refusal(tmp_path / "FLAME_coeffs_25" / "bob_0.npz")

    def test_one_level_too_deep(self, tmp_path):
        make_dataset(tmp_path)
        assert f"Did you mean {tmp_path}?" in refusal(tmp_path / "audios")

    @pytest.mark.parametrize("levels", ["talk", "snapshots/abc"])
    def test_too_high(self, tmp_path, levels):
        make_dataset(tmp_path / levels)
        assert f"Did you mean {tmp_path / levels}?" in refusal(tmp_path)

    def test_empty(self, tmp_path):
        assert "it holds nothing" in refusal(tmp_path)

    def test_something_else(self, tmp_path):
        (tmp_path / "cat.jpg").touch()
        assert "it holds cat.jpg; expected" in refusal(tmp_path)

    def test_empty_folders_of_the_layout(self, tmp_path):
        (tmp_path / "FLAME_coeffs_25").mkdir()
        assert "holds no clips: no .npz or .wav in FLAME_coeffs_25" in refusal(tmp_path)

    def test_a_folder_that_may_not_be_listed(self, tmp_path, monkeypatch):
        make_dataset(tmp_path)
        deny(monkeypatch, tmp_path)
        assert "Permission denied" in refusal(tmp_path)

    def test_folders_inside_that_may_not_be_listed(self, tmp_path, monkeypatch):
        make_dataset(tmp_path)
        deny(monkeypatch, tmp_path / "audios")
        assert only_warning(Dataset.open(tmp_path)) == "audios cannot be read: Permission denied"
        deny(monkeypatch, tmp_path / "FLAME_coeffs_25")
        assert "FLAME_coeffs_25 cannot be read: Permission denied" in refusal(tmp_path)

    def test_a_description_or_split_behind_a_closed_door(self, tmp_path, monkeypatch):
        root = make_dataset(tmp_path / "data", stems=["a"])
        (tmp_path / "closed").mkdir()
        for name in ("dataset.json", "train.txt"):
            (root / name).unlink(missing_ok=True)
            (root / name).symlink_to(tmp_path / "closed" / name)
        (root / "audios.tar").symlink_to(tmp_path / "closed" / "audios.tar")
        deny(monkeypatch, tmp_path / "closed")
        warnings = Dataset.open(root).warnings
        assert len(warnings) == 3
        assert all("cannot be read: Permission denied" in warning for warning in warnings)

    @pytest.mark.parametrize("inside", ["FLAME_coeffs_25", "other"])
    def test_a_closed_folder_in_what_is_no_data_set(self, tmp_path, monkeypatch, inside):
        (tmp_path / inside).mkdir()
        deny(monkeypatch, tmp_path / inside)
        message = refusal(tmp_path)
        assert str(tmp_path) in message and inside in message


def deny(monkeypatch, folder):
    """Close a folder, by neither listing nor entering, also to root, who may do everything."""

    def closed(function, *, listing):
        def refuse(path=".", *arguments, **options):
            if isinstance(path, (str, os.PathLike)):
                place = Path(path) if listing else Path(os.path.realpath(path)).parent
                if place == folder:
                    raise PermissionError(13, "Permission denied", str(path))
            return function(path, *arguments, **options)

        return refuse

    monkeypatch.setattr(os, "scandir", closed(os.scandir, listing=True))
    monkeypatch.setattr(os, "stat", closed(os.stat, listing=False))
    monkeypatch.setattr(os, "open", closed(os.open, listing=False))


def test_clips_are_found_again_after_the_process_changed_its_folder(tmp_path, monkeypatch):
    make_clip(tmp_path / "data", "a")
    monkeypatch.chdir(tmp_path)
    dataset = Dataset.open("data")
    monkeypatch.chdir("/")
    assert dataset["a"].flags == ()


def test_without_the_repository_the_demo_data_is_said_to_be_missing(tmp_path, monkeypatch):
    monkeypatch.setattr("viewer.dataset.dataset.DEMO_DATASET", tmp_path / "none")
    with pytest.raises(DatasetError, match="demo data is not installed"):
        Dataset.demo()
    with pytest.raises(DatasetError, match=r"Clone the repository.*export --data DIR"):
        Dataset.open(tmp_path / "none")


def test_the_home_folder_is_found_and_what_is_no_path_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    make_dataset(tmp_path / "data", stems=["a"])
    assert Dataset.open("~/data").stems == ("a",)
    for path in ("~nosuchuser/data", "a\0b"):
        with pytest.raises(UsageError):
            Dataset.open(path)
