"""Sample data: two years of believable exports of an invented French shop, and the project file over them.

Nothing of it is shipped: it is made when it is asked for, the same bytes for the same seed and day.

>>> from xlkpi.sample import write_sample
>>> sample = write_sample("demo")  # doctest: +SKIP
>>> sample.project  # doctest: +SKIP
PosixPath('demo/boutique.yaml')
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from string import Template

from xlkpi.language.numbers import in_unit, plain
from xlkpi.sample.exports import EXPORTS
from xlkpi.sample.story import Calendar, Story

__all__ = ["STATUSES", "Sample", "write_sample"]

#: The status of each objective on the last day of the data, whatever day the sample is made on.
STATUSES: Mapping[str, str] = {
    "revenue_year": "on_track",
    "roi_paid": "on_track",
    "cpa_social": "behind",
    "site_conversion": "at_risk",
    "seo_clicks": "achieved",
    "basket": "overdue",
    "followers": "at_risk",
    "unsubscribes": "on_track",
    "email_clicks": "not_started",
    "brand_awareness": "no_data",
}
_ROLES = {
    "director": ("Direction", "Management"),
    "finance": ("Contrôle de gestion", "Finance"),
    "acquisition": ("Responsable acquisition", "Head of acquisition"),
    "social": ("Responsable réseaux sociaux", "Head of social media"),
    "shop": ("Responsable boutique en ligne", "Head of the online shop"),
    "content": ("Responsable contenus", "Head of content"),
    "email": ("Responsable e-mail", "Head of e-mail"),
    "team_acquisition": ("Acquisition", "Acquisition"),
    "team_shop": ("Boutique en ligne", "Online shop"),
    "team_community": ("Communauté", "Community"),
    "invented": ("Exemple inventé pour la démonstration", "Example made up for the demonstration"),
    "same_months": ("Les mêmes mois un an plus tôt (exemple)", "The same months a year before (example)"),
    "own_past": ("Nos douze mois précédents (exemple)", "Our twelve months before (example)"),
}


@dataclass(frozen=True)
class Sample:
    """What was written.

    ``project`` is the project file, ``files`` the export of each source by its id; ``first`` and ``last`` the
    days that the data cover. ``totals`` gives, by source and measure, the sum of all days as the export
    states them: ``position`` is the mean weighted by impressions, ``followers`` the stock on the last day.
    ``statuses`` tells the status that each objective is meant to have on the last day.
    """

    project: Path
    files: Mapping[str, Path]
    first: date
    last: date
    totals: Mapping[str, Mapping[str, float]]
    statuses: Mapping[str, str]


def write_sample(folder: Path | str, seed: int = 2026, today: date | None = None, language: str = "fr") -> Sample:
    """Write the exports and ``boutique.yaml`` into a folder, which is made where there is none.

    ``today`` (default: the present day) decides the dates: the data end with the last whole week before.
    ``language`` ("fr" or "en") is that of the project and of the names of roles; titles and texts are in
    both, and the exports are French. Files of the same names are replaced. Raises OSError where nothing can
    be written, and ValueError for another language.
    """
    if language not in ("fr", "en"):
        raise ValueError(f"language must be fr or en, not {language}")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    calendar = Calendar.before(today or date.today())
    story = Story(calendar, seed)
    totals, files = {}, {}
    for source, (name, write) in EXPORTS.items():
        files[source] = folder / name
        totals[source] = dict(write(files[source], story))
    template = Template((Path(__file__).parent / "project.yaml").read_text(encoding="utf-8"))
    values = _figures(story) | _days(calendar) | {source: path.name for source, path in files.items()}
    roles = {key: pair[language == "en"] for key, pair in _ROLES.items()}
    project = folder / "boutique.yaml"
    project.write_text(template.substitute(values, **roles, language=language), encoding="utf-8", newline="\n")
    return Sample(project, files, calendar.first, calendar.last, totals, STATUSES)


def _figures(story: Story) -> dict[str, str]:
    """The targets that depend on what was drawn, in figures and in words."""
    calendar = story.calendar
    year = story.expected_revenue(calendar.start, calendar.due)
    before = [day for day in calendar.days if calendar.month(-18) <= day < calendar.start]
    last_year = sum(story.orders[day] * story.aov(day) for day in before)
    clicks = sum(story.organic[day][0] for day in calendar.days if day >= calendar.start)
    last_clicks = sum(story.organic[day][0] for day in before if day < calendar.month(-11))
    revenue, reached = round(year / 1.06, -3), round(clicks * 0.94, -2)
    return {
        "revenue": f"{revenue:.0f}",
        "revenue_fr": in_unit(revenue, "currency", language="fr"),
        "revenue_en": in_unit(revenue, "currency", language="en"),
        "last_year": f"{round(last_year, -3):.0f}",
        "last_clicks": f"{round(last_clicks, -2):.0f}",
        "clicks": f"{reached:.0f}",
        "clicks_fr": plain(reached, "fr"),
        "clicks_en": plain(reached, "en"),
    }


def _days(calendar: Calendar) -> dict[str, date]:
    """The dates of the project file."""
    return {
        "start": calendar.start,
        "due": calendar.due,
        "start_soon": calendar.start + timedelta(days=10),
        "eve": calendar.start - timedelta(days=1),
        "survey_before": calendar.month_end(-7),
        "survey_last": calendar.month_end(-1),
        "aov_start": calendar.month(-9),
        "aov_due": calendar.month_end(-2),
        "this_month_end": calendar.month_end(0),
        "next_week": calendar.last + timedelta(days=12),
        "next_month": calendar.month_end(1),
        "in_two_months": calendar.month_end(2),
        "next_month_start": calendar.month(1),
        "later_due": calendar.month_end(9),
    }
