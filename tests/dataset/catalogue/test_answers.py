"""Search, filters, order and pages agree with plain Python."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dataset.catalogue import reference
from tests.dataset.catalogue.fakes import ListedDataset, clip
from viewer.dataset.catalogue import COLUMNS, Catalogue, Query
from viewer.errors import UsageError

WORDS = [
    "hello",
    "help",
    "Hélène",
    "don't",
    "x-ray",
    "über",
    "你好",
    "世界",
    "こんにちは",
    "ราคา",
    "a",
    "3rd",
    "naïve",
    "AND",
    '"q"',
]
STEMS = [
    "anna_01",
    "anna_02",
    "Anna_x",
    "bob_1",
    "bob_10",
    "x",
    "_",
    "tag-7f.q_3",
    "session 1_a",
    "ünï_1",
    "世界_0",
    "a_b_c",
]

# Scripts that the tests speak; the reference knows no others without spaces.
alphabet = st.characters(codec="utf-8", max_codepoint=0x24F, exclude_characters="\0") | st.sampled_from(
    "你好世界かราคา ́٣ไ한글"
)
texts = st.none() | st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join) | st.text(alphabet, max_size=12)
summaries = st.builds(
    clip,
    stem=st.sampled_from(STEMS) | st.text(alphabet, min_size=1, max_size=6),
    seconds=st.none() | st.sampled_from([0.04, 2.0, 2.04, 8.0, 30.0]),
    text=texts,
    flags=st.sets(st.sampled_from(["no-audio", "no-shape", "audio-truncated"])),
    splits=st.sampled_from([(), ("train",), ("val",), ("train", "test")]),
    has_audio=st.booleans(),
    tokens=st.none() | st.integers(0, 3),
    audio_format=st.none() | st.just("PCM 16-bit"),
)
searches = st.one_of(
    st.just(""),
    st.lists(
        st.sampled_from([*WORDS, *STEMS, "hel", "7f", "nna", "_0", "好", "t", "naive", "ubu", "-", "*"]), max_size=3
    ).map(" ".join),
    st.text(alphabet, max_size=8),
)
some = st.booleans()
limits = st.none() | st.sampled_from([0.0, 2.0, 2.04, 9.0])
queries = st.builds(
    Query,
    search=searches,
    splits=st.sampled_from([(), (), ("train",), ("none",), ("val", "none")]),
    sessions=st.sampled_from([(), (), ("anna",), ("bob", "nobody")]),
    modalities=st.sampled_from([(), (), ("motion",), ("audio", "no-transcript"), ("no-tokens",)]),
    flags=st.sampled_from([(), (), ("no-audio",), ("no-shape", "unheard-of")]),
    seconds=st.just((None, None)) | st.tuples(limits, limits),
    sort=st.sampled_from([column.name for column in COLUMNS]),
    descending=st.booleans(),
)


@pytest.fixture(scope="module")
def cache():
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def catalogue_of(clips, cache):
    catalogue = Catalogue.open(ListedDataset(cache / "data", clips), cache=cache)
    catalogue.update()
    return catalogue


@settings(max_examples=80)
@given(
    clips=st.lists(summaries, max_size=10, unique_by=lambda s: s.stem), asked=st.lists(queries, min_size=1, max_size=2)
)
def test_pages_are_those_of_plain_python(cache, clips, asked):
    # One file for all examples: so each of them also updates what the one before left.
    catalogue = catalogue_of(clips, cache)
    for query in asked:
        expected = reference.answer(clips, query)
        page = catalogue.page(query)
        assert [row["stem"] for row in page.rows] == expected
        assert (page.total, page.cursor) == (len(expected), None)

        followed, cursor = [], None
        while True:
            page = catalogue.page(query, after=cursor, limit=3)
            followed += [row["stem"] for row in page.rows]
            if (cursor := page.cursor) is None:
                break
        assert followed == expected
        for start in range(0, len(expected) + 2, 2):
            assert [row["stem"] for row in catalogue.page(query, start=start, limit=3).rows] == expected[
                start : start + 3
            ]

        for number, stem in enumerate(expected):
            assert catalogue.position(query, stem) == number
            around = [None, *expected, None]
            assert catalogue.neighbours(query, stem) == (around[number], around[number + 2])
    catalogue.close()


@settings(max_examples=40)
@given(clips=st.lists(summaries, max_size=10, unique_by=lambda s: s.stem), query=queries)
def test_facets_count_what_could_be_chosen_instead(cache, clips, query):
    catalogue = catalogue_of(clips, cache)
    facets = catalogue.facets(query)
    for facet, field, choices in (
        ("split", "splits", ["train", "val", "test", "none"]),
        ("session", "sessions", sorted({reference.session(c) for c in clips})),
        ("modality", "modalities", ["motion", "no-motion", "audio", "no-tokens", "tokens"]),
        ("flag", "flags", ["no-audio", "no-shape", "audio-truncated"]),
    ):
        for choice in choices:
            chosen = Query(**{**query.__dict__, field: (choice,)})
            assert facets[facet].get(choice, 0) == len(reference.answer(clips, chosen)), (facet, choice)
    catalogue.close()


@settings(max_examples=40)
@given(clips=st.lists(summaries, max_size=10, unique_by=lambda s: s.stem), bins=st.integers(1, 7))
def test_histogram_counts_every_value_once(cache, clips, bins):
    catalogue = catalogue_of(clips, cache)
    seconds = [c.seconds for c in clips if c.seconds is not None]
    histogram = catalogue.histogram("seconds", bins)
    if not seconds:
        assert (histogram.counts, histogram.edges) == ([], [])
    else:
        assert sum(histogram.counts) == len(seconds)
        assert len(histogram.counts) == bins == len(histogram.edges) - 1
        assert histogram.edges[0] == min(seconds)
        assert histogram.edges[-1] >= max(seconds) - 1e-9
    catalogue.close()


def test_rows_hold_what_the_list_shows(cache):
    made = clip(
        "anna_01",
        text="Hello\n  there " + "word " * 60,
        flags=("no-shape", "no-audio"),
        splits=("train", "test"),
        tokens=200,
        has_audio=True,
        audio_seconds=8.01,
        audio_format="PCM 16-bit, 16000 Hz, mono",
    )
    catalogue = catalogue_of([made], cache)
    row = catalogue.row("anna_01")
    assert row == catalogue.page().rows[0]
    assert row["text"].startswith("Hello there word word") and row["text"].endswith("…") and len(row["text"]) <= 161
    assert row | {"text": ""} == {
        "stem": "anna_01",
        "session": "anna",
        "splits": ["train", "test"],
        "frames": 200,
        "seconds": 8.0,
        "fps": 25.0,
        "audio_seconds": 8.01,
        "audio_format": "PCM 16-bit, 16000 Hz, mono",
        "modalities": ["motion", "audio", "transcript", "tokens"],
        "tokens": 200,
        "words": 62,
        "text": "",
        "flags": [
            {"code": "no-shape", "message": "It is no-shape."},
            {"code": "no-audio", "message": "It is no-audio."},
        ],
        "playable": True,
    }
    assert list(row) and set(row) == {column.name for column in catalogue.columns}
    assert catalogue.row("nobody") is None
    catalogue.close()


def test_neighbours_of_a_clip_that_is_filtered_out(cache):
    clips = [clip("a_1", seconds=1.0), clip("a_2", seconds=2.0, splits=("val",)), clip("a_3", seconds=3.0)]
    catalogue = catalogue_of(clips, cache)
    query = Query(splits=("none",), sort="seconds", descending=True)
    assert catalogue.neighbours(query, "a_2") == ("a_3", "a_1")
    assert catalogue.position(query, "a_2") is None
    assert catalogue.neighbours(query, "nobody") == (None, None)
    catalogue.close()


def test_a_page_goes_on_where_the_last_ended_though_rows_came_between(cache):
    dataset = ListedDataset(cache / "growing", [clip(f"a_{i}", seconds=2.0 * i) for i in range(6)])
    catalogue = Catalogue.open(dataset, cache=cache)
    catalogue.update()
    query = Query.parse(sort="-seconds")
    first = catalogue.page(query, limit=3)
    for i in range(5):
        dataset.summaries[f"b_{i}"] = clip(
            f"b_{i}", seconds=9.0 + i
        )  # in front of and behind the end of the first page
    catalogue.update()
    second = catalogue.page(query, after=first.cursor, limit=20)
    assert [row["stem"] for row in first.rows] == ["a_5", "a_4", "a_3"]
    assert [row["stem"] for row in second.rows] == ["a_2", "a_1", "a_0"]
    assert catalogue.page().total == 11
    catalogue.close()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda c: Query.parse(sort="-sceonds") and c.page(Query.parse(sort="-sceonds")),
            "no column 'sceonds'; expected one of stem",
        ),
        (lambda c: Query(sort="flag_messages") and c.page(Query(sort="flag_messages")), "no column 'flag_messages'"),
        (lambda c: Query(splits=("dev",)), "'dev' is no split; expected train, val, test, none"),
        (lambda c: Query(modalities=("video",)), "'video' is no modality; expected motion, audio"),
        (lambda c: Query(seconds=(float("nan"), None)), "seconds is limited to nan"),
        (lambda c: Query(search="x" * 501), "the search has 501 characters; expected at most 500"),
        (lambda c: c.page(limit=0), "0 rows from number 0"),
        (lambda c: c.page(start=-1), "from number -1"),
        (lambda c: c.page(after="[1]"), "is no cursor"),
        (lambda c: c.page(after='[{}, "a"]'), "is no cursor"),
        (lambda c: c.page(after="[" * 100_000), "is no cursor"),
        (lambda c: c.histogram("seconds", 0), "0 bins"),
        (lambda c: c.page(Query(scores=(("lve", 0, 1),))), "no column 'lve'"),
    ],
)
def test_what_cannot_be_asked_is_said(cache, make, message):
    catalogue = catalogue_of([clip("a_1")], cache)
    with pytest.raises(UsageError, match=message):
        make(catalogue)
    catalogue.close()


@pytest.mark.parametrize(
    "search",
    [
        'music"',
        "AND",
        "-x",
        "col:abc",
        "NEAR(a b)",
        "words : a",
        "* ^",
        "'; DROP TABLE clips; --",
        "\ud800x",
        "a\0b",
        "()" * 250,
        "a " * 250,
        "é" * 500,
        "你" * 500,
    ],
)
def test_no_search_is_an_error(cache, search):
    catalogue = catalogue_of([clip("a_1", text="an apple")], cache)
    assert catalogue.page(Query(search=search)).total in (0, 1)
    assert catalogue.page().total == 1
    catalogue.close()
