"""The pages of a scorecard: one function each, and its name in :data:`PAGES`, which layouts use; and the tables on them
that people fill, in :data:`PEOPLE`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from xlkpi.workbook.pages.about import about
from xlkpi.workbook.pages.actions import TABLE as ACTIONS
from xlkpi.workbook.pages.actions import actions
from xlkpi.workbook.pages.alerts import TABLE as ALERTS
from xlkpi.workbook.pages.alerts import alerts
from xlkpi.workbook.pages.archive import TABLE as ARCHIVE
from xlkpi.workbook.pages.archive import archive
from xlkpi.workbook.pages.budget import budget
from xlkpi.workbook.pages.budget_table import BUDGET
from xlkpi.workbook.pages.channels import channels
from xlkpi.workbook.pages.customers import customers
from xlkpi.workbook.pages.dashboard import dashboard
from xlkpi.workbook.pages.dictionary import dictionary
from xlkpi.workbook.pages.drivers import DRIVERS, RESULTS, drivers
from xlkpi.workbook.pages.experiments import TABLE as EXPERIMENTS
from xlkpi.workbook.pages.experiments import experiments
from xlkpi.workbook.pages.journal import TABLE as JOURNAL
from xlkpi.workbook.pages.journal import journal
from xlkpi.workbook.pages.kpi import explorer, kpis
from xlkpi.workbook.pages.market import COMPETITORS, market
from xlkpi.workbook.pages.notes import TABLE as NOTES
from xlkpi.workbook.pages.notes import notes
from xlkpi.workbook.pages.objectives import objectives
from xlkpi.workbook.pages.reconcile import reconcile
from xlkpi.workbook.pages.reviews import TABLE as REVIEWS
from xlkpi.workbook.pages.reviews import reviews
from xlkpi.workbook.pages.surveys import RUBRICS, SURVEYS, surveys
from xlkpi.workbook.pages.swot import SWOT, swot
from xlkpi.workbook.people import PeopleTable

if TYPE_CHECKING:
    from xlkpi.workbook.book import Book
    from xlkpi.workbook.calculation import Calculation

PAGES: Mapping[str, Callable[[Book, Calculation], None]] = {
    "dashboard": dashboard,
    "alerts": alerts,
    "objectives": objectives,
    "kpis": kpis,
    "explorer": explorer,
    "channels": channels,
    "budget": budget,
    "drivers": drivers,
    "market": market,
    "swot": swot,
    "surveys": surveys,
    "customers": customers,
    "reconcile": reconcile,
    "reviews": reviews,
    "actions": actions,
    "experiments": experiments,
    "journal": journal,
    "notes": notes,
    "dictionary": dictionary,
    "about": about,
    "archive": archive,
}
#: The tables that people fill, by their defined names: what a refresh keeps, and how it knows a row.
PEOPLE: Mapping[str, PeopleTable] = {
    table.name: table
    for table in (
        *(ALERTS, REVIEWS, ACTIONS, EXPERIMENTS, JOURNAL, NOTES),
        *(BUDGET, DRIVERS, RESULTS, COMPETITORS, SWOT, SURVEYS, RUBRICS, ARCHIVE),
    )
}
