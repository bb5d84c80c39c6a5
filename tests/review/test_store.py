"""The file that verdicts are kept in: what happens to it must never cost one."""

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from viewer.errors import ReviewError, UsageError
from viewer.review import Reviews, Verdict, schema
from viewer.review.backup import rescue

ROOT = Path(__file__).parents[2]
DATA = Path("/data/WebTalk")


@pytest.fixture
def file(tmp_path):
    return tmp_path / "home" / "reviews.sqlite"


def said(stem="a_0", verdict="bad", **more):
    return Verdict(stem=stem, motion_hash="0" * 32, verdict=verdict, **more)


def stems(file):
    return list(Reviews.open(file).current(DATA))


def python(program, *arguments):
    """Another process that gives verdicts."""
    code = "import sys\nfrom pathlib import Path\nfrom viewer.review import Reviews, Verdict\n" + textwrap.dedent(
        program
    )
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


PATIENCE = 600.0
"""Seconds that writers wait for each other where a test has many write at once, however slow the disk is."""
WRITER = f"""
    reviews = Reviews.open(Path(sys.argv[1]), wait_seconds={PATIENCE})
    for number in range(int(sys.argv[3])):
        verdict = Verdict(stem=f"{{sys.argv[2]}}_{{number}}", motion_hash="h", verdict="good", note="x" * 1500)
        print(reviews.give(Path("/data/WebTalk"), verdict).verdict.stem, flush=True)
"""


def test_a_verdict_is_read_as_it_was_given(file):
    given = said(reason="pop", note="left eye", time=1.23456, reviewer="ann", at="2024-05-01T12:00:00+02:00")
    record = Reviews(file).give(DATA, given, fingerprint="f")
    (found,) = Reviews.open(file).history(DATA)
    assert found == record
    assert (found.verdict.time, found.verdict.at) == (1.235, "2024-05-01T10:00:00Z")


def test_nothing_is_made_before_the_first_verdict(file):
    reviews = Reviews.open(file)
    assert reviews.current(DATA) == {} and reviews.history(DATA) == [] and reviews.version(DATA) == (0, 0)
    assert not file.parent.exists()
    reviews.give(DATA, said())
    assert file.stat().st_mode & 0o077 == 0, "others could read what the reviewer wrote"


def test_the_last_verdict_stands_and_the_ones_before_are_kept(file):
    reviews = Reviews(file)
    reviews.give(DATA, said(verdict="good", reviewer="ann"))
    last = reviews.give(DATA, said(verdict="bad", reviewer="bob"))
    assert reviews.current(DATA) == {"a_0": last}
    assert [record.verdict.reviewer for record in reviews.history(DATA, "a_0")] == ["ann", "bob"]


def test_undo_brings_back_the_verdict_before(file):
    reviews = Reviews(file)
    first = reviews.give(DATA, said(verdict="good"))
    second = reviews.give(DATA, said(verdict="bad"))
    assert reviews.undo(DATA, second.id).verdict == second.verdict
    assert reviews.current(DATA) == {"a_0": first}
    reviews.undo(DATA, first.id)
    assert reviews.current(DATA) == {}
    assert [record.withdrawn is not None for record in reviews.history(DATA)] == [True, True]
    with pytest.raises(UsageError, match="taken back or replaced already"):
        reviews.undo(DATA, first.id)
    with pytest.raises(UsageError, match="no verdict 99"):
        reviews.undo(DATA, 99)


def test_undoing_a_completed_verdict_takes_both_back(file):
    reviews = Reviews(file)
    bare = reviews.give(DATA, said())
    whole = reviews.give(DATA, said(reason="pop"), replaces=bare.id)
    assert reviews.current(DATA)["a_0"] == whole
    reviews.undo(DATA, whole.id)
    assert reviews.current(DATA) == {}


def test_a_verdict_that_was_taken_back_cannot_be_completed(file):
    reviews = Reviews(file)
    bare = reviews.give(DATA, said())
    reviews.undo(DATA, bare.id)
    with pytest.raises(UsageError, match="taken back meanwhile"):
        reviews.give(DATA, said(reason="pop"), replaces=bare.id)
    assert len(reviews.history(DATA)) == 1, "what failed left something behind"


def test_data_sets_are_kept_apart_and_a_link_is_the_same_one(file, tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    (tmp_path / "link").symlink_to(one)
    reviews = Reviews(file)
    number = reviews.give(one, said()).id
    assert list(reviews.current(tmp_path / "link")) == ["a_0"] and reviews.current(other) == {}
    assert reviews.version(other) == (0, 0) != reviews.version(one)
    with pytest.raises(UsageError, match="no verdict"):
        reviews.undo(other, number)
    assert reviews.datasets() == {str(one): 1}


def test_the_version_changes_with_every_verdict_and_undo(file):
    reviews = Reviews(file)
    seen = {reviews.version(DATA)}
    number = reviews.give(DATA, said()).id
    seen.add(reviews.version(DATA))
    reviews.undo(DATA, number)
    seen.add(reviews.version(DATA))
    assert len(seen) == 3


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"verdict": "fine"}, "'fine' is no verdict; expected good, bad, unsure"),
        ({"note": "x" * 2001}, "the note has 2,001 characters; expected at most 2,000"),
        ({"reason": "x" * 101}, "the reason has 101"),
        ({"reviewer": "x" * 101}, "the reviewer has 101"),
        ({"time": float("nan")}, "time mark is at nan s"),
        ({"time": -1.0}, "time mark"),
        ({"time": 1e9}, "time mark"),
        ({"at": "yesterday"}, "'yesterday' is no time"),
    ],
)
def test_what_makes_no_sense_is_refused(fields, message):
    with pytest.raises(UsageError, match=message):
        said(**fields)


def test_texts_are_on_one_line_whatever_they_hold(file):
    note = 'a\r\nb\x00c\u2028d\x1b[31m \ud800 <b>=1+1 "می‌خواهم"'
    Reviews(file).give(DATA, said(note=note))
    (found,) = Reviews(file).history(DATA)
    assert found.verdict.note == 'a b c d [31m ? <b>=1+1 "می‌خواهم"'


# -- other processes ---------------------------------------------------------------------------------------------------


def test_two_processes_write_at_once(file):
    each = 20  # few: each is on the disk before the next, and who waits for his turn may wait for all of the other's
    writers = [python(WRITER, file, name, each) for name in ("one", "two")]
    for writer in writers:
        _, errors = writer.communicate()
        assert (writer.returncode, errors) == (0, "")
    assert sorted(stems(file)) == sorted(f"{name}_{number}" for name in ("one", "two") for number in range(each))


def test_threads_share_one_object(file):
    reviews = Reviews(file, wait_seconds=PATIENCE)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda k: [reviews.give(DATA, said(f"{k}_{n}")) for n in range(5)], range(4)))
    assert len(reviews.current(DATA)) == 20


def test_the_file_appears_while_another_thread_looks_for_it(file, monkeypatch):
    """Both threads begin without a file: for the slower one it has not vanished."""
    reviews = Reviews(file)
    exists = Path.exists

    def slowly(path):
        found = exists(path)
        if path == file and not found:
            monkeypatch.setattr(Path, "exists", exists)
            reviews.give(DATA, said("faster"))
        return found

    monkeypatch.setattr(Path, "exists", slowly)
    reviews.give(DATA, said("slower"))
    assert stems(file) == ["faster", "slower"]


def test_who_finds_the_file_made_meanwhile_takes_no_lock_away(file, monkeypatch):
    """A process loses all its locks on a file, those of other threads too, when it closes it anywhere."""
    reviews = Reviews(file, wait_seconds=0.05)
    exists = Path.exists
    with ExitStack() as stack:

        def slowly(path):
            found = exists(path)
            if path == file and not found:
                monkeypatch.setattr(Path, "exists", exists)
                reviews.give(DATA, said("faster"))
                other = stack.enter_context(closing(sqlite3.connect(file, isolation_level=None)))
                other.execute("BEGIN IMMEDIATE")
            return found

        monkeypatch.setattr(Path, "exists", slowly)
        with pytest.raises(ReviewError, match="is locked by another program"):
            reviews.give(DATA, said("slower"))
        program = """
            import sqlite3
            try:
                sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None).execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                print(error, end="")
        """
        assert python(program, file).communicate() == ("database is locked", "")
    assert stems(file) == ["faster"]


@pytest.mark.parametrize("verdicts", [1, 7, 23])
def test_killed_while_it_writes(file, verdicts):
    """Whatever was said to be kept is there, and the next process writes on."""
    writer = python(WRITER, file, "a", 100_000)
    kept = [writer.stdout.readline().strip() for _ in range(verdicts)]
    writer.send_signal(signal.SIGKILL)
    kept += writer.stdout.read().split()
    writer.communicate()
    found = stems(file)
    assert set(kept) <= set(found) and len(found) <= len(kept) + 1
    Reviews(file).give(DATA, said("after"))
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_killed_within_a_transaction(file):
    """A journal that is left behind is rolled back: a half-written verdict is none."""
    Reviews(file).give(DATA, said("before"))
    program = """
        import os, sqlite3
        connection = sqlite3.connect(sys.argv[1], isolation_level=None)
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("BEGIN IMMEDIATE")
        for number in range(2000):
            connection.execute(
                "INSERT INTO verdicts (dataset, stem, motion_hash, fingerprint, verdict, reason, note, reviewer, at) "
                "VALUES (1, ?, 'h', '', 'bad', '', ?, '', '')", (f"half_{number}", "x" * 900))
        os.kill(os.getpid(), 9)
    """
    python(program, file).communicate()
    assert file.with_name("reviews.sqlite-journal").exists(), "the journal was to be left behind"
    assert stems(file) == ["before"]


def test_locked_by_another_program(file):
    Reviews(file).give(DATA, said("before"))
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        for use in (lambda r: r.give(DATA, said("x")), lambda r: r.current(DATA), lambda r: r.undo(DATA, 1)):
            with pytest.raises(ReviewError, match=r"reviews\.sqlite is locked by another program; nothing was written"):
                use(Reviews(file, wait_seconds=0.05))
        other.execute("ROLLBACK")
    assert stems(file) == ["before"]


# -- damage ------------------------------------------------------------------------------------------------------------


def fill(file, count=200):
    Reviews(file).add(DATA, [said(f"a_{number:04d}", note="n" * 300) for number in range(count)])


@pytest.mark.parametrize("damage", ["text", "header", "middle", "short"])
def test_a_damaged_file_is_left_as_it_is(file, damage):
    fill(file)
    data = bytearray(file.read_bytes())
    if damage == "text":
        data = bytearray(b"verdicts: none\n" * 200)
    elif damage == "header":
        data[:16] = b"SQLite format 2\0"
    elif damage == "middle":
        data[len(data) // 3 : len(data) // 2] = b"\xff" * (len(data) // 2 - len(data) // 3)
    else:
        data = data[: len(data) // 2]
    file.write_bytes(data)
    for use in (lambda: Reviews.open(file), lambda: Reviews(file).give(DATA, said("new"))):
        with pytest.raises(ReviewError, match=r"is damaged .* was left as it is") as caught:
            use()
        assert f"python -m viewer review rescue {file}" in str(caught.value)
    assert file.read_bytes() == data
    assert [path.name for path in file.parent.iterdir()] == ["reviews.sqlite"]


def test_what_can_be_read_of_a_damaged_file_is_saved(file):
    fill(file, 400)
    size = 4096
    data = bytearray(file.read_bytes())
    for page in range(len(data) // size // 2, len(data) // size // 2 + 4):  # four pages in the middle
        data[page * size : (page + 1) * size] = b"\xff" * size
    file.write_bytes(data)
    ((path, verdicts),) = rescue(file).items()
    assert path == str(DATA)
    assert 300 < len(verdicts) < 400, "much more was lost than four pages"
    assert all(verdict.note == "n" * 300 for verdict in verdicts)


@pytest.mark.parametrize(("table", "path"), [("datasets", ""), ("sqlite_sequence", str(DATA))])
def test_verdicts_are_saved_though_what_belongs_to_them_is_lost(file, table, path):
    fill(file)
    with closing(sqlite3.connect(file)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    data = bytearray(file.read_bytes())
    data[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    file.write_bytes(data)
    assert {name: len(verdicts) for name, verdicts in rescue(file).items()} == {path: 200}


@pytest.mark.parametrize("version", [0, -3])
def test_a_format_that_never_was(file, version):
    fill(file, 1)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(f"PRAGMA user_version = {version}")
    with pytest.raises(ReviewError, match="is damaged"):
        Reviews.open(file)


def test_the_database_of_another_program(file):
    file.parent.mkdir()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE verdicts (id)")
    before = file.read_bytes()
    with pytest.raises(ReviewError, match="is a database of another program and was left as it is"):
        Reviews(file).give(DATA, said())
    assert file.read_bytes() == before


def test_a_file_of_a_newer_viewer(file):
    Reviews(file).give(DATA, said())
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(ReviewError, match=r"written by a newer viewer \(format 99"):
        Reviews.open(file)


def test_a_file_that_vanishes_is_not_begun_anew(file):
    reviews = Reviews(file)
    reviews.give(DATA, said())
    away = file.rename(file.with_name("away"))
    with pytest.raises(ReviewError, match="was there and is gone"):
        reviews.give(DATA, said("b_0"))
    away.rename(file)
    reviews.give(DATA, said("b_0"))
    assert stems(file) == ["a_0", "b_0"]


def test_a_link_to_where_the_file_is_to_be(file, tmp_path):
    (tmp_path / "link").symlink_to(file)
    file.parent.mkdir()
    Reviews(tmp_path / "link").give(DATA, said())
    assert stems(file) == ["a_0"] and file.stat().st_mode & 0o077 == 0


def test_no_place_for_the_file(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ReviewError, match=r"cannot be made: .*--reviews FILE"):
        Reviews(tmp_path / "file" / "reviews.sqlite").give(DATA, said())


def test_a_full_disk(file):
    """A limit on the size of files stands in for it."""
    fill(file)
    program = """
        import resource, signal
        from viewer.errors import ReviewError
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        size = Path(sys.argv[1]).stat().st_size + 8192
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        reviews = Reviews(Path(sys.argv[1]))
        kept = 0
        try:
            while True:
                verdict = Verdict(stem=f"b_{kept}", motion_hash="", verdict="bad", note="x" * 1900)
                reviews.give(Path("/data/WebTalk"), verdict)
                kept += 1
        except ReviewError as error:
            print(kept, error)
    """
    output, errors = python(program, file).communicate()
    kept, _, message = output.partition(" ")
    assert errors == "" and str(file) in message and "--reviews FILE" in message
    assert len(stems(file)) == 200 + int(kept) > 200


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can become somebody without rights")
def test_a_file_that_may_only_be_read(tmp_path):
    folder = tmp_path / "theirs"
    file = folder / "reviews.sqlite"
    Reviews(file).give(DATA, said("before"))
    file.chmod(0o644)
    for parent in (folder, *folder.parents):
        if parent.stat().st_uid == os.geteuid() and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o055)
    program = """
        import os
        from viewer.errors import ReviewError
        os.seteuid(65534)
        reviews = Reviews.open(Path(sys.argv[1]))
        print(list(reviews.current(Path("/data/WebTalk"))))
        try:
            reviews.give(Path("/data/WebTalk"), Verdict(stem="x", motion_hash="", verdict="bad"))
        except ReviewError as error:
            print(error)
    """
    output, errors = python(program, file).communicate()
    found, message = output.splitlines()
    assert errors == "" and found == "['before']"
    assert "is read-only: its verdicts can be seen" in message and "--reviews FILE" in message


# -- migration ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def next_format(monkeypatch):
    """A viewer whose format is one further, with a column more."""

    def move(*statements):
        monkeypatch.setattr(schema, "FORMAT", schema.FORMAT + 1)
        monkeypatch.setitem(schema.MIGRATIONS, schema.FORMAT - 1, statements)

    return move


def test_a_migration_begins_with_a_backup(file, next_format):
    fill(file, 30)
    before = Reviews.open(file).history(DATA)
    next_format("ALTER TABLE verdicts ADD COLUMN colour TEXT")
    assert Reviews.open(file).history(DATA) == before
    (copy,) = file.parent.glob("reviews.sqlite.format-1-*.bak")
    with closing(sqlite3.connect(copy)) as connection:
        assert schema.format_of(connection) == 1
        assert connection.execute("SELECT count(*) FROM verdicts").fetchone() == (30,)
    with closing(sqlite3.connect(file)) as connection:
        assert schema.format_of(connection) == 2
    Reviews.open(file)
    assert len(list(file.parent.glob("*.bak"))) == 1


def test_a_migration_that_fails_changes_nothing(file, next_format):
    fill(file, 30)
    before = file.read_bytes()
    next_format("ALTER TABLE verdicts ADD COLUMN colour TEXT", "ALTER TABLE missing ADD COLUMN colour TEXT")
    with pytest.raises(ReviewError, match="no such table: missing; nothing was changed"):
        Reviews.open(file)
    assert file.read_bytes() == before


def test_without_room_for_a_backup_nothing_is_migrated(file, next_format, monkeypatch):
    fill(file, 30)
    before = file.read_bytes()
    next_format("DROP TABLE verdicts")

    def no_room(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("viewer.review.store.back_up", no_room)
    with pytest.raises(ReviewError, match="No space left on device"):
        Reviews.open(file)
    assert file.read_bytes() == before


# -- from elsewhere ----------------------------------------------------------------------------------------------------


def test_bringing_in_the_same_twice_changes_nothing(file):
    verdicts = [said(f"a_{k}", at=f"2024-05-0{k + 1}T00:00:00Z", time=None if k else 2.5) for k in range(3)]
    reviews = Reviews(file)
    assert reviews.add(DATA, verdicts) == 3
    assert reviews.add(DATA, verdicts) == 0
    assert len(reviews.history(DATA)) == 3


def test_an_older_verdict_that_is_brought_in_does_not_replace_a_newer_one(file):
    reviews = Reviews(file)
    mine = reviews.give(DATA, said("a_0", "good", at="2024-05-02T00:00:00Z"))
    reviews.give(DATA, said("a_1", "good", at="2024-05-02T00:00:00Z"))
    older, newer = said("a_0", at="2024-05-01T00:00:00Z"), said("a_1", at="2024-05-03T00:00:00Z")
    assert reviews.add(DATA, [older, newer]) == 2
    assert {stem: record.verdict.verdict for stem, record in reviews.current(DATA).items()} == {
        "a_0": "good",
        "a_1": "bad",
    }
    assert [record.verdict.verdict for record in reviews.history(DATA, "a_0")] == ["good", "bad"]
    assert reviews.add(DATA, [older, newer]) == 0
    reviews.undo(DATA, mine.id)
    assert "a_0" not in reviews.current(DATA)
