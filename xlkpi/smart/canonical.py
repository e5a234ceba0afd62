"""Telling that two KPIs say the same: by their computation, or by how they move."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from xlkpi.catalogue import Catalogue

_BLOCK = 500  # series compared with all others at once, so that the tables stay small


def canonical(kpi: str, catalogue: Catalogue) -> str:
    """A KPI's computation over measures as text, equal for formulas that differ in the order of terms
    only.
    """
    import ast

    entry = catalogue[kpi]
    names = {}
    for argument, given in entry.inputs.items():
        inner = canonical(given.measure, catalogue) if given.measure in catalogue.kpis else given.measure
        names[argument] = f"{inner}@{given.at}/{given.of}"
    tree = ast.parse(entry.formula, mode="eval").body
    return _text(tree, names, entry.constants)


def _text(node: Any, names: dict[str, str], constants: dict[str, float]) -> str:
    """The expression with commutative operands sorted; differences and quotients as sums and products."""
    import ast

    def inner(part: Any) -> str:
        return _text(part, names, constants)

    if isinstance(node, ast.Name):
        return names.get(node.id) or repr(constants.get(node.id, node.id))
    if isinstance(node, ast.Constant):
        return repr(float(node.value)) if isinstance(node.value, int | float) else repr(node.value)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        return "(" + " + ".join(sorted(_terms(node, inner))) + ")"
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div):
        return "(" + " * ".join(sorted(_factors(node, inner))) + ")"
    if isinstance(node, ast.Call):
        arguments = [inner(argument) for argument in node.args]
        name = getattr(node.func, "id", "")
        return f"{name}({', '.join(sorted(arguments) if name in ('min', 'max', 'sum') else arguments)})"
    parts = [
        inner(part)
        for part in ast.iter_child_nodes(node)
        if isinstance(part, ast.expr | ast.operator | ast.cmpop | ast.unaryop)
    ]
    return f"{type(node).__name__}({', '.join(parts)})"


def _terms(node: Any, inner: Any, sign: str = "") -> list[str]:
    import ast

    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        turned = ("" if sign else "-") if isinstance(node.op, ast.Sub) else sign
        return [*_terms(node.left, inner, sign), *_terms(node.right, inner, turned)]
    return [sign + inner(node)]


def _factors(node: Any, inner: Any, sign: str = "") -> list[str]:
    import ast

    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div):
        turned = ("" if sign else "/") if isinstance(node.op, ast.Div) else sign
        return [*_factors(node.left, inner, sign), *_factors(node.right, inner, turned)]
    return [sign + inner(node)]


def twins(series: Sequence[Any], limit: float, shortest: int) -> Iterator[tuple[int, int, float]]:
    """For each series that moves with another, the one it resembles most and their correlation r, |r| >
    ``limit``.

    Series are aligned at their ends. Pairs are compared, many at once, over the periods that both know; pairs
    with fewer than ``shortest`` such periods, and constant series, have no correlation.
    """
    import numpy as np

    longest = max((len(values) for values in series), default=0)
    if len(series) < 2 or not longest:
        return
    table = np.full((len(series), longest), np.nan)
    for row, values in zip(table, series, strict=True):
        row[longest - len(values) :] = values
    table[~np.isfinite(table)] = np.nan
    known = np.isfinite(table)
    count = known.sum(axis=1)
    mean = np.divide(np.nansum(table, axis=1), count, out=np.zeros(len(table)), where=count > 0)
    centred = np.where(known, table - mean[:, None], 0.0)
    scale = np.sqrt((centred**2).sum(axis=1))
    centred /= np.where(scale > 0, scale, 1.0)[:, None]
    both, squared = known.astype(np.float64), centred**2
    for start in range(0, len(series), _BLOCK):
        part = slice(start, start + _BLOCK)
        n = both[part] @ both.T
        enough = n >= shortest
        n = np.maximum(n, 1.0)
        mine, theirs = centred[part] @ both.T, both[part] @ centred.T  # sums over the periods that both know
        covariance = centred[part] @ centred.T - mine * theirs / n
        variance = squared[part] @ both.T - mine**2 / n
        variance *= both[part] @ squared.T - theirs**2 / n
        spread = np.sqrt(np.maximum(variance, 0.0))
        r = np.divide(covariance, spread, out=np.zeros_like(spread), where=enough & (spread > 1e-12))
        r[np.arange(len(r)), np.arange(start, start + len(r))] = 0.0
        for i, j in enumerate(np.argmax(np.abs(r), axis=1).tolist()):
            if abs(r[i, j]) > limit:
                yield start + i, j, float(np.clip(r[i, j], -1.0, 1.0))
