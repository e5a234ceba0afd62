"""Statuses of single objectives: kinds, edge cases, guards, overrides, verdicts, sentences."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.timing import least_seconds
from xlkpi.errors import DefinitionError, EvaluationError
from xlkpi.formula import NoData
from xlkpi.status import (
    CODES,
    Facts,
    Override,
    Settings,
    curve,
    excel_columns,
    label,
    rules,
    status,
    statuses,
    verdict,
)

START, DUE = date(2026, 1, 1), date(2026, 4, 11)  # 100 days


def on(day: int, **facts: Any) -> Facts:
    """An objective of 100 days, seen on one of them; by default from 100 to 200."""
    given = {"kind": "increase", "baseline": 100, "target": 200, "start": START, "due": DUE, **facts}
    return Facts(as_of=date.fromordinal(START.toordinal() + day), **given)


# --- kinds and pace ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (150, "on_track"),
        (147.5, "on_track"),
        (147.4, "at_risk"),
        (137.5, "at_risk"),
        (137.4, "behind"),
        (200, "achieved"),
    ],
)
def test_pace_decides_at_half_time_with_cuts_at_95_and_75_percent(actual, expected):
    assert status(on(50, actual=actual)).code == expected


def test_progress_expected_and_pace_are_shares_of_the_way():
    found = status(on(50, actual=140))
    assert (found.progress, found.expected, found.pace, found.rule) == (0.4, 0.5, 0.8, "pace_at_risk")


def test_a_falling_kpi_needs_no_other_sign():
    found = status(on(50, kind="decrease", baseline=200, target=100, actual=160))
    assert (found.progress, found.pace, found.code) == (0.4, 0.8, "at_risk")


def test_reach_takes_its_direction_from_baseline_and_target():
    assert status(on(50, kind="reach", baseline=200, target=100, actual=90)).code == "achieved"
    assert status(on(50, kind="reach", baseline=100, target=200, actual=90)).code == "behind"


@pytest.mark.parametrize(
    ("kind", "actual", "expected"),
    [
        ("stay_above", 200, "on_track"), ("stay_above", 199, "at_risk"), ("stay_above", 190.1, "at_risk"),
        ("stay_above", 190, "behind"), ("stay_below", 200, "on_track"), ("stay_below", 201, "at_risk"),
        ("stay_below", 210, "behind"),
    ],
)  # fmt: skip
def test_a_limit_is_held_slightly_broken_or_broken(kind, actual, expected):
    found = status(on(50, kind=kind, actual=actual))
    assert (found.code, found.pace, found.expected) == (expected, None, 0)


def test_the_progress_of_a_limit_is_the_distance_to_it():
    assert status(on(50, kind="stay_above", actual=220)).progress == pytest.approx(0.1)
    assert status(on(50, kind="stay_below", actual=220)).progress == pytest.approx(-0.1)
    assert status(on(50, kind="stay_between", low=10, high=20, actual=12)).progress == pytest.approx(0.2)


@pytest.mark.parametrize(("actual", "expected"), [(10, "on_track"), (20, "on_track"), (20.4, "at_risk"), (9, "behind")])
def test_a_range_is_kept_within_both_limits(actual, expected):
    assert status(on(50, kind="stay_between", target=None, low=10, high=20, actual=actual)).code == expected


def test_a_failure_threshold_says_where_a_limit_turns_red():
    facts = on(50, kind="stay_above", target=200, failure=150, actual=151)
    assert status(facts).code == "at_risk"
    assert status(replace(facts, actual=150)).code == "behind"
    assert status(replace(facts, failure=None)).code == "behind"


def test_a_success_threshold_replaces_the_target_in_achieved_only():
    found = status(on(50, success=180, actual=180))
    assert (found.code, found.progress) == ("achieved", 0.8)
    assert status(on(50, success=220, actual=205)).code == "on_track"


def test_a_sum_is_a_share_of_its_total():
    found = status(on(50, cumulative=True, baseline=1000, target=1200, actual=480))
    assert (found.mode, found.progress, found.pace, found.code) == ("total", 0.4, 0.8, "at_risk")


@pytest.mark.parametrize(
    ("actual", "expected"), [(450, "on_track"), (620, "at_risk"), (700, "behind"), (1001, "behind")]
)
def test_a_sum_that_should_stay_small_is_paced_against_its_cap(actual, expected):
    for kind in ("decrease", "stay_below"):
        assert status(on(50, kind=kind, cumulative=True, baseline=1200, target=1000, actual=actual)).code == expected


def test_a_sum_to_reach_is_a_cap_when_less_is_better():
    for facts in (
        on(50, kind="reach", cumulative=True, baseline=None, target=1000, actual=620, direction="lower"),
        on(50, kind="reach", cumulative=True, baseline=1200, target=1000, actual=620),
    ):
        assert (status(facts).mode, status(facts).code) == ("cap", "at_risk")


def test_a_cap_is_not_achieved_before_its_due_date_and_lost_once_exceeded():
    facts = on(99, kind="stay_below", cumulative=True, target=1000, actual=985)
    assert status(facts).code == "on_track"
    assert status(replace(facts, as_of=DUE)).code == "achieved"
    assert status(replace(facts, actual=1010)).rule == "lost"


def test_the_dead_band_forgives_a_small_gap_at_the_beginning():
    facts = on(2, actual=101)  # 1 % of the way where 2 % are expected: a pace of 50 %
    assert (status(facts).code, status(facts).rule) == ("on_track", "dead_band")
    assert status(facts, settings=Settings(dead_band=0)).code == "behind"


def test_a_gap_of_exactly_the_dead_band_is_forgiven():
    assert 0.13 - 0.14 < -0.01
    assert status(on(14, actual=113)).rule == "dead_band"


def test_cuts_can_be_configured_and_swapped_ones_are_refused():
    assert status(on(50, actual=140), settings=Settings(on_track=0.8, at_risk=0.5)).code == "on_track"
    with pytest.raises(ValueError, match="status_cuts_swapped"):
        Settings(on_track=0.5, at_risk=0.8)
    with pytest.raises(ValueError, match="status_setting"):
        Settings(breach=float("nan"))


def test_a_curve_changes_what_is_expected():
    late = curve([(0.5, 0.2)])
    assert status(on(50, actual=120)).code == "behind"
    found = status(on(50, actual=120, curve=late))
    assert (found.code, found.expected) == ("on_track", 0.2)


# --- edge cases ------------------------------------------------------------------------------------------------------


def test_on_day_0_nothing_is_expected():
    found = status(on(0, actual=99))
    assert (found.code, found.expected, found.pace) == ("on_track", 0, None)


def test_on_day_0_a_limit_is_judged():
    assert status(on(0, kind="stay_above", actual=100)).code == "behind"


def test_on_day_0_a_sum_beyond_its_cap_is_lost():
    assert status(on(0, kind="stay_below", cumulative=True, target=10, actual=11)).code == "behind"


@pytest.mark.parametrize("kind", ["increase", "reach", "stay_above"])
def test_a_target_equal_to_the_baseline_is_met_or_not(kind):
    facts = on(50, kind=kind, baseline=200, target=200)
    assert status(replace(facts, actual=199)).code in ("behind", "at_risk")
    assert status(replace(facts, actual=200)).code == ("on_track" if kind == "stay_above" else "achieved")
    if kind != "stay_above":
        assert status(replace(facts, actual=199)).progress == 0


def test_a_target_on_the_wrong_side_of_the_baseline_leaves_no_way_to_go():
    found = status(on(50, kind="increase", baseline=300, target=200, actual=150))
    assert (found.code, found.progress) == ("behind", 0)
    assert status(on(50, kind="increase", baseline=300, target=200, actual=250)).code == "achieved"


def test_more_than_the_target_stays_achieved_and_shows_how_much():
    found = status(on(50, actual=250))
    assert (found.code, found.progress) == ("achieved", 1.5)


@pytest.mark.parametrize(
    ("kind", "baseline", "target", "actual", "progress"),
    [
        ("increase", -50, 50, 0, 0.5), ("decrease", 50, -50, 0, 0.5), ("increase", -200, -100, -150, 0.5),
        ("decrease", -100, -200, -150, 0.5), ("reach", -10, 10, 0, 0.5), ("reach", None, -10, -5, 0.5),
    ],
)  # fmt: skip
def test_zero_and_negative_numbers_need_no_rule(kind, baseline, target, actual, progress):
    found = status(on(50, kind=kind, baseline=baseline, target=target, actual=actual))
    assert (found.progress, found.code) == (progress, "on_track")


@pytest.mark.parametrize("kind", ["stay_above", "stay_below"])
def test_a_limit_of_zero_or_below_zero_keeps_its_sides(kind):
    good, bad = (1, -1) if kind == "stay_above" else (-1, 1)
    for limit in (0, -20):
        assert status(on(50, kind=kind, target=limit, actual=limit + good)).code == "on_track"
        assert status(on(50, kind=kind, target=limit, actual=limit + bad)).code != "on_track"


@pytest.mark.parametrize("nothing", [None, float("nan"), "", "n/a", True, NoData.ZERO_DIVISION])
def test_no_number_is_no_data_and_never_zero(nothing):
    found = status(on(50, actual=nothing))
    assert (found.code, found.progress, found.missing) == ("no_data", None, ("actual",))


@pytest.mark.parametrize(
    ("facts", "missing"),
    [
        ({"target": None}, ("target",)), ({"baseline": None}, ("baseline",)), ({"start": None}, ("start",)),
        ({"due": "soon", "target": None}, ("target", "due")), ({"kind": "stay_between", "low": 1}, ("high",)),
    ],
)  # fmt: skip
def test_what_is_missing_is_named(facts, missing):
    found = status(on(50, actual=1, **facts))
    assert (found.code, found.missing) == ("no_data", missing)


def test_before_its_start_an_objective_is_not_started_even_when_met():
    assert status(on(-1, actual=500)).code == "not_started"
    assert status(on(0, actual=500)).code == "achieved"


def test_after_the_due_date_what_is_not_achieved_is_overdue():
    assert status(on(100, actual=199)).code == "on_track"
    assert status(on(101, actual=199)).code == "overdue"
    assert status(on(101, actual=200)).code == "achieved"
    assert status(on(101, kind="stay_above", actual=199)).code == "overdue"
    assert status(on(101, kind="stay_above", actual=200)).code == "achieved"


def test_the_last_digits_of_a_computed_ratio_decide_nothing():
    assert 0.1 * 3 > 0.3
    facts = on(50, kind="decrease", baseline=0.5, target=0.3, actual=0.1 * 3)
    assert status(facts).code == "achieved"
    below = on(95, actual=100 + 100 * 0.95 * 0.95)
    assert status(below).pace == 0.95
    assert status(below).code == "on_track"


def test_an_objective_of_one_day_expects_everything_that_day():
    facts = Facts("increase", 150, 100, 200, start=START, due=START, as_of=START)
    assert (status(facts).code, status(facts).expected) == ("behind", 1)
    assert status(replace(facts, actual=200)).code == "achieved"
    assert status(replace(facts, as_of=date(2025, 12, 31))).code == "not_started"
    assert status(replace(facts, as_of=date(2026, 1, 2))).code == "overdue"


def test_reach_without_a_baseline_starts_from_zero():
    found = status(on(50, kind="reach", baseline=None, actual=80))
    assert (found.progress, found.code) == (0.4, "at_risk")


def test_reach_without_a_baseline_needs_one_when_less_is_better():
    found = status(on(50, kind="reach", baseline=None, target=20, actual=25, direction="lower"))
    assert (found.code, found.missing) == ("no_data", ("baseline",))


def test_moving_away_from_the_target_has_a_negative_pace():
    found = status(on(50, actual=80))
    assert (found.code, found.pace) == ("behind", -0.4)


def test_moving_away_while_nothing_is_expected_is_at_risk_then_behind():
    flat = curve([(0.5, 0.0)])
    assert status(on(30, actual=100, curve=flat)).code == "on_track"
    assert status(on(30, actual=97, curve=flat)).code == "at_risk"
    assert status(on(30, actual=90, curve=flat)).code == "behind"


def test_numbers_beyond_any_calculation_are_no_data():
    found = status(on(50, actual=1e308, baseline=-1e308, target=1e-300))
    assert found.code == "no_data"
    assert "calcul" in found.sentence("fr")


def test_an_unknown_kind_is_told_with_the_nearest():
    with pytest.raises(EvaluationError) as caught:
        Facts("increse")  # type: ignore[arg-type]
    assert "increase" in caught.value.text("en")


# --- guards and overrides --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("actual", "guard", "expected"),
    [
        (160, "behind", "at_risk"), (160, "overdue", "at_risk"), (200, "behind", "at_risk"),
        (160, "at_risk", "on_track"),
        (160, "no_data", "on_track"), (120, "behind", "behind"),
    ],
)  # fmt: skip
def test_a_guard_in_red_caps_green_to_at_risk(actual, guard, expected):
    found = status(on(50, actual=actual), guards={"cac": guard})
    assert found.code == expected
    assert found.capped_by == (("cac",) if expected == "at_risk" else ())


def test_a_capped_status_tells_what_it_would_be_and_which_guard_caps_it():
    found = status(on(50, actual=160), guards={"CAC": "behind", "Churn": "on_track"})
    assert (found.uncapped, found.level, found.rule) == ("on_track", "amber", "guard")
    assert found.sentence("en").startswith("On track: 60% of the way")
    assert found.sentence("en").endswith("Lowered to “At risk” by a guard in red: CAC.")


def test_an_override_is_shown_beside_the_computed_status_until_its_day():
    override = Override("at_risk", "Supplier on strike", until=date(2026, 3, 1), by="Head of sales")
    found = status(on(50, actual=160), override=override)
    assert (found.shown, found.code) == ("at_risk", "on_track")
    assert found.override_sentence("en") == (
        "Status set until 1\u00a0March 2026 by Head of sales: “At risk”, because: Supplier on strike. "
        "Computed status: “On track”."
    )
    after = status(on(59, actual=170), override=override)  # 1 March
    assert (after.shown, after.override, after.expired) == ("on_track", None, override)
    assert "expired on 1\u00a0March 2026" in after.override_sentence("en")


def test_an_override_without_a_reason_or_with_an_unknown_status_is_refused():
    with pytest.raises(EvaluationError) as caught:
        Override("at_risk", {"fr": " ", "en": ""})
    assert caught.value.problems[0].code == "status_override_reason"
    with pytest.raises(EvaluationError) as caught:
        Override("fine", "because")
    assert "on_track" in caught.value.text("en")


# --- verdicts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"actual": 200}, "achieved"), ({"actual": 150}, "partially"), ({"actual": 149}, "missed"),
        ({"actual": 180, "success": 180}, "achieved"), ({"actual": 110, "failure": 105}, "partially"),
        ({"actual": 105, "failure": 105}, "missed"), ({"actual": None}, "no_data"),
        ({"kind": "stay_above", "actual": 200}, "achieved"), ({"kind": "stay_above", "actual": 195}, "partially"),
        ({"kind": "stay_above", "actual": 180}, "missed"),
        ({"kind": "stay_below", "cumulative": True, "actual": 199}, "achieved"),
        ({"kind": "stay_below", "cumulative": True, "actual": 205}, "partially"),
        ({"kind": "stay_below", "cumulative": True, "actual": 230}, "missed"),
        ({"kind": "stay_between", "low": 10, "high": 20, "actual": 25}, "missed"),
    ],
)  # fmt: skip
def test_a_closed_period_is_achieved_partially_or_missed(facts, expected):
    assert verdict(on(100, **facts)).code == expected
    assert verdict(on(140, **facts)).code == expected


def test_an_open_period_has_no_verdict():
    assert verdict(on(99, actual=300)).code == "open"


def test_a_verdict_has_a_sentence():
    assert verdict(on(100, actual=150, unit="currency")).sentence("fr") == (
        "Partiellement atteint\u00a0: 150,00\u00a0€ pour une cible de 200,00\u00a0€, "
        "soit 50\u202f% du chemin, au moins 50\u202f%."
    )


# --- sentences -------------------------------------------------------------------------------------------------------


def test_the_sentence_names_the_numbers_in_the_reader_s_language():
    found = status(on(50, actual=1.4, baseline=1, target=2, unit="percent"))
    assert found.sentence("fr") == (
        "À risque\u00a0: 40\u202f% du chemin parcouru pour 50\u202f% attendus au 20\u00a0février 2026, "
        "soit un rythme de 80\u202f%, entre 75\u202f% et 95\u202f%."
    )
    assert found.sentence("en") == (
        "At risk: 40% of the way done, 50% expected on 20\u00a0February 2026: a pace of 80%, between 75% and 95%."
    )


def test_missing_inputs_are_told_in_words():
    assert status(on(50, baseline=None)).sentence("fr") == (
        "Sans données\u00a0: il manque la valeur actuelle, la valeur de départ."
    )


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("kind", ["increase", "stay_above", "stay_below", "stay_between"])
@pytest.mark.parametrize("cumulative", [False, True])
def test_every_rule_has_its_sentence_for_every_kind(language, kind, cumulative):
    seen = set()
    for day in (-1, 0, 1, 30, 50, 100, 101):
        for actual in (None, 0, 3, 50, 95, 99, 100, 148, 170, 199, 201, 205, 250):
            for course in ((), curve([(0.4, 0.0)])):
                facts = on(day, kind=kind, cumulative=cumulative, low=100, high=200, actual=actual, curve=course)
                found, closed = status(facts), verdict(facts)
                seen.add(found.rule)
                for sentence in (found.sentence(language), closed.sentence(language)):
                    assert sentence.endswith(".")
                    assert not re.search(r"[{}]|_|None|nan", sentence)
                    assert found.rule not in ("lost", "slipped") or len(sentence) > 30
    assert {"no_data", "not_started", "achieved", "overdue", "on_plan"} <= seen


def test_every_status_has_a_mark_a_word_and_a_colour_that_reads_on_white():
    looks = rules().looks
    assert set(looks) == set(CODES)
    assert len({look.mark for look in looks.values()}) == len(CODES)
    for code, look in looks.items():
        assert contrast(look.colour) >= 4.5
        assert label(code, "fr") != label(code, "en")


def contrast(colour: str) -> float:
    """The contrast with white, after WCAG 2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


# --- the definition --------------------------------------------------------------------------------------------------


def definition(tmp_path: Path, old: str, new: str) -> Path:
    from xlkpi.status.definition import FILE

    text = FILE.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "status.yaml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


def test_a_new_rule_is_one_entry_with_its_sentence_in_python_and_in_cells(tmp_path):
    entry = (
        "  - {rule: nearly, status: on_track, when: progress >= 0.9 and elapsed >= 0.9, "
        'because: {fr: "presque, {progress}", en: "nearly, {progress}"}}\n'
    )
    own = rules(definition(tmp_path, "  - {rule: pace_on_track", entry + "  - {rule: pace_on_track"))
    facts = on(99, actual=191)
    assert status(facts).rule == "pace_at_risk"
    found = status(facts, definition=own)
    assert (found.rule, found.sentence("en")) == ("nearly", "On track: nearly, 91%.")
    references = {"actual": "A1", "baseline": "B1", "target": "C1", "start": "D1", "due": "E1", "as_of": "F1"}
    assert (
        "([@progress]>=0.9)*([@elapsed]>=0.9)" in excel_columns(references, mode="increase", definition=own)["status"]
    )


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("when: pace >= at_risk", "when: pacing >= at_risk", "pace"),
        ("status: at_risk, when: pace", "status: atrisk, when: pace", "at_risk"),
        ("  - {rule: pace_behind, status: behind}\n", "", "otherwise"),
        ("rule: lost, status: behind, when: met < 0", "rule: lost, status: behind", "lost"),
        ("modes: [cap], formula: \"round(expected", "modes: [cup], formula: \"round(expected", "cap"),
        ("missing: [met, progress, elapsed]}\n  - {rule: not", "missing: [mat]}\n  - {rule: not", "met"),
        ("at_risk: 0.75 ", "at_risk: 0.99 ", "swap"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_rules_is_told_at_its_line(tmp_path, old, new, told):
    with pytest.raises(DefinitionError) as caught:
        rules(definition(tmp_path, old, new))
    message = caught.value.text("en")
    assert told in message
    assert re.search(r"status\.yaml:\d+", message)


# --- speed -----------------------------------------------------------------------------------------------------------


def test_a_thousand_objectives_take_well_under_200_ms():
    many = [
        on(day % 100, actual=100.0 + day % 120, kind=kind)
        for day in range(250)
        for kind in ("increase", "reach", "stay_above", "decrease")
    ]
    assert len(statuses(many)) == 1000
    assert least_seconds(lambda: statuses(many)) < 0.2
