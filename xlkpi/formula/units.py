"""The algebra of units: from the units of the inputs, the unit of the result.

A unit is a product of powers: money, time, and things counted, each thing by its own name. So a cost per lead times
leads is money, and a cost per lead times clicks is not. Two counts divided give a plain ratio; adding counts of
different things gives a count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from xlkpi.errors import FormulaError, Place, Problem
from xlkpi.formula.tree import COMPARISONS, Call, Name, Node, Number

CURRENCY, SECONDS, DAYS, MONTHS = "currency", "seconds", "days", "months"
#: Base units that are not counts of something.
_QUANTITIES = frozenset({CURRENCY, SECONDS, DAYS, MONTHS})


@dataclass(frozen=True)
class Unit:
    """Powers of base units, sorted; ``Unit(())`` is a plain number."""

    powers: tuple[tuple[str, float], ...] = ()

    def __mul__(self, other: Unit) -> Unit:
        return _unit({b: self[b] + other[b] for b in (*dict(self.powers), *dict(other.powers))})

    def __pow__(self, exponent: float) -> Unit:
        return _unit({base: power * exponent for base, power in self.powers})

    def __getitem__(self, base: str) -> float:
        return dict(self.powers).get(base, 0)

    def __str__(self) -> str:
        def spelled(sign: int) -> str:
            return "·".join(
                base if abs(power) == 1 else f"{base}^{abs(power):g}" for base, power in self.powers if power * sign > 0
            )

        above, below = spelled(1), spelled(-1)
        return (above or "1") + (f"/{below}" if below else "")

    @property
    def quantity(self) -> dict[str, float]:
        """The part that is money or time."""
        return {b: p for b, p in self.powers if b in _QUANTITIES}

    @property
    def counts(self) -> list[float]:
        """The powers of the things counted."""
        return sorted(p for b, p in self.powers if b not in _QUANTITIES)


PLAIN = Unit()
#: A unit that is not known: it fits everything.
UNKNOWN = Unit((("?", 1),))

#: What a result's declared unit is made of: money and time, and which powers of counted things may stand beside it.
_DECLARED: Mapping[str, tuple[dict[str, float], list[list[float]]]] = {
    "percent": ({}, [[], [-1, 1]]),
    "times": ({}, [[], [-1, 1]]),
    "ratio": ({}, [[], [-1, 1]]),
    "index": ({}, [[], [-1, 1]]),
    "score": ({}, [[], [-1, 1]]),
    "points": ({}, [[], [-1, 1]]),
    "stars": ({}, [[], [-1, 1]]),
    "rank": ({}, [[], [-1, 1]]),
    "count": ({}, [[1], [-1, 1]]),
    "currency": ({CURRENCY: 1}, [[], [-1]]),
    "seconds": ({SECONDS: 1}, [[], [-1]]),
    "days": ({DAYS: 1}, [[], [-1]]),
    "months": ({MONTHS: 1}, [[], [-1]]),
    "per_day": ({DAYS: -1}, [[], [1]]),
}
#: The units that a measure or a KPI may declare.
UNITS = frozenset(_DECLARED)


def of_measure(name: str, unit: str) -> Unit:
    """The unit of a measure: a count counts the thing that the measure is named after."""
    if unit == "count":
        return Unit(((name, 1),))
    return of_result(unit)


def of_result(unit: str) -> Unit:
    """The unit of a value known only by what it declares, such as another KPI's."""
    if unit not in _DECLARED:
        return UNKNOWN
    if unit == "count":
        return Unit((("count", 1),))
    return _unit(dict(_DECLARED[unit][0]))


def fits(derived: Unit, declared: str) -> bool:
    """Whether a derived unit is what the declared one says ("cost per lead" is a currency)."""
    if derived["?"]:
        return True
    quantity, counts = _DECLARED[declared]
    return derived.quantity == quantity and derived.counts in counts


def unit_of(node: Node, units: Mapping[str, Unit]) -> Unit:
    """The unit of a tree. Raises FormulaError where quantities of different kinds are added or compared."""
    if isinstance(node, Number):
        return PLAIN
    if isinstance(node, Name):
        return units.get(node.name, UNKNOWN)
    if node.operation == "if":
        test, *branches = node.arguments
        unit_of(test, units)
        return _same(node, branches, units)
    arguments = node.arguments
    if node.operation in ("add", "sub", "min", "max", "coalesce") or node.operation in COMPARISONS:
        return _same(node, list(arguments), units)
    of = [unit_of(a, units) for a in arguments]
    if UNKNOWN in of and node.operation in ("mul", "div", "pow"):
        return UNKNOWN
    if node.operation == "mul":
        return of[0] * of[1]
    if node.operation == "div":
        return of[0] * of[1] ** -1
    if node.operation in ("pow", "sqrt"):
        exponent = 0.5 if node.operation == "sqrt" else _fixed(arguments[1])
        return of[0] ** exponent if exponent is not None else UNKNOWN if of[0].powers else PLAIN
    if node.operation in ("exp", "ln", "log10", "and", "or", "not"):
        return PLAIN
    return of[0]


def _fixed(node: Node) -> float | None:
    return node.value if isinstance(node, Number) else None


def _same(node: Call, parts: list[Node], units: Mapping[str, Unit]) -> Unit:
    """The one unit of parts that are added or compared; zero has the unit of what it stands beside."""
    free = node.operation in COMPARISONS or node.operation in ("min", "max", "coalesce", "if")
    found = [unit_of(p, units) for p in parts if not (isinstance(p, Number) and (free or p.value == 0))]
    known = [u for u in found if not u["?"]]
    if not known:
        return UNKNOWN if found else PLAIN
    first = known[0]
    for other in known[1:]:
        if other == first:
            continue
        if first.quantity != other.quantity or sum(first.counts) != sum(other.counts):
            raise FormulaError(
                Problem("unit_mixed", {"first": str(first), "second": str(other)}, Place(column=node.column + 1))
            )
        first = _unit({**first.quantity, **({"count": sum(first.counts)} if sum(first.counts) else {})})
    return first


def _unit(powers: Mapping[str, float]) -> Unit:
    return Unit(tuple(sorted((b, p) for b, p in powers.items() if p)))
