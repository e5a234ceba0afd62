"""Rows taken out of a table, each with its reason, and the masks that find them."""

from __future__ import annotations

import re
from typing import Any

from xlkpi.sources.headers import normal
from xlkpi.sources.mapping import Mapping
from xlkpi.sources.raw import RawTable
from xlkpi.sources.report import SetAside

_TOTAL = re.compile(
    r"^(grand[ -]?)?(sub|sous)?[ -]?total(s|aux)?( general| generaux)?$"
    r"|^(grand )?(total|totaux|totals)( general)? ?[:\-–—] ?.*$|^total (of|de|des|sur) \d+ .*$"
    r"|^(results from|resultats de) \d+ .*$|^(somme|ensemble)$"
)

_HINT = r"(?i)^\W*(grand|sous|sub|total|totaux|results|résultats|somme|ensemble)"


def texts_where(column: Any, test: Any, hint: str | None = None) -> Any:
    """A boolean mask of the rows whose text passes ``test``, called once per distinct text that matches ``hint``."""
    import pyarrow as pa
    import pyarrow.compute as pc

    is_text = pa.types.is_string(column.type) or pa.types.is_dictionary(column.type)
    coded = (column if is_text else pc.cast(column, pa.string())).dictionary_encode()
    coded = coded.combine_chunks() if isinstance(coded, pa.ChunkedArray) else coded
    words = coded.dictionary
    at = range(len(words)) if hint is None else pc.indices_nonzero(pc.match_substring_regex(words, hint)).to_pylist()
    found = [i for i in at if words[i].is_valid and test(words[i].as_py())]
    if not found:
        return pa.repeat(pa.scalar(False), len(column))
    return pc.fill_null(pc.is_in(coded.indices, value_set=pa.array(found, coded.indices.type)), False)


def is_total(value: str) -> bool:
    """Whether a cell labels a line of totals: ``Total``, ``Total : campagnes``, ``Grand total``; not ``Total Care``."""
    return len(value) < 120 and bool(_TOTAL.match(normal(value)))


def totals(raw: RawTable, mapping: Mapping) -> Any:
    """The rows that are labelled as totals, in the first column, the date's or a dimension's."""
    import pyarrow as pa
    import pyarrow.compute as pc

    looked = {0} | {f.index for f in mapping.fields if f.role in ("date", "dimension") and f.index is not None}
    mask = pa.repeat(pa.scalar(False), raw.length)
    for i in sorted(looked):
        if pa.types.is_string(raw.columns[i].type):
            mask = pc.or_(mask, texts_where(raw.columns[i], is_total, _HINT))
    return mask


def repeated_headers(raw: RawTable, mapping: Mapping) -> Any:
    """The rows that say the column names again, where exports were glued together."""
    import pyarrow as pa
    import pyarrow.compute as pc

    mask = pa.repeat(pa.scalar(True), raw.length)
    used = [i for i in sorted(mapping.used) if pa.types.is_string(raw.columns[i].type)]
    for i in used:
        mask = pc.and_(mask, pc.fill_null(pc.equal(raw.columns[i], raw.names[i]), False))
    return mask if len(used) > 1 else pa.repeat(pa.scalar(False), raw.length)


class Aside:
    """Collects what is taken out of a table. Personal columns never get in."""

    def __init__(self, raw: RawTable, personal: set[int]) -> None:
        self.raw, self.personal = raw, personal
        self.sets: list[SetAside] = []
        for reason in dict.fromkeys(row.reason for row in raw.aside):
            self._lines(reason)

    def _lines(self, reason: str) -> None:
        import pyarrow as pa

        rows = [row for row in self.raw.aside if row.reason == reason]
        hide = bool(self.personal)  # a line that was not split may hold anything
        table = pa.table({
            "row": pa.array([row.number for row in rows], pa.int64()),
            "text": pa.array([None if hide else row.text for row in rows], pa.string()),
        })  # fmt: skip
        self.sets.append(SetAside(reason, len(rows), table))

    def take(self, mask: Any, reason: str, column: str | None = None) -> None:
        """Note the rows of the mask."""
        import pyarrow as pa
        import pyarrow.compute as pc

        count = pc.sum(mask).as_py() or 0
        if not count:
            return
        names, columns = ["row"], [self.raw.rows.filter(mask)]
        for i, name in enumerate(self.raw.names):
            if i not in self.personal and len(names) < 60:
                names.append(name if name and name not in names else f"{name or 'column'} ({i + 1})")
                columns.append(self.raw.columns[i].filter(mask))
        self.sets.append(SetAside(reason, count, pa.table(columns, names=names), column))
