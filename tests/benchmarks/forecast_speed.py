"""Speed and accuracy of xlkpi's forecast against statsforecast's Holt, side by side on the same series.

    python tests/benchmarks/forecast_speed.py [--series 1000] [--periods 104] [--horizon 13]

The series are made (level, trend, a season for a third of them, noise); the last `horizon` periods are held
back. Times are seconds of CPU; the first call of each side warms it up and is not counted.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from xlkpi.analysis.backtest import scaled_errors
from xlkpi.analysis.forecast import forecast


def make_series(series: int, periods: int) -> np.ndarray:
    rng = np.random.default_rng(20260101)
    time_axis = np.arange(periods)
    level = rng.uniform(50, 5000, (series, 1))
    trend = rng.normal(0, 0.004, (series, 1)) * level * time_axis
    season = level * 0.2 * np.sin(2 * np.pi * time_axis / 52 + rng.uniform(0, 6, (series, 1)))
    season *= np.arange(series)[:, None] % 3 == 0
    walk = np.cumsum(rng.normal(0, 0.02, (series, periods)), axis=1) * level
    return np.maximum(level + trend + season + walk + rng.normal(0, 0.08, (series, periods)) * level, 0)


def best_cpu(run: Callable[[], np.ndarray], repeats: int) -> tuple[float, np.ndarray]:
    times = []
    for _ in range(repeats):
        started = time.process_time()
        result = run()
        times.append(time.process_time() - started)
    return min(times), result


def ours(past: Any, horizon: int, season: int) -> Any:
    return forecast(past, horizon, season_length=season).mean


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=int, default=1000)
    parser.add_argument("--periods", type=int, default=104)
    parser.add_argument("--horizon", type=int, default=13)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    from statsforecast.models import Holt

    whole = make_series(options.series, options.periods + options.horizon)
    past, future = whole[:, : options.periods], whole[:, options.periods :]

    def holt() -> np.ndarray:
        return np.array([Holt().forecast(row, options.horizon, level=[80])["mean"] for row in past])

    Holt().forecast(past[0], options.horizon, level=[80])
    base_seconds, base = best_cpu(holt, 2)
    base_error = np.nanmean(scaled_errors(past, future, base))
    print(f"{options.series} series x {options.periods} periods, horizon {options.horizon}")
    print(f"{'':34}{'CPU s':>9}{'times faster':>14}{'MASE':>8}{'ratio':>8}")
    print(f"{'statsforecast Holt':34}{base_seconds:>9.3f}{1:>14.1f}{base_error:>8.3f}{1:>8.3f}")
    for name, season in (("xlkpi forecast, no season", 1), ("xlkpi forecast, season of 52", 52)):
        forecast(past, options.horizon, season_length=season)
        seconds, mean = best_cpu(partial(ours, past, options.horizon, season), 5)
        error = np.nanmean(scaled_errors(past, future, mean))
        print(f"{name:34}{seconds:>9.3f}{base_seconds / seconds:>14.1f}{error:>8.3f}{error / base_error:>8.3f}")


if __name__ == "__main__":
    main()
