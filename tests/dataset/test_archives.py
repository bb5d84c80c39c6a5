"""Data sets whose modalities lie in archives, in folders, or in both."""

import io
import os
import pickle
import shutil
import subprocess
import tarfile
import threading

import numpy as np
import pytest

from tests.dataset.archives import info, pack, pack_all, tar_bytes
from tests.dataset.factories import make_dataset, motion_arrays, write_motion, write_transcript
from viewer.dataset import Dataset
from viewer.dataset.layout import AUDIO, MOTION, TOKENS, TRANSCRIPT
from viewer.dataset.tar import scan_tar
from viewer.errors import Cancelled, ClipError, DatasetError, UsageError

STEMS = ("alice_0", "alice_1", "bob_0")


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def root(tmp_path):
    return make_dataset(tmp_path / "data")


def open_(root, cache, **options):
    return Dataset.open(root, cache=cache, **options)


def same_clips(one, other):
    assert one.stems == other.stems
    for stem in one.stems:
        ours, theirs = one[stem], other[stem]
        assert ours.content_hash == theirs.content_hash
        assert (ours.splits, ours.flags) == (theirs.splits, theirs.flags)
        assert one.summary(stem) == other.summary(stem)


def checks(dataset):
    """File, check and severity of each problem."""
    return [problem.kind for problem in dataset.problems]


@pytest.mark.parametrize("with_folder", [True, False])
@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_archives_hold_the_same_clips_as_folders(root, cache, tmp_path, with_folder, format):
    packed = pack_all(shutil.copytree(root, tmp_path / "packed"), with_folder=with_folder, format=format)
    dataset = open_(packed, cache)
    same_clips(dataset, open_(root, cache))
    assert dataset.problems == ()
    assert dataset.playable == STEMS
    assert [source.found for source in dataset.sources] == ["archive", "archive", "archive", "missing"]
    assert [source.in_archive for source in dataset.sources] == [3, 3, 3, 0]


def test_any_modality_may_be_an_archive(root, cache, tmp_path):
    plain = open_(root, cache)
    packed = shutil.copytree(root, tmp_path / "packed")
    pack(packed, "audios")
    dataset = open_(packed, cache)
    same_clips(dataset, plain)
    assert [source.found for source in dataset.sources] == ["folder", "archive", "folder", "missing"]
    assert dataset.entry(AUDIO, "bob_0").name == f"{packed}/audios.tar: audios/bob_0.wav"


def test_audio_tokens_in_an_archive_are_counted(root, cache):
    (root / "audios_token_glm").mkdir()
    np.save(root / "audios_token_glm" / "bob_0.npy", np.arange(25))
    pack_all(root)
    dataset = open_(root, cache)
    assert dataset.summary("bob_0").tokens == 25
    assert dataset.entry(TOKENS, "alice_0") is None


def test_the_folder_wins_where_both_have_a_file(root, cache):
    pack(root, "transcripts", keep=True)
    write_transcript(root, "bob_0", "From the folder.")
    (root / "transcripts" / "alice_0.txt").unlink()
    dataset = open_(root, cache)
    assert dataset["bob_0"].transcript == "From the folder."
    assert dataset["alice_0"].transcript == "Hello there, this is alice_0."
    assert dataset.warnings == (
        "transcripts/ and transcripts.tar are both there: 2 clips have their transcripts from the folder, 1 from the "
        "archive; 2 are in both, and the folder's count",
    )
    assert dataset.sources[2].found == "both"


def test_half_in_a_folder_and_half_in_an_archive_is_only_noted(root, cache):
    pack(root, "transcripts", keep=True)
    for stem in STEMS:
        (root / "transcripts" / f"{stem}.txt").unlink()
    write_transcript(root, "bob_1", "x")
    write_motion(root, "bob_1")
    dataset = open_(root, cache)
    assert dataset.warnings == ()
    assert checks(dataset) == [("transcripts", "folder-and-archive", "note")]


def test_an_archive_may_hold_clips_that_others_do_not(root, cache):
    for name in ("alice_0.npz", "alice_1.npz"):
        (root / "FLAME_coeffs_25" / name).unlink()
    pack_all(root)
    dataset = open_(root, cache)
    assert dataset.stems == STEMS
    assert dataset.playable == ("bob_0",)
    with pytest.raises(ClipError, match="alice_0: no motion file"):
        dataset["alice_0"]


def test_archives_that_are_links_work_as_in_the_cache_of_the_hub(root, cache, tmp_path):
    pack_all(root)
    snapshot = tmp_path / "hub" / "snapshots" / "main"
    blobs = tmp_path / "hub" / "blobs"
    snapshot.mkdir(parents=True)
    blobs.mkdir()
    for i, file in enumerate(sorted(root.iterdir())):
        shutil.copy(file, blobs / str(i))
        (snapshot / file.name).symlink_to(f"../../blobs/{i}")
    dataset = open_(snapshot, cache)
    same_clips(dataset, open_(root, cache))
    assert dataset.problems == ()


def test_a_link_to_nothing_is_told(root, cache):
    (root / "audios_token_glm.tar").symlink_to("../blobs/gone")
    dataset = open_(root, cache)
    assert checks(dataset) == [("audios_token_glm.tar", "archive-unreadable", "error")]


class TestNames:
    def test_a_name_never_chooses_a_path(self, root, cache):
        secret = root.parent / "x.npz"
        np.savez(secret, **motion_arrays())
        data = (root / "FLAME_coeffs_25" / "bob_0.npz").read_bytes()
        shutil.rmtree(root / "FLAME_coeffs_25")
        members = [("/etc/passwd.npz", data), ("../../y.npz", data), ("a/../../x.npz", data[:-1] + b"\0")]
        (root / "FLAME_coeffs_25.tar").write_bytes(tar_bytes(members))
        dataset = open_(root, cache)
        assert dataset.playable == ("passwd", "x", "y")
        assert len(dataset["passwd"]) == len(dataset["y"]) == 50
        paths = [problem.where for problem in dataset.problems if problem.check == "member-path"]
        assert paths == [f"FLAME_coeffs_25.tar: {name}" for name, _ in members]

    def test_hidden_files_and_other_kinds_are_no_clips(self, root, cache):
        pack(root, "transcripts")
        with tarfile.open(root / "transcripts.tar", "a") as tar:
            for name in ("transcripts/._bob_0.txt", "transcripts/.DS_Store", "transcripts/notes.md", "bob_0.txt.bak"):
                tar.addfile(info(name, 1), io.BytesIO(b"x"))
        dataset = open_(root, cache)
        assert dataset["bob_0"].transcript == "Hello there, this is bob_0."
        assert dataset.warnings == ()
        assert [problem.message for problem in dataset.problems] == [
            "transcripts.tar: 2 members are no .txt files: left out"
        ]

    @pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
    def test_links_devices_and_pipes_are_noted_and_never_followed(self, root, cache, kind):
        pack(root, "transcripts")
        with tarfile.open(root / "transcripts.tar", "a") as tar:
            tar.addfile(info("transcripts/bob_1.txt", type=kind, linkname="/etc/passwd"))
        write_motion(root, "bob_1")
        dataset = open_(root, cache)
        assert dataset["bob_1"].transcript is None
        assert [(p.check, p.severity, p.stem) for p in dataset.problems] == [("member-no-file", "note", "bob_1")]

    def test_sparse_members_are_an_error_of_their_clip(self, root, cache):
        pack(root, "transcripts")
        sparse = info("transcripts/bob_1.txt", 512, pax_headers={"GNU.sparse.major": "1"}).tobuf(tarfile.PAX_FORMAT)
        whole = (root / "transcripts.tar").read_bytes()
        (root / "transcripts.tar").write_bytes(sparse + bytes(512) + whole)
        dataset = open_(root, cache)
        assert dataset.warnings[0] == (
            "transcripts.tar: transcripts/bob_1.txt is stored as a sparse file, which cannot be read in place: left out"
        )
        assert dataset["bob_0"].transcript is not None

    def test_of_members_with_one_name_the_last_counts(self, root, cache):
        pack(root, "transcripts")
        with tarfile.open(root / "transcripts.tar", "a") as tar:
            tar.addfile(info("transcripts/bob_0.txt", 6), io.BytesIO(b"Newer."))
        dataset = open_(root, cache)
        assert dataset["bob_0"].transcript == "Newer."
        assert [(p.check, p.severity, p.stem) for p in dataset.problems] == [("member-twice", "warn", "bob_0")]

    @pytest.mark.parametrize("stem", ["Zoë_çé", "你好" * 150, "line\nbreak", "x" * 900, "it's", " a "])
    @pytest.mark.parametrize("format", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
    def test_any_name_is_a_stem(self, tmp_path, cache, stem, format):
        stream = io.BytesIO()
        np.savez(stream, **motion_arrays())
        tmp_path.joinpath("data").mkdir()
        (tmp_path / "data" / "FLAME_coeffs_25.tar").write_bytes(
            tar_bytes([(f"FLAME_coeffs_25/{stem}.npz", stream.getvalue())], format=format)
        )
        for _ in range(2):  # the second time from the index that was kept
            dataset = open_(tmp_path / "data", cache)
            assert dataset.stems == (stem,)
            assert len(dataset[stem]) == 50
            assert dataset.problems == ()

    def test_names_in_latin_1_are_found(self, root, cache):
        with tarfile.open(root / "transcripts.tar", "w", format=tarfile.GNU_FORMAT, encoding="latin-1") as tar:
            tar.addfile(info("transcripts/Zoë.txt", 4), io.BytesIO(b"Text"))
        write_motion(root, "Zoë")
        dataset = open_(root, cache)
        assert dataset["Zoë"].transcript == "Text"
        assert ("transcripts.tar", "member-encoding", "note") in checks(dataset)

    def test_names_beyond_all_reason_are_left_out(self, root, cache):
        members = [("n" * 5000 + ".txt", b"x"), ("transcripts/bob_0.txt", b"x")]
        (root / "transcripts.tar").write_bytes(tar_bytes(members))
        assert ("transcripts.tar", "member-name", "warn") in checks(open_(root, cache))


class TestDamage:
    """Whatever is wrong with one archive, the rest works, and the damage is named with its byte."""

    def test_a_member_that_is_cut_off_is_an_error_of_its_clip(self, root, cache):
        path = pack(root, "FLAME_coeffs_25")
        data = path.read_bytes()
        at = data.rindex(b"FLAME_coeffs_25/bob_0.npz") + 512 + 100
        path.write_bytes(data[:at])
        dataset = open_(root, cache)
        assert len(dataset["alice_1"]) == 50
        with pytest.raises(ClipError, match=r"bob_0.npz is cut off: the archive ends after 100 of its [\d,]+ bytes"):
            dataset["bob_0"]
        assert dataset.summary("bob_0").flags[0].code == "motion-unreadable"
        (problem,) = dataset.problems
        assert (problem.check, problem.severity, problem.stem) == ("archive-cut-off", "error", "bob_0")
        assert f"at byte {at:,}" in problem.message

    def test_sound_that_is_cut_off_leaves_the_clip_silent(self, root, cache):
        path = pack(root, "audios")
        path.write_bytes(path.read_bytes()[:-20_000])
        clip = open_(root, cache)["bob_0"]
        assert clip.audio is None
        assert [flag.code for flag in clip.flags] == ["audio-unreadable"]

    def test_what_follows_zeros_or_a_damaged_header_is_found(self, root, cache):
        path = pack(root, "transcripts", format=tarfile.GNU_FORMAT)
        data = path.read_bytes()
        path.write_bytes(data[:1024] + bytes(1024) + data[1024:])
        dataset = open_(root, cache)
        assert dataset["bob_0"].transcript == "Hello there, this is bob_0."
        assert checks(dataset) == [("transcripts.tar", "archive-zero-block", "error")]
        broken = bytearray(data)
        broken[1024 + 20] ^= 1
        path.write_bytes(broken)
        dataset = open_(root, cache)
        assert dataset["bob_0"].transcript == "Hello there, this is bob_0."
        assert dataset["alice_1"].transcript is None
        assert checks(dataset) == [("transcripts.tar", "archive-damaged", "error")]

    @pytest.mark.parametrize(
        ("data", "check", "message"),
        [
            (b"", "archive-empty", "audios.tar is empty"),
            (b"<!DOCTYPE html><html>" * 100, "archive-unknown", "is no tar: the file starts with b'<!DOCTYPE html>"),
            (b"version https://git-lfs.github.com/spec/v1\n", "archive-unknown", "run `git lfs pull`"),
        ],
    )
    def test_what_is_no_archive_is_told_and_the_clips_are_silent(self, root, cache, data, check, message):
        shutil.rmtree(root / "audios")
        (root / "audios.tar").write_bytes(data)
        dataset = open_(root, cache)
        assert dataset.stems == STEMS
        assert dataset["bob_0"].audio is None
        (problem,) = dataset.problems
        assert (problem.check, problem.severity) == (check, "error")
        assert message in problem.message

    def test_a_pipe_and_a_folder_named_as_an_archive_are_told(self, root, cache):
        os.mkfifo(root / "audios.tar")
        (root / "transcripts.tar").mkdir()
        dataset = open_(root, cache)
        assert dataset["bob_0"].flags == ()
        assert [check for _, check, severity in checks(dataset) if severity == "error"] == ["archive-unreadable"] * 2

    def test_many_problems_of_one_kind_are_counted(self, root, cache):
        pack(root, "transcripts")
        with tarfile.open(root / "transcripts.tar", "a") as tar:
            for i in range(150):
                tar.addfile(info(f"transcripts/l_{i}.txt", type=tarfile.SYMTYPE, linkname="x"))
        dataset = open_(root, cache)
        assert len(dataset.problems) == 101
        assert dataset.problems[-1].message == "transcripts.tar: 50 more like the 100 named (member-no-file)"

    def test_one_warning_for_many_problems(self, root, cache):
        pack(root, "transcripts")
        with tarfile.open(root / "transcripts.tar", "a") as tar:
            for stem in STEMS:
                tar.addfile(info(f"transcripts/{stem}.txt", 1), io.BytesIO(b"x"))
        (warning,) = open_(root, cache).warnings
        assert warning.endswith("alice_0.txt is there more than once: the last one counts (and 2 more like this)")


class TestCompressed:
    @pytest.mark.parametrize(("mode", "suffix"), [("gz", ".tar.gz"), ("xz", ".tar.xz"), ("bz2", ".tar.bz2")])
    @pytest.mark.parametrize("renamed", [False, True])
    def test_is_named_and_the_command_helps(self, tmp_path, cache, mode, suffix, renamed):
        root = make_dataset(tmp_path / "it's here")
        path = root / ("audios.tar" if renamed else f"audios{suffix}")
        with tarfile.open(path, f"w:{mode}") as tar:
            tar.add(root / "audios", "audios")
        shutil.rmtree(root / "audios")
        dataset = open_(root, cache)
        assert dataset["bob_0"].audio is None
        (problem,) = dataset.problems
        assert (problem.check, problem.severity) == ("archive-compressed", "error")
        command = problem.message.partition("make a plain tar of it: ")[2]
        subprocess.run(command, shell=True, check=True)
        assert dataset.refresh()
        assert dataset["bob_0"].audio is not None
        assert dataset.problems == ()

    def test_zstandard_is_named(self, root, cache):
        shutil.rmtree(root / "audios")
        (root / "audios.tar").write_bytes(b"\x28\xb5\x2f\xfd" + bytes(600))
        (warning,) = open_(root, cache).warnings
        assert f"zstd -dc < {root}/audios.tar > {root}/audios.tar.plain && mv" in warning

    def test_nothing_but_compressed_archives(self, tmp_path, cache):
        root = tmp_path / "data"
        root.mkdir()
        (root / "FLAME_coeffs_25.tar.gz").write_bytes(b"\x1f\x8b")
        with pytest.raises(DatasetError, match=r"gzip -dc \S+FLAME_coeffs_25.tar.gz > \S+FLAME_coeffs_25.tar$"):
            open_(root, cache)


class TestDownloads:
    def test_unfinished_ones_are_named(self, root, cache):
        shutil.rmtree(root / "audios")
        (root / "audios.tar.incomplete").write_bytes(b"x")
        dataset = open_(root, cache)
        assert dataset.sources[1].found == "partial download"
        (warning,) = dataset.warnings
        assert "1 unfinished download (of audios.tar among others): audios.tar.incomplete. Run the download" in warning

    def test_those_of_hf_download(self, root, cache):
        place = root / ".cache" / "huggingface" / "download"
        place.mkdir(parents=True)
        # As huggingface_hub 2.4 names that of audios.tar with the ETag 0123abcd.
        (place / "vH-Jes9_DRIFpJtOR2p1nlt_rXs=.0123abcd.incomplete").write_bytes(b"x")
        dataset = open_(root, cache)
        assert [source.found for source in dataset.sources[:2]] == ["folder", "folder"]
        assert "1 unfinished download (of audios.tar among others): .cache" in dataset.warnings[0]
        shutil.rmtree(root / "audios")
        assert dataset.refresh()
        assert dataset.sources[1].found == "partial download"

    def test_those_in_the_cache_of_the_hub(self, root, cache, tmp_path):
        snapshot = tmp_path / "hub" / "snapshots" / "main"
        shutil.copytree(root, snapshot)
        (tmp_path / "hub" / "blobs").mkdir()
        (tmp_path / "hub" / "blobs" / "abc.incomplete").write_bytes(b"x")
        assert "../../blobs/abc.incomplete" in open_(snapshot, cache).warnings[0]


class TestNoClips:
    def test_archives_without_a_clip(self, tmp_path, cache):
        root = tmp_path / "data"
        root.mkdir()
        (root / "audios.tar").write_bytes(b"junk" * 200)
        with pytest.raises(DatasetError, match=r"no \.npz or \.wav in audios.tar\n  audios.tar is no tar: the file st"):
            open_(root, cache)

    def test_an_archive_in_place_of_its_data_set(self, root, cache):
        pack_all(root)
        with pytest.raises(DatasetError, match=f"Did you mean {root}"):
            open_(root / "audios.tar", cache)

    def test_waiting_for_archives_without_a_clip(self, tmp_path, cache):
        root = tmp_path / "data"
        root.mkdir()
        (root / "audios.tar").write_bytes(tar_bytes([]))
        dataset = open_(root, cache, wait=False)
        with pytest.raises(DatasetError, match="holds no clips"):
            dataset.wait()
        with pytest.raises(DatasetError, match="no clip 'a'"):
            dataset["a"]


class TestWhileOpen:
    def test_an_archive_that_was_replaced_gives_an_error_until_refreshed(self, root, cache):
        path = pack_all(root) / "transcripts.tar"
        dataset = open_(root, cache)
        before = dataset.fingerprint("bob_0")
        members = [(f"transcripts/{stem}.txt", f"New {stem}".encode()) for stem in ("new_0", *STEMS)]
        path.write_bytes(tar_bytes(members))
        assert dataset.fingerprint("bob_0") != before
        clip = dataset["bob_0"]
        assert clip.transcript is None
        assert "has changed since it was looked through" in clip.flags[0].message
        assert "Refresh, or open the data set again" in clip.flags[0].message
        assert dataset.refresh()
        assert dataset["bob_0"].transcript == "New bob_0"
        assert not dataset.refresh()

    def test_a_member_overwritten_at_equal_size_is_read_anew(self, root, cache):
        path = pack_all(root) / "transcripts.tar"
        dataset = open_(root, cache)
        before, summary = dataset.fingerprint("bob_0"), dataset.summary("bob_0")
        data = path.read_bytes()
        path.write_bytes(data.replace(b"this is bob_0", b"that is bob_0"))
        assert dataset.fingerprint("bob_0") != before
        assert dataset["bob_0"].transcript == dataset.summary("bob_0").transcript == "Hello there, that is bob_0."
        assert summary.transcript == "Hello there, this is bob_0."

    def test_an_archive_that_shrank_gives_errors_of_its_clips(self, root, cache):
        path = pack_all(root) / "FLAME_coeffs_25.tar"
        dataset = open_(root, cache)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        assert len(dataset["alice_0"]) == 50
        with pytest.raises(ClipError, match=r"FLAME_coeffs_25\.tar"):
            dataset["bob_0"]

    def test_archives_that_are_gone(self, root, cache):
        pack_all(root)
        dataset = open_(root, cache)
        shutil.rmtree(root)
        with pytest.raises(ClipError, match="is gone since the data set was opened"):
            dataset["bob_0"]
        assert not dataset.summary("bob_0").playable
        assert dataset.fingerprint("bob_0")
        with pytest.raises(DatasetError, match="no such folder"):
            dataset.refresh()
        assert dataset.stems == STEMS

    def test_refresh_finds_what_is_new_and_forgets_what_is_gone(self, root, cache):
        dataset = open_(root, cache)
        revision = dataset.revision
        assert not dataset.refresh()
        write_motion(root, "carol_0")
        (root / "train.txt").write_text("carol_0\n")
        (root / "FLAME_coeffs_25" / "bob_0.npz").unlink()
        (root / "audios" / "bob_0.wav").unlink()
        assert "carol_0" not in dataset
        assert dataset.refresh()
        assert dataset.revision > revision
        assert dataset.stems == ("alice_0", "alice_1", "carol_0")
        assert dataset.summary("carol_0").splits == ("train",)
        assert dataset.summary("alice_0").splits == ()

    def test_refresh_finds_an_archive_that_takes_the_place_of_a_folder(self, root, cache):
        dataset = open_(root, cache)
        before = dataset["bob_0"].content_hash
        pack_all(root)
        with pytest.raises(ClipError):
            dataset["bob_0"]
        assert dataset.refresh()
        assert dataset["bob_0"].content_hash == before


class TestBackground:
    def test_clips_arrive_while_archives_are_looked_through(self, root, cache, monkeypatch):
        pack_all(root)
        monkeypatch.setattr("viewer.dataset.tar._BATCH_SECONDS", 0)
        gate = held_scan(monkeypatch, batches=3)
        dataset = open_(root, cache, wait=False)
        assert gate.reached.wait(60)
        assert not dataset.complete
        assert dataset.stems == ("alice_0",)
        assert len(dataset["alice_0"]) == 50
        assert dataset.problems == ()  # the split list names clips that are still to come
        with pytest.raises(DatasetError, match="so far: its archives are still being looked through"):
            dataset["bob_0"]
        revision = dataset.revision
        seen = []
        gate.open.set()
        dataset.wait(progress=lambda done, total: seen.append((done, total)))
        assert dataset.complete
        assert dataset.stems == STEMS
        assert dataset.revision > revision
        assert all(0 <= done <= total for done, total in seen)
        same_clips(dataset, open_(root, cache))

    def test_waiting_can_be_given_up(self, root, cache, monkeypatch):
        pack_all(root)
        gate = held_scan(monkeypatch, batches=0)
        dataset = open_(root, cache, wait=False)
        with pytest.raises(Cancelled):
            dataset.wait(cancelled=lambda: True)
        gate.open.set()
        dataset.wait()
        assert dataset.stems == STEMS

    def test_closing_stops_the_search(self, root, cache, monkeypatch):
        pack_all(root)
        monkeypatch.setattr("viewer.dataset.tar._BATCH_SECONDS", 0)
        gate = held_scan(monkeypatch, batches=2)
        dataset = open_(root, cache, wait=False)
        assert gate.reached.wait(60)
        dataset.close()
        gate.open.set()
        dataset.wait()
        assert not dataset.complete
        assert len(dataset) < 3

    def test_with_folders_or_kept_indexes_there_is_nothing_to_wait_for(self, root, cache):
        assert open_(root, cache, wait=False).complete
        pack_all(root)
        open_(root, cache)
        dataset = open_(root, cache, wait=False)
        assert dataset.complete
        assert dataset.stems == STEMS

    def test_a_failure_in_the_background_reaches_whoever_waits(self, root, cache, monkeypatch):
        pack_all(root)
        monkeypatch.setattr(threading, "excepthook", lambda _: None)
        monkeypatch.setattr("viewer.dataset.tar_index.scan_tar", lambda *_, **__: 1 / 0)
        dataset = open_(root, cache, wait=False)
        with pytest.raises(ZeroDivisionError):
            dataset.wait()


class Gate:
    def __init__(self):
        self.reached, self.open = threading.Event(), threading.Event()


def held_scan(monkeypatch, *, batches):
    """Let a scan stop before that batch (a batch a member, one late) of the first archive until the gate is opened."""
    gate = Gate()

    def scan(*arguments, **options):
        for number, batch in enumerate(scan_tar(*arguments, **options)):
            if number == batches:
                gate.reached.set()
                assert gate.open.wait(60)
            yield batch
        gate.reached.set()

    monkeypatch.setattr("viewer.dataset.tar_index.scan_tar", scan)
    return gate


class TestKeptIndex:
    def scans(self, monkeypatch):
        scanned = []

        def scan(fd, **options):
            scanned.append(fd)
            return scan_tar(fd, **options)

        monkeypatch.setattr("viewer.dataset.tar_index.scan_tar", scan)
        return scanned

    def test_the_second_opening_looks_through_no_archive(self, root, cache, monkeypatch):
        path = pack_all(root) / "transcripts.tar"
        with tarfile.open(path, "a") as tar:
            tar.addfile(info("elsewhere/bob_0.TXT", 6), io.BytesIO(b"Newer."))
            tar.addfile(info("transcripts/l.txt", type=tarfile.SYMTYPE, linkname="x"))
        first = open_(root, cache)
        scanned = self.scans(monkeypatch)
        second = open_(root, cache)
        assert scanned == []
        same_clips(first, second)
        assert second["bob_0"].transcript == "Newer."
        assert second.problems == first.problems
        assert len(second.problems) == 2
        assert second.entry(TRANSCRIPT, "bob_0") == first.entry(TRANSCRIPT, "bob_0")
        assert second.entry(TRANSCRIPT, "bob_0").name == f"{path}: elsewhere/bob_0.TXT"

    def test_an_archive_that_changed_is_looked_through_again(self, root, cache, monkeypatch):
        path = pack_all(root) / "transcripts.tar"
        open_(root, cache)
        scanned = self.scans(monkeypatch)
        state = path.stat()
        data = path.read_bytes()
        path.write_bytes(data.replace(b"transcripts/bob_0.txt", b"transcripts/bob_0.txt"))
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
        assert open_(root, cache)["bob_0"].transcript is not None
        assert len(scanned) == 0
        os.utime(path)
        open_(root, cache)
        assert len(scanned) == 1
        state = path.stat()
        path.write_bytes(data[:-1] + b"x")  # same size, same time
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
        assert ("transcripts.tar", "archive-garbage", "warn") in checks(open_(root, cache))
        assert len(scanned) == 2

    @pytest.mark.parametrize("damage", ["empty", "cut", "flipped", "other"])
    def test_a_damaged_index_is_made_anew(self, root, cache, damage):
        pack_all(root)
        open_(root, cache)
        for file in (cache / "index").iterdir():
            data = bytearray(file.read_bytes())
            data[len(data) // 2] ^= 1
            changed = {"empty": b"", "cut": data[: len(data) // 2], "flipped": data, "other": b"PK\5\6" + bytes(18)}
            file.write_bytes(changed[damage])
        before = {file: file.read_bytes() for file in (cache / "index").iterdir()}
        assert open_(root, cache)["bob_0"].flags == ()
        assert all(file.read_bytes() != content for file, content in before.items())

    def test_where_nothing_can_be_kept_all_works(self, root, tmp_path):
        pack_all(root)
        (tmp_path / "file").write_text("")
        dataset = open_(root, tmp_path / "file" / "cache")
        assert dataset["bob_0"].flags == ()
        assert dataset.warnings == ()
        assert {(check, severity) for _, check, severity in checks(dataset)} == {("index-not-kept", "note")}
        assert "made anew at every start: cannot make" in dataset.problems[0].message

    def test_a_full_disk_leaves_no_index_and_no_error(self, root, cache, monkeypatch):
        def full(*_, **__):
            raise OSError(28, "No space left on device")

        pack_all(root)
        monkeypatch.setattr(np, "savez", full)
        dataset = open_(root, cache)
        assert dataset["bob_0"].flags == ()
        assert "the disk is full" in dataset.problems[0].message
        assert list((cache / "index").iterdir()) == []

    def test_nothing_is_written_into_a_data_set(self, root, monkeypatch):
        pack_all(root)
        before = sorted(root.rglob("*"))
        with pytest.raises(UsageError, match="inside the data set"):
            open_(root, root / "cache")
        monkeypatch.setenv("XDG_CACHE_HOME", str(root / ".cache"))
        assert Dataset.open(root)["bob_0"].flags == ()
        assert sorted(root.rglob("*")) == before


def test_two_openings_at_once(root, cache):
    pack_all(root)
    found = []

    def open_one():
        found.append(open_(root, cache))

    threads = [threading.Thread(target=open_one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [dataset.stems for dataset in found] == [STEMS] * 4
    same_clips(open_(root, cache), found[0])


def test_many_threads_may_read_one_archive(root, cache):
    pack_all(root)
    dataset = open_(root, cache)
    expected = [dataset[stem].content_hash for stem in STEMS]
    found = []

    def read():
        found.append([dataset[stem].content_hash for stem in STEMS])

    threads = [threading.Thread(target=read) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 6


def test_entries_travel_to_other_processes(root, cache):
    pack_all(root)
    entry = open_(root, cache).entry(MOTION, "bob_0")
    assert pickle.loads(pickle.dumps(entry)) == entry


def test_a_slice_of_an_archive_reads_as_a_file(tmp_path, root, cache):
    """The bytes of a member, by any seeks and reads, are those of the file that it was."""
    whole = (root / "audios" / "bob_0.wav").read_bytes()
    pack(root, "audios")
    entry = open_(root, cache).entry(AUDIO, "bob_0")
    assert entry.size == len(whole)
    with entry.open(max_bytes=1 << 20) as file, io.BytesIO(whole) as expected:
        rng = np.random.default_rng(0)
        for _ in range(200):
            position, count = int(rng.integers(0, len(whole) + 100)), int(rng.integers(0, 50_000))
            assert file.seek(position) == expected.seek(position)
            assert file.read(count) == expected.read(count)
        assert file.seek(-5, 2) == expected.seek(-5, 2)
        assert file.read() == expected.read()
    with pytest.raises(ClipError, match="expected at most 10"), entry.open(max_bytes=10):
        pass


def test_an_archive_that_shrinks_while_a_member_is_read(root, cache):
    path = pack(root, "audios")
    entry = open_(root, cache).entry(AUDIO, "bob_0")
    with pytest.raises(ClipError, match="became shorter while it was read"), entry.open(max_bytes=1 << 20) as file:
        os.truncate(path, entry.offset + 100)
        file.seek(60_000)
        assert file.read(10) == b""
