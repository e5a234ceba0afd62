"""The rules of status.yaml as Excel formulas: readable helper columns, then one formula for the status.

Only functions that Excel 2010 has. Blank cells, text and errors in the inputs give "no data", as in Python.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from itertools import groupby

from xlkpi.formula.excel import cell_formula, number
from xlkpi.formula.tree import Call, Name, Node, Number, names, required_names, walk
from xlkpi.status.courses import Curve, curve_node
from xlkpi.status.definition import SETTINGS, Decider, Rules, rules
from xlkpi.status.facts import DIRECTIONS, INPUTS, KIND_CODES, KINDS, Settings
from xlkpi.status.simplify import constants, decided, simplify


def excel_columns(
    references: Mapping[str, str],
    *,
    mode: str | None = None,
    curve: Curve = (),
    settings: Settings | None = None,
    words: Mapping[str, str] | None = None,
    definition: Rules | None = None,
) -> dict[str, str]:
    """The formulas of a status by column, in an order in which each uses only earlier ones; without the
    equals sign.

    ``references`` gives the cells of the inputs (``kind``, ``actual``, ``baseline``, ``target``, ``low``,
    ``high``, ``success``, ``failure``, ``start``, ``due``, ``as_of``, ``cumulative`` (1, TRUE or 0),
    ``direction``): what is left out does not exist. It may also give the cells of settings (``on_track``
    ...; numbers are written in by default) and of the columns returned (``[@met]`` ... by default), and for
    ``shown``: ``guard`` (a guard's status), ``override``, ``since`` and ``until``. ``kind`` holds codes such as
    ``increase``; with ``mode`` (see :func:`mode_of`) the formulas are shorter and for that one only.
    ``words`` replaces status and verdict codes by texts.

    Columns that would be constant are left out. ``met`` is 1, 0 or -1 (lost); fractions are numbers, and ""
    is no value.
    """
    definition = definition or rules()
    return _Writer(references, mode, curve, settings or definition.settings, words or {}, definition).columns()


class _Writer:
    def __init__(
        self,
        references: Mapping[str, str],
        mode: str | None,
        curve: Curve,
        settings: Settings,
        words: Mapping[str, str],
        definition: Rules,
    ) -> None:
        self.refs = dict(references)
        self.words = words
        self.definition = definition
        self.curve = curve
        self.made: dict[str, str] = {}
        self.mode = mode
        #: What is known of a name beforehand: its constant or other name, or None when it does not exist.
        self.known: dict[str, Node | None] = {name: None for name in INPUTS if name not in references}
        self.known |= {name: Number(0.0) for name in ("cumulative", "direction") if name not in references}
        for name in SETTINGS:
            if name not in references:
                self.known[name] = Number(float(getattr(settings, name)))
        #: What each fact can't do without in each mode: inputs.
        self.needs: dict[tuple[str, str], frozenset[str]] = {}
        #: All values that a fact can have, where it is one of a few constants.
        self.possible: dict[str, Set[float]] = {}
        self.modes: tuple[str, ...] = KINDS if mode is None else (mode,)

    def columns(self) -> dict[str, str]:
        if self.mode is None:
            self._mode_column()
        for name, cases in self.definition.facts.items():
            self._fact(name, cases)
        self.made["status"] = self._chain(self.definition.statuses)
        self.made["verdict"] = self._chain(self.definition.verdicts)
        self._shown()
        return self.made

    def reference(self, name: str) -> str:
        return self.refs.get(name, f"[@{name}]")

    # --- how it is measured --------------------------------------------------------------------------------------

    def _mode_column(self) -> None:
        kind = self.refs["kind"]
        text = kind
        for mode, condition in reversed(self.definition.modes):
            test = simplify(condition, self.known)
            if test is not None and test != Number(0.0):
                text = f'IF({self._test(test)},"{mode}",{text})'
                self.modes = tuple(dict.fromkeys((*self.modes, mode)))
        if text == kind:
            self.refs["mode"] = kind
        else:
            self.made["mode"] = text

    # --- facts ---------------------------------------------------------------------------------------------------

    def _fact(self, name: str, cases: Mapping[str, Node]) -> None:
        trees = {m: self._tree(name, cases[m]) if m in cases else None for m in self.modes}
        if name not in self.definition.inline:
            for mode, tree in trees.items():
                self.needs[name, mode] = self._needed(tree, mode)
        distinct = list(dict.fromkeys(trees.values()))
        values = [constants(tree) for tree in distinct if tree is not None]
        if values and None not in values:
            self.possible[name] = frozenset[float]().union(*(v for v in values if v is not None))
        if len(distinct) == 1 and (distinct[0] is None or isinstance(distinct[0], Number | Name)):
            self.known[name] = distinct[0]
            return
        if name in self.definition.inline:
            self.known[name] = distinct[0]
            return
        if len(distinct) == 1:
            self.made[name] = self._guarded(distinct[0], list(trees))
            return
        text = '""'
        for tree in reversed(distinct):
            if tree is not None:
                of = [m for m in trees if trees[m] == tree]
                tests = [f'{self.reference("mode")}="{m}"' for m in of]
                test = tests[0] if len(tests) == 1 else f"OR({','.join(tests)})"
                text = f"IF({test},{self._guarded(tree, of)},{text})"
        self.made[name] = text

    def _tree(self, name: str, node: Node) -> Node | None:
        return simplify(curve_node(self.curve) if name == "share" and self.curve else node, self.known)

    def _needed(self, tree: Node | None, mode: str) -> frozenset[str]:
        if tree is None:
            return frozenset()
        return frozenset().union(*(self._inputs_of(name, mode) for name in _indispensable(tree)))

    def _inputs_of(self, name: str, mode: str) -> frozenset[str]:
        return self.needs.get((name, mode), frozenset({name} - set(SETTINGS)))

    def _guarded(self, tree: Node | None, modes: Sequence[str]) -> str:
        """A fact's formula, with "" where something that it needs is missing."""
        assert tree is not None
        body = self._print(tree)
        cells = [self.reference(n) for n in self._to_count(tree, modes)]
        if not cells:
            return body
        if not any(n in INPUTS for n in names(tree)) and any(_divides(n) for n in walk(tree)):
            return f'IFERROR({body},"")'  # only columns of ours: they are never blank, and "" is an error in arithmetic
        if len(cells) == 1:
            return f'IF(ISNUMBER({cells[0]}),{body},"")'
        return f'IF(COUNT({",".join(cells)})<{len(cells)},"",{body})'

    def _to_count(self, tree: Node, modes: Sequence[str]) -> list[str]:
        """The names to test: what the tree needs, without facts whose own needs are tested anyway."""
        kept = [n for n in names(tree) if n in _indispensable(tree) and n not in SETTINGS]
        for name in [n for n in self.definition.facts if n in kept]:
            others = [n for n in kept if n != name]
            if all(
                self._inputs_of(name, m) <= frozenset().union(*(self._inputs_of(o, m) for o in others)) for m in modes
            ):
                kept = others
        return kept

    # --- rules ---------------------------------------------------------------------------------------------------

    def _chain(self, decider: Decider) -> str:
        """IF after IF, neighbours with the same result joined."""
        steps: list[tuple[str, str]] = []
        last = decider.rules[-1].status
        for rule, condition in zip(decider.rules, decider.conditions, strict=True):
            if condition is not None:
                test = simplify(condition, self.known)
                test = None if test is None else decided(test, self.possible)
                if test == Number(1.0):
                    last = rule.status
                    break
                if test is not None and test != Number(0.0):
                    steps.append((self._test(test), rule.status))
            elif rule.missing:
                steps.append((f"COUNT({','.join(map(self.reference, rule.missing))})<{len(rule.missing)}", rule.status))
        while steps and steps[-1][1] == last:
            steps.pop()
        text = self._word(last)
        for status, group in reversed([(s, [t for t, _ in g]) for s, g in groupby(steps, key=lambda step: step[1])]):
            text = f"IF({_either(group)},{self._word(status)},{text})"
        return text

    def _shown(self) -> None:
        """The status under its guard, and the one that a person set for a while."""
        shown = self.reference("status")
        if "guard" in self.refs:
            green = self._levels(shown, "green")
            red = self._levels(self.refs["guard"], "red")
            self.made["capped"] = f"IF(AND({green},{red}),{self._word('at_risk')},{shown})"
            shown = self.reference("capped")
        if "override" in self.refs:
            tests, day = [f'{self.refs["override"]}<>""'], self.refs["as_of"]
            if "since" in self.refs:
                tests.append(f'OR({self.refs["since"]}="",{day}>={self.refs["since"]})')
            if "until" in self.refs:
                tests.append(f'OR({self.refs["until"]}="",{day}<{self.refs["until"]})')
            test = tests[0] if len(tests) == 1 else f"AND({','.join(tests)})"
            self.made["shown"] = f"IF({test},{self.refs['override']},{shown})"

    def _levels(self, cell: str, level: str) -> str:
        codes = [code for code, look in self.definition.looks.items() if look.level == level]
        return f"OR({','.join(f'{cell}={self._word(code)}' for code in codes)})"

    def _word(self, code: str) -> str:
        return '"' + self.words.get(code, code).replace('"', '""') + '"'

    # --- text ----------------------------------------------------------------------------------------------------

    def _test(self, condition: Node) -> str:
        """A condition's text, without brackets around the whole."""
        text = self._print(condition)
        return text[1:-1] if text.startswith("(") and _closes_at_end(text) else text

    def _print(self, node: Node) -> str:
        special: dict[str, str] = {}
        spelled = self._spelled(node, special)
        references = {name: special.get(name) or self.reference(name) for name in names(spelled)}
        return cell_formula(spelled, references, guarded=False, elementwise=False)

    def _spelled(self, node: Node, special: dict[str, str]) -> Node:
        """Comparisons with a word as Excel writes them, and optional cells as a test that passes over
        errors.
        """
        if not isinstance(node, Call):
            return node
        if node.operation == "coalesce":
            return self._fallback(node, special)
        left, right = (*node.arguments, None)[:2]
        if isinstance(left, Name) and isinstance(right, Number):
            cell = self.reference(left.name)
            if left.name in ("kind", "direction") and node.operation in ("eq", "ne"):
                codes = KIND_CODES if left.name == "kind" else DIRECTIONS
                word = next(w for w, code in codes.items() if code == right.value)
                return _spell(f'{cell}{"=" if node.operation == "eq" else "<>"}"{word}"', special)
            if left.name == "cumulative" and node.operation == "eq":
                return _spell(f"N({cell})={number(right.value)}", special)
        return Call(node.operation, tuple(self._spelled(a, special) for a in node.arguments), node.column)

    def _fallback(self, node: Call, special: dict[str, str]) -> Node:
        """The first that has all its cells; an error in a cell counts as nothing there."""
        text = self._print(node.arguments[-1])
        for tried in reversed(node.arguments[:-1]):
            cells = [self.reference(n) for n in names(tried)]
            present = f"ISNUMBER({cells[0]})" if len(cells) == 1 else f"COUNT({','.join(cells)})={len(cells)}"
            text = f"IF({present},{self._print(tried)},{text})"
        return _spell(text, special)


def _spell(text: str, special: dict[str, str]) -> Name:
    name = f"text {len(special)}"
    special[name] = text
    return Name(name)


def _indispensable(node: Node) -> frozenset[str]:
    """Names without which there is no value: outside ``coalesce``, and its last resort."""
    if isinstance(node, Call) and node.operation == "coalesce":
        return _indispensable(node.arguments[-1])
    if isinstance(node, Call):
        return frozenset().union(*(_indispensable(a) for a in node.arguments))
    return required_names(node)


def _divides(node: Node) -> bool:
    return isinstance(node, Call) and node.operation in ("div", "add", "sub", "round")


def _either(tests: Sequence[str]) -> str:
    return tests[0] if len(tests) == 1 else f"OR({','.join(tests)})"


def _closes_at_end(text: str) -> bool:
    depth = 0
    for position, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return position == len(text) - 1
    return False
