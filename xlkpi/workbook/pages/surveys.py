"""Surveys, tone of mentions and rubrics: what people type, the scores with their intervals, the latest of each."""

from __future__ import annotations

from typing import get_args

from xlkpi.analysis.distributions import normal_quantile
from xlkpi.objectives.context import RubricKind, SurveyKind
from xlkpi.workbook.book import Book
from xlkpi.workbook.calculation import Calculation
from xlkpi.workbook.formats import date_format
from xlkpi.workbook.functions import (
    and_,
    if_,
    if_error,
    is_number,
    latest,
    least,
    most,
    or_,
    root,
    sentence,
    sum_ifs,
)
from xlkpi.workbook.live import Live, Span, Value, live
from xlkpi.workbook.page import Page
from xlkpi.workbook.people import Column, PeopleTable, Row, TableRow, Written, merged, plain, write_people

KINDS: tuple[str, ...] = get_args(SurveyKind)
SUBJECTS: tuple[str, ...] = get_args(RubricKind)
#: Kinds whose score is favourable less unfavourable answers; of the others it is the share of favourable ones.
BALANCES = ("nps", "tone")
FULL_MARK = 5.0
_Z = normal_quantile(0.975)
_SCORE = '0.0;"\u2212"0.0;0.0'


def _is_balance(row: TableRow) -> Live:
    return or_(*(row["survey"].same(row.book.text(f"surveys.kind.{kind}")) for kind in BALANCES))


def _known(row: TableRow) -> Live:
    return and_(is_number(row["answers"]), is_number(row["favourable"]), row["answers"] > 0)


def _score(row: TableRow) -> Live:
    """Out of 100: a share of the answers, or a balance from −100 to 100."""
    share = row["favourable"] / row["answers"] * 100
    net = (row["favourable"] - row["unfavourable"]) / row["answers"] * 100
    return if_(_known(row), if_(_is_balance(row), net, share), "")


def _middle(row: TableRow) -> Live:
    """Wilson's centre of a share, in fractions."""
    share = row["favourable"] / row["answers"]
    return (share + live(_Z**2 / 2) / row["answers"]) / (live(_Z**2) / row["answers"] + 1)


def _half(row: TableRow) -> Live:
    """Half the width of the interval, in points: Wilson's of a share, the normal one of a balance."""
    n = row["answers"]
    share = row["favourable"] / n
    wilson = root(share * (1 - share) / n + live(_Z**2 / 4) / n / n) * _Z / (live(_Z**2) / n + 1)
    net = (row["favourable"] - row["unfavourable"]) / n
    spread = (row["favourable"] + row["unfavourable"]) / n - net * net
    certain = n / (n + 1) / (n + 1)  # as if one answer more were not like the others
    normal = root(most(spread, certain) / n) * _Z
    return if_(_is_balance(row), normal, wilson) * 100


def _low(row: TableRow) -> Live:
    from_balance = most(-100, row["score"] - row["half"])
    return if_(_known(row), if_(_is_balance(row), from_balance, _middle(row) * 100 - row["half"]), "")


def _high(row: TableRow) -> Live:
    to_balance = least(100, row["score"] + row["half"])
    return if_(_known(row), if_(_is_balance(row), to_balance, _middle(row) * 100 + row["half"]), "")


def _half_shown(row: TableRow) -> Live:
    return if_(_known(row), _half(row), "")


def _points(row: TableRow) -> Live:
    return if_(is_number(row["mark"]), row["mark"] * row["weight"], "")


SURVEYS = PeopleTable("surveys", "xlkpi_surveys", (
    Column("survey", "list", 190, KINDS, "surveys.kind"), Column("source", "text", 230), Column("date", "date", 104),
    Column("answers", "number", 110, least=0.0), Column("favourable", "number", 110, least=0.0),
    Column("unfavourable", "number", 116, least=0.0), Column("score", "computed", 80, compute=_score, form=_SCORE),
    Column("half", "computed", 80, compute=_half_shown, form=_SCORE),
    Column("low", "computed", 76, compute=_low, form=_SCORE),
    Column("high", "computed", 76, compute=_high, form=_SCORE),
), keys=("survey", "date"), free_rows=6)  # fmt: skip
RUBRICS = PeopleTable("surveys", "xlkpi_rubrics", (
    Column("subject", "list", 190, SUBJECTS, "surveys.subject"), Column("criterion", "text", 230),
    Column("date", "date", 104), Column("by", "text", 110),
    Column("mark", "number", 110, least=0.0, most=FULL_MARK, form="0.0"),
    Column("weight", "number", 116, least=0.0, form="0.0"),
    Column("points", "computed", 80, compute=_points, form="0.0"),
), keys=("subject", "date", "criterion"), free_rows=6)  # fmt: skip


def survey_rows(book: Book) -> list[Row]:
    """The waves that the project knows."""
    return [
        {
            "survey": book.text(f"surveys.kind.{s.kind}"), "date": s.date, "answers": s.answers,
            "favourable": s.favourable, "unfavourable": s.unfavourable, "source": s.source or "",
        }
        for s in book.card.project.surveys
    ]  # fmt: skip


def rubric_rows(book: Book) -> list[Row]:
    """The marks that the project knows."""
    return [
        {
            "subject": book.text(f"surveys.subject.{m.subject}"), "date": m.date, "mark": m.mark, "weight": m.weight,
            "by": m.by or "", "criterion": book.say(m.criterion),
        }
        for m in book.card.project.rubrics
    ]  # fmt: skip


def typed_columns(book: Book, table: PeopleTable, rows: list[Row]) -> dict[str, Span]:
    """The columns of a table before it is written, for formulas that are written earlier; not the calculated ones."""
    from xlkpi.workbook.data_sheet import column_reference

    kept = book.kept.get(table.name)
    known = merged(table, kept, rows) if kept is not None else rows
    headers = table.headers(book)
    blank: list[Value] = [None] * table.free_rows
    return {
        c.code: Span(column_reference(table.name, headers[c.code]), [plain(row.get(c.code)) for row in known] + blank)
        for c in table.columns
        if not c.is_formula
    }


def surveys(book: Book, made: Calculation) -> None:
    """Write the page."""
    _Surveys(book, made).write()


class _Surveys:
    def __init__(self, book: Book, made: Calculation) -> None:
        self.book, self.made, self.text = book, made, book.text
        widths = (14, *(c.width for c in SURVEYS.columns), 14)
        self.page = Page(book, "surveys", widths, book.text("page.surveys"), book.text("surveys.second"))
        self.put, self.theme = self.page.put, book.theme

    def write(self) -> None:
        page, project = self.page, self.book.card.project
        kinds = [k for k in KINDS if any(s.kind == k for s in project.surveys)] or list(KINDS)
        subjects = [s for s in SUBJECTS if any(m.subject == s for m in project.rubrics)]
        page.heights(5, 10, 18, 22, 8, 24, 20)
        page.back(6)
        self.put(7, 1, self.text("surveys.help"), font_color=self.theme.mute)
        top = 11
        lines = self.book.places("surveys.lines", len(kinds) + len(subjects))
        kinds, subjects = kinds[:lines], subjects[: max(0, lines - len(kinds))]
        header = top + lines + 2
        waves = write_people(self.book, self.made, SURVEYS, survey_rows(self.book), page=page, header=header)
        page.heights(header, 30)
        page.heights(waves.last + 1, 6, 24)
        page.section(waves.last + 2, 1, len(SURVEYS.columns), self.text("surveys.rubrics"))
        marks = write_people(self.book, self.made, RUBRICS, rubric_rows(self.book), page=page, header=waves.last + 3)
        page.heights(waves.last + 3, 30)
        self._latest(top, kinds, subjects, waves, marks)
        page.heights(header - 1, 24)
        page.section(header - 1, 1, len(SURVEYS.columns), self.text("surveys.waves"))
        page.finish(marks.last, pages_high=page.high(marks.last), repeat=(header, header), protect=False)

    def _latest(self, top: int, kinds: list[str], subjects: list[str], waves: Written, marks: Written) -> None:
        """The last wave of each kind up to the chosen day, and how it moved."""
        page, last = self.page, len(SURVEYS.columns)
        page.section(top - 2, 1, last, self.text("surveys.latest"))
        names = ("verdict", "date", "score", "interval", "previous", "change", "answers")
        page.sheet.fill(top - 1, 1, last, **page.header)
        for offset, name in enumerate(names):
            align = "left" if name == "verdict" else "right"
            self.put(top - 1, 2 + offset, self.text(f"surveys.{name}"), align=align, **page.header)
        row = top
        for kind in kinds:
            self._wave(row, kind, waves)
            row += 1
        for subject in subjects:
            self._rubric(row, subject, marks)
            row += 1
        for _ in range(row, top + self.book.room["surveys.lines"]):
            self.made.rows(1)

    def _line(self, row: int, name: str) -> dict[str, object]:
        line = {"bottom": 1, "bottom_color": self.theme.hair}
        self.page.ws.set_row_pixels(row, 26)
        self.page.sheet.fill(row, 1, len(SURVEYS.columns), **line)
        self.put(row, 1, name, bold=True, font_size=10, **line)
        return line

    def _wave(self, row: int, kind: str, waves: Written) -> None:
        sheet, name = self.made.sheet, self.text(f"surveys.kind.{kind}")
        line = self._line(row, name)
        at = self.made.rows(1)
        days, kinds = waves.span("date"), waves.span("survey")
        day = sheet.put(at, 1, latest(days, kinds, name, self.made.as_of))
        before = sheet.put(at, 2, latest(days, kinds, name, day - 1))

        def of(code: str, when: Live) -> Live:
            return sum_ifs(waves.span(code), (kinds, "=", name), (days, "=", when))

        score, old = sheet.put(at, 3, of("score", day)), sheet.put(at, 4, of("score", before))
        low, high = sheet.put(at, 5, of("low", day)), sheet.put(at, 6, of("high", day))
        change = sheet.put(at, 7, score - old)
        half, half_old = of("half", day), of("half", before)
        clear = sheet.put(at, 8, change * change > half * half + half_old * half_old)
        interval = sentence("{low} – {high}", {"low": self._number(low), "high": self._number(high)})
        known, both = day > 0, before > 0
        verdict = if_(clear, if_(change > 0, self.text("surveys.up"), self.text("surveys.down")),
                      self.text("surveys.same"))  # fmt: skip
        self._cells(row, line, known, both, (score, day, of("answers", day), interval, old, change, verdict))

    def _rubric(self, row: int, subject: str, marks: Written) -> None:
        sheet, name = self.made.sheet, self.text(f"surveys.subject.{subject}")
        line = self._line(row, sentence_text(self.text("surveys.rubric"), name))
        at = self.made.rows(1)
        days, subjects = marks.span("date"), marks.span("subject")
        day = sheet.put(at, 1, latest(days, subjects, name, self.made.as_of))
        before = sheet.put(at, 2, latest(days, subjects, name, day - 1))

        def of(when: Live) -> Live:
            where = ((subjects, "=", name), (days, "=", when))
            return sum_ifs(marks.span("points"), *where) / sum_ifs(marks.span("weight"), *where) * (100 / FULL_MARK)

        score, old = sheet.put(at, 3, if_error(of(day), 0)), sheet.put(at, 4, if_error(of(before), 0))
        self._cells(row, line, day > 0, before > 0, (score, day, live(""), live("–"), old, score - old, live("")))

    def _cells(self, row: int, line: dict[str, object], known: Live, both: Live, cells: tuple[Live, ...]) -> None:
        score, day, answers, interval, old, change, verdict = cells
        right = {"align": "right", **line}
        gap = '+0.0;"\u2212"0.0;0.0'
        self.put(row, 2, if_(both, verdict, ""), font_color=self.theme.mute, **line)
        self.put(row, 3, if_(known, day, "–"), num_format=date_format(self.book.language), **right)
        self.put(row, 4, if_(known, score, "–"), num_format=_SCORE, bold=True, font_size=11, **right)
        self.put(row, 5, if_(known, interval, "–"), **right)
        self.put(row, 6, if_(both, old, "–"), num_format=_SCORE, **right)
        self.put(row, 7, if_(both, change, "–"), num_format=gap, **right)
        self.put(row, 8, if_(known, answers, "–"), num_format="#,##0", **right)

    def _number(self, cell: Live) -> Live:
        from xlkpi.workbook.formats import told

        return told(cell, "count", 1, self.book.language, self.book.currency)


def sentence_text(template: str, name: str) -> str:
    """A template of the language files with a name in it."""
    return template.replace("{name}", name)
