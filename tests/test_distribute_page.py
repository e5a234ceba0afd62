"""The page and the mail: well-formed, self-contained, escaped, right in both languages and both colour schemes."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests import chromium
from tests.distributions import TODAY, project
from tests.scorecards import card as sample_card
from xlkpi.distribute.digest import Digest, digest
from xlkpi.distribute.mail import message, plain_text
from xlkpi.distribute.page import MOST_IN_FULL, html_page
from xlkpi.objectives import Audience
from xlkpi.scorecard import Scorecard, read_data, scorecard

EVERYBODY = Audience(name={"fr": "Direction", "en": "Management"})
NOW = datetime(2026, 7, 6, 7, 0, tzinfo=UTC)
VOID = {"meta", "br", "img", "hr", "link", "input"}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Scorecard:
    known = project(tmp_path_factory.mktemp("page"))
    return scorecard(known, read_data(known), today=TODAY)


@pytest.fixture(scope="module")
def shop() -> dict[str, Digest]:
    """The sample's digest in both languages."""
    return {language: digest(sample_card(), EVERYBODY, language) for language in ("fr", "en")}


class Reader(HTMLParser):
    """The tags and attributes of a page; what is left open or closed twice fails."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.words: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attributes}
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "script"):
            self.words.append(data)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_page_is_one_file_without_script_or_anything_fetched(shop: dict[str, Digest], language: str) -> None:
    page = html_page(shop[language])
    read = Reader(page)
    assert not read.tags & {"script", "link", "img", "iframe", "object", "embed", "form", "svg", "base"}
    assert not {a for a in read.attributes if a.startswith("on") or a in ("src", "href", "background", "action")}
    assert not re.search(r"https?:|//[a-z]|url\(|@import|@font-face", page)
    assert f'<html lang="{language}">' in page
    assert "prefers-color-scheme:dark" in page
    assert len(page.encode()) < 100_000, "mail clients cut what is longer"


def test_every_colour_has_its_pair_in_the_dark(shop: dict[str, Digest]) -> None:
    page = html_page(shop["fr"])
    dark = page.partition("prefers-color-scheme:dark")[2].partition("</style>")[0]
    used = {name for names in re.findall(r'class="([^"]*)"', page) for name in names.split()}
    assert {name for name in used if name[:2] in ("c-", "f-", "s-") and f".{name}{{" not in dark} == set()


def test_texts_of_people_are_escaped(small: Scorecard) -> None:
    page = html_page(digest(small, Audience(name=dict.fromkeys(("fr", "en"), "<script>alert(1)</script>")), "fr"))
    assert "au Nord&lt;/b&gt;" in page
    assert "<b>" not in page
    assert "<script" not in page


def test_the_page_says_the_result_then_what_to_decide(shop: dict[str, Digest]) -> None:
    words = " ".join(" ".join(Reader(html_page(shop["fr"])).words).split())
    told = shop["fr"]
    assert told.headline.startswith("2 objectifs sur 10 appellent une décision")
    order = [
        words.index(piece) for piece in (told.headline.replace("\u00a0", " "), "À décider", "Décision", "Stratégique")
    ]
    assert order == sorted(order)
    assert len(told.to_decide) == 2
    assert told.as_of == "8\u00a0mars 2026"
    assert shop["en"].as_of == "8\u00a0March 2026"


@pytest.mark.parametrize("language", ["fr", "en"])
def test_typography_is_the_languages_own(shop: dict[str, Digest], language: str) -> None:
    words = "\n".join(Reader(html_page(shop[language])).words) + plain_text(shop[language], ["a.xlsx"])
    wrong = r" [;!?%€]|[^\s\u00a0\u202f]%|[^\W\d]'[^\W\d]" if language == "fr" else r"[ \u00a0\u202f][;!?:%]|«"
    assert re.findall(f".{{0,20}}(?:{wrong}).{{0,20}}", words) == []


def test_many_objectives_on_plan_are_a_line_each(shop: dict[str, Digest]) -> None:
    heading, items = shop["fr"].groups[1]
    calm = tuple(replace(item, status="on_track") for item in items)
    many = replace(shop["fr"], groups=((heading, (calm * 20)[: 3 * MOST_IN_FULL]),))
    page = html_page(many)
    assert len(page.encode()) < 100_000
    assert page.count("aria-label") == 0


def test_an_objective_without_data_has_neither_bar_nor_sparkline(shop: dict[str, Digest]) -> None:
    item = next(item for item in shop["fr"].items if item.status == "no_data")
    page = html_page(replace(shop["fr"], groups=(("Opérationnel", (item,)),)))
    assert "aria-label" not in page
    assert "nan" not in page.lower().replace("maintenance", "")
    assert "Sans données" in page


@pytest.mark.parametrize("dark", [False, True])
def test_chromium_shows_both_schemes_and_a_phone_needs_no_sideways_scrolling(
    shop: dict[str, Digest], tmp_path: Path, dark: bool
) -> None:
    page = tmp_path / "page.html"
    page.write_text(html_page(shop["fr"]), encoding="utf-8")
    desktop = chromium.picture(page, tmp_path / "desktop.png", 1000, 700, dark=dark)
    assert chromium.first_colour(desktop) == ("#0C1219" if dark else "#EEF1F4")
    phone = chromium.picture(page, tmp_path / "phone.png", 390, 844, dark=dark)
    assert phone.stat().st_size > 10_000
    if not dark:
        assert chromium.content_width(page, 390) == 390
        assert chromium.content_width(page, 320) == 320


def test_a_mail_has_text_page_and_files_and_is_a_draft(shop: dict[str, Digest], tmp_path: Path) -> None:
    attached = tmp_path / "direction-2026-03-08.xlsx"
    attached.write_bytes(b"PK" + bytes(range(256)))
    made = message(shop["fr"], [attached], ["Zoé <z@example.org>", "y@example.org"], NOW)
    read = message_from_bytes(made.as_bytes(), policy=default)
    assert read["Subject"] == "Boutique Exemple – Direction, 8 mars 2026"
    assert read["To"] == "Zoé <z@example.org>, y@example.org"
    assert (read["X-Unsent"], read["From"]) == ("1", None)
    kinds = [part.get_content_type() for part in read.walk()]
    assert kinds == [
        "multipart/mixed", "multipart/alternative", "text/plain", "text/html",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ]  # fmt: skip
    parts = list(read.walk())
    assert parts[2].get_content().replace("\r\n", "\n") == plain_text(shop["fr"], [attached.name])
    assert parts[3].get_content().replace("\r\n", "\n") == html_page(shop["fr"])
    assert parts[4].get_content() == attached.read_bytes()
    assert max(len(line) for line in made.as_bytes().split(b"\r\n")) <= 998


def test_two_mails_of_the_same_differ_in_date_and_id_only(shop: dict[str, Digest]) -> None:
    def kept(now: datetime) -> bytes:
        made = message(shop["en"], [], ["a@example.org"], now).as_bytes()
        return re.sub(rb"(?m)^(Date|Message-ID):.*$", b"", made)

    assert kept(NOW) == kept(NOW.replace(hour=9))


def test_a_name_with_a_line_break_breaks_no_header(shop: dict[str, Digest]) -> None:
    hostile = replace(shop["fr"], project="Maison\r\nBcc: x@example.org", audience="a\nb")
    read = message_from_bytes(message(hostile, [], ["a@example.org"], NOW).as_bytes(), policy=default)
    assert read["Bcc"] is None
    assert read["Subject"].startswith("Maison Bcc: x@example.org – a b")


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_negative_number_has_a_true_minus_sign(shop: dict[str, Digest], language: str) -> None:
    for said in (" ".join(Reader(html_page(shop[language])).words), plain_text(shop[language])):
        assert "\N{MINUS SIGN}258" in said
        assert re.findall(r"(?<![\w-])-[^\w\s]?\d", said) == []
