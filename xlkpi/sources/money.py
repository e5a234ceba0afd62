"""Currencies: minor units, one currency per table, and conversion at rates that somebody gives."""

from __future__ import annotations

from collections.abc import Mapping as Map
from typing import Any

from xlkpi.sources.mapping import Mapping, header_currency
from xlkpi.sources.numbers import MISSING, SIGNS
from xlkpi.sources.preset import is_money
from xlkpi.sources.raw import RawTable
from xlkpi.sources.report import FileReport
from xlkpi.sources.source import Source, fail

#: Digits after the mark, where they are not two (ISO 4217).
_WITHOUT = "BIF CLP DJF GNF ISK JPY KMF KRW MGA PYG RWF UGX VND VUV XAF XOF XPF"
_THREE = "BHD IQD JOD KWD LYD OMR TND"
_DIGITS = dict.fromkeys(_WITHOUT.split(), 0) | dict.fromkeys(_THREE.split(), 3)


def minor_unit(code: str | None) -> float:
    """How many minor units make one of a currency; of one that is not told, 100."""
    return float(10.0 ** _DIGITS.get((code or "").upper(), 2))


def minor_units(currency: Any, length: int) -> Any:
    """What to divide amounts in minor units by, per row: 100, 1 for yen, 1000 for dinars."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if currency is None:
        return pa.repeat(pa.scalar(100.0), length)
    coded = currency.dictionary_encode()
    factors = [minor_unit(code) for code in coded.dictionary.to_pylist()]
    return pc.fill_null(pc.take(pa.array(factors, pa.float64()), coded.indices), 100.0)


def one_currency(
    raw: RawTable, mapping: Mapping, source: Source, column: Any, values: dict[str, Any], report: FileReport
) -> Any:
    """The currency of each row: its own column's, else the headers' or the cells', else the source's; or missing.

    Raises SourceError when two money columns say different currencies.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    money = [f for f in mapping.of("measure") if is_money(f.target)]
    stated = {code for f in money if (code := header_currency(f))} | ({report.currency} if report.currency else set())
    if len(stated) > 1:
        fail("currencies_in_file", raw.file, key="rates", currencies=", ".join(sorted(stated)))
    base = next(iter(stated), None) or source.currency
    report.money = bool(money)
    if not money:
        base = None
    constant = pa.repeat(pa.scalar(base, pa.string()), raw.length)
    if column is None or not money:
        report.currency = base
        return constant
    told = {code for code in column.unique().to_pylist() if code and code not in MISSING}
    if stated and not all(code in SIGNS.get(sign, (sign,)) for code in told for sign in stated):
        fail("currencies_in_file", raw.file, key="rates", currencies=", ".join(sorted(stated | told)))
    own = pc.if_else(pc.is_in(column, value_set=pa.array(MISSING)), pa.scalar(None, pa.string()), column)
    return pc.coalesce(own, constant)


def needed_rates(found: list[str], wanted: str | None, rates: Map[str, float]) -> tuple[str | None, dict[str, float]]:
    """The currency that amounts in those found are turned into, and the rates for the others.

    Raises SourceError when there are several currencies, or another than the wanted one, and no rate for them.
    """
    base = wanted or (found[0] if len(found) == 1 else None)
    if not found or found == [base]:
        return base, {}
    lacking = [code for code in found if code != base and code not in rates]
    if base is None or lacking:
        fail(
            "currencies", key="rates", currencies=", ".join(found), wanted=base or "EUR", lacking=(lacking or found)[0]
        )
    return base, {code: rates[code] for code in found if code != base}


def converted(table: Any, wanted: str | None, rates: Map[str, float], money: list[str]) -> tuple[Any, dict[str, float]]:
    """The table in one currency, and the rates that were used (how much of the wanted currency one unit is worth).

    Raises SourceError when there are several currencies, or another than the wanted one, and no rate for them.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    signs = {s: wanted if wanted in codes else codes[0] for s, codes in SIGNS.items()}
    if table["currency"].null_count < table.num_rows:
        coded = table["currency"].combine_chunks().dictionary_encode()
        codes = pa.array([signs.get(code, code) for code in coded.dictionary.to_pylist()], pa.string())
        at = table.schema.get_field_index("currency")
        table = table.set_column(at, "currency", pc.take(codes, coded.indices))
    found = sorted(code for code in table["currency"].unique().to_pylist() if code)
    base, used = needed_rates(found if money else [], wanted, rates)
    if not used:
        return table, {}
    coded = table["currency"].combine_chunks().dictionary_encode()
    factors = pa.array([used.get(code, 1.0) for code in coded.dictionary.to_pylist()], pa.float64())
    factor = pc.fill_null(pc.take(factors, coded.indices), 1.0)
    for name in money:
        at = table.schema.get_field_index(name)
        table = table.set_column(at, name, pc.multiply(table[name], factor))
    at = table.schema.get_field_index("currency")
    table = table.set_column(at, "currency", pa.repeat(pa.scalar(base), table.num_rows))
    return table, used
