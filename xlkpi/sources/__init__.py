"""Sources: from the exports that platforms give to clean columns of measures by day and dimension.

::

    from xlkpi.sources import Source, read

    reading = read(Source(path="exports/google_ads_*.csv"), currency="EUR")
    reading.table          # pyarrow: date, date_end, dimensions, currency, measures
    print(reading.report.text("fr"))

The heavy libraries (pyarrow, fastexcel) are imported when something is read.
"""

from __future__ import annotations

from xlkpi.sources.reading import Reading, read, read_arrow
from xlkpi.sources.report import FileReport, Report
from xlkpi.sources.source import Limits, Source

__all__ = ["FileReport", "Limits", "Reading", "Report", "Source", "read", "read_arrow"]
