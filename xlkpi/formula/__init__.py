"""Formulas: parsed once, evaluated in Python, printed to Excel, LAMBDA and SQL, explained in words.

>>> roi = Formula.parse("(gain - cost) / cost")
>>> roi(gain=1000, cost=400)
1.5
>>> roi.excel({"gain": "B2", "cost": "C2"}, guarded=False)
'(B2-C2)/C2'
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from xlkpi.errors import EvaluationError, Problem
from xlkpi.formula import evaluate, units
from xlkpi.formula.evaluate import Limits
from xlkpi.formula.nodata import NoData, Outcome, Stop
from xlkpi.formula.parse import parse
from xlkpi.formula.tree import Call, Node, names, required_names, substitute, walk

__all__ = ["Formula", "Limits", "NoData", "Outcome"]


@dataclass(frozen=True)
class Formula:
    """A parsed formula.

    ``limits`` are the smallest and largest possible value of an input (a negative number of clicks is impossible);
    they belong to the formula, so that every engine refuses the same values.
    """

    text: str
    root: Node
    limits: Mapping[str, Limits] = field(default_factory=dict)

    @classmethod
    def parse(
        cls,
        text: str,
        known: Iterable[str] | None = None,
        limits: Mapping[str, Limits] | None = None,
        constants: Mapping[str, float] | None = None,
    ) -> Formula:
        """Read a formula in the language of DESIGN section 4.

        ``known`` are the names that it may use (None: any). Raises FormulaError, pointing at the column.
        """
        return cls(text, parse(text, known, constants), dict(limits or {}))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The inputs, in the order in which they are read."""
        return names(self.root)

    @cached_property
    def required(self) -> frozenset[str]:
        """The inputs without which there is no result; the others stand inside ``coalesce``."""
        return required_names(self.root)

    @cached_property
    def adds_rows(self) -> bool:
        """Whether the inputs are columns that ``sum`` adds up to one number."""
        return any(isinstance(n, Call) and n.operation == "sum" for n in walk(self.root))

    def __call__(self, /, **values: Any) -> Any:
        """The value for single numbers (a float), plain lists (a list of floats) or numpy arrays (an array).

        Single values are broadcast against lists and arrays. No data is NaN: :meth:`outcome` says why. Text, booleans
        and impossible values are no data, like None and NaN. A formula that adds up rows gives one float.
        Raises EvaluationError for unknown or absent names, and for columns of different lengths.
        """
        self._check_names(values)
        if not self.adds_rows:
            if any(hasattr(v, "__array__") and getattr(v, "ndim", 0) for v in values.values()):
                from xlkpi.formula.columns import evaluate_arrays

                return evaluate_arrays(self.root, values, self.limits)
            if any(isinstance(v, list | tuple) for v in values.values()):
                return self._lists(values)
        found = self.outcome(**values)
        return math.nan if isinstance(found, NoData) else found

    def outcome(self, /, **values: Any) -> Outcome:
        """The value for single numbers, or a :class:`NoData` that says why there is none.

        An error in an input comes out as it is; then a missing input, then text, then an impossible value.
        """
        self._check_names(values)
        if self.adds_rows:
            return self._outcome_of_rows(values)
        for name in self.names:
            if isinstance(values[name], NoData):
                return values[name]  # type: ignore[no-any-return]  # the isinstance above
        inputs = {name: evaluate.read_input(values[name], self.limits.get(name, (None, None))) for name in self.names}
        required = self.required
        problems = [
            v for n, v in inputs.items() if isinstance(v, NoData) and (n in required or v is not NoData.MISSING)
        ]
        if problems:
            return _worst(problems)
        if inputs and not required and all(v is NoData.MISSING for v in inputs.values()):
            return NoData.MISSING
        return evaluate.outcome(self.root, inputs)

    def excel(self, references: Mapping[str, str], *, guarded: bool = True, elementwise: bool | None = None) -> str:
        """Excel's native formula, in US English and without the equals sign.

        ``references`` gives each input a cell, range or structured reference. ``guarded`` adds the tests that give
        each kind of no data its own error. Raises FormulaError beyond a cell's 8,192 characters.
        """
        from xlkpi.formula import excel

        return excel.cell_formula(self.root, references, self.limits, guarded=guarded, elementwise=elementwise)

    def lambda_(self, parameters: Sequence[str] | None = None) -> str:
        """A LAMBDA for a defined name, as it is spelled in a file; ``parameters`` is the order of its arguments."""
        from xlkpi.formula import excel

        return excel.lambda_formula(self.root, parameters or self.names, self.limits)

    def ibis(self, columns: Mapping[str, Any]) -> Any:
        """An ibis expression over ibis columns: float64, NULL for no data."""
        from xlkpi.formula import sql

        return sql.ibis_expression(self.root, columns, self.limits)

    def in_words(self, labels: Mapping[str, str], language: str | None = None) -> str:
        """``(Gain − Coût) / Coût``: the formula with a label for each input."""
        from xlkpi.formula import explain

        return explain.in_words(self.root, labels, language)

    def with_numbers(self, values: Mapping[str, float], language: str | None = None) -> str:
        """``(1 000 − 400) / 400``: the formula with its numbers put in."""
        from xlkpi.formula import explain

        return explain.with_numbers(self.root, values, language)

    def unit(self, of: Mapping[str, units.Unit]) -> units.Unit:
        """The unit of the result from the units of the inputs. Raises FormulaError where they don't add up."""
        return units.unit_of(self.root, of)

    def with_formulas(self, formulas: Mapping[str, Formula]) -> Formula:
        """The formula with inputs replaced by formulas (a KPI over KPIs, expanded to measures)."""
        root = substitute(self.root, {name: formula.root for name, formula in formulas.items()})
        limits = {n: v for f in (self, *formulas.values()) for n, v in f.limits.items()}
        return Formula(self.text, root, {n: limits[n] for n in names(root) if n in limits})

    def renamed(self, new: Mapping[str, str]) -> Formula:
        """The formula with other names for its inputs."""
        from xlkpi.formula.tree import Name

        root = substitute(self.root, {old: Name(name) for old, name in new.items()})
        return Formula(self.text, root, {new.get(n, n): v for n, v in self.limits.items()})

    # --- inside --------------------------------------------------------------------------------------------------

    def _check_names(self, values: Mapping[str, Any]) -> None:
        if values.keys() == set(self.names):
            return
        missing = [n for n in self.names if n not in values]
        extra = [n for n in values if n not in self.names]
        wanted = ", ".join(self.names)
        problems = [Problem("argument_missing", {"name": n, "wanted": wanted}) for n in missing]
        problems += [Problem("argument_unknown", {"name": n, "wanted": wanted}) for n in extra]
        raise EvaluationError(problems)

    def _lists(self, values: Mapping[str, Any]) -> list[float]:
        from xlkpi.formula.columns import evaluate_lists

        lengths = {n: len(v) for n, v in values.items() if isinstance(v, list | tuple)}
        if len(set(lengths.values())) > 1:
            raise EvaluationError(
                Problem("lengths_differ", {"lengths": ", ".join(f"{n}: {k}" for n, k in lengths.items())})
            )
        length = next(iter(lengths.values()))
        columns = {n: v if n in lengths else [v] * length for n, v in values.items()}
        return evaluate_lists(self.root, columns, self.limits, length)

    def _outcome_of_rows(self, values: Mapping[str, Any]) -> Outcome:
        columns = {n: _as_rows(values[n]) for n in self.names}
        if len({len(c) for c in columns.values()}) > 1:
            lengths = ", ".join(f"{n}: {len(c)}" for n, c in columns.items())
            raise EvaluationError(Problem("lengths_differ", {"lengths": lengths}))
        for value in (v for column in columns.values() for v in column):
            if isinstance(value, NoData):
                return value
        read = {n: [evaluate.read_input(v, self.limits.get(n, (None, None))) for v in c] for n, c in columns.items()}
        problems = [v for c in read.values() for v in c if isinstance(v, NoData) and v is not NoData.MISSING]
        wrong = [p for p in problems if p is not NoData.IMPOSSIBLE]
        if wrong:
            return _worst(wrong)
        complete = [i for i, row in enumerate(zip(*read.values(), strict=True)) if NoData.MISSING not in row]
        if not complete:
            return NoData.MISSING
        if problems:
            return NoData.IMPOSSIBLE
        rows = {n: [v for i in complete if isinstance(v := c[i], float)] for n, c in read.items()}
        try:
            return evaluate.outcome(evaluate.add_up(self.root, rows), {})
        except Stop as stop:
            return stop.reason


def _as_rows(value: Any) -> list[Any]:
    if getattr(value, "ndim", 1) > 1:
        value = value.ravel()
    if getattr(getattr(value, "dtype", None), "kind", None) in ("m", "M"):
        return list(value)  # dates are not numbers, although numpy has them as integers
    if hasattr(value, "tolist"):
        value = value.tolist()
    return list(value) if isinstance(value, list | tuple) else [value]


def _worst(problems: Sequence[NoData]) -> NoData:
    """Which of several reasons a cell shows: missing, else text, else impossible."""
    order = (NoData.MISSING, NoData.NOT_A_NUMBER, NoData.IMPOSSIBLE)
    return next(reason for reason in order if reason in problems)
