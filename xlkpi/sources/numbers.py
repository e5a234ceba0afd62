"""Numbers as people and platforms write them: ``1 234,56 €``, ``1,234.56``, ``(123)``, ``62,5 %``, ``12k``, ``--``.

The decimal mark is decided once per column, from all its values. Where they leave both readings open, that is an
error that shows them, never a guess. Columns are parsed as a whole with pyarrow.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from xlkpi.sources.source import fail

Mark = Literal[".", ","]
MARKS: tuple[Mark, ...] = (".", ",")
#: What exports write for "nothing here".
MISSING = (
    "",
    "-",
    "--",
    "---",
    "–",
    "—",
    "n/a",
    "na",
    "#n/a",
    "null",
    "none",
    "nan",
    "n.d.",
    "nd",
    "(not set)",
    "s.o.",
)
_SPACES = " \u00a0\u202f\u2007\u2009"
_CURRENCIES = {
    "€": "EUR", "£": "GBP", "$": "$", "us$": "USD", "$us": "USD", "ca$": "CAD", "$ca": "CAD",
    "a$": "AUD", "au$": "AUD",
    "chf": "CHF", "fr.": "CHF", "¥": "¥", "zł": "PLN", "kr": "kr", "r$": "BRL", "₹": "INR", "₺": "TRY",
}  # fmt: skip
_CODES = (
    "EUR USD GBP CHF CAD AUD NZD JPY CNY SEK NOK DKK PLN CZK HUF RON BGN TRY BRL MXN INR ZAR MAD TND DZD XOF XAF XPF "
    "AED SAR ILS SGD HKD KRW THB IDR MYR PHP VND CLP COP ARS PEN UAH KWD BHD OMR JOD"
)
CODES = frozenset(_CODES.split())
#: Signs of several currencies; the first is meant where nothing tells another.
SIGNS = {
    "$": ("USD", "CAD", "AUD", "NZD", "HKD", "SGD", "MXN", "CLP", "COP", "ARS"),
    "¥": ("JPY", "CNY"),
    "kr": ("SEK", "NOK", "DKK", "ISK"),
}
_POWERS = {"": 0, "k": 3, "m": 6, "mio": 6, "md": 9, "mds": 9, "bn": 9, "b": 9}
_PARTS = r"^(?P<before>[^\d.,]*)(?P<digits>\d[\d.,_]*|[.,]\d+)(?P<after>[^\d.,_]*)$"
_SCIENTIFIC = r"^[+-]?(\d+\.?\d*|\.\d+)[eE][+-]?\d{1,3}$"
# The shapes of the digits, "_" standing for a space or an apostrophe between groups.
_WHOLE = r"^(\d+|\d{1,3}(_\d{3})+)$"
_OPEN: Mapping[Mark, str] = {",": r"^[1-9]\d{0,2},\d{3}$", ".": r"^[1-9]\d{0,2}\.\d{3}$"}
_SURE: Mapping[Mark, str] = {
    ",": r"^(\d*,\d{0,2}|\d*,\d{4,}|(0\d*|\d{4,})?,\d+|\d{1,3}(_\d{3})+,\d*"
    r"|\d{1,3}(\.\d{3})+,\d*|\d{1,3}(\.\d{3}){2,})$",
    ".": r"^(\d*\.\d{0,2}|\d*\.\d{4,}|(0\d*|\d{4,})?\.\d+|\d{1,3}(_\d{3})+\.\d*"
    r"|\d{1,3}(,\d{3})+\.\d*|\d{1,3}(,\d{3}){2,}|\d{1,2}(,\d{2})+,\d{3}(\.\d*)?)$",
}


@dataclass(frozen=True)
class Numbers:
    """A column read as numbers: float64 with nulls for missing, which cells could not be read, and how it was read.

    ``decimal``: the mark, None where no value has one. ``why``: ``values``, ``key``, ``whole`` (a count has no
    decimals) or ``typed``. ``percent``: the values had a percent sign, and are divided by 100.
    """

    values: Any
    unreadable: Any
    decimal: Mark | None
    why: str
    currencies: frozenset[str] = frozenset()
    percent: bool = False


def parse_numbers(
    column: Any,
    name: str = "",
    *,
    decimal: str | None = None,
    whole: bool = False,
    power: int = 0,
    file: str | None = None,
) -> Numbers:
    """Read a pyarrow column of text (or of numbers) as numbers times 10 to the ``power``.

    ``whole`` says that the values are whole numbers, so that a mark before three digits groups thousands. Raises
    SourceError when the decimal mark stays open or when two are used.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return _typed(column, power)
    coded = column.dictionary_encode() if not pa.types.is_dictionary(column.type) else column
    coded = coded.combine_chunks() if isinstance(coded, pa.ChunkedArray) else coded
    texts = pc.utf8_trim_whitespace(coded.dictionary)
    absent = pc.is_in(pc.utf8_lower(texts), value_set=pa.array(MISSING))
    texts = pc.if_else(absent, pa.scalar(None, pa.string()), texts)
    read = _machine(texts, name, decimal, whole, power, file) or _human(texts, name, decimal, whole, power, file)
    indices = coded.indices
    return Numbers(
        pc.take(read.values, indices),
        pc.fill_null(pc.take(read.unreadable, indices), False),
        read.decimal,
        read.why,
        read.currencies,
        read.percent,
    )


def _typed(column: Any, power: int) -> Numbers:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_null(column.type):
        values = pa.nulls(len(column), pa.float64())
    elif pa.types.is_boolean(column.type):
        values = pc.cast(pc.cast(column, pa.int8()), pa.float64())
    else:
        values = pc.cast(column, pa.float64(), safe=False)
    values = pc.if_else(pc.fill_null(pc.is_finite(values), False), values, pa.scalar(None, pa.float64()))
    if power:
        values = pc.divide(values, 10.0**-power) if power < 0 else pc.multiply(values, 10.0**power)
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    return Numbers(values, _false(len(values)), None, "typed")


def _false(length: int) -> Any:
    import pyarrow as pa

    return pa.repeat(pa.scalar(False), length)


def _machine(texts: Any, name: str, decimal: str | None, whole: bool, power: int, file: str | None) -> Numbers | None:
    """Plain numbers with a point or none, the fast way; None when the column needs a closer look."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if decimal == ",":
        return None
    try:
        values = pc.cast(texts, pa.float64())
    except pa.ArrowInvalid:
        return None
    if not pc.all(pc.fill_null(pc.is_finite(values), True)).as_py():
        return None
    pointed = pc.fill_null(pc.match_substring(texts, "."), False)
    some = pc.any(pointed).as_py()
    if some and decimal is None:
        open_ = pc.fill_null(pc.match_substring_regex(texts, r"^[+-]?[1-9]\d{0,2}\.\d{3}$"), False)
        if pc.all(pc.or_(open_, pc.invert(pointed))).as_py():
            return None
    if power:  # through the text, so that the last digit is right
        values = _scaled(texts, power)
    mark: Mark | None = "." if some else None
    return Numbers(values, _false(len(texts)), mark, "key" if decimal else "values")


def _scaled(texts: Any, power: int) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pc.any(pc.match_substring_regex(texts, "[eE]")).as_py():
        values = pc.cast(texts, pa.float64())
        return pc.divide(values, 10.0**-power) if power < 0 else pc.multiply(values, 10.0**power)
    return pc.cast(pc.binary_join_element_wise(texts, str(power), "e"), pa.float64())


def _human(texts: Any, name: str, decimal: str | None, whole: bool, power: int, file: str | None) -> Numbers:
    import pyarrow as pa
    import pyarrow.compute as pc

    plain = texts
    for _ in range(2):  # groups overlap: 1 234 567
        plain = pc.replace_substring_regex(plain, rf"(\d)[{_SPACES}'’](\d)", r"\1_\2")
    scientific = pc.fill_null(pc.match_substring_regex(plain, _SCIENTIFIC), False)
    parts = pc.extract_regex(plain, _PARTS)
    digits = pc.struct_field(parts, "digits")
    around = pc.binary_join_element_wise(pc.struct_field(parts, "before"), pc.struct_field(parts, "after"), "0")
    coded = around.dictionary_encode()
    meanings = [_meaning(text) for text in coded.dictionary.to_pylist()]
    sign = pc.take(pa.array([m[0] if m else None for m in meanings], pa.string()), coded.indices)
    exponent = pc.take(pa.array([m[1] + power if m else None for m in meanings], pa.int64()), coded.indices)
    mark, why = _decide(digits, plain, name, decimal, whole, file)
    body = _normal(digits, mark)
    text = pc.binary_join_element_wise(sign, body, "")
    text = pc.binary_join_element_wise(text, pc.cast(exponent, pa.string()), "e")
    values = pc.cast(text, pa.float64())
    if pc.any(scientific).as_py():
        exact = pc.cast(pc.if_else(scientific, plain, pa.scalar(None, pa.string())), pa.float64())
        values = pc.if_else(scientific, pc.multiply(exact, 10.0**power), values)
    unreadable = pc.and_(pc.is_valid(texts), pc.is_null(values))
    used = set(coded.indices.drop_null().unique().to_pylist())
    known = [m for i, m in enumerate(meanings) if m and i in used]
    currencies = frozenset(m[2] for m in known if m[2])
    percent = any(m[3] for m in known)
    if percent:
        bare = pc.take(pa.array([bool(m and not m[3]) for m in meanings]), coded.indices)
        lone = texts.filter(pc.fill_null(pc.and_(bare, pc.not_equal(values, 0.0)), False))
        if len(lone):
            fail("percent_mixed", file, key="measures", column=name, value=lone[0].as_py())
    return Numbers(values, unreadable, mark, why, currencies, percent)


def _meaning(around: str | None) -> tuple[str, int, str | None, bool] | None:
    """What stands around the digits: sign, power of ten, currency, percent; None when it is not understood."""
    if around is None:
        return None
    before, after = (re.sub(rf"[{_SPACES}]", "", part).lower() for part in around.split("0"))
    negative = False
    if before.count("(") == 1 and after.count(")") == 1:  # (12,50) €, $(12.50), (12,50 €)
        negative, before, after = True, before.replace("(", ""), after.replace(")", "")
    for minus in ("-", "−", "–"):
        if (
            before.startswith(minus)
            or before.endswith(minus)
            or after == minus
            or (after.endswith(minus) and not before)
        ):
            if negative:
                return None
            negative = True
            if before.startswith(minus):
                before = before[1:]
            elif before.endswith(minus):
                before = before[:-1]
            else:
                after = after[:-1]
    before = before.removeprefix("+")
    percent = after.endswith("%") or before == "%"
    before, after = before.strip("%"), after.strip("%")
    currency = _currency(before)
    if before and not currency:
        return None
    for suffix in sorted(_POWERS, key=len, reverse=True):
        rest = after.removeprefix(suffix)
        found = _currency(rest)
        if (not rest or found) and (after.startswith(suffix)) and not (found and currency):
            return "-" if negative else "", _POWERS[suffix] - 2 * percent, currency or found, percent
    return None


def _currency(text: str) -> str | None:
    return _CURRENCIES.get(text) or (text.upper() if text.upper() in CODES else None)


def _decide(
    digits: Any, shown: Any, name: str, decimal: str | None, whole: bool, file: str | None
) -> tuple[Mark | None, str]:
    """The column's decimal mark and why."""
    import pyarrow.compute as pc

    def examples(patterns: Mapping[Mark, str]) -> dict[Mark, str]:
        """By mark, the first value of one of its shapes."""
        masks = {m: pc.fill_null(pc.match_substring_regex(digits, p), False) for m, p in patterns.items()}
        return {m: str(shown.filter(mask)[0].as_py()) for m, mask in masks.items() if pc.any(mask).as_py()}

    if decimal in (".", ","):
        return decimal, "key"  # type: ignore[return-value]  # a Mark, as just tested
    return settled(examples(_SURE), examples(_OPEN), name, whole, file)


def settled(
    sure: Mapping[Mark, str], left: Mapping[Mark, str], name: str, whole: bool, file: str | None
) -> tuple[Mark | None, str]:
    """The decimal mark and why, from an example for each mark that is certain or leaves both readings open.

    Raises SourceError where both marks are certain, and where nothing decides.
    """
    certain: list[Mark] = [m for m in MARKS if m in sure]
    if len(certain) == 2:
        first, second = (sure[m].replace("_", " ") for m in MARKS)
        fail("numbers_mixed", file, key="decimal", column=name, first=first, second=second)
    if certain:
        return certain[0], "values"
    if not left:
        return None, "values"
    mark = next(m for m in MARKS if m in left)
    if len(left) > 1 or not whole:
        value = left[mark].replace("_", " ")
        bare = re.sub(r"[^\d.,]", "", value)
        large, small = re.sub(r"\D", "", bare), float(bare.replace(",", "."))
        other = "." if mark == "," else ","
        fail("numbers_open", file, key="decimal", column=name, value=value, large=large, small=small,
             if_large=other, if_small=mark)  # fmt: skip
    return ("." if mark == "," else ","), "whole"


def grouping(mark: Mark | None) -> str:
    """The shape of digits whose groups fit a decimal mark."""
    if mark is None:
        return _WHOLE
    group = "." if mark == "," else ","
    m, g = re.escape(mark), re.escape(group)
    return rf"^(\d+|\d{{1,3}}(_\d{{3}})+|\d{{1,3}}({g}\d{{3}})+|\d{{1,2}}({g}\d{{2}})+{g}\d{{3}})?({m}\d*)?$"


def _normal(digits: Any, mark: Mark | None) -> Any:
    """The digits with a point for the decimal mark and no groups; null where groups and mark do not fit."""
    import pyarrow as pa
    import pyarrow.compute as pc

    good = pc.match_substring_regex(digits, grouping(mark))
    kept = pc.if_else(good, digits, pa.scalar(None, pa.string()))
    kept = pc.replace_substring(kept, "_", "")
    if mark == ",":
        return pc.replace_substring(pc.replace_substring(kept, ".", ""), ",", ".")
    return pc.replace_substring(kept, ",", "")
