"""Platforms' exports as data: which columns tell which measure, in which languages and units.

A preset is one YAML file of ``presets/``; it lists the exports of a platform, each recognised by its columns.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Literal

from xlkpi.documents import read
from xlkpi.sources.source import fail
from xlkpi.validation import STRICT, complaint, nearest, validated

FOLDER = Path(__file__).parent / "presets"
#: The dimensions of the clean table; every other name of a preset's columns is a measure's id.
DIMENSIONS = (
    "platform", "account", "account_id", "campaign", "campaign_id", "campaign_type", "ad_group", "ad_group_id", "ad",
    "ad_id", "channel", "source", "medium", "network", "device", "country", "region", "city", "query", "page",
    "product", "segment", "list", "subject", "event", "status", "customer",
)  # fmt: skip
SPECIAL = ("date", "currency", "order")
Names = tuple[str, ...]


@dataclass(frozen=True)
class Where:
    """Rows whose column (any of the names) has one of the values; compared without case and accents.

    ``first``: the values tell the same things in several ways; only the first that occurs counts.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    column: Names
    values: Names
    first: bool = False


@dataclass(frozen=True)
class Column:
    """How one measure or dimension is read.

    ``names``: headers, the preferred first. ``scale``: ``micros`` divides by a million, ``minor`` by the currency's
    minor units. ``minus``: a column to take off. ``rate`` and ``times``: where no column of ``names`` is there, a rate
    is turned back into a sum with the measure that it is a share of. ``each``: count rows instead of reading a
    column. ``where``: only of these rows. ``lines``: read on every line of an order, not on its first alone.
    ``negative``: amounts that are taken off. ``words``: of a dimension, the one spelling of each value -> how exports
    write it; other values stay as they are.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    names: Names = ()
    scale: Literal["micros", "minor"] | None = None
    minus: Names = ()
    rate: Names = ()
    times: str | None = None
    each: bool = False
    where: Where | None = None
    lines: bool = False
    negative: bool = False
    words: dict[str, Names] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if bool(self.rate) != bool(self.times):
            raise complaint("source_preset_rate")
        if not (self.names or self.rate or self.each):
            raise complaint("source_preset_column")


@dataclass(frozen=True)
class Period:
    """The columns, or the notes above the table, that tell the first and last day a row covers."""

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    start: Names
    end: Names


@dataclass(frozen=True)
class Export:
    """One kind of export of a platform.

    ``recognise``: groups of headers; one of each has to be there. ``once_per``: the columns that tell an order whose
    lines stand on several rows. ``drop``: rows that are no result (failed, voided). ``ratios``: columns that can't be
    added up. ``wide``: measure -> ``{channel}_spend``, for a column per channel. ``members``: which files of a zip.
    ``named``: patterns of the file's or table's name, for exports that the columns alone do not tell apart.
    ``covers``: what the date stands for; ``step`` reads it from the distance of the dates. ``machine``: written by a
    program, with a decimal point. ``unique``: no two rows are alike, so that a repeated row is a duplicate.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    recognise: tuple[Names, ...]
    columns: dict[str, Column | Names]
    name: dict[str, str] = field(default_factory=dict)
    period: Period | None = None
    once_per: Names = ()
    drop: tuple[Where, ...] = ()
    ratios: Names = ()
    ignore: Names = ()
    wide: dict[str, Names] = field(default_factory=dict)
    members: Names = ()
    named: Names = ()
    covers: Literal["day", "week", "month", "step"] = "day"
    machine: bool = False
    unique: bool = True

    def column(self, target: str) -> Column:
        """The column of a target, written out."""
        found = self.columns[target]
        return found if isinstance(found, Column) else Column(names=found)


@dataclass(frozen=True)
class Preset:
    """A platform: its name in each language, the value of its ``platform`` and ``channel`` columns, its exports.

    ``observes``: measures that the platform sees or attributes to itself while others book them, such as the sales
    that an analytics tool counts. Beside another source they would count the same thing twice.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT
    name: str
    exports: dict[str, Export]
    platform: str | None = None
    channel: str | None = None
    observes: Names = ()


def load(path: Path) -> Preset:
    """Read one preset file. Raises DefinitionError with every mistake, each at its line."""
    document = read(path)
    return validated(Preset, document.data, document)


@lru_cache(maxsize=1)
def presets() -> dict[str, Preset]:
    """All presets by id (the file's name), in alphabetical order."""
    from xlkpi.cache import cached

    paths = sorted(FOLDER.glob("*.yaml"))
    kept = cached("presets", paths, lambda: {path.stem: asdict(load(path)) for path in paths}, [Path(__file__)])
    return {id_: _thawed(raw) for id_, raw in kept.items()}


def _thawed(raw: dict[str, Any]) -> Preset:
    """A preset from plain data that was checked before it was kept."""
    exports = {}
    for key, given in raw["exports"].items():
        columns = {t: _column(c) if isinstance(c, dict) else tuple(c) for t, c in given["columns"].items()}
        period = given["period"] and Period(tuple(given["period"]["start"]), tuple(given["period"]["end"]))
        names = {k: tuple(given[k]) for k in ("once_per", "ratios", "ignore", "members", "named")}
        exports[key] = Export(**{
            **given,
            **names,
            "columns": columns,
            "period": period,
            "recognise": tuple(map(tuple, given["recognise"])),
            "drop": tuple(map(_where, given["drop"])),
            "wide": {k: tuple(v) for k, v in given["wide"].items()},
        })  # fmt: skip
    return Preset(**{**raw, "exports": exports, "observes": tuple(raw["observes"])})


def _column(raw: dict[str, Any]) -> Column:
    words = {k: tuple(v) for k, v in raw["words"].items()}
    names = {k: tuple(raw[k]) for k in ("names", "minus", "rate")}
    return Column(**{**raw, **names, "words": words, "where": raw["where"] and _where(raw["where"])})


def _where(raw: dict[str, Any]) -> Where:
    return Where(tuple(raw["column"]), tuple(raw["values"]), raw["first"])


def preset(name: str) -> Preset:
    """A preset by its id. Raises SourceError, with the nearest id, when there is none."""
    known = presets()
    if name not in known:
        meant = nearest(name, known)
        code = "preset_unknown_nearest" if meant else "preset_unknown"
        fail(code, key="preset", name=name, nearest=meant or "", known=", ".join(known))
    return known[name]


@lru_cache(maxsize=1)
def measures() -> dict[str, dict[str, Any]]:
    """Unit, aggregate and weight of the catalogue's measures, by id."""
    from xlkpi.catalogue import catalogue

    return {
        id_: {"unit": m.unit, "aggregate": m.aggregate, "weight": m.weight} for id_, m in catalogue().measures.items()
    }


#: Counts that platforms report with decimals, because they share a conversion between several clicks.
FRACTIONAL = frozenset(
    {"conversions", "view_through_conversions", "leads", "quantity", "team_outcome", "staff", "criterion_weight"}
)


def is_whole(measure: str) -> bool:
    """Whether a measure is a count of whole things, such as clicks."""
    known = measures().get(measure)
    return bool(known) and known["unit"] == "count" and measure not in FRACTIONAL  # type: ignore[index]


def is_money(measure: str) -> bool:
    """Whether a measure is an amount of money."""
    return measures().get(measure, {}).get("unit") == "currency"
