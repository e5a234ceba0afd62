"""The log of experiments: what was expected, what the figures say so far, what was decided and learnt.

The results are native formulas, equal to :func:`xlkpi.analysis.ab_test.compare_proportions` and, in rows with means, to
:func:`xlkpi.analysis.ab_test.compare_means`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import get_args

from xlsxwriter.utility import xl_col_to_name

from xlkpi.analysis.ab_test import sample_terms
from xlkpi.objectives.decisions import Experiment, ExperimentState
from xlkpi.workbook.book import Book
from xlkpi.workbook.calculation import Calculation
from xlkpi.workbook.formats import digits_of
from xlkpi.workbook.functions import (
    absolute,
    and_,
    if_,
    if_error,
    is_number,
    least,
    most,
    numbers_in,
    or_,
    root,
    rounded_up,
    sentence,
)
from xlkpi.workbook.live import Live, live
from xlkpi.workbook.people import HEADER, Column, PeopleTable, Row, TableRow, write_people
from xlkpi.workbook.statistics import fisher, normal, normal_inverse, student_limit, student_two_sided

STATES: tuple[str, ...] = get_args(ExperimentState)
LEVEL, POWER = 0.95, 0.80
#: Below so many expected in a cell the test is Fisher's exact one.
FEW = 5
#: A column of the calculation sheet in which no rows come and go.
_FAR = 16_383
#: Where a sample is asked for and no smallest difference is given.
LIFT = 0.1


def _of_means(row: TableRow) -> Live:
    """Whether the row compares means: where one is typed."""
    return numbers_in(row["mean_a"], row["mean_b"]) > 0


def _figure(side: str) -> Column:
    """The rate or the mean of a variant; blank until its figures are complete and can be."""

    def figure(row: TableRow) -> Live:
        trials, good, mean, deviation = (row[f"{what}_{side}"] for what in ("trials", "successes", "mean", "deviation"))
        known = if_(and_(is_number(trials), is_number(good)), and_(trials > 0, good >= 0, good <= trials), False)
        measured = and_(numbers_in(trials, mean, deviation).same(3), good.blank, trials >= 2, deviation >= 0)
        return if_(_of_means(row), if_(measured, mean, ""), if_(known, good / trials, ""))

    return Column(f"rate_{side}", "computed", 80, compute=figure, form="percent2")


def _squares(row: TableRow) -> tuple[Live, Live]:
    """The squared standard error of each mean."""
    a, b = ((row[f"deviation_{side}"], row[f"trials_{side}"]) for side in "ab")
    return a[0] * a[0] / a[1], b[0] * b[0] / b[1]


def _error(row: TableRow) -> Live:
    """The standard error of the difference of two means; blank in a row of rates."""
    a, b = _squares(row)
    return if_(_of_means(row), _both(row, root(a + b)), "")


def _freedom(row: TableRow) -> Live:
    """Welch's degrees of freedom."""
    a, b = _squares(row)
    whole = row["error"] * row["error"]
    share, other = a / whole, b / whole
    parts = share * share / (row["trials_a"] - 1) + other * other / (row["trials_b"] - 1)
    return if_(is_number(row["error"]), if_error(live(1) / parts, ""), "")


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
    """A limit of the interval of the difference: Newcombe's of rates, Welch's of means."""

    def limit(row: TableRow) -> Live:
        a, b = row["rate_a"], row["rate_b"]
        near = (b - _wilson(row, "b", sign)) if sign < 0 else (_wilson(row, "b", sign) - b)
        far = (_wilson(row, "a", -sign) - a) if sign < 0 else (a - _wilson(row, "a", -sign))
        way = root(near * near + far * far)
        margin = if_(is_number(row["freedom"]), student_limit(LEVEL, row["freedom"]) * row["error"], 0)
        way = if_(is_number(row["error"]), margin, way)
        return _both(row, b - a - way if sign < 0 else b - a + way)

    return Column("low" if sign < 0 else "high", "computed", 66, compute=limit, form="percent2")


def _rare(row: TableRow) -> Live:
    """How many have the rarer outcome."""
    whole, good = row["trials_a"] + row["trials_b"], row["successes_a"] + row["successes_b"]
    return _both(row, least(good, whole - good))


def _seen(row: TableRow) -> Live:
    """How many of them are in the smaller variant."""
    (na, xa), (nb, xb) = ((row[f"trials_{s}"], row[f"successes_{s}"]) for s in "ab")
    rare = row["rare"].same(xa + xb)
    return _both(row, if_(na <= nb, if_(rare, xa, na - xa), if_(rare, xb, nb - xb)))


def _p_value(row: TableRow) -> Live:
    (na, xa), (nb, xb) = ((row[f"trials_{s}"], row[f"successes_{s}"]) for s in "ab")
    pooled = (xa + xb) / (na + nb)
    z = absolute(row["rate_b"] - row["rate_a"]) / root(pooled * (1 - pooled) * (live(1) / na + live(1) / nb))
    few = row["smaller"] * least(pooled, 1 - pooled) < FEW
    numbers = row.made.sheet.range(0, _FAR, 60, _FAR)
    exact = fisher(row["seen"], row["smaller"], row["rare"], na + nb, numbers)
    of_rates = if_(few, exact, least(1, 2 * normal(0 - z)))
    t = (row["rate_b"] - row["rate_a"]) / row["error"]
    same = if_(row["rate_a"].same(row["rate_b"]), 1, 0)  # without any spread
    of_means = if_(is_number(row["freedom"]), student_two_sided(t * t, row["freedom"]), same)
    return _both(row, if_(is_number(row["error"]), of_means, of_rates))


def _base(row: TableRow) -> Live:
    """The rate that the sample is worked out from: A's, else the one expected."""
    a, na, xa = row["rate_a"], row["trials_a"], row["successes_a"]
    measured = if_(and_(a > 0, a < 1), a, (xa + 1) / (na + 2))
    of_rates = if_(is_number(a), measured, if_(is_number(row["expected"]), row["expected"], ""))
    return if_(_of_means(row), "", of_rates)


def _smallest(row: TableRow) -> Live:
    """The smallest relative difference worth finding."""
    return if_(is_number(row["smallest"]), row["smallest"], LIFT)


def _other(row: TableRow) -> Live:
    """The rate that differs by it from the base; below zero where there is none."""
    base, lift = row["base"], _smallest(row)
    return if_(is_number(base), if_(base * (1 + lift) > 1, base * (1 - lift), base * (1 + lift)), "")


def _needed(row: TableRow) -> Live:
    """The sample per variant that shows the smallest difference worth finding."""
    base, other = row["base"], row["other"]
    mean = (base + other) / 2
    alone = base * (1 - base) + other * (1 - other)
    size = _z() * root(2 * mean * (1 - mean)) + normal_inverse(POWER) * root(alone)
    way = size / (other - base)
    of_rates = if_(is_number(base), if_error(if_(other < 0, "", rounded_up(way * way)), ""), "")
    return if_(_of_means(row), if_error(_needed_of_means(row, _smallest(row)), ""), of_rates)


def _needed_of_means(row: TableRow, lift: Live) -> Live:
    """:func:`xlkpi.analysis.ab_test.sample_near`, from A's mean and the deviations that are known."""
    mean, a, b = row["mean_a"], row["deviation_a"], row["deviation_b"]
    first, second, third = (float(f"{term:.12g}") for term in sample_terms(LEVEL, POWER))
    spread = if_(is_number(row["error"]), (a * a + b * b) / 2, a * a)
    effect = mean * lift
    near = first * spread / (effect * effect)
    size = most(2, rounded_up(near + second + live(third) / most(2, near)))
    return if_(numbers_in(mean, a).same(2), size, "")


def _result(row: TableRow) -> Live:
    book, p, needed = row.book, row["p_value"], row["needed"]
    small = row["smaller"]
    more = digits_of(needed - small, 0, book.language)
    lacking = sentence(book.text("experiments.lacking"), {"n": more})
    unsure = if_(is_number(needed), if_(needed <= small, book.text("experiments.no_difference"), lacking),
                 book.text("experiments.no_data"))  # fmt: skip
    higher = if_(row["rate_b"] > row["rate_a"], book.text("experiments.b_higher"), book.text("experiments.a_higher"))
    early = sentence(book.text("experiments.early"), {"higher": higher, "n": more})
    higher = if_(if_(is_number(needed), needed > small, False), early, higher)
    told = if_(is_number(p), if_(p < live(1) - LEVEL, higher, unsure), book.text("experiments.no_data"))
    counts = [row[f"{what}_{side}"] for side in "ab" for what in ("trials", "successes")]
    wrong = and_(*map(is_number, counts), p.blank)
    told = if_(row["id"].blank, "", if_(wrong, book.text("experiments.wrong"), told))
    means = [row[f"{what}_{side}"] for side in "ab" for what in ("trials", "mean", "deviation")]
    mixed = or_(numbers_in(row["successes_a"], row["successes_b"]) > 0, numbers_in(*means).same(6))
    return if_(and_(_of_means(row), p.blank, mixed), book.text("experiments.wrong_mean"), told)


def _typed(side: str) -> tuple[Column, ...]:
    """What people type of a variant."""
    return (
        Column(f"trials_{side}", "number", 66, least=0), Column(f"successes_{side}", "number", 72, least=0),
        Column(f"mean_{side}", "number", 68, form="#,##0.00"),
        Column(f"deviation_{side}", "number", 68, least=0, form="#,##0.00"),
    )  # fmt: skip


#: What only other columns read.
_HELPERS: Mapping[str, Callable[[TableRow], Live]] = {
    "base": _base, "other": _other, "smaller": lambda row: _both(row, least(row["trials_a"], row["trials_b"])),
    "rare": _rare, "seen": _seen, "error": _error, "freedom": _freedom,
}  # fmt: skip
TABLE = PeopleTable("experiments", "xlkpi_experiments", (
    Column("id", "text", 150), Column("hypothesis", "text", 200), Column("key", "key", 100),
    Column("metric", "text", 100), Column("variants", "text", 130), Column("start", "date", 92),
    Column("end", "date", 92), Column("smallest", "percent", 66, least=0.0001, most=10),
    Column("expected", "percent", 66, least=0, most=1),
    *(column for side in "ab" for column in _typed(side)),
    _figure("a"), _figure("b"), Column("lift", "computed", 66, compute=_lift, form="percent1"),
    _limit(-1), _limit(1), Column("p_value", "computed", 64, compute=_p_value, form="0.000"),
    *(Column(code, "computed", 62, compute=compute, form="0.0###", hidden=True) for code, compute in _HELPERS.items()),
    Column("needed", "computed", 96, compute=_needed, form="#,##0"),
    Column("result", "computed", 150, compute=_result), Column("state", "list", 84, STATES, "experiment_state"),
    Column("decision", "text", 140), Column("lesson", "text", 150), Column("owner", "text", 96),
), keys=("id",), stay=2)  # fmt: skip


def experiments(book: Book, made: Calculation) -> None:
    """Write the page, with the experiments of the project."""
    written = write_people(book, made, TABLE, [_row(book, e) for e in book.card.project.experiments], freeze=3)
    a, b = (f"${xl_col_to_name(written.place(f'mean_{side}'))}{HEADER + 2}" for side in "ab")
    ends = [written.place(code) for code in ("rate_a", "rate_b", "low", "high")]
    for first, last in ((ends[0], ends[1]), (ends[2], ends[3])):
        written.sheet.ws.conditional_format(written.first, first, written.last, last, {
            "type": "formula", "criteria": f"=OR(ISNUMBER({a}),ISNUMBER({b}))",
            "format": book.format.plain(num_format=book.number_format("ratio", 2)),
        })  # fmt: skip


def _row(book: Book, experiment: Experiment) -> Row:
    names = [book.say(v.name) for v in (experiment.a, experiment.b)]
    told = "\n".join(f"{side}{book.text('colon')}{name}" for side, name in zip("AB", names, strict=True) if name)
    return {
        "id": experiment.id, "hypothesis": book.say(experiment.hypothesis), "key": experiment.objective or "",
        "metric": book.say(experiment.metric), "variants": told, "start": experiment.start, "end": experiment.end,
        "smallest": experiment.smallest_lift, "expected": experiment.baseline_rate,
        "trials_a": experiment.a.trials, "successes_a": experiment.a.successes,
        "mean_a": experiment.a.mean, "deviation_a": experiment.a.deviation,
        "trials_b": experiment.b.trials, "successes_b": experiment.b.successes,
        "mean_b": experiment.b.mean, "deviation_b": experiment.b.deviation,
        "state": book.text(f"experiment_state.{experiment.state}"), "decision": book.say(experiment.decision),
        "lesson": book.say(experiment.lesson), "owner": experiment.owner or "",
    }  # fmt: skip


__all__ = ["FEW", "STATES", "TABLE", "experiments"]
