"""What holds for the status of any objective."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from xlkpi.status import CODES, KINDS, Facts, curve, status, verdict

START = date(2026, 1, 1)
MIRRORED = {
    "increase": "decrease", "decrease": "increase", "stay_above": "stay_below", "stay_below": "stay_above",
    "stay_between": "stay_between", "reach": "reach",
}  # fmt: skip
NUMBERS = ("actual", "baseline", "target", "success", "failure")
#: From the worst to the best; overdue and achieved never compete on one day.
RANK = {"behind": 0, "overdue": 0, "at_risk": 1, "on_track": 2, "achieved": 3}
VERDICT_RANK = {"missed": 0, "partially": 1, "achieved": 2}

values = st.one_of(
    st.integers(-20, 20).map(float),
    st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: round(x, 3)),
    st.sampled_from([0.1, 0.3, 1 / 3, 95.0, 100.0, 147.5, 150.0, 190.0, 200.0]),
)
maybe = st.one_of(st.none(), values)
days = st.integers(-5, 130)
lengths = st.sampled_from([0, 1, 7, 20, 100, 100])
curves = st.one_of(
    st.just(()),
    st.lists(st.integers(0, 100), min_size=3, max_size=3).map(
        lambda shares: curve(zip((0.25, 0.5, 0.75), sorted(s / 100 for s in shares), strict=True))
    ),
)


@st.composite
def objectives(draw: Any, kinds: Any = KINDS, cumulative: Any = (False,)) -> Facts:
    low, high = sorted((draw(values), draw(values)))
    return Facts(
        draw(st.sampled_from(kinds)),
        actual=draw(maybe if draw(st.integers(0, 9)) == 0 else values),
        baseline=draw(maybe),
        target=draw(values),
        low=low,
        high=high,
        success=draw(maybe),
        failure=draw(maybe),
        start=START,
        due=START + timedelta(draw(lengths)),
        as_of=START + timedelta(draw(days)),
        cumulative=draw(st.sampled_from(cumulative)),
        curve=draw(curves),
    )


def negative(value: float | None) -> float | None:
    return None if value is None else -value


@given(objectives())
def test_turning_direction_and_numbers_around_mirrors_the_status(facts):
    assume(facts.kind != "reach" or facts.target != (facts.baseline or 0.0))  # its direction comes from the two
    turned = replace(facts, kind=MIRRORED[facts.kind], **{n: negative(getattr(facts, n)) for n in NUMBERS})
    turned = replace(turned, low=negative(facts.high), high=negative(facts.low))
    one, other = status(facts), status(turned)
    assert (one.code, one.rule, one.progress, one.pace) == (other.code, other.rule, other.progress, other.pace)
    assert verdict(facts).code == verdict(turned).code


@given(objectives(("reach", "increase", "decrease", "stay_above", "stay_below"), (False, True)), values)
def test_more_of_a_good_thing_never_worsens_the_status(facts, other):
    assume(facts.actual is not None)
    mode = status(facts).mode
    falls = mode in ("decrease", "stay_below", "cap") or (mode == "reach" and facts.target < (facts.baseline or 0.0))
    worse, better = sorted((facts.actual, other), reverse=falls)
    before, after = replace(facts, actual=worse), replace(facts, actual=better)
    first, second = (RANK.get(status(f).code) for f in (before, after))
    assert (first is None) == (second is None)
    assert first is None or second is None or first <= second
    verdicts = [rank for f in (before, after) if (rank := VERDICT_RANK.get(verdict(f).code)) is not None]
    assert len(verdicts) < 2 or verdicts[0] <= verdicts[1]


@given(objectives(cumulative=(False, True)), st.integers(-20_000, 20_000))
def test_shifting_all_dates_changes_nothing(facts, shift):
    moved = replace(facts, **{n: getattr(facts, n) + timedelta(shift) for n in ("start", "due", "as_of")})
    one, other = status(facts), status(moved)
    assert (one.code, one.rule, one.progress, one.pace) == (other.code, other.rule, other.progress, other.pace)


@given(objectives(cumulative=(False, True)), st.integers(-10, 10))
def test_another_unit_changes_nothing(facts, exponent):
    assume(facts.kind not in ("stay_above", "stay_below", "stay_between") or (facts.target and facts.low != facts.high))
    scaled = {
        n: None if getattr(facts, n) is None else getattr(facts, n) * 2.0**exponent for n in (*NUMBERS, "low", "high")
    }
    one, other = status(facts), status(replace(facts, **scaled))
    assert (one.code, one.rule, one.pace) == (other.code, other.rule, other.pace)


@given(objectives(cumulative=(False, True)), st.sampled_from(["none", "higher", "lower"]))
def test_every_objective_has_one_of_the_seven_statuses_and_a_sentence(facts, direction):
    facts = replace(facts, direction=direction, cumulative=facts.cumulative and facts.kind != "stay_between")
    found = status(facts)
    assert found.code in CODES
    assert (found.code == "no_data") == bool(found.missing)
    assert found.pace is None or (found.expected or 0) > 0
    for language in ("fr", "en"):
        assert found.sentence(language).endswith(".")
        assert verdict(facts).sentence(language).endswith(".")


@given(objectives(), st.integers(0, 3))
def test_waiting_never_improves_a_value_that_stands_still(facts, wait):
    assume(facts.kind in ("increase", "decrease", "reach"))
    later = replace(facts, as_of=facts.as_of + timedelta(wait))
    now, then = (RANK.get(status(f).code) for f in (facts, later))
    if now is not None and then is not None and facts.as_of > facts.start:
        assert then <= now
