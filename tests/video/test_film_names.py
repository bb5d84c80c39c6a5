"""Names of films, their pictures and their places in archives and pages."""

import unicodedata
from urllib.parse import unquote

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.clip import Clip
from viewer.flame import choose_head
from viewer.report.gallery import Film, gallery
from viewer.video.batch import film_name
from viewer.video.export import ExportSettings, render_key

ALIKE = "aAsS\u017f\u00df\u1e9ek\u212aiI\u0131\u0130e\u00e9\u00c9\u0301\ufb01f\u03c3\u03c2 ./%_\udcff"
"""Letters that file systems take for one another, with signs that may not stand in a name."""
stems = st.lists(st.text(ALIKE, min_size=1, max_size=6) | st.text(ALIKE, min_size=175, max_size=190), unique=True)


@pytest.fixture(scope="module")
def head():
    return choose_head(expression_space="flame2020")


@given(stems, st.booleans())
def test_of_different_stems_they_are_different_on_every_file_system(head, stems, folders):
    arrays = {"exp": np.zeros((1, 100)), "pose": np.zeros((1, 6)), "shape": np.zeros((1, 100))}
    keys = [render_key(Clip.from_arrays(stem=stem, **arrays), head, ExportSettings()) for stem in stems]
    names = [film_name(stem, key, folders=folders) for stem, key in zip(stems, keys, strict=True)]
    for form in ("NFC", "NFD", "NFKC"):
        assert len({_as_one(name, form) for name in names}) == len(names)
    page = gallery((Film(f"{name}.mp4", f"{name}.jpg", "stem", 1.0, "") for name in names), title="films")
    assert all(f"{name}.jpg" in unquote(page) for name in names)


def _as_one(name, form):
    return unicodedata.normalize(form, unicodedata.normalize(form, name).casefold())
