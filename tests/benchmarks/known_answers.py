"""Response curves and repeat purchase on public data, against answers that are known.

    python -m tests.benchmarks.known_answers DATA_FOLDER

DATA_FOLDER holds the example data of four open projects: `robyn/dt_simulated_weekly.csv` (Robyn),
`meridian/national_all_channels.csv` and `geo_full_funnel_data.csv` (Meridian), `geolift/test_investment_by_city_v2.csv`
and `data_positiveGLv1.csv` (GeoLift), `lifetimes/cdnow_customers_summary_with_transactions.csv` and
`example_transactions.csv` (lifetimes).

The answers of those projects' simulations are not published with the data. So the spends are taken from the files,
as irregular, bunched and correlated as they are there, and the outcome is made from curves that are known, with noise
of a tenth. For a channel that is told, the marginal return at its mean spend should be near the true one, and inside
the interval of 80 % about four times of five; for what can't be told the verdict says why. The files' own outcomes are
fitted too, for what the data support. CDNOW is known: 946 of 2,357 customers bought again.

Found: 13 curves told; the true marginal return is inside the interval for 9, and within 10 % for 9: the four others are
those of the smallest channels, whose part of the outcome is near the noise. GeoLift's 15 days of investment are too
few; of the files' own outcomes the data support one channel of Robyn's and none of Meridian's.
"""

from __future__ import annotations

import argparse
import csv
from collections import defaultdict
from pathlib import Path

import numpy as np

from tests.response_data import Channel, Column, brought
from xlkpi.analysis.cohorts import repeat_purchase
from xlkpi.analysis.response import Curve, Fit, fit_together, season_controls

NOISE, WEEKS_PER_YEAR = 0.1, 365.25 / 7
CDNOW = (2_357, 946)


def columns(path: Path) -> dict[str, list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: [row[name] for row in rows] for name in rows[0]}


def numbers(given: dict[str, list[str]], names: list[str]) -> Column:
    return np.array([[float(v) for v in given[name]] for name in names]).T


def summed(given: dict[str, list[str]], key: str, names: list[str]) -> Column:
    """Columns added up by the values of another."""
    at = {k: i for i, k in enumerate(dict.fromkeys(given[key]))}
    out = np.zeros((len(at), len(names)))
    for i, k in enumerate(given[key]):
        out[at[k]] += [float(given[name][i]) for name in names]
    return out


def known_curves(name: str, channels: list[str], spend: Column, seasons: float) -> None:
    """Fit an outcome that known curves make from real spends, and hold what is found against them."""
    random = np.random.default_rng(7)
    means = [float(np.mean(column[column > 0])) for column in spend.T]
    carries = [(0.0, 0.3, 0.5)[i % 3] for i in range(len(channels))]
    true = [
        Channel(Curve(3 * m, m * (0.5 + i % 3)), carry, m)
        for i, (m, carry) in enumerate(zip(means, carries, strict=True))
    ]
    outcome = sum((brought(c, spend[:, i]) for i, c in enumerate(true)), np.full(len(spend), 2 * sum(means)))
    outcome = outcome + NOISE * np.std(outcome) * random.normal(size=len(outcome))
    print(f"{name}: curves that are known over its spends, {len(spend)} periods")
    fits = fit_together(outcome, spend, season_controls(len(spend), seasons), draws=60)
    for channel, fit, answer, mean in zip(channels, fits, true, means, strict=True):
        print(f"  {channel:22} {told(fit, mean)}   true {answer.curve.marginal(mean):.3f}, carry {answer.carry:.1f}")


def own_outcome(name: str, channels: list[str], spend: Column, outcome: Column, seasons: float) -> None:
    print(f"{name}: its own outcome")
    fits = fit_together(outcome, spend, season_controls(len(spend), seasons), draws=60)
    for channel, fit, column in zip(channels, fits, spend.T, strict=True):
        print(f"  {channel:22} {told(fit, float(np.mean(column[column > 0])))}   explained {fit.explained:.2f}")


def told(fit: Fit, mean: float) -> str:
    if fit.curve is None or fit.low is None or fit.high is None:
        return fit.verdict
    found = [curve.marginal(mean) for curve in (fit.curve, fit.low, fit.high)]
    return f"{fit.verdict}: next unit {found[0]:.3f} ({found[1]:.3f} to {found[2]:.3f}), carry {fit.carry:.2f}"


def customers(folder: Path) -> None:
    """CDNOW has a row per customer: purchases after the first, and the week of the last. Its days are laid out so."""
    given = columns(folder / "lifetimes" / "cdnow_customers_summary_with_transactions.csv")
    who, days = [], []
    for customer, (more, last) in enumerate(zip(given["x"], given["t_x"], strict=True)):
        for purchase in range(int(more) + 1):
            who.append(customer)
            days.append(round(7 * float(last) * purchase / max(1, int(more))))
    found = repeat_purchase(np.array(who), np.array(days))
    assert (found.customers, found.repeaters) == CDNOW, found
    print(f"cdnow: {found.repeaters} of {found.customers} customers bought again ({found.share:.3%}), as is known")
    given = columns(folder / "lifetimes" / "example_transactions.csv")
    visits: dict[str, set[str]] = defaultdict(set)
    for customer_id, day in zip(given["id"], given["date"], strict=True):
        visits[customer_id].add(day[:10])
    dates = np.array([np.datetime64(day[:10]) for day in given["date"]]).astype(int)
    found = repeat_purchase(np.array(given["id"]), dates)
    expected = (len(visits), sum(len(v) > 1 for v in visits.values()), sum(map(len, visits.values())))
    assert (found.customers, found.repeaters, found.purchases) == expected, (found, expected)
    print(f"lifetimes' transactions: {found.repeaters} of {found.customers}, as a count by hand gives")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    customers(folder)
    robyn = columns(folder / "robyn" / "dt_simulated_weekly.csv")
    names = ["tv_S", "ooh_S", "print_S", "search_S", "facebook_S"]
    known_curves("robyn", names, numbers(robyn, names), WEEKS_PER_YEAR)
    own_outcome("robyn", names, numbers(robyn, names), numbers(robyn, ["revenue"])[:, 0], WEEKS_PER_YEAR)
    national = columns(folder / "meridian" / "national_all_channels.csv")
    names = [f"Channel{i}_spend" for i in range(5)]
    known_curves("meridian, nation", names, numbers(national, names), WEEKS_PER_YEAR)
    outcome = numbers(national, ["conversions", "revenue_per_conversion"]).prod(axis=1)
    own_outcome("meridian, nation", names, numbers(national, names), outcome, WEEKS_PER_YEAR)
    geo = columns(folder / "meridian" / "geo_full_funnel_data.csv")
    names = [name for name in geo if name.endswith("_spend")]
    known_curves("meridian, geo", names, summed(geo, "time", names), WEEKS_PER_YEAR)
    invested = columns(folder / "geolift" / "test_investment_by_city_v2.csv")
    spend = summed(invested, "time", ["investment"])
    known_curves("geolift", ["investment"], spend, 7.0)


if __name__ == "__main__":
    main()
