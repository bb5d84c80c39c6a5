"""The catalogue file: kept up to date, shared, and never in anybody's way."""

import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path

import pytest

from tests.dataset.archives import pack_all
from tests.dataset.catalogue.fakes import ListedDataset, clip
from tests.dataset.factories import make_clip, make_dataset, write_transcript
from tests.waiting import until
from viewer.dataset import Dataset
from viewer.dataset.catalogue import Catalogue, Query
from viewer.dataset.sources import Sources
from viewer.errors import Cancelled


@pytest.fixture
def listed(tmp_path):
    return ListedDataset(tmp_path / "data", [clip(f"a_{i:04d}", text=f"word{i}") for i in range(600)])


@pytest.fixture
def everybodys_folder():
    """One that other users can reach, unlike pytest's."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def stems(catalogue, query=None):
    return [row["stem"] for row in catalogue.rows(query)]


def test_only_what_changed_is_read_again(listed, tmp_path):
    catalogue = Catalogue.open(listed, cache=tmp_path)
    catalogue.update()
    assert sorted(listed.read) == list(listed.stems)
    before = catalogue.version
    listed.read.clear()
    catalogue.update()
    assert (listed.read, catalogue.version) == ([], before)

    listed.summaries["a_0003"] = clip("a_0003", text="other words")
    del listed.summaries["a_0000"], listed.summaries["a_0300"], listed.summaries["a_0599"]
    listed.summaries["b_0"] = clip("b_0", text="quite new")
    catalogue.update()
    assert sorted(listed.read) == ["a_0003", "b_0"]
    assert catalogue.version > before
    assert stems(catalogue) == list(listed.stems)
    assert stems(catalogue, Query(search="other")) == ["a_0003"]
    assert stems(catalogue, Query(search="word3")) == [f"a_{i:04d}" for i in (30, *range(31, 40), *range(301, 400))]
    assert stems(catalogue, Query(search="a_0300")) == []
    catalogue.close()

    again = Catalogue.open(listed, cache=tmp_path)  # another start: all there before any update
    assert stems(again) == list(listed.stems)
    again.close()


def test_files_of_a_real_data_set(tmp_path):
    root = make_dataset(tmp_path / "data", splits={"train": ["alice_0"], "test": ["alice_1"]})
    catalogue = Catalogue.open(Dataset.open(root), cache=tmp_path / "cache")
    catalogue.update()
    assert stems(catalogue, Query(splits=("train",))) == ["alice_0"]
    assert stems(catalogue, Query(search="hello BOB")) == ["bob_0"]
    assert catalogue.facets()["session"] == {"alice": 2, "bob": 1}
    catalogue.close()

    write_transcript(root, "bob_0", "Something else altogether.")
    make_clip(root, "carol_0", frames=75)
    (root / "audios" / "alice_1.wav").unlink()
    catalogue = Catalogue.open(Dataset.open(root), cache=tmp_path / "cache")
    catalogue.update()
    assert stems(catalogue, Query(search="hello bob")) == []
    assert stems(catalogue, Query(search="altog")) == ["bob_0"]
    assert stems(catalogue, Query.parse(sort="-seconds"))[0] == "carol_0"
    assert (
        stems(catalogue, Query(flags=("no-audio",))) == stems(catalogue, Query(modalities=("no-audio",))) == ["alice_1"]
    )
    assert sorted(path.name for path in root.iterdir()) == [
        "FLAME_coeffs_25",
        "audios",
        "test.txt",
        "train.txt",
        "transcripts",
    ]
    catalogue.close()


def test_rows_are_there_while_the_rest_is_read(listed, tmp_path):
    catalogue = Catalogue.open(listed, cache=tmp_path)
    seen = []
    catalogue.update(
        progress=lambda done, total: seen.append((done, total, catalogue.page().total, catalogue.progress.running))
    )
    assert [(done, shown) for done, _, shown, _ in seen] == [(n, n) for n in (32, 96, 224, 480, 600)]
    assert {(total, running) for _, total, _, running in seen} == {(600, True)}
    assert catalogue.progress.done == 600 and not catalogue.progress.running
    catalogue.close()


@pytest.mark.parametrize("place", ["a file", "memory"])
def test_nobody_waits_while_files_are_read(listed, tmp_path, place):
    cache = tmp_path
    if place == "memory":
        cache = tmp_path / "taken"
        cache.write_text("")
    catalogue = Catalogue.open(listed, cache=cache)
    totals = []

    def summary(stem, *, keep):
        if stem in ("a_0000", "a_0300"):
            reader = threading.Thread(target=lambda: totals.append(catalogue.page().total))
            reader.start()
            reader.join(60)
        return clip(stem)

    listed.summary = summary
    catalogue.update()
    assert totals == [0, 224]
    assert (catalogue.path is None) == (place == "memory")
    catalogue.close()


def test_stopped_in_the_middle_it_goes_on_from_there(listed, tmp_path):
    catalogue = Catalogue.open(listed, cache=tmp_path)
    stop = []
    with pytest.raises(Cancelled, match="after 32 of 600"):
        catalogue.update(progress=lambda *_: stop.append(1), cancelled=lambda: bool(stop))
    assert catalogue.page().total == 32
    assert "stopped" in catalogue.progress.error
    listed.read.clear()
    catalogue.update()
    assert len(listed.read) == 568 and catalogue.progress.error is None
    catalogue.close()


def test_a_clip_whose_reading_fails_is_a_row_with_a_flag(listed, tmp_path, caplog):
    def summary(stem, *, keep):
        if stem == "a_0007":
            raise ZeroDivisionError("a bug")
        return clip(stem)

    listed.summary = summary
    catalogue = Catalogue.open(listed, cache=tmp_path)
    catalogue.update()
    assert catalogue.page().total == 600
    assert stems(catalogue, Query(flags=("unreadable",))) == ["a_0007"]
    assert "a bug" in catalogue.row("a_0007")["flags"][0]["message"]
    catalogue.close()


def test_in_the_background(listed, tmp_path):
    catalogue = Catalogue.open(listed, cache=tmp_path)
    catalogue.start()
    until(lambda: catalogue.page().total == 600)
    listed.summaries["z_1"] = clip("z_1")
    catalogue.start()
    until(lambda: catalogue.page().total == 601)
    catalogue.close()
    assert not any(thread.name == "catalogue" for thread in threading.enumerate())


def test_it_is_closed_when_it_is_about_to_look_again(tmp_path):
    catalogue = Catalogue.open(ListedDataset(tmp_path / "data"), cache=tmp_path)
    closing = threading.Thread(target=catalogue.close, daemon=True)
    sets = []

    class Wake(threading.Event):
        def set(self):
            super().set()
            sets.append(1)

        def clear(self):
            closing.start()
            until(lambda: len(sets) == 2)  # when it began, and to be closed
            super().clear()

    catalogue._wake = Wake()
    catalogue.start()
    until(lambda: len(sets) == 2)
    closing.join(20)
    assert not closing.is_alive()


def test_while_archives_are_still_listed(listed, tmp_path):
    """Stems come in any order; nothing counts as gone until all are known."""
    catalogue = Catalogue.open(listed, cache=tmp_path)
    catalogue.update()
    everything = listed.summaries
    listed.complete, listed.summaries = False, {"a_0500": everything["a_0500"], "a_0600": clip("a_0600")}
    catalogue.start()
    until(lambda: catalogue.page().total == 601)
    assert catalogue.progress.total is None
    listed.summaries = {"a_0000": everything["a_0000"], "a_0600": clip("a_0600", text="and sound now")}
    listed.complete = True
    until(lambda: catalogue.page().total == 2)
    assert stems(catalogue, Query(search="sound")) == ["a_0600"]
    until(lambda: catalogue.progress.total == 2 and not catalogue.progress.running)
    catalogue.close()


def test_an_archive_that_is_replaced_while_the_list_is_made_takes_no_row_away(tmp_path, monkeypatch):
    root = make_dataset(tmp_path / "data", stems=["a_0", "a_1"], frames=3)
    pack_all(root)
    dataset = Dataset.open(root, cache=tmp_path)
    catalogue = Catalogue.open(dataset, cache=tmp_path)
    catalogue.update()
    contents = Sources.contents

    def late(sources):
        monkeypatch.undo()
        for archive in root.glob("*.tar"):
            os.utime(archive, (0, 0))
        sources.look()  # as a refresh begins
        assert not sources.complete
        return contents(sources)

    monkeypatch.setattr(Sources, "contents", late)
    catalogue.update()
    assert stems(catalogue) == ["a_0", "a_1"]
    catalogue.close()


def test_views_of_one_folder_have_catalogues_of_their_own(listed, tmp_path):
    plain = Catalogue.open(listed, cache=tmp_path)
    plain.update()
    listed.identity = "--base elsewhere"
    borrowing = Catalogue.open(listed, cache=tmp_path)
    assert borrowing.page().total == 0
    assert borrowing.path != plain.path
    plain.close()
    borrowing.close()


def test_many_readers_and_two_writers(listed, tmp_path):
    writers = [Catalogue.open(listed, cache=tmp_path) for _ in range(2)]
    stop = threading.Event()

    def read(catalogue):
        shown = 0
        while not stop.is_set():
            page = catalogue.page(Query.parse(sort="-stem"), limit=1000)
            assert len(page.rows) == page.total >= shown
            shown = page.total

    with ThreadPoolExecutor(6) as threads:
        readers = [threads.submit(read, writers[i % 2]) for i in range(4)]
        updates = [threads.submit(catalogue.update) for catalogue in writers]
        wait(updates)
        stop.set()
    for thread in (*updates, *readers):
        thread.result()
    assert [stems(catalogue) == list(listed.stems) for catalogue in writers] == [True, True]
    assert [catalogue.warning for catalogue in writers] == [None, None]
    for catalogue in writers:
        catalogue.close()


def test_two_processes_index_the_same_data_set(tmp_path):
    root = make_dataset(tmp_path / "data", stems=[f"s_{i:03d}" for i in range(40)], frames=3)
    program = f"""
        from pathlib import Path
        from viewer.dataset import Dataset
        from viewer.dataset.catalogue import Catalogue
        catalogue = Catalogue.open(Dataset.open({str(root)!r}), cache=Path({str(tmp_path / "cache")!r}))
        catalogue.update()
        print(catalogue.page().total, catalogue.warning)
    """
    both = [python(program) for _ in range(2)]
    assert [process.communicate()[0].strip() for process in both] == ["40 None", "40 None"]
    assert len(list((tmp_path / "cache" / "catalogue").glob("*.sqlite"))) == 1


@pytest.mark.parametrize("damage", ["garbage", "empty", "header", "middle", "other tables", "other version", "folder"])
def test_a_damaged_file_is_built_anew(listed, tmp_path, damage):
    catalogue = Catalogue.open(listed, cache=tmp_path)
    catalogue.update()
    catalogue.close()
    path = catalogue.path
    data = path.read_bytes()
    if damage == "other tables":
        path.unlink()
        change(path, "CREATE TABLE clips (x)")
    elif damage == "other version":
        change(path, "UPDATE about SET format = 'of tomorrow'")
    elif damage == "folder":
        path.unlink()
        path.mkdir()
    else:
        path.write_bytes(
            {
                "garbage": random.Random(0).randbytes(5000),
                "empty": b"",
                "header": bytes(100) + data[100:],
                "middle": data[:4096] + bytes(len(data) - 8192) + data[-4096:],
            }[damage]
        )
    again = Catalogue.open(listed, cache=tmp_path)
    again.update()
    assert stems(again) == list(listed.stems)
    assert stems(again, Query(search="word599")) == ["a_0599"]
    if damage == "folder":
        assert "cannot be opened" in again.warning and again.path is None
    else:
        assert again.warning is None and again.path is not None
    again.close()


def test_damage_while_it_is_open(listed, tmp_path):
    catalogue = Catalogue.open(listed, cache=tmp_path)
    catalogue.update()
    with catalogue.path.open("r+b") as file:  # as another program, or the disk, would do it
        size = os.fstat(file.fileno()).st_size
        file.seek(4096)
        file.write(random.Random(0).randbytes(size - 4096))
    with catalogue._store.connection():  # a connection that has nothing in memory yet has to be made
        assert catalogue.page().total == 0
    catalogue.update()
    assert stems(catalogue) == list(listed.stems)
    assert catalogue.warning is None
    catalogue.close()


def test_the_cache_folder_removed_while_it_is_open(listed, tmp_path):
    catalogue = Catalogue.open(listed, cache=tmp_path / "cache")
    catalogue.update()
    subprocess.run(["rm", "-r", str(tmp_path / "cache")], check=True)
    catalogue.update()
    assert stems(catalogue) == list(listed.stems)
    catalogue.close()
    again = Catalogue.open(listed, cache=tmp_path / "cache")
    again.update()
    assert stems(again) == list(listed.stems)
    again.close()


def test_the_file_removed_while_it_is_open(listed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    catalogue = Catalogue.open(listed, cache=Path("cache"))
    catalogue.update()
    with catalogue._store.connection():  # so that the next one has to open the file again
        catalogue.path.unlink()
        assert catalogue.page().total == 0
    catalogue.update()
    assert stems(catalogue) == list(listed.stems) and catalogue.path.exists() and catalogue.warning is None
    catalogue.close()


def test_a_store_that_fails_a_reader_is_filled_anew(listed, tmp_path):
    """The index goes on into the file that took its place."""
    catalogue = Catalogue.open(listed, cache=tmp_path)

    def summary(stem, *, keep):
        if stem == "a_0400" and stem not in listed.read:
            listed.read.append(stem)
            catalogue._replace(catalogue._store, corrupt())
        return clip(stem)

    listed.summary = summary
    catalogue.update()
    assert stems(catalogue) == list(listed.stems)
    assert catalogue.path.name.endswith("-2.sqlite")
    catalogue.close()


def test_a_store_that_fails_a_reader_when_the_index_is_just_through(listed, tmp_path, monkeypatch):
    """As far as its reader can tell it is still being filled."""
    catalogue = Catalogue.open(listed, cache=tmp_path)

    def change(progress, **changes):
        if changes == {"running": False}:
            monkeypatch.undo()
            catalogue._replace(catalogue._store, corrupt())
        return replace(progress, **changes)

    monkeypatch.setattr("viewer.dataset.catalogue.catalogue.replace", change)
    catalogue.start()
    until(lambda: catalogue.path.name.endswith("-2.sqlite") and catalogue.page().total == 600, seconds=20)
    catalogue.close()


def corrupt():
    error = sqlite3.DatabaseError("database disk image is malformed")
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


def test_a_file_that_another_program_keeps_locked(listed, tmp_path, monkeypatch):
    monkeypatch.setattr("viewer.dataset.catalogue.store.WAIT_SECONDS", 0.1)
    catalogue = Catalogue.open(listed, cache=tmp_path)
    catalogue.update()
    holder = python(
        f"""
        import sqlite3, sys
        connection = sqlite3.connect({str(catalogue.path)!r}, isolation_level=None)
        connection.execute("BEGIN EXCLUSIVE")
        print("locked", flush=True)
        sys.stdin.read()
        """
    )
    assert holder.stdout.readline() == "locked\n"
    other = Catalogue.open(listed, cache=tmp_path)
    other.update()
    assert stems(other) == list(listed.stems)
    assert "another program keeps it locked" in other.warning and "--cache DIR" in other.warning
    assert stems(catalogue) == list(listed.stems) or catalogue.warning  # the one that was open already
    holder.communicate("")
    other.close()
    catalogue.close()


@pytest.mark.parametrize("place", ["a file", "below a file"])
def test_where_no_folder_can_be_made(listed, tmp_path, place):
    (tmp_path / "taken").write_text("")
    cache = tmp_path / "taken" if place == "a file" else tmp_path / "taken" / "deeper"
    catalogue = Catalogue.open(listed, cache=cache)
    catalogue.update()
    assert stems(catalogue) == list(listed.stems)
    assert catalogue.path is None and str(cache) in catalogue.warning
    catalogue.close()


def test_a_full_disk(listed, tmp_path):
    """A limit on file sizes stands for it: SQLite reports both in the same way."""
    program = f"""
        import resource, signal
        from pathlib import Path
        from tests.dataset.catalogue.fakes import ListedDataset, clip
        from viewer.dataset.catalogue import Catalogue
        listed = ListedDataset(Path("data"), [clip(f"a_{{i:04d}}", text=f"word{{i}}") for i in range(600)])
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        catalogue = Catalogue.open(listed, cache=Path({str(tmp_path)!r}))
        catalogue.update()
        print(catalogue.page().total, catalogue.path, catalogue.warning)
    """
    output, _ = python(program).communicate()
    assert output.startswith("600 None the catalogue is not kept in")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can become somebody without rights")
def test_a_cache_that_may_only_be_read(listed, everybodys_folder):
    catalogue = Catalogue.open(listed, cache=everybodys_folder)
    catalogue.update()
    catalogue.close()
    program = f"""
        import os
        from pathlib import Path
        from tests.dataset.catalogue.fakes import ListedDataset, clip
        from viewer.dataset.catalogue import Catalogue
        clips = [clip(f"a_{{i:04d}}", text=f"word{{i}}") for i in range(600)]
        listed = ListedDataset(Path({str(listed.path)!r}), clips)
        os.seteuid(65534)
        catalogue = Catalogue.open(listed, cache=Path({str(everybodys_folder)!r}))
        print(catalogue.page().total)
        catalogue.update()
        print(catalogue.warning, len(listed.read))
        listed.summaries["b_0"] = clip("b_0")
        catalogue.update()
        print(catalogue.page().total, len(listed.read), catalogue.warning)
    """
    output, _ = python(program).communicate()
    first, second, third = output.splitlines()
    assert (first, second) == ("600", "None 0")
    # Once for the file, which refused it, and once for the copy in memory; the other 600 are copied.
    assert third.startswith("601 2 the catalogue is not kept") and "read-only" in third


def test_damaged_and_long_unused_files_go(listed, tmp_path):
    folder = tmp_path / "catalogue"
    folder.mkdir()
    old = folder / f"{'0' * 24}-1.sqlite"
    recent = folder / f"{'1' * 24}-1.sqlite"
    foreign = folder / "notes.sqlite"
    for path in (old, recent, foreign):
        path.write_text("")
    for path in (old, foreign):
        os.utime(path, (0, 0))
    catalogue = Catalogue.open(listed, cache=tmp_path)
    assert not old.exists() and recent.exists() and foreign.exists()
    catalogue.close()
    catalogue.path.write_bytes(b"garbage" * 1000)
    again = Catalogue.open(listed, cache=tmp_path)
    assert not catalogue.path.exists() and again.path.exists()
    again.close()


def python(program):
    """Start a program that knows the viewer and the tests."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path.cwd())},
    )


def change(path, statement):
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(statement)
    connection.close()
