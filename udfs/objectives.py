"""SMART objectives in cells: status, progress, pace, the rate that is needed, and the check letter by letter."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

from xlkpi.cadence import Cadence
from xlkpi.cadence import Code as CadenceCode
from xlkpi.catalogue.model import Goal
from xlkpi.formula import NoData
from xlkpi.formula.nodata import Stop
from xlkpi.language import languages, text
from xlkpi.status import KINDS, Facts, label, rules, status
from xlkpi.status.definition import Rules
from xlkpi.status.engine import compute

from . import arguments as read
from .cells import Cell, Rows, flat
from .kpis import each_row
from .settings import catalogue, language

if TYPE_CHECKING:
    from xlkpi.smart.model import ObjectiveReport

#: Findings about what a project file says and the arguments of a cell can't.
OF_FILES = frozenset({"benchmark_none", "decision_missing", "resources_none", "source_none"})
SHOWN = ("label", "code", "mark", "why")


def smart_status(
    actual: Any,
    baseline: Any,
    target: Any,
    start: Any,
    due: Any,
    as_of: Any = None,
    kind: Any = None,
    high: Any = None,
    cumulative: Any = None,
    shown: Any = None,
) -> Any:
    """The status of each objective, as its label, code, mark or reason."""
    return each_row(_status, actual, baseline, target, start, due, as_of, kind, high, cumulative, shown)


def _status(*given: Any) -> Cell:
    *numbers, start, due, as_of, kind, high, cumulative, shown = given
    facts = facts_of(numbers, kind, high, cumulative, start, due, as_of)
    wanted = read.choice(shown, SHOWN, "label")
    found = status(facts)
    if wanted == "code":
        return found.code
    if wanted == "mark":
        return rules().looks[found.code].mark
    return found.sentence(language()) if wanted == "why" else label(found.code, language())


def smart_progress(
    actual: Any, baseline: Any, target: Any, kind: Any = None, high: Any = None, cumulative: Any = None
) -> Any:
    """The share of the way gone, or the distance to the limit."""

    def progress(*given: Any) -> Cell:
        *numbers, kind, high, cumulative = given
        return fact("progress", facts_of(numbers, kind, high, cumulative))

    return each_row(progress, actual, baseline, target, kind, high, cumulative)


def smart_expected(start: Any, due: Any, as_of: Any = None) -> Any:
    """The share of the way that should be gone by the time that went."""

    def expected(start: Any, due: Any, as_of: Any) -> Cell:
        return fact("expected", facts_of((1.0, 0.0, 1.0), None, None, None, start, due, as_of))

    return each_row(expected, start, due, as_of)


def smart_pace(
    actual: Any,
    baseline: Any,
    target: Any,
    start: Any,
    due: Any,
    as_of: Any = None,
    kind: Any = None,
    cumulative: Any = None,
) -> Any:
    """Progress divided by expected progress; nothing on the first day, when nothing is expected yet."""

    def pace(*given: Any) -> Cell:
        *numbers, start, due, as_of, kind, cumulative = given
        return fact("pace", facts_of(numbers, kind, None, cumulative, start, due, as_of))

    return each_row(pace, actual, baseline, target, start, due, as_of, kind, cumulative)


def smart_required(actual: Any, target: Any, due: Any, as_of: Any = None, per: Any = None) -> Any:
    """What each remaining period has to bring, with its sign; #NUM! when no period remains."""
    return each_row(_required, actual, target, due, as_of, per)


def _required(*given: Any) -> Cell:
    now, goal, remaining, _ = required_of(*given)
    return (goal - now) / remaining


def required_of(
    actual: Any, target: Any, due: Any, as_of: Any = None, per: Any = None
) -> tuple[float, float, int, CadenceCode]:
    """Value, target, the periods that remain and their length; stops when none remains."""
    now, goal, end = read.number(actual), read.number(target), read.day(due)
    today = read.day(as_of) or date.today()
    cadence = Cadence(cast(CadenceCode, read.cadence(per, "daily")))
    if now is None or goal is None or end is None:
        raise Stop(NoData.MISSING)
    if today >= end:
        raise Stop(NoData.IMPOSSIBLE)
    return now, goal, max(1, cadence.reviews(cadence.next_review(today), end)), cadence.code


def facts_of(
    numbers: Any, kind: Any, high: Any, cumulative: Any, start: Any = None, due: Any = None, as_of: Any = None
) -> Facts:
    """The facts of one objective; the target of ``stay_between`` is its lower limit."""
    actual, baseline, target = map(read.number, numbers)
    chosen = read.choice(kind, KINDS, "reach")
    between = chosen == "stay_between"
    return Facts(
        kind=chosen,  # type: ignore[arg-type]  # one of KINDS
        actual=actual,
        baseline=baseline,
        target=None if between else target,
        low=target if between else None,
        high=read.number(high),
        start=read.day(start),
        due=read.day(due),
        as_of=read.day(as_of) or date.today(),
        cumulative=read.truth(cumulative),
    )


def fact(name: str, facts: Facts) -> Cell:
    """One of the numbers that a status rests on: progress, expected, pace …"""
    definition: Rules = rules()
    _, values = compute(facts, definition.settings, definition)
    return values[name]


def smart_check(title: Any, kpi: Any, baseline: Any, target: Any, start: Any, due: Any, *more: Any) -> Rows:
    """The five letters: letter, verdict, reason and what to write."""
    from xlkpi.smart.model import LETTERS

    spoken = language()
    report = checked(title, kpi, baseline, target, start, due, *more)
    head = [text(f"udfs.check.{name}", spoken) for name in ("letter", "verdict", "reason", "fix")]
    rows: Rows = [[*head]]
    separator = text("formula.separator", spoken)
    for letter in LETTERS:
        found = report.letters[letter]
        told = [f for f in found.findings if f.verdict == found.verdict]
        reasons = separator.join(dict.fromkeys(f.evidence(spoken) for f in told))
        fixes = separator.join(dict.fromkeys(fix for f in told if (fix := f.fix(spoken, "udfs.fix"))))
        name = f"{letter} – {text(f'smart.letter.{letter}', spoken)}"
        rows.append([name, text(f"smart.verdict.{found.verdict}", spoken), reasons or None, fixes or None])
    return rows


def smart_score(title: Any, kpi: Any, baseline: Any, target: Any, start: Any, due: Any, *more: Any) -> float:
    """The mean of the letters, 0 to 100."""
    return float(checked(title, kpi, baseline, target, start, due, *more).score)


def checked(
    title: Any,
    kpi: Any,
    baseline: Any,
    target: Any,
    start: Any,
    due: Any,
    cadence: Any = None,
    goal: Any = None,
    relevant: Any = None,
    why: Any = None,
    owner: Any = None,
    history: Any = None,
    as_of: Any = None,
) -> ObjectiveReport:
    from xlkpi.objectives.model import Attainable, Objective
    from xlkpi.objectives.project import Project
    from xlkpi.smart import check

    words = read.text(title)
    if not words:
        raise Stop(NoData.MISSING)
    named = read.text(kpi)
    aim = read.text(goal)
    objective = Objective(
        id="cell",
        title=_everywhere(words),
        kpi=read.kpi(named).id if named else None,
        baseline=read.number(baseline),
        target=read.number(target),
        start=read.day(start),
        due=read.day(due),
        cadence=cast(CadenceCode, read.cadence(cadence, "")) or None,
        goal=read.choice(aim, get_args(Goal), "") or None,
        relevant=_maybe(relevant),
        attainable=Attainable(why=_maybe(why)),
        owner=read.text(owner) or None,
    )
    project = Project(
        name=_everywhere("-"),
        folder=Path(),
        files=(),
        objectives=(objective,),
        catalogue=catalogue(),
        language=language(),
    )
    series = [v if isinstance(v, float) else float("nan") for v in flat(history)] if history is not None else []
    known = {"cell": series} if any(v == v for v in series) else {}
    today = read.day(as_of) or date.today()
    report = check(project, today=today, history=known, language=language()).objectives[0]
    letters = {
        letter: replace(found, findings=tuple(f for f in found.findings if f.code not in OF_FILES))
        for letter, found in report.letters.items()
    }
    return replace(report, letters=letters)


def _everywhere(words: str) -> dict[str, str]:
    """A text that is the same in every language."""
    return dict.fromkeys(languages(), words)


def _maybe(value: Any) -> dict[str, str]:
    words = read.text(value)
    return _everywhere(words) if words else {}
