"""The report as a file: what it holds, and that nothing of a data set gets out of its place."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.report.factories import CHECKS, clip, finding, link, page, picture
from viewer.errors import RenderError
from viewer.report import sections

VOID = {"meta", "img", "wbr"}


class Parsed(HTMLParser):
    """Elements with their attributes and the text in them."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements = []
        self._open = []
        self.feed(text)
        self.close()
        assert not self._open, "an element is left open"

    def handle_starttag(self, tag, attributes):
        element = (tag, dict(attributes), [])
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes), []))

    def handle_endtag(self, tag):
        assert self._open.pop()[0] == tag

    def handle_data(self, data):
        for _, _, text in self._open:
            text.append(data)

    def all(self, tag, **attributes):
        wanted = {name.replace("_", "-"): value for name, value in attributes.items()}
        return [
            (found, "".join(text))
            for name, found, text in self.elements
            if name == tag and wanted.items() <= found.items()
        ]

    def texts(self, tag, **attributes):
        return [text for _, text in self.all(tag, **attributes)]

    @property
    def shape(self):
        """The elements and the names of their attributes: what no text may change."""
        return [(tag, sorted(attributes)) for tag, attributes, _ in self.elements]


def cells(parsed, label):
    return parsed.texts("td", data_label=label)


def test_ranking_keeps_the_order_given_and_says_what_is_wrong():
    worst = clip("b_0002", finding(severity="error", message="Pop at 1.00 s: 12 ×", start=1.0))
    other = clip("a_0001", finding("jaw", "note", start=None, percentile=None, message="Jaw angle: 21°"), finding())
    parsed = Parsed(page([worst, other], link=link))
    assert cells(parsed, "Clip") == ["b_0002", "a_0001"]
    assert cells(parsed, "Severity") == ["error", "warning"]
    assert cells(parsed, "Check") == ["Pop", "Jaw angle"]
    assert cells(parsed, "Time") == ["1.00 s", "–"]
    assert cells(parsed, "Percentile") == ["99", "–"]
    assert cells(parsed, "Finding") == ["Pop at 1.00 s: 12 ×", "Jaw angle: 21°"]
    assert {found["href"] for found, text in parsed.all("a") if text == "b_0002"} == {link("b_0002", 1.0)}


def test_overview_counts_clips_by_their_worst_finding():
    clips = [clip("a", finding(severity="error")), *(clip(f"w{n}", finding()) for n in range(3)), clip("fine")]
    parsed = Parsed(page(clips))
    tiles = [text.split()[0] for text in parsed.texts("li") if "%" in text]
    assert tiles == ["1", "3", "0", "1"]
    widths = [float(found["width"]) for found, _ in parsed.all("rect", height="10")]
    assert widths == pytest.approx([20, 60, 0, 20])


def test_clips_without_findings_have_no_cards_and_an_empty_data_set_is_a_page():
    assert "No clip has errors or warnings" in page([clip("fine"), clip("noted", finding(severity="note"))])
    assert Parsed(page([])).texts("h1") == ["Some data"]


def test_the_worst_clips_show_the_place_and_where_to_watch_it():
    asked = []

    def draw(stem, seconds):
        asked.append((stem, seconds))
        return picture()

    bad = clip("bad", finding(start=None), finding(start=2.5), finding(start=7.0), finding(), finding())
    parsed = Parsed(page([bad], picture=draw, link=link, transcript={"bad": "what is said"}.get))
    assert asked == [("bad", 2.5)]
    ((image, _),) = parsed.all("img")
    assert base64.b64decode(image["src"].removeprefix("data:image/jpeg;base64,")) == picture()
    assert image["alt"] == "bad at 2.50 s"
    assert parsed.texts("p", **{"class": "said"}) == ["what is said"]
    assert link("bad", 7.0) in [found["href"] for found, _ in parsed.all("a")]
    assert "and 2 more" in parsed.texts("li")


def test_a_png_is_told_from_a_jpeg_and_anything_else_is_no_picture():
    ((image, _),) = Parsed(page([clip("a", finding())], picture=lambda stem, seconds: picture("PNG"))).all("img")
    assert image["src"].startswith("data:image/png;base64,")
    with pytest.raises(ValueError, match="neither PNG nor JPEG"):
        page([clip("a", finding())], picture=lambda stem, seconds: b"<svg onload=alert(1)>")


def test_where_nothing_can_be_drawn_the_report_says_why_once():
    asked = []

    def fail(stem, seconds):
        asked.append(stem)
        raise RenderError("no OpenGL here; install <libegl1>")

    parsed = Parsed(page([clip("a", finding()), clip("b", finding())], picture=fail))
    assert asked == ["a"] and not parsed.all("img")
    assert "No more pictures: no OpenGL here; install <libegl1>" in parsed.texts("p")


def test_only_so_many_clips_are_listed_and_the_rest_is_named(monkeypatch):
    monkeypatch.setattr(sections, "ROWS", 3)
    monkeypatch.setattr(sections, "WORST", 2)
    parsed = Parsed(page([clip(f"c{n}", finding()) for n in range(5)]))
    assert len(cells(parsed, "Rank")) == 3 and len(parsed.all("article", **{"class": "card"})) == 2
    assert any("The 3 worst of 5 clips" in text for text in parsed.texts("p"))


def test_each_check_counts_its_clips_and_names_those_it_does_not_apply_to():
    clips = [clip("a", finding(), finding()), clip("b", finding(severity="error"), pop=3.0), clip("c", pop=None)]
    parsed = Parsed(page(clips))
    assert parsed.texts("h3")[-3:] == ["Jaw angle jaw", "Pop pop", "A/V lag av_lag"]
    assert parsed.texts("span", **{"class": "chip error"}) == ["1 error"]
    assert parsed.texts("span", **{"class": "chip warn"}) == ["1 warning"]
    assert any("does not apply to 1" in text for text in parsed.texts("p"))
    assert "4° in every clip that it applies to" in parsed.texts("p")
    assert "applies to no clip" in page([clip("a", jaw=None)])


def test_a_clip_without_findings_is_in_the_table_with_nothing_to_say():
    fine = clip("fine", finding("jaw", "ok", start=None, message="Jaw at most 4° from its rest."))
    parsed = Parsed(page([fine]))
    assert cells(parsed, "Severity") == ["ok"] and cells(parsed, "Finding") == [""]


def test_the_file_asks_for_nothing_from_outside():
    text = page([clip("a", finding())], picture=lambda stem, seconds: picture(), link=link)
    parsed = Parsed(text)
    assert all(found["src"].startswith("data:") for _, found, _ in parsed.elements if "src" in found)
    assert not parsed.all("link") and "url(" not in text and "@import" not in text
    assert all(found["href"].startswith("http://127.0.0.1:7860/") for found, _ in parsed.all("a"))
    assert {tag for tag, found, _ in parsed.elements if "href" in found} == {"a"}


def test_the_policy_allows_its_own_script_and_style_and_no_others():
    text = page([clip("a", finding())])
    parsed = Parsed(text)
    policy = parsed.all("meta", http_equiv="Content-Security-Policy")[0][0]["content"]
    assert policy.startswith("default-src 'none';") and "unsafe" not in policy
    for tag, name in (("script", "script-src"), ("style", "style-src")):
        (content,) = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{name} 'sha256-{digest}'" in policy
    for _, found, _ in parsed.elements:
        assert "style" not in found and not any(name.startswith("on") for name in found)


texts = st.text(min_size=1, max_size=60) | st.sampled_from(
    [
        '"><script>alert(1)</script>',
        "</title><img src=x onerror=alert(1)>",
        "=1+1",
        "@x",
        "a\nb",
        "x" * 5000,
        "-->",
        "{}%s",
    ]
)


@given(stem=texts, message=texts, said=texts, name=texts)
@settings(max_examples=150)
def test_whatever_texts_hold_the_elements_stay_the_same(stem, message, said, name):
    def made(stem, message, said, name):
        bad = clip(stem, finding(message=message))
        return Parsed(page([bad], dataset=name, model=name, transcript=lambda _: said, picture=lambda *_: picture()))

    parsed = made(stem, message, said, name)
    if said.strip():
        assert parsed.shape == made("s", "m", "t", "n").shape
    for shown in (cells(parsed, "Clip")[0], cells(parsed, "Finding")[0], parsed.texts("h1")[0]):
        assert "\n" not in shown and not shown.startswith(("=", "+", "@", "\t"))
    if stem.isprintable() and stem == " ".join(stem.split()):
        assert cells(parsed, "Clip")[0] in (stem, f"'{stem}")


def test_a_text_that_turns_the_line_around_is_shown_as_what_it_is():
    assert "\\u202egpj.exe" in page([clip("\u202egpj.exe", finding())])


def test_titles_of_own_checks_are_escaped_too():
    own = CHECKS[0].__class__("own", "<b>bold</b>", "<i>", lambda inputs: None)
    parsed = Parsed(page([clip("a", finding("own"), own=3.0)], checks=[own]))
    assert "<b>bold</b> own" in parsed.texts("h3") and not parsed.all("b") and not parsed.all("i")
