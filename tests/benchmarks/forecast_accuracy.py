"""Back-test of xlkpi's forecast against statsforecast's AutoETS on public marketing series.

    python tests/benchmarks/forecast_accuracy.py DATA_FOLDER [--origins 4]

DATA_FOLDER holds the example data of three open projects: `robyn/dt_simulated_weekly.csv`,
`meridian/national_all_channels.csv` and `geo_full_funnel_data.csv`, `geolift/data_positiveGLv1.csv` and
`test_investment_by_city_v2.csv`. Needs pandas and statsforecast. Every series is forecast from several
origins; the score is the mean absolute scaled error (scaled by the seasonal naive error before the origin),
averaged per series and then over all series.
"""

from __future__ import annotations

import argparse
import time
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from xlkpi.analysis.backtest import coverage, rolling_origins, scaled_errors
from xlkpi.analysis.forecast import forecast


class Group(NamedTuple):
    """Series of one file that share their length, season and horizon."""

    name: str
    values: np.ndarray  # series x periods
    season_length: int
    horizon: int


def load(folder: Path) -> list[Group]:
    weekly = {"season_length": 52, "horizon": 13}
    robyn = pd.read_csv(folder / "robyn" / "dt_simulated_weekly.csv").select_dtypes("number")
    national = pd.read_csv(folder / "meridian" / "national_all_channels.csv").select_dtypes("number")
    geo = pd.read_csv(folder / "meridian" / "geo_full_funnel_data.csv").drop(columns="population")
    wide = geo.pivot(index="time", columns="geo")
    sales = pd.read_csv(folder / "geolift" / "data_positiveGLv1.csv", encoding="utf-8-sig")
    sales["date"] = pd.to_datetime(sales["date"], format="%d/%m/%y")
    sales = sales.pivot(index="date", columns="location", values="Y")
    spend = pd.read_csv(folder / "geolift" / "test_investment_by_city_v2.csv")
    spend["time"] = pd.to_datetime(spend["time"], format="%d/%m/%y")
    spend = spend.pivot(index="time", columns="location", values="investment")
    return [
        Group("robyn weekly", robyn.to_numpy(float).T, **weekly),
        Group("meridian national weekly", national.to_numpy(float).T, **weekly),
        Group("meridian by region weekly", wide.to_numpy(float).T, **weekly),
        Group("geolift sales daily", sales.to_numpy(float).T, 7, 14),
        Group("geolift spend daily, 15 days", spend.to_numpy(float).T, 7, 2),
    ]


class Score(NamedTuple):
    """Mean absolute scaled error per series, and the share of outcomes inside the 80 and 95 % intervals."""

    mase: np.ndarray
    covered_80: np.ndarray
    covered_95: np.ndarray
    seconds: float


def score_ours(group: Group, origins: int) -> Score:
    started = time.process_time()
    errors = []
    inside: dict[float, list[Any]] = {0.80: [], 0.95: []}
    for past, future in rolling_origins(group.values, horizon=group.horizon, origins=origins):
        for level in inside:
            result = forecast(past, group.horizon, season_length=group.season_length, level=level)
            inside[level].append(coverage(future, result.lower, result.upper))
        errors.append(scaled_errors(past, future, result.mean, season_length=group.season_length))
    seconds = (time.process_time() - started) / 2
    return Score(np.nanmean(errors, axis=0), np.mean(inside[0.80], axis=0), np.mean(inside[0.95], axis=0), seconds)


def score_auto_ets(group: Group, origins: int) -> Score:
    from statsforecast.models import AutoETS

    started = time.process_time()
    errors = []
    inside: dict[int, list[Any]] = {80: [], 95: []}
    for past, future in rolling_origins(group.values, horizon=group.horizon, origins=origins):
        model = AutoETS(season_length=group.season_length)
        results = [model.forecast(row, group.horizon, level=[80, 95]) for row in past]
        mean = np.array([r["mean"] for r in results])
        errors.append(scaled_errors(past, future, mean, season_length=group.season_length))
        for level in inside:
            lower = np.array([r[f"lo-{level}"] for r in results])
            upper = np.array([r[f"hi-{level}"] for r in results])
            inside[level].append(coverage(future, lower, upper))
    seconds = time.process_time() - started
    return Score(np.nanmean(errors, axis=0), np.mean(inside[80], axis=0), np.mean(inside[95], axis=0), seconds)


def line(name: str, ours: list[Score], theirs: list[Score]) -> str:
    mine = np.concatenate([s.mase for s in ours])
    other = np.concatenate([s.mase for s in theirs])
    usable = np.isfinite(mine) & np.isfinite(other)
    cells = [f"{name:30}{len(mine):>7}{mine[usable].mean():>8.3f}{other[usable].mean():>9.3f}"]
    cells.append(f"{mine[usable].mean() / other[usable].mean():>7.3f}")
    for scores in (ours, theirs):
        for field in ("covered_80", "covered_95"):
            cells.append(f"{np.concatenate([getattr(s, field) for s in scores]).mean():>8.1%}")
    cells.append(f"{sum(s.seconds for s in ours):>8.2f}{sum(s.seconds for s in theirs):>9.2f}")
    return "".join(cells)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data_folder", type=Path)
    parser.add_argument("--origins", type=int, default=4)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    print(f"{'':37}{'MASE':>8}{'MASE':>9}{'':>7}{'xlkpi inside':>16}{'AutoETS inside':>16}{'CPU seconds':>17}")
    print(
        f"{'series':30}{'count':>7}{'xlkpi':>8}{'AutoETS':>9}{'ratio':>7}"
        f"{'80 %':>8}{'95 %':>8}{'80 %':>8}{'95 %':>8}{'xlkpi':>8}{'AutoETS':>9}"
    )
    all_ours, all_theirs = [], []
    for group in load(options.data_folder):
        origins = 2 if group.values.shape[1] < 30 else options.origins
        ours, theirs = score_ours(group, origins), score_auto_ets(group, origins)
        all_ours.append(ours)
        all_theirs.append(theirs)
        print(line(group.name, [ours], [theirs]), flush=True)
    print(line("all series", all_ours, all_theirs))


if __name__ == "__main__":
    main()
