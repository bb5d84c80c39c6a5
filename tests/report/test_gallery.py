"""The page that plays films."""

from viewer.report import gallery as module
from viewer.report.gallery import Film, gallery


def film(number, stem=None):
    return Film(f"clip_{number}.mp4", None, stem or f"clip_{number}", 8.0, "")


def test_of_too_many_films_it_has_the_first_and_says_so(monkeypatch):
    monkeypatch.setattr(module, "MOST_FILMS", 2)
    page = gallery(map(film, range(3)), title="data", failed=1)
    assert "2 clips, 16 s, the first of 3 films, 1 without a film" in page
    assert "clip_1.mp4" in page and "clip_2.mp4" not in page
    assert "the first of" not in gallery(map(film, range(2)), title="data")
