"""Several files of one source as one table: the same columns, no day or order twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from xlkpi.sources.alike import repeated
from xlkpi.sources.clean import Cleaned
from xlkpi.sources.mapping import Mapping
from xlkpi.sources.preset import Export
from xlkpi.sources.report import FileReport, SetAside
from xlkpi.sources.source import Source, fail

SAME = 1e-9


@dataclass
class Part:
    """A file's clean table and how it came about."""

    cleaned: Cleaned
    report: FileReport
    mapping: Mapping
    export: Export | None

    @property
    def targets(self) -> set[str]:
        return {f.target for f in self.mapping.fields}

    def leave_out(self, mask: Any, reason: str) -> None:
        """Set the rows of the mask aside."""
        import pyarrow as pa
        import pyarrow.compute as pc

        count = pc.sum(mask).as_py() or 0
        if not count:
            return
        made, keep = self.cleaned, pc.invert(mask)
        gone = made.table.filter(mask)
        rows = made.rows.filter(mask) if made.rows is not None else pa.nulls(gone.num_rows, pa.int64())
        self.report.aside.append(SetAside(reason, count, gone.add_column(0, "row", rows)))
        made.table = made.table.filter(keep)
        made.keys, made.lines, made.rows = (
            None if c is None else c.filter(keep) for c in (made.keys, made.lines, made.rows)
        )
        self.report.rows_kept = made.table.num_rows


def combine(parts: list[Part], source: Source) -> Any:
    """One table from all parts.

    Raises SourceError for files with other columns, and for the same day told twice with other numbers.
    """
    import pyarrow as pa

    _same_columns(parts)
    for part in parts:
        _duplicates(part, source)
    if len(parts) > 1 and source.overlap != "add":
        _spans(parts)
        _overlaps(parts, source)
        _once(parts)
    return pa.concat_tables([part.cleaned.table for part in parts], promote_options="default").combine_chunks()


def _same_columns(parts: list[Part]) -> None:
    for part in parts[1:]:
        first = parts[0]
        if part.targets != first.targets:
            only_first, only_second = sorted(first.targets - part.targets), sorted(part.targets - first.targets)
            fail("files_differ", part.report.file, key="path", first=first.report.file,
                 lacking=", ".join(only_first) or "–", added=", ".join(only_second) or "–")  # fmt: skip


def _duplicates(part: Part, source: Source) -> None:
    """Rows that stand twice in one file, all cells alike."""
    import pyarrow.compute as pc

    rule = source.duplicates or ("drop" if part.export and part.export.unique else "keep")
    again = None if part.cleaned.lines is None else repeated(part.cleaned.lines)
    if again is None:
        return
    count = pc.sum(again).as_py()
    if rule == "error":
        fail(
            "duplicates",
            part.report.file,
            key="duplicates",
            count=count,
            row=part.cleaned.rows.filter(again)[0].as_py(),
        )
    if rule == "keep":
        part.report.repeated = count
    else:
        part.leave_out(again, "duplicate")


def _spans(parts: list[Part]) -> None:
    """Refuse a summary of several days beside a file that tells some of these days again."""
    if not any(part.report.spans for part in parts):
        return
    spans = [_pairs(part) for part in parts]
    for i, first in enumerate(spans):
        for j in range(i + 1, len(spans)):
            for a in first:
                for b in spans[j]:
                    if a != b and a[0] <= b[1] and b[0] <= a[1] and (a[0] != a[1] or b[0] != b[1]):
                        long = a if (a[1] - a[0]) >= (b[1] - b[0]) else b
                        fail("overlap_spans", parts[j].report.file, key="overlap", first=parts[i].report.file,
                             start=long[0].isoformat(), end=long[1].isoformat())  # fmt: skip


def _pairs(part: Part) -> list[tuple[Any, Any]]:
    table = part.cleaned.table.select(["date", "date_end"]).group_by(["date", "date_end"]).aggregate([])
    return [(row["date"], row["date_end"]) for row in table.to_pylist()]


def _overlaps(parts: list[Part], source: Source) -> None:
    """The same day and dimensions, or the same order, in two files."""
    import pyarrow as pa
    import pyarrow.compute as pc

    measures = sorted({f.target for f in parts[0].mapping.of("measure")})
    pieces = []
    for i, part in enumerate(parts):
        table, keys = part.cleaned.table, part.cleaned.keys
        if keys is not None:
            keys = pc.binary_join_element_wise(keys, pc.cast(table["date"].combine_chunks(), pa.string()), "\x1f")
        else:
            by = [name for name in table.column_names if name not in measures and name != "currency"]
            texts = [pc.fill_null(pc.cast(table[name], pa.string()), "") for name in by]
            keys = pc.binary_join_element_wise(*texts, "\x1f")
        piece = {"key": keys, "file": pa.repeat(pa.scalar(i), table.num_rows), "date": table["date"]}
        pieces.append(pa.table(piece | {m: table[m] for m in measures if m in table.column_names}))
    together = pa.concat_tables(pieces, promote_options="default")
    told = [m for m in measures if m in together.column_names]
    sums = together.group_by(["key", "file"]).aggregate(
        [(m, "sum") for m in told] + [("date", "min"), ("date", "count")]
    )
    count = [("date_count", "min"), ("date_count", "max")]
    ends = [(f"{m}_sum", e) for m in told for e in ("min", "max", "count")]
    across = sums.group_by("key").aggregate(
        [("file", "count"), ("file", "min"), ("file", "max"), ("date_min", "min"), *ends, *count]
    )
    shared = across.filter(pc.greater(across["file_count"], 1))
    if not shared.num_rows:
        return
    same = pc.equal(shared["date_count_min"], shared["date_count_max"])
    for m in told:
        low, high = shared[f"{m}_sum_min"], shared[f"{m}_sum_max"]
        close = pc.less_equal(pc.subtract(high, low), pc.add(pc.multiply(pc.abs(high), SAME), SAME))
        known = pc.or_(pc.equal(shared[f"{m}_sum_count"], shared["file_count"]), pc.equal(shared[f"{m}_sum_count"], 0))
        same = pc.and_(same, pc.and_(pc.fill_null(close, True), known))
    other = shared.filter(pc.invert(same))
    if other.num_rows and source.overlap == "error":
        one = other.sort_by("date_min_min").slice(0, 1).to_pylist()[0]
        fail("overlap", parts[one["file_max"]].report.file, key="overlap", first=parts[one["file_min"]].report.file,
             count=other.num_rows, day=one["date_min_min"].isoformat())  # fmt: skip
    _keep_one(parts, shared, pieces, last=source.overlap == "last")


def _once(parts: list[Part]) -> None:
    """Of a person or order that several files tell on different days, count what counts once on the first of them.

    Measures read on every line, such as all opens beside unique ones, stay on all of them.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if any(part.cleaned.keys is None for part in parts):
        return
    pieces = [
        {"key": p.cleaned.keys, "date": p.cleaned.table["date"], "file": pa.repeat(i, len(p.cleaned.keys))}
        for i, p in enumerate(parts)
    ]
    told = pa.concat_tables([pa.table(piece) for piece in pieces])
    across = told.group_by("key").aggregate([("file", "min"), ("file", "max")])
    shared = across.filter(pc.not_equal(across["file_min"], across["file_max"]))["key"].combine_chunks()
    if not len(shared):
        return
    told = told.filter(pc.is_in(told["key"], value_set=shared)).sort_by([("date", "ascending"), ("file", "ascending")])
    owner = dict(reversed(list(zip(told["key"].to_pylist(), told["file"].to_pylist(), strict=True))))
    keys = pa.array(owner, pa.string())
    owners = pa.array(owner.values(), pa.int64())
    for i, part in enumerate(parts):
        elsewhere = pc.not_equal(pc.take(owners, pc.index_in(part.cleaned.keys, value_set=keys)), i)
        mask = pc.fill_null(elsewhere, False)
        if not pc.any(mask).as_py():
            continue
        none = pa.scalar(None, pa.float64())
        for f in part.mapping.of("measure"):
            table = part.cleaned.table
            if not f.spec.lines and f.target in table.column_names:
                at = table.schema.get_field_index(f.target)
                table = table.set_column(at, f.target, pc.if_else(mask, none, table[f.target]))
                part.cleaned.table = table


def _keep_one(parts: list[Part], shared: Any, pieces: list[Any], *, last: bool) -> None:
    """Of the keys that several files share, keep the rows of the first file, or of the last."""
    import pyarrow as pa
    import pyarrow.compute as pc

    keys = shared["key"].combine_chunks()
    chosen = shared["file_max" if last else "file_min"].combine_chunks()
    for i, part in enumerate(parts):
        at = pc.index_in(pieces[i]["key"], value_set=keys)
        winner = pc.take(chosen, at)
        mask = pc.fill_null(pc.not_equal(winner, i), False)
        part.leave_out(
            pa.chunked_array(mask.chunks).combine_chunks() if isinstance(mask, pa.ChunkedArray) else mask, "overlap"
        )
