"""Reading delimited text of any usual shape into columns of text, without changing a value.

The encoding, the delimiter, the lines above, the header, and where the table ends are found in the bytes; pyarrow
splits the rest.
"""

from __future__ import annotations

import codecs
import re
from typing import Any

from xlkpi.sources.files import Content
from xlkpi.sources.layout import COMMENT, choose_delimiter, header_index, is_header, looks_numeric, records
from xlkpi.sources.raw import RawTable, Row, counting
from xlkpi.sources.source import Source, fail

SAMPLE = 200_000
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF16_LE, "utf-16"),
         (codecs.BOM_UTF16_BE, "utf-16"))  # fmt: skip
_DOUBLE = re.compile("[ÃÂâ][\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]")


def decode(content: Content, encoding: str | None = None) -> tuple[str, str, bool]:
    """The text, its encoding, and whether UTF-8 that had been read as Windows-1252 was put right.

    Raises SourceError for bytes that are no text, or not in the encoding that was asked for.
    """
    data = content.data
    found = encoding or _encoding(data)
    try:
        text = data.decode(found)
    except (UnicodeDecodeError, LookupError):
        if encoding:
            fail("encoding", content.name, key="encoding", encoding=encoding)
        found = "windows-1252"
        text = data.decode("cp1252", errors="replace")
    if "\x00" in text[:SAMPLE]:
        fail("binary", content.name)
    text = text.removeprefix("\ufeff")
    repaired = _repaired(text)
    label = {"utf-8-sig": "utf-8 (BOM)", "cp1252": "windows-1252"}.get(found, found)
    return repaired or text, label, repaired is not None


def _encoding(data: bytes) -> str:
    for mark, name in _BOMS:
        if data.startswith(mark):
            return name
    head = data[:2000]
    if head[1::2].count(0) > len(head) // 5:
        return "utf-16-le"
    if head[::2].count(0) > len(head) // 5:
        return "utf-16-be"
    return "utf-8"


def _repaired(text: str) -> str | None:
    """``Montant dÃ©pensÃ©`` as it was meant, when the whole text can be put right so; else None."""
    if not _DOUBLE.search(text, 0, SAMPLE):
        return None
    try:
        table = {character: bytes([i]) for i in range(256) if (character := _cp1252(i))}
        return b"".join(table[c] if c in table else c.encode("latin-1") for c in text).decode("utf-8")
    except (UnicodeDecodeError, UnicodeEncodeError):
        return None


def _cp1252(byte: int) -> str:
    return bytes([byte]).decode("cp1252", errors="ignore")


def read_text(content: Content, source: Source) -> RawTable:
    """The first table of a text file, all values as text.

    Raises SourceError when no table is found.
    """
    text, encoding, repaired = decode(content, source.encoding)
    told: str | None = source.delimiter
    start = 0
    first = text[:100].splitlines()[:1]
    if first and (separator := re.fullmatch(r'"?sep=(.)"?', first[0].strip(" \ufeff"), re.IGNORECASE)):
        told, start = told or separator[1], text.index("\n") + 1
    delimiter = {"tab": "\t", "\\t": "\t"}.get(told or "", told) or choose_delimiter(
        _uncommented(text[start : start + SAMPLE])
    )
    if not delimiter:
        fail("no_table", content.name)
    sample = text[start : start + SAMPLE]
    rows = records(sample, delimiter)
    skipped = 1 if start else 0
    at = source.header - 1 - skipped if source.header else header_index(rows)
    if source.header and at is not None and at >= len(rows):
        fail("header_beyond", content.name, key="header", header=source.header)
    if at is None or not 0 <= at < len(rows):
        fail("no_header", content.name, key="header")
    begin = start + _offset(sample, delimiter, at)
    body_at = start + _offset(sample, delimiter, at + 1)
    names = [name.strip().lstrip("\ufeff") for name in rows[at]]
    notes = [line for r in rows[:at] if (line := delimiter.join(r).strip(f" \t\r\n{delimiter}"))]
    width = _width(rows, at, len(names))
    names += [""] * (width - len(names))
    end = _end(text, body_at, names, delimiter)
    raw = _split(text[body_at:end].encode(), names, delimiter, content.name, skipped + at + 2)
    raw.encoding, raw.delimiter, raw.repaired = encoding, delimiter, repaired
    raw.notes = [note.lstrip(COMMENT + " ").strip() for note in notes]
    number = raw.end
    for line in text[end:].splitlines() if begin < end else ():
        if line.strip(f" \t\r\n{delimiter}"):
            raw.aside.append(Row(number, "second_table", line))
        number += 1
    return raw


def _uncommented(sample: str) -> str:
    """A sample without the comment lines, whose commas say nothing about the table's delimiter."""
    return "".join(line for line in sample.splitlines(keepends=True) if not line.startswith(COMMENT))


def _offset(sample: str, delimiter: str, records_before: int) -> int:
    """How many characters the first records take, quoted line breaks included."""
    import csv

    if records_before == 0:
        return 0
    lines = sample.splitlines(keepends=True)
    reader = csv.reader(lines, delimiter=delimiter)
    for done, _ in enumerate(reader, start=1):
        if done == records_before:
            break
    return sum(len(line) for line in lines[: reader.line_num])


def _width(rows: list[list[str]], at: int, named: int) -> int:
    """The number of columns; one more than names where every row ends with the delimiter."""
    after = [r for r in rows[at + 1 : -1] or rows[at + 1 :] if len(r) > 1]
    if after and all(len(r) == named + 1 and not r[-1].strip() for r in after):
        return named + 1
    return named


def _end(text: str, begin: int, names: list[str], delimiter: str) -> int:
    """Where the table ends: at a blank line, outside quotes, that something of another shape follows."""
    blank = re.compile(rf"\n[ \t{re.escape(delimiter)}]*\r?\n")
    counted, quotes, at = begin, 0, max(begin - 1, 0)
    while found := blank.search(text, at):
        after, at = found.end(), found.end() - 1
        quotes += text.count('"', counted, after)
        counted = after
        if quotes % 2:
            continue
        rest = [r for r in records(text[after : after + 5_000], delimiter) if any(cell.strip() for cell in r)]
        if rest and not _continues(rest, names):
            return found.start() + 1
    return len(text)


def _continues(rest: list[list[str]], names: list[str]) -> bool:
    first = rest[0]
    if [cell.strip() for cell in first] == names:
        return True  # the same export again: its header is set aside as a row
    return len(first) == len(names) and not is_header(first) and any(looks_numeric(cell) for cell in first)


def _split(data: bytes, names: list[str], delimiter: str, file: str, first_row: int) -> RawTable:
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import csv

    aside: list[Row] = []

    def refused(row: Any) -> str:
        if row.text and row.text.strip(f' \t\r\n{delimiter}"'):
            aside.append(Row(first_row - 1 + (row.number or 0), "columns", row.text))
        else:
            aside.append(Row(first_row - 1 + (row.number or 0), "", ""))
        return "skip"

    keys = [str(i) for i in range(len(names))]
    if not data.strip():
        return RawTable(
            file, names, [pa.array([], pa.string()) for _ in names], pa.array([], pa.int64()), end=first_row
        )

    def read(threads: bool) -> Any:
        aside.clear()
        return csv.read_csv(
            pa.BufferReader(data),
            read_options=csv.ReadOptions(
                column_names=keys, use_threads=threads, block_size=max(1 << 20, _longest(data))
            ),
            parse_options=csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=refused
            ),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(keys, pa.string()), strings_can_be_null=False, check_utf8=False
            ),
        )

    try:
        table = read(threads=True)
        if aside:
            table = read(threads=False)  # only then are the rows' numbers known
    except pa.ArrowInvalid as problem:
        fail("not_splittable", file, detail=str(problem).split("\n")[0][:200])
    missing = {row.number for row in aside}
    total = table.num_rows + len(missing)
    numbers = counting(total, first_row)
    if missing:
        numbers = numbers.filter(pc.invert(pc.is_in(numbers, value_set=pa.array(missing, pa.int64()))))
    columns = [table.column(i).combine_chunks() for i in range(len(names))]
    raw = RawTable(file, names, columns, numbers, aside=[row for row in aside if row.reason])
    raw.end = first_row + total
    _drop_blank(raw)
    return raw


def _longest(data: bytes) -> int:
    """A block size that no record exceeds, quoted texts of many lines included."""
    return min(len(data) + 1, 16 << 20)


def _drop_blank(raw: RawTable) -> None:
    """Leave out the rows in which every cell is empty."""
    import pyarrow.compute as pc

    if not raw.length:
        return
    some = None
    for column in raw.columns:
        full = pc.not_equal(column, "")
        some = full if some is None else pc.or_(some, full)
        if pc.all(some).as_py():
            return
    raw.filter(some)
