"""Filters on findings and on ranges of numbers agree with plain Python."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dataset.catalogue.fakes import ListedDataset, clip
from viewer.dataset.catalogue import Catalogue, Column, Query
from viewer.dataset.catalogue.columns import SEVERITIES
from viewer.dataset.catalogue.scores import Scores
from viewer.dataset.catalogue.select import Answers, Selection
from viewer.errors import UsageError

CHECKS = ("jaw", "pop", "seam")
COLUMNS = (
    Column("worst", "quality", "severity"),
    Column("issues", "findings", "names"),
    *(Column(f"check_{name}", name, "number") for name in CHECKS),
)
STEMS = [f"a_{i}" for i in range(6)]
values = st.none() | st.sampled_from([-1.0, 0.0, 2.0, 2.5, 9.0])
# Of each check that found something, how bad; None: the clip is not checked.
examined = st.none() | st.tuples(
    st.dictionaries(st.sampled_from(CHECKS), st.sampled_from(SEVERITIES[1:])), st.tuples(values, values, values)
)
ranges = st.tuples(
    st.sampled_from(["check_jaw", "check_pop", "frames"]), st.none() | st.just(2.0), st.none() | st.floats(0, 300)
)
queries = st.builds(
    Query,
    severities=st.lists(st.sampled_from([*SEVERITIES, "none"]), max_size=2, unique=True).map(tuple),
    checks=st.lists(st.sampled_from([*CHECKS, "unheard"]), max_size=2, unique=True).map(tuple),
    scores=st.lists(ranges, max_size=2).map(tuple),
    search=st.sampled_from(["", "", "hello"]),
    sort=st.sampled_from(["stem", "worst", "check_pop", "seconds"]),
    descending=st.booleans(),
)


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    folder = tmp_path_factory.mktemp("findings")
    clips = [clip(stem, seconds=float(i), text="hello" if i % 2 else "bye") for i, stem in enumerate(STEMS)]
    catalogue = Catalogue.open(ListedDataset(folder / "data", clips), cache=folder)
    catalogue.update()
    yield catalogue
    catalogue.close()


def rank(found):
    return max((SEVERITIES.index(severity) for severity in found.values()), default=0)


def table(clips):
    rows = {
        stem: [rank(found), " ".join(f"{check}:{severity}" for check, severity in found.items()) or None, *numbers]
        for stem, (found, numbers) in clips.items()
    }
    return Scores(COLUMNS, rows)


def severity_of(entry, check):
    if entry is None:
        return "none"
    return entry[0].get(check, "ok")


def passes(stem, entry, query):
    i = STEMS.index(stem)
    if query.search and i % 2 == 0:
        return False
    if query.checks:
        wanted = query.severities or SEVERITIES[1:]
        if not any(severity_of(entry, check) in wanted for check in query.checks):
            return False
    elif query.severities:
        worst = "none" if entry is None else SEVERITIES[rank(entry[0])]
        if worst not in query.severities:
            return False
    for name, low, high in query.scores:
        value = 25 * i if name == "frames" else entry and entry[1][CHECKS.index(name.removeprefix("check_"))]
        if (low is not None or high is not None) and value is None:
            return False
        if (low is not None and value < low) or (high is not None and value > high):
            return False
    return True


def value(stem, entry, column):
    if column == "seconds":
        return STEMS.index(stem)
    if entry is None:
        return None
    return rank(entry[0]) if column == "worst" else entry[1][1]


def expected(clips, query):
    chosen = [stem for stem in STEMS if passes(stem, clips.get(stem), query)]
    if query.sort == "stem":
        return sorted(chosen, reverse=query.descending)
    valued = {stem: value(stem, clips.get(stem), query.sort) for stem in chosen}
    first = sorted((s for s in chosen if valued[s] is not None), key=lambda s: (valued[s], s), reverse=query.descending)
    return first + sorted((s for s in chosen if valued[s] is None), reverse=query.descending)


@settings(max_examples=120, deadline=None)
@given(
    clips=st.dictionaries(st.sampled_from(STEMS), examined).map(
        lambda found: {stem: entry for stem, entry in found.items() if entry is not None}
    ),
    asked=st.lists(queries, min_size=1, max_size=4),
)
def test_clips_that_pass_are_those_of_plain_python(catalogue, clips, asked):
    catalogue.set_scores("quality", table(clips))
    for query in asked:
        stems = expected(clips, query)
        page = catalogue.page(query)
        assert [row["stem"] for row in page.rows] == stems
        assert page.total == len(stems)
        for number, stem in enumerate(stems):
            assert catalogue.position(query, stem) == number
        facets = catalogue.facets(query)
        for facet, field, choices in (
            ("severity", "severities", [*SEVERITIES, "none"]),
            ("check", "checks", CHECKS),
            ("session", "sessions", ["a"]),
        ):
            for choice in choices:
                chosen = Query(**{**query.__dict__, field: (choice,)})
                assert facets[facet].get(choice, 0) == len(expected(clips, chosen)), (facet, choice)


def test_rows_hold_findings_as_names(catalogue):
    catalogue.set_scores("quality", table({"a_1": ({"jaw": "warn", "pop": "error"}, (21.0, 9.0, None))}))
    row = catalogue.row("a_1")
    assert (row["worst"], row["issues"], row["check_jaw"]) == ("error", ["jaw:warn", "pop:error"], 21.0)
    row = catalogue.row("a_2")
    assert (row["worst"], row["issues"], row["check_jaw"]) == (None, None, None)


def test_nothing_is_checked(catalogue):
    catalogue.set_scores("quality", Scores((), {}))
    assert catalogue.page(Query(severities=("error",))).total == 0
    assert catalogue.page(Query(checks=("jaw",))).total == 0
    assert catalogue.page(Query(severities=("none", "error"))).total == len(STEMS)
    assert catalogue.page(Query(scores=(("frames", 50, 75),))).total == 2
    assert catalogue.facets()["severity"] == {}


def test_scores_of_a_file_stay_beside_those_of_checks(catalogue, tmp_path):
    path = tmp_path / "lve.csv"
    path.write_text("stem,lve,worst,check_jaw\na_1,4,x,1\na_3,2,y,2\n")
    catalogue.load_scores(path)
    catalogue.set_scores("quality", table({"a_1": ({"jaw": "warn"}, (21.0, None, None))}))
    row = catalogue.row("a_1")
    assert (row["lve"], row["worst_2"], row["score_check_jaw"]) == (4, "x", 1)
    assert (row["worst"], row["check_jaw"]) == ("warn", 21.0)
    assert catalogue.row("a_3")["lve"] == 2
    both = Query(scores=(("lve", 3, None),), severities=("warn",))
    assert [row["stem"] for row in catalogue.rows(both)] == ["a_1"]
    catalogue.set_scores("file", Scores((), {}))
    assert "lve" not in catalogue.row("a_1")


def test_a_new_table_is_another_version(catalogue):
    before = catalogue.version
    catalogue.set_scores("quality", table({"a_1": ({}, (1.0, None, None))}))
    assert catalogue.version > before


def test_a_page_that_is_read_when_a_table_comes_is_of_the_version_before(catalogue, monkeypatch):
    """So that whoever shows it asks again."""
    rows = Selection.rows

    def late(self, *asked, **how):
        found = rows(self, *asked, **how)
        monkeypatch.undo()
        catalogue.set_scores("quality", table({"a_1": ({}, (2.0, None, None))}))
        return found

    monkeypatch.setattr(Selection, "rows", late)
    assert catalogue.page().version < catalogue.version == catalogue.page().version


def test_what_is_kept_for_one_version_is_not_given_for_another():
    """Though a thread that still reads the former one comes while the latter begins."""

    interruptions = []

    class Interrupted(Answers):
        def __setattr__(self, name, value):
            super().__setattr__(name, value)
            if interruptions:
                interruptions.pop()
                self.of(1)["question"] = "answer"

    answers = Interrupted()
    answers.of(1)
    interruptions.append(1)
    assert answers.of(2) == {} and answers.of(2) == {}


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"severity": ["bad"]}, "'bad' is no severity; expected ok, note, warn, error, none"),
        ({"between": ["frames"]}, "'frames' is no range; expected COLUMN:FROM:TO"),
        ({"between": ["frames::"]}, "'frames::' is no range"),
        ({"between": ["frames:a:b"]}, "'frames:a:b' is no range"),
        ({"between": ["frames:1:2:3"]}, "is no range"),
        ({"between": ["frames:nan:2"]}, "frames is limited to nan"),
        ({"between": ["text:1:2"]}, "text holds no numbers"),
        ({"between": ["nothing:1:2"]}, "no column 'nothing'"),
    ],
)
def test_what_cannot_be_asked_is_said(catalogue, asked, message):
    with pytest.raises(UsageError, match=message):
        catalogue.page(Query.parse(**asked))


def test_ranges_as_addresses_write_them():
    assert Query.parse(between=["b:1.5:", "a::-2e1", "b:1.5:"]).scores == (("a", None, -20.0), ("b", 1.5, None))
