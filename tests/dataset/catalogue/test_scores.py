"""Scores from CSV files as people have them."""

import random

import pytest

from tests.dataset.catalogue.fakes import ListedDataset, clip
from viewer.dataset.catalogue import Catalogue, Query
from viewer.errors import UsageError


@pytest.fixture
def catalogue(tmp_path):
    dataset = ListedDataset(tmp_path / "data", [clip(f"a_{i}", seconds=float(i)) for i in range(6)])
    with_rows = Catalogue.open(dataset, cache=tmp_path / "cache")
    with_rows.update()
    yield with_rows
    with_rows.close()


def load(catalogue, tmp_path, content):
    path = tmp_path / "scores.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return catalogue.load_scores(path)


def column(catalogue, name):
    return {row["stem"]: row[name] for row in catalogue.rows()}


@pytest.mark.parametrize(
    "content",
    [
        "stem,lve\na_0,0.5\na_1,-2e3\n",
        "\ufeffstem,lve\r\na_0,0.5\r\na_1,-2e3\r\n",
        "stem;lve\na_0;0,5\na_1;-2000,0\n",
        "stem\tlve\na_0\t.5\na_1\t-2000",
        "stem|lve\n\n a_0 | 0.5\n\na_1|-2e3\n\n",
        'lve,"stem"\n"0.5","a_0"\n-2000,a_1\n',
        "Clip,lve\n/data/audios/a_0.wav,0.5\nC:\\x\\a_1.npz,-2000\n",
        "which,lve\na_0,0.5\na_1,-2000\n",
        "stem,lve\na_0,0.5\na_1,-2000\n".encode("utf-16"),
    ],
)
def test_dialects(catalogue, tmp_path, content):
    assert load(catalogue, tmp_path, content) == ()
    assert column(catalogue, "lve") == {"a_0": 0.5, "a_1": -2000.0, "a_2": None, "a_3": None, "a_4": None, "a_5": None}
    assert (catalogue.columns[-1].name, catalogue.columns[-1].kind) == ("lve", "number")


def test_sorting_pages_and_filters(catalogue, tmp_path):
    before = catalogue.version
    load(catalogue, tmp_path, "stem,lve\na_0,3\na_1,\na_2,1\na_3,3\na_5,nan\nzz,9\n")
    assert catalogue.version > before
    ascending, descending = Query.parse(sort="lve"), Query.parse(sort="-lve")
    assert [row["stem"] for row in catalogue.rows(ascending)] == ["a_2", "a_0", "a_3", "a_1", "a_4", "a_5"]
    assert [row["stem"] for row in catalogue.rows(descending)] == ["a_3", "a_0", "a_2", "a_5", "a_4", "a_1"]
    for query in (ascending, descending):
        stems = [row["stem"] for row in catalogue.rows(query)]
        one_by_one, cursor = [], None
        for _ in stems:
            page = catalogue.page(query, after=cursor, limit=1)
            one_by_one += [row["stem"] for row in page.rows]
            cursor = page.cursor
        assert (one_by_one, cursor) == (stems, None)
        assert [catalogue.page(query, start=i, limit=1).rows[0]["stem"] for i in range(6)] == stems
        assert [catalogue.position(query, stem) for stem in stems] == list(range(6))
        assert catalogue.neighbours(query, stems[2]) == (stems[1], stems[3])
    high = Query(scores=(("lve", 2, None),), sort="seconds", descending=True)
    assert [row["stem"] for row in catalogue.rows(high)] == ["a_3", "a_0"]
    assert catalogue.page(high).total == 2
    assert catalogue.facets(high)["session"] == {"a": 2}
    assert catalogue.histogram("lve", 2).counts == [1, 2]


def test_another_file_takes_the_place(catalogue, tmp_path):
    load(catalogue, tmp_path, "stem,lve,fdd\na_0,3,1\n")
    assert catalogue.row("a_0")["fdd"] == 1
    load(catalogue, tmp_path, "stem,mos\na_1,5\n")
    assert [c.name for c in catalogue.columns[-2:]] == ["playable", "mos"]
    assert catalogue.row("a_1")["mos"] == 5
    assert "fdd" not in catalogue.row("a_0")
    with pytest.raises(UsageError, match="no column 'lve'"):
        catalogue.page(Query.parse(sort="lve"))


def test_what_is_wrong_is_counted(catalogue, tmp_path):
    warnings = load(
        catalogue,
        tmp_path,
        "stem,lve,grade\na_0,1,A\na_0,2,B\na_1,oops,\na_2,inf,n/a\na_3,4\na_4,5,C,extra\na_5,NaN,D\nzz,6,E\nyy,7,F\n",
    )
    assert column(catalogue, "lve") == {"a_0": 2, "a_1": None, "a_2": None, "a_3": 4, "a_4": 5, "a_5": None}
    assert column(catalogue, "grade") == {"a_0": "B", "a_1": None, "a_2": None, "a_3": None, "a_4": "C", "a_5": "D"}
    assert warnings == (
        "scores.csv: 1 clips stand in it more than once: the last line counts",
        "scores.csv: 2 lines do not have 3 columns: missing cells are empty, others left out",
        "scores.csv: 2 of 8 clips are not in this data set: zz, yy",
        "scores.csv: 2 cells of lve hold no finite number and are left empty: oops",
    )


def test_headers_that_would_harm(catalogue, tmp_path):
    headers = ["seconds", "lve", "LVE", "x'); DROP TABLE clips; --", "", "s.score_0", "数", "stem ", "a" * 500]
    load(catalogue, tmp_path, ",".join(["stem", *headers]) + "\na_0," + ",".join("123456789") + "\n")
    added = catalogue.columns[-len(headers) :]
    names = [c.name for c in added]
    assert names[:3] == ["seconds_2", "lve", "lve_2"]
    assert len(set(names)) == len(names) and all(name.isidentifier() and name.isascii() for name in names)
    assert [c.title for c in added][3:5] == [headers[3], "column 6"]
    row = catalogue.row("a_0")
    assert [row[name] for name in names] == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert row["seconds"] == 0.0 and row["stem"] == "a_0"
    for name in names:
        assert catalogue.page(Query(sort=name, scores=((name, 0, None),))).total == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "its first line has 0 columns; expected a header such as stem,lve,fdd"),
        ("stem\na_0\n", "has 1 columns"),
        ("stem,lve\n", "no line has a stem in the column 'stem'"),
        ("stem,lve\n,1\n", "no line has a stem"),
        (
            "x,lve\n1,2\n3,4\n",
            "none of its 2 clips is in this data set; column 'x' was taken for the stems",
        ),
        (",".join(f"c{i}" for i in range(201)) + "\n", "has 201 columns"),
        ('stem,lve\na_0,"' + "x" * 200_000 + '"\n', "line 2 is no CSV"),
        (random.Random(0).randbytes(5000), r"--scores .*scores.csv: "),
    ],
)
def test_what_is_no_table_of_scores(catalogue, tmp_path, content, message):
    with pytest.raises(UsageError, match=message):
        load(catalogue, tmp_path, content)
    assert catalogue.page().total == 6


def test_no_file(catalogue, tmp_path):
    with pytest.raises(UsageError, match=r"--scores: .*nothing.csv is gone|--scores: .*nothing.csv"):
        catalogue.load_scores(tmp_path / "nothing.csv")


def test_clips_that_are_listed_later_have_their_scores(catalogue, tmp_path):
    load(catalogue, tmp_path, "stem,lve\na_0,1\nlate_1,2\n")
    catalogue._dataset.summaries["late_1"] = clip("late_1")
    catalogue.update()
    assert catalogue.row("late_1")["lve"] == 2


@pytest.fixture
def predictions(tmp_path):
    """A catalogue of other clips than those of `catalogue`."""
    dataset = ListedDataset(tmp_path / "preds", [clip(f"b_{i}") for i in range(3)])
    with_rows = Catalogue.open(dataset, cache=tmp_path / "cache")
    with_rows.update()
    yield with_rows
    with_rows.close()


def test_one_table_for_several_data_sets(catalogue, predictions, tmp_path):
    both = (catalogue._dataset, predictions._dataset)
    path = tmp_path / "scores.csv"
    path.write_text("stem,lve\na_0,1\nb_2,3\nzz,5\n")
    for one in (catalogue, predictions):
        assert one.load_scores(path, beside=both) == ("scores.csv: 1 of 3 clips are not in this data set: zz",)
    path.write_text("stem,lve\nb_2.npz,3\n")
    for one in (catalogue, predictions):
        assert one.load_scores(path, beside=both) == ()
    assert set(column(catalogue, "lve").values()) == {None}
    assert column(predictions, "lve") == {"b_0": None, "b_1": None, "b_2": 3}
    path.write_text("stem,lve\nzz,5\n")
    with pytest.raises(UsageError, match="none of its 1 clips"):
        catalogue.load_scores(path, beside=both)


def test_a_table_that_is_loaded_before_the_clips_are_known(catalogue, tmp_path):
    dataset = catalogue._dataset
    everything, dataset.summaries, dataset.complete = dataset.summaries, {}, False
    assert load(catalogue, tmp_path, "stem,lve\na_0,3\nzz,9\n") == ()
    dataset.summaries, dataset.complete = everything, True
    assert column(catalogue, "lve")["a_0"] == 3
