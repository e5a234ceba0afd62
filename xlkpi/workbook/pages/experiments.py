"""The log of experiments: what was expected, what the figures say so far, what was decided and learnt.

The results are native formulas, equal to :func:`xlkpi.analysis.ab_test.compare_proportions`.
"""

from __future__ import annotations

from typing import get_args

from xlkpi.objectives.decisions import Experiment, ExperimentState
from xlkpi.workbook.book import Book
from xlkpi.workbook.calculation import Calculation
from xlkpi.workbook.formats import digits_of
from xlkpi.workbook.functions import (
    absolute,
    and_,
    fisher,
    if_,
    if_error,
    is_number,
    least,
    most,
    normal,
    normal_inverse,
    root,
    rounded_up,
    sentence,
)
from xlkpi.workbook.live import Live, live
from xlkpi.workbook.people import Column, PeopleTable, Row, TableRow, write_people

STATES: tuple[str, ...] = get_args(ExperimentState)
LEVEL, POWER = 0.95, 0.80
#: Below so many expected in a cell the test is Fisher's exact one.
FEW = 5
#: Where a sample is asked for and no smallest difference is given.
LIFT = 0.1


def _rate(side: str) -> Column:
    def rate(row: TableRow) -> Live:
        trials, good = row[f"trials_{side}"], row[f"successes_{side}"]
        known = if_(and_(is_number(trials), is_number(good)), and_(trials > 0, good >= 0, good <= trials), False)
        return if_(known, good / trials, "")

    return Column(f"rate_{side}", "computed", 62, compute=rate, form="percent2")


def _z() -> Live:
    return normal_inverse((1 + LEVEL) / 2)


def _both(row: TableRow, told: Live) -> Live:
    """Something of both variants; blank until both have figures."""
    return if_(and_(is_number(row["rate_a"]), is_number(row["rate_b"])), if_error(told, ""), "")


def _lift(row: TableRow) -> Live:
    return _both(row, (row["rate_b"] - row["rate_a"]) / absolute(row["rate_a"]))


def _wilson(row: TableRow, side: str, sign: int) -> Live:
    """A limit of Wilson's interval of a rate."""
    rate, trials = row[f"rate_{side}"], row[f"trials_{side}"]
    share = _z() * _z() / trials
    half = _z() * root(rate * (1 - rate) / trials + share / (4 * trials))
    return least(1, (rate + share / 2 + half) / (1 + share)) if sign > 0 else most(
        0, (rate + share / 2 - half) / (1 + share))  # fmt: skip


def _limit(sign: int) -> Column:
    """A limit of Newcombe's interval of the difference."""

    def limit(row: TableRow) -> Live:
        a, b = row["rate_a"], row["rate_b"]
        near = (b - _wilson(row, "b", sign)) if sign < 0 else (_wilson(row, "b", sign) - b)
        far = (_wilson(row, "a", -sign) - a) if sign < 0 else (a - _wilson(row, "a", -sign))
        way = root(near * near + far * far)
        return _both(row, b - a - way if sign < 0 else b - a + way)

    return Column("low" if sign < 0 else "high", "computed", 66, compute=limit, form="percent2")


def _p_value(row: TableRow) -> Live:
    (na, xa), (nb, xb) = ((row[f"trials_{s}"], row[f"successes_{s}"]) for s in "ab")
    pooled = (xa + xb) / (na + nb)
    z = absolute(row["rate_b"] - row["rate_a"]) / root(pooled * (1 - pooled) * (live(1) / na + live(1) / nb))
    few = least(na, nb) * least(pooled, 1 - pooled) < FEW
    numbers = row.made.sheet.range(0, 0, 60, 0)
    return _both(row, if_(few, fisher(xa, na, xb, nb, numbers), least(1, 2 * normal(0 - z))))


def _base(row: TableRow) -> Live:
    """The rate that the sample is worked out from: A's, else the one expected."""
    a, na, xa = row["rate_a"], row["trials_a"], row["successes_a"]
    measured = if_(and_(a > 0, a < 1), a, (xa + 1) / (na + 2))
    return if_(is_number(a), measured, if_(is_number(row["expected"]), row["expected"], ""))


def _needed(row: TableRow) -> Live:
    """The sample per variant that shows the smallest difference worth finding."""
    base = row["base"]
    lift = if_(is_number(row["smallest"]), row["smallest"], LIFT)
    up, down = base * (1 + lift), base * (1 - lift)
    other = if_(up > 1, down, up)
    mean = (base + other) / 2
    alone = base * (1 - base) + other * (1 - other)
    size = _z() * root(2 * mean * (1 - mean)) + normal_inverse(POWER) * root(alone)
    way = size / (other - base)
    return if_(is_number(base), if_error(if_(other < 0, "", rounded_up(way * way)), ""), "")


def _result(row: TableRow) -> Live:
    book, p, needed = row.book, row["p_value"], row["needed"]
    small = least(row["trials_a"], row["trials_b"])
    lacking = sentence(book.text("experiments.lacking"), {"n": digits_of(needed - small, 0, book.language)})
    unsure = if_(is_number(needed), if_(needed <= small, book.text("experiments.no_difference"), lacking),
                 book.text("experiments.no_data"))  # fmt: skip
    higher = if_(row["rate_b"] > row["rate_a"], book.text("experiments.b_higher"), book.text("experiments.a_higher"))
    told = if_(is_number(p), if_(p < live(1) - LEVEL, higher, unsure), book.text("experiments.no_data"))
    wrong = and_(is_number(row["trials_a"]), is_number(row["trials_b"]), is_number(row["successes_a"]),
                 is_number(row["successes_b"]), p.blank)  # fmt: skip
    return if_(row["id"].blank, "", if_(wrong, book.text("experiments.wrong"), told))


TABLE = PeopleTable("experiments", "xlkpi_experiments", (
    Column("id", "text", 150), Column("hypothesis", "text", 200), Column("key", "key", 100),
    Column("metric", "text", 100), Column("variants", "text", 130), Column("start", "date", 92),
    Column("end", "date", 92), Column("smallest", "percent", 66, least=0.0001, most=10),
    Column("expected", "percent", 66, least=0, most=1),
    *(Column(f"{what}_{side}", "number", 72, least=0) for side in "ab" for what in ("trials", "successes")),
    _rate("a"), _rate("b"), Column("lift", "computed", 66, compute=_lift, form="percent1"),
    _limit(-1), _limit(1), Column("p_value", "computed", 64, compute=_p_value, form="0.000"),
    Column("base", "computed", 62, compute=_base, form="percent2"),
    Column("needed", "computed", 96, compute=_needed, form="#,##0"),
    Column("result", "computed", 150, compute=_result), Column("state", "list", 84, STATES, "experiment_state"),
    Column("decision", "text", 140), Column("lesson", "text", 150), Column("owner", "text", 96),
), keys=("id",))  # fmt: skip


def experiments(book: Book, made: Calculation) -> None:
    """Write the page, with the experiments of the project."""
    write_people(book, made, TABLE, [_row(book, e) for e in book.card.project.experiments], freeze=3)


def _row(book: Book, experiment: Experiment) -> Row:
    names = [book.say(v.name) for v in (experiment.a, experiment.b)]
    told = "\n".join(f"{side}{book.text('colon')}{name}" for side, name in zip("AB", names, strict=True) if name)
    return {
        "id": experiment.id, "hypothesis": book.say(experiment.hypothesis), "key": experiment.objective or "",
        "metric": book.say(experiment.metric), "variants": told, "start": experiment.start, "end": experiment.end,
        "smallest": experiment.smallest_lift, "expected": experiment.baseline_rate,
        "trials_a": experiment.a.trials, "successes_a": experiment.a.successes,
        "trials_b": experiment.b.trials, "successes_b": experiment.b.successes,
        "state": book.text(f"experiment_state.{experiment.state}"), "decision": book.say(experiment.decision),
        "lesson": book.say(experiment.lesson), "owner": experiment.owner or "",
    }  # fmt: skip


__all__ = ["FEW", "STATES", "TABLE", "experiments"]
