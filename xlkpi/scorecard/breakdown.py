"""Differences explained by dimension, from the formula of a KPI: which part is the numerator, which the denominator."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date

from xlkpi.analysis.variance import Variance, variance_of_ratio, variance_of_sum, variance_to_target
from xlkpi.catalogue import KPI, Catalogue
from xlkpi.formula.evaluate import outcome
from xlkpi.formula.nodata import NoData
from xlkpi.formula.tree import Call, Name, Node, Number
from xlkpi.scorecard.model import Breakdown, Series

Shape = tuple[Node, Node | None]
#: Dimension -> value -> argument of the KPI -> its sum since the objective's start.
SinceStart = Mapping[str, Mapping[str | None, Mapping[str, float]]]


def breakdowns(
    catalogue: Catalogue,
    kpi: KPI,
    parts: Mapping[str, Mapping[str | None, Series]],
    whole: Series,
    actual: float,
    target: float | None,
    since_start: SinceStart | None = None,
) -> tuple[Breakdown, ...]:
    """The differences of the last period against the one before, and of ``actual`` against the target, by dimension.

    ``since_start``: of an objective that adds up, each part's arguments since its start, for it is these that stand
    against the target; the period before is compared with the last period alone. Only for KPIs that are sums of
    measures, or ratios of such sums: of others the parts don't make the whole. What does not add up to the figures of
    the whole is left out.
    """
    shape = ratio_parts(catalogue, kpi)
    if shape is None:
        return ()
    found: list[Breakdown] = []
    period = whole.periods[-1]
    earlier = whole.cadence.previous_start(period)
    for dimension, by_value in parts.items():
        labels = tuple(by_value)
        now = [_pair(shape, s, period) for s in by_value.values()]
        before = [_pair(shape, s, earlier) for s in by_value.values()]
        if any(n is not None for n in before):
            variance = _between([p or (0.0, 0.0) for p in before], [p or (0.0, 0.0) for p in now], shape)
            if variance and _same(variance.before, whole.at(earlier)) and _same(variance.after, whole.at(period)):
                found.append(Breakdown(dimension, "previous", labels, variance))
        if since_start is not None:
            now = [known_pair(shape, since_start.get(dimension, {}).get(label, {})) for label in labels]
        if target is not None and shape[1] is not None and any(n is not None for n in now):
            gap = variance_to_target([p or (0.0, 0.0) for p in now], target)
            if gap and _same(gap.after, actual):
                found.append(Breakdown(dimension, "target", labels, gap))
    return tuple(found)


def _same(first: float, second: float) -> bool:
    return math.isclose(first, second, rel_tol=1e-9, abs_tol=1e-9)


def _between(before: list[tuple[float, float]], now: list[tuple[float, float]], shape: Shape) -> Variance | None:
    if shape[1] is None:
        return variance_of_sum([n for n, _ in before], [n for n, _ in now])
    return variance_of_ratio(before, now)


def ratio_parts(catalogue: Catalogue, kpi: KPI) -> Shape | None:
    """Numerator and denominator over the KPI's arguments; no denominator for a sum; None for anything else."""
    additive = frozenset(
        argument
        for argument, given in kpi.inputs.items()
        if given.at == "current"
        and given.of == "selection"
        and given.measure in catalogue.measures
        and catalogue.measures[given.measure].aggregate in ("sum", "last")
    )
    root = _rows_as_values(kpi.compiled.root)
    if isinstance(root, Call) and root.operation == "div":
        above, below = root.arguments
        return (above, below) if _linear(above, additive) and _linear(below, additive) else None
    return (root, None) if _linear(root, additive) else None


def _rows_as_values(node: Node) -> Node:
    """The tree with ``sum(x)`` as ``x``: the measures were added up before."""
    if not isinstance(node, Call):
        return node
    if node.operation == "sum" and isinstance(node.arguments[0], Name):
        return node.arguments[0]
    return Call(node.operation, tuple(_rows_as_values(a) for a in node.arguments), node.column)


def _linear(node: Node, additive: frozenset[str]) -> bool:
    """Whether the node of a whole is the sum of the nodes of its parts."""
    if isinstance(node, Name):
        return node.name in additive
    if isinstance(node, Number):
        return node.value == 0
    if node.operation in ("add", "sub", "neg"):
        return all(_linear(a, additive) for a in node.arguments)
    if node.operation == "mul":
        factors = [a for a in node.arguments if not isinstance(a, Number)]
        return len(factors) == 1 and _linear(factors[0], additive)
    if node.operation == "coalesce" and node.arguments[-1] == Number(0.0):
        return all(_linear(a, additive) for a in node.arguments)
    return False


def _pair(shape: Shape, series: Series, period: date) -> tuple[float, float] | None:
    """Numerator and denominator of a part in a period; None where one is not known."""
    if period not in series.periods:
        return None
    row = series.periods.index(period)
    return known_pair(shape, {name: column[row] for name, column in series.inputs.items()})


def known_pair(shape: Shape, arguments: Mapping[str, float]) -> tuple[float, float] | None:
    """Numerator and denominator from a part's arguments; 0 for a denominator that there is not."""
    if all(value != value for value in arguments.values()):
        return None
    # Beside others that are known, what a part lacks adds nothing to the whole: spend of a channel without a sale.
    inputs = {name: 0.0 if value != value else value for name, value in arguments.items()}
    values = [outcome(node, inputs) for node in shape if node is not None]
    known = [v for v in values if not isinstance(v, NoData)]
    if len(known) < len(values):
        return None
    return known[0], known[1] if len(known) > 1 else 0.0
