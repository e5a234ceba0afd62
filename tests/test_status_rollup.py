"""Groups of objectives: weights, and children without data."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlkpi.errors import EvaluationError
from xlkpi.status import CODES, Child, Facts, Override, Settings, rollup, status


def group(*codes: str) -> list[Child]:
    return [Child(f"{code} {i}", code) for i, code in enumerate(codes)]


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (["on_track", "on_track"], "on_track"),
        (["achieved", "achieved"], "achieved"),
        (["achieved", "on_track"], "on_track"),
        (["on_track", "on_track", "on_track", "behind"], "at_risk"),
        (["on_track", "at_risk"], "on_track"),
        (["at_risk", "at_risk"], "at_risk"),
        (["behind", "at_risk"], "behind"),
        (["overdue", "on_track"], "at_risk"),
        (["not_started", "not_started"], "not_started"),
        (["not_started", "achieved"], "on_track"),
        (["no_data", "no_data"], "no_data"),
        ([], "no_data"),
    ],
)
def test_a_group_has_one_status(codes, expected):
    assert rollup(group(*codes)).code == expected


def test_a_child_without_data_is_left_out_and_named_not_counted_as_zero():
    found = rollup(group("on_track", "on_track", "no_data"))
    assert (found.code, found.shares["score"], found.missing) == ("on_track", 1.0, ("no_data 2",))
    assert found.sentence("en") == (
        "On track: a weighted score of 100%, none in red. "
        "Without data, so not in the score: no_data 2 (66.7% of the weight is known)."
    )


def test_a_group_of_which_too_little_is_known_has_no_data():
    children = [Child("big", "no_data", 3), Child("small", "on_track", 1)]
    assert rollup(children).code == "no_data"
    assert rollup(children, settings=Settings(coverage=0.2)).code == "on_track"
    assert rollup(group("on_track", "no_data")).code == "on_track", "half of the weight is enough"


def test_a_group_is_not_achieved_while_a_child_has_no_data():
    assert rollup(group("achieved", "achieved", "no_data")).code == "on_track"


def test_one_child_without_data_can_be_made_enough():
    assert rollup(group("on_track", "on_track", "no_data"), missing="no_data").code == "no_data"
    assert rollup(group("on_track", "on_track"), missing="no_data").code == "on_track"


def test_weights_decide():
    assert rollup([Child("a", "at_risk", 9), Child("b", "on_track", 1)]).code == "at_risk"
    assert rollup([Child("a", "at_risk", 1), Child("b", "on_track", 9)]).code == "on_track"


def test_over_achievement_does_not_make_up_for_another_child():
    found = rollup([Child("a", "achieved", 1, progress=3.0), Child("b", "behind", 1, progress=-0.5)])
    assert found.progress == 0.5


def test_a_limit_has_no_progress_to_add():
    assert rollup([Child("a", "on_track"), Child("b", "on_track", progress=0.4)]).progress == 0.4
    assert rollup(group("on_track")).progress is None


def test_a_child_counts_as_it_is_shown():
    facts = Facts("increase", 160, 100, 200, start=date(2026, 1, 1), due=date(2026, 4, 11), as_of=date(2026, 2, 20))
    found = status(facts, override=Override("behind", "A supplier left"))
    assert Child.of("a", found, 2.0) == Child("a", "behind", 2.0, 0.6)
    limit = status(replace(facts, kind="stay_above"))
    assert Child.of("b", limit).progress is None


@pytest.mark.parametrize("weight", [0, -1, float("nan"), float("inf")])
def test_a_weight_that_is_not_a_positive_number_is_refused(weight):
    with pytest.raises(EvaluationError) as caught:
        rollup([Child("Leads", "on_track", weight)])
    assert "Leads" in caught.value.text("en")


def test_an_unknown_status_is_refused():
    with pytest.raises(EvaluationError):
        rollup([Child("a", "fine")])


children = st.builds(Child, st.text(min_size=1, max_size=3), st.sampled_from(CODES), st.floats(0.01, 100))


@given(st.lists(children, max_size=8), st.randoms())
def test_the_order_of_children_does_not_matter(members, random):
    mixed = list(members)
    random.shuffle(mixed)
    assert rollup(members).code == rollup(mixed).code


@given(st.lists(children, min_size=1, max_size=8))
def test_every_group_has_a_sentence_and_no_green_hides_a_red(members):
    found = rollup(members)
    for language in ("fr", "en"):
        assert found.sentence(language).endswith(".")
    if any(child.status in ("behind", "overdue") for child in members):
        assert found.code not in ("on_track", "achieved")


@given(st.lists(children, min_size=1, max_size=6), st.integers(1, 50))
def test_doubling_all_weights_changes_nothing(members, factor):
    scaled = [replace(child, weight=child.weight * 2.0**factor) for child in members]
    assert rollup(members).code == rollup(scaled).code
