"""What a KPI has to be, beyond its keys and types: one function per rule, each yielding the problems it finds.

The limits are Excel's: 255 characters of help, argument names that VBA takes and that are not cells, 31 characters
of function name, and the classic function wizard's limit on the argument names.
"""

from __future__ import annotations

import keyword
import math
import re
from collections.abc import Iterable, Iterator

from xlkpi.catalogue.model import KPI, Catalogue, Measure
from xlkpi.errors import EvaluationError, FormulaError, Problem
from xlkpi.formula import NoData, units
from xlkpi.formula.tree import FUNCTIONS, Node, substitute
from xlkpi.formula.tree import Name as NameNode
from xlkpi.validation import nearest

MAX_HELP = 255
MAX_FUNCTION = 31
MAX_ARGUMENT = 12
MAX_WIZARD = 254
ID = re.compile(r"[a-z][a-z0-9_]*")
_FUNCTION = re.compile(r"KPI_[A-Z0-9_]+")
_ARGUMENT = re.compile(r"[a-z][a-z0-9_]*")
_CELL = re.compile(r"[a-z]{1,3}[0-9]+|r[0-9]*(c[0-9]*)?|c[0-9]*")
#: Functions in cells that are not a KPI each (``functions.yaml`` of the functions has them).
RESERVED = frozenset(f"KPI_{name}" for name in ("VALUE", "TABLE", "TREND", "FORECAST", "HELP", "EXPLAIN", "LIST"))
#: Words that VBA keeps for itself, in lower case.
VBA_WORDS = frozenset(
    {
        "addressof", "alias", "and", "any", "as", "attribute", "base", "binary", "boolean", "byref", "byte", "byval",
        "call", "case", "cbool", "cbyte", "ccur", "cdate", "cdbl", "cdecl", "cint", "clng", "compare", "const",
        "csng", "cstr", "currency", "cvar", "date", "debug", "decimal", "declare", "defbool", "deftype", "dim", "do",
        "double", "each", "else", "elseif", "empty", "end", "enum", "eqv", "erase", "error", "event", "exit",
        "explicit", "false", "for", "friend", "function", "get", "global", "gosub", "goto", "if", "imp",
        "implements", "in", "input", "integer", "is", "len", "let", "lib", "like", "line", "lock", "long", "loop",
        "lset", "me", "mid", "mod", "module", "name", "new", "next", "not", "nothing", "null", "object", "on",
        "open", "option", "optional", "or", "output", "paramarray", "preserve", "print", "private", "property",
        "public", "put", "random", "raiseevent", "read", "redim", "rem", "resume", "return", "rset", "seek",
        "select", "set", "shared", "single", "spc", "static", "step", "stop", "string", "sub", "tab", "text", "then",
        "time", "to", "true", "type", "typeof", "unlock", "until", "value", "variant", "version", "wend", "while",
        "width", "with", "withevents", "write", "xor",
    }
)  # fmt: skip


def problems(kpi: KPI, catalogue: Catalogue) -> Iterator[Problem]:
    """All that is wrong with a KPI among the others; each problem's key is relative to the KPI's entry."""
    yield from _names(kpi)
    yield from _texts(kpi)
    yield from _relations(kpi, catalogue)
    yield from _inputs(kpi, catalogue)
    try:
        compiled = kpi.compiled
    except FormulaError as mistake:
        yield from (p.at(key="formula") for p in mistake.problems)
        return
    if set(compiled.names) != set(kpi.inputs):
        values = {"inputs": ", ".join(kpi.inputs), "names": ", ".join(compiled.names)}
        yield Problem("kpi_inputs_differ", values).at(key="inputs")
        return
    yield from _unit(kpi, catalogue)
    yield from _example(kpi)
    yield from _printed(kpi)
    yield from _shared_function(kpi, catalogue)


def measure_problems(measure: Measure, catalogue: Catalogue) -> Iterator[Problem]:
    """All that is wrong with a measure among the others; each problem's key is relative to its entry."""
    if not ID.fullmatch(measure.id):
        yield Problem("measure_id", {"id": measure.id})
    yield from _languages(measure, ("name", "definition"))
    if measure.weight and measure.weight not in catalogue.measures:
        yield Problem("measure_weight").at(key="weight")


def _names(kpi: KPI) -> Iterator[Problem]:
    if not ID.fullmatch(kpi.id) or len(kpi.id) > MAX_FUNCTION - 4:
        yield Problem("kpi_id", {"id": kpi.id, "most": MAX_FUNCTION - 4})
    if not _FUNCTION.fullmatch(kpi.function) or len(kpi.function) > MAX_FUNCTION:
        yield Problem("kpi_function_name", {"function": kpi.function, "most": MAX_FUNCTION}).at(key="function")
    if kpi.function in RESERVED:
        yield Problem("kpi_function_reserved", {"function": kpi.function}).at(key="function")
    for name in kpi.inputs:
        why = argument_fault(name)
        if why:
            yield Problem(f"kpi_argument_{why}", {"name": name, "most": MAX_ARGUMENT}).at(key="inputs")
    length = len(kpi.inputs) + sum(map(len, kpi.inputs))
    if length > MAX_WIZARD:
        yield Problem("kpi_wizard_limit", {"length": length, "most": MAX_WIZARD}).at(key="inputs")


def argument_fault(name: str) -> str | None:
    """Why Excel, VBA or Python would refuse an argument's name; None when they take it."""
    if len(name) > MAX_ARGUMENT:
        return "long"
    if not _ARGUMENT.fullmatch(name):
        return "letters"
    if _CELL.fullmatch(name):
        return "cell"
    if name in VBA_WORDS or keyword.iskeyword(name) or name in FUNCTIONS:
        return "reserved"
    return None


def _languages(entry: KPI | Measure, keys: Iterable[str]) -> Iterator[Problem]:
    from xlkpi.language import languages

    for key in keys:
        texts = getattr(entry, key)
        for language in languages():
            if texts and not texts.get(language):
                yield Problem("kpi_translation", {"language": language}).at(key=key)
        for language in texts:
            if language not in languages():
                values = {"key": language, "known": ", ".join(languages())}
                yield Problem("key_unknown", values).at(key=f"{key}.{language}")


def _texts(kpi: KPI) -> Iterator[Problem]:
    yield from _languages(kpi, ("name", "definition", "question", "note", "pitfalls"))
    for language, words in kpi.definition.items():
        if len(words) > MAX_HELP:
            yield Problem("kpi_text_too_long", {"length": len(words), "most": MAX_HELP}).at(
                key=f"definition.{language}"
            )


def _relations(kpi: KPI, catalogue: Catalogue) -> Iterator[Problem]:
    if kpi.vanity and not kpi.companion:
        yield Problem("kpi_companion").at(key="vanity")
    if kpi.companion and (kpi.companion not in catalogue.kpis or kpi.companion == kpi.id):
        yield Problem("kpi_refers_to_nothing", {"id": kpi.companion, "key": "companion"}).at(key="companion")
    for guard in kpi.guard:
        if guard not in catalogue.kpis or guard == kpi.id:
            yield Problem("kpi_refers_to_nothing", {"id": guard, "key": "guard"}).at(key="guard")


def _inputs(kpi: KPI, catalogue: Catalogue) -> Iterator[Problem]:
    known = {*catalogue.measures, *catalogue.kpis}
    for argument, given in kpi.inputs.items():
        declared = kpi.source is None and given.measure == argument and argument in kpi.example
        if given.measure not in known and not declared:
            meant = nearest(given.measure, known)
            code = "kpi_input_unknown_nearest" if meant else "kpi_input_unknown"
            yield Problem(code, {"name": given.measure, "nearest": meant or ""}).at(key=f"inputs.{argument}")
    chain = _circle(kpi.id, catalogue)
    if chain:
        yield Problem("kpi_circular", {"chain": " → ".join(chain)}).at(key="formula")


def _circle(id: str, catalogue: Catalogue) -> tuple[str, ...]:
    """The way from a KPI back to itself through inputs; each KPI is looked at once, however they are tangled."""
    came_from: dict[str, str] = {}
    waiting = [id]
    while waiting:
        here = waiting.pop()
        for given in catalogue.kpis[here].inputs.values():
            if given.measure == id:
                chain = [id, here]
                while chain[-1] != id:
                    chain.append(came_from[chain[-1]])
                return (*chain[::-1],)
            if given.measure in catalogue.kpis and given.measure not in came_from:
                came_from[given.measure] = here
                waiting.append(given.measure)
    return ()


def _unit(kpi: KPI, catalogue: Catalogue) -> Iterator[Problem]:
    try:
        derived = kpi.compiled.unit({arg: catalogue.unit_of(given.measure) for arg, given in kpi.inputs.items()})
    except FormulaError as mistake:
        yield from (p.at(key="formula") for p in mistake.problems)
        return
    if not units.fits(derived, kpi.unit):
        yield Problem("kpi_unit", {"derived": str(derived), "unit": kpi.unit}).at(key="unit")


def _example(kpi: KPI) -> Iterator[Problem]:
    wanted = {*kpi.inputs, "result"}
    if set(kpi.example) != wanted:
        values = {"given": ", ".join(kpi.example) or "–", "wanted": ", ".join((*kpi.inputs, "result"))}
        yield Problem("kpi_example_inputs", values).at(key="example")
        return
    try:
        computed, stated = kpi.compiled.outcome(**kpi.arguments), kpi.example["result"]
    except EvaluationError as mistake:  # columns of different lengths
        yield from (p.at(key="example") for p in mistake.problems)
        return
    right = isinstance(computed, float) and isinstance(stated, float | int)
    if not right or not math.isclose(computed, stated, rel_tol=1e-12, abs_tol=1e-15):  # type: ignore[arg-type]
        shown = computed.value if isinstance(computed, NoData) else computed
        yield Problem("kpi_example_result", {"stated": repr(stated), "computed": repr(shown)}).at(key="example.result")


def _printed(kpi: KPI) -> Iterator[Problem]:
    """Every KPI must fit into a cell; as a LAMBDA it is longest."""
    try:
        kpi.lambda_()
    except FormulaError as mistake:
        yield from (p.at(key="formula") for p in mistake.problems)


def _shared_function(kpi: KPI, catalogue: Catalogue) -> Iterator[Problem]:
    """Entries may share a function when they compute the same thing of other measures."""
    own = f"KPI_{kpi.id.upper()}"
    owner = catalogue.kpis.get(kpi.function.removeprefix("KPI_").lower())
    if kpi.function != own and (owner is None or _shape(owner) != _shape(kpi)):
        values = {"function": kpi.function, "owner": owner.id if owner else "?"}
        yield Problem("kpi_function_shared", values).at(key="function")


def _shape(kpi: KPI) -> Node | None:
    """The formula with its arguments numbered, so that only the computation counts."""
    try:
        return substitute(kpi.compiled.root, {name: NameNode(str(i)) for i, name in enumerate(kpi.inputs)})
    except FormulaError:
        return None
