"""The files of one audience's package."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from xlkpi.distribute.digest import Digest, digest
from xlkpi.distribute.limit import limited
from xlkpi.distribute.mail import message
from xlkpi.distribute.page import html_page
from xlkpi.distribute.pdf import office, print_pdf
from xlkpi.language import has_text, text, use
from xlkpi.objectives import Audience
from xlkpi.objectives.decisions import Capacity
from xlkpi.scorecard import Scorecard
from xlkpi.workbook.build import build_workbook
from xlkpi.workbook.pages import PEOPLE
from xlkpi.workbook.theme import load_theme
from xlkpi.workbook.values import write_values

#: Formats of which a mail attaches the file; the page is its body.
ATTACHED = ("workbook", "values_only", "pdf")
#: Pages of the live workbook that are of no use without formulas, and what it says about choosing and filling in,
#: besides the help of the tables that people fill.
_LIVE_PAGES = ("explorer", "notes")
_LIVE_TEXTS = ("choose.note", "about.inputs", "about.live", "means.inputs", "means.live")


@dataclass(frozen=True)
class Package:
    """What was written: the files by format, what they say, and codes of ``distribute.note`` about what is lacking."""

    files: Mapping[str, Path]
    digest: Digest
    objectives: int
    notes: tuple[str, ...] = ()

    @property
    def attachments(self) -> list[Path]:
        return [self.files[format] for format in ATTACHED if format in self.files]


def make_package(card: Scorecard, id: str, audience: Audience, language: str, folder: Path, now: datetime) -> Package:
    """Write an audience's files into a folder. Raises what building a workbook and printing it raise."""
    small = limited(card, audience)
    stem = f"{id}-{card.as_of.isoformat()}"
    formats, notes = audience.formats, []
    files: dict[str, Path] = {}
    with use(language):
        told = digest(small, audience, language)
        program = office() if "pdf" in formats else None
        if "pdf" in formats and program is None:
            notes.append("no_office")
        if program or {"workbook", "values_only"} & set(formats):
            live, values = folder / f"{stem}.xlsx", folder / f"{stem}-{text('distribute.values', language)}.xlsx"
            build_workbook(small, live, language=language)
            if program or "values_only" in formats:
                _copy_values(small, live, values, f"{told.project} – {told.audience}", language)
            if program:
                files["pdf"] = folder / f"{stem}.pdf"
                print_pdf(program, values, files["pdf"], language)
            for format, path in (("workbook", live), ("values_only", values)):
                if format in formats:
                    files[format] = path
                else:
                    path.unlink(missing_ok=True)
        if "html" in formats:
            files["html"] = folder / f"{stem}.html"
            files["html"].write_text(html_page(told), encoding="utf-8", newline="\n")
        made = Package(files, told, len(small.results), tuple(notes))
        if "mail" in formats:
            files["mail"] = folder / f"{stem}.eml"
            files["mail"].write_bytes(message(told, made.attachments, audience.recipients, now).as_bytes())
    return made


def _copy_values(card: Scorecard, live: Path, values: Path, title: str, language: str) -> None:
    """Copy the pages of a live workbook as values, without the looks of cells that people fill."""
    look, _ = load_theme(card.project.theme, card.project.folder)
    lines = (look.input_line, look.input_hair)
    colours = {look.input_fill: "#FFFFFF", look.input_ink: look.ink, **dict.fromkeys(lines, look.hair)}
    pages = (text(f"workbook.page.{page}", language) for page in _LIVE_PAGES)
    said = (f"workbook.{key}" for key in (*_LIVE_TEXTS, *(f"{table.id}.help" for table in PEOPLE.values())))
    silent = {text(key, language) for key in said if has_text(key, language)}
    if card.project.capacity == Capacity():  # what the actions take is then of nothing
        silent.add(text("workbook.actions.of", language))
    write_values(live, values, title=title, omit=set(pages), silent=silent, colours=colours)
