"""Rows of Parquet to week x channel x campaign: ours beside the same query written by hand for DuckDB.

    python -m tests.benchmarks.aggregate_speed [millions of rows ...]

Goal: at most 1.3 times raw DuckDB's CPU at 20 million rows, and memory that does not grow from 20 to 100 million.
Each run is a process of its own (its CPU seconds and its largest memory are the system's); the order alternates
and the medians are compared. The files are made in a temporary folder, and removed.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

MILLION = 1_000_000
THREADS = 2
#: What is asked: four measures by week, channel and campaign.
BY_HAND = """
SELECT date_trunc('week', day) AS period, channel, campaign, sum(clicks) AS clicks, sum(impressions) AS impressions,
       sum(cost) AS spend, sum(value) AS revenue
FROM read_parquet('{files}') GROUP BY ALL
"""


def make(folder: Path, millions: int) -> None:
    """Files of a million rows each: three years, 8 channels, 120 campaigns in each."""
    import duckdb

    with duckdb.connect() as connection:
        connection.execute(f"SET threads = {THREADS}")
        for part in range(millions):
            chance = [f"hash(i + {k * 1000000007})" for k in range(7)]
            columns = [
                f"DATE '2023-01-02' + CAST({chance[0]} % 1071 AS INTEGER) AS day",
                f"'channel ' || ({chance[1]} % 8) AS channel",
                f"'campaign ' || ({chance[2]} % 120) AS campaign",
                f"CAST({chance[3]} % 500 AS BIGINT) AS clicks",
                f"CAST({chance[4]} % 20000 AS BIGINT) AS impressions",
                f"CAST({chance[5]} % 100000 AS DOUBLE) / 100 AS cost",
                f"CAST({chance[6]} % 900000 AS DOUBLE) / 100 AS value",
            ]
            rows = f"range({part * MILLION}, {(part + 1) * MILLION}) AS numbers(i)"
            file = folder / f"part{part:03}.parquet"
            connection.execute(f"COPY (SELECT {', '.join(columns)} FROM {rows}) TO '{file}' (FORMAT parquet)")


def run_by_hand(files: str) -> int:
    import duckdb

    connection = duckdb.connect()
    connection.execute(f"SET threads = {THREADS}")
    table: Any = connection.execute(BY_HAND.format(files=files)).to_arrow_table()
    return int(table.num_rows)


def run_ours(files: str) -> int:
    from xlkpi.cadence import Cadence
    from xlkpi.sources.aggregate import aggregate
    from xlkpi.sources.table import Columns, from_parquet

    measures = {"clicks": "clicks", "impressions": "impressions", "spend": "cost", "revenue": "value"}
    table = from_parquet(files, Columns("day", measures, ["channel", "campaign"]), threads=THREADS)
    return int(aggregate(table, Cadence("weekly"), by=["channel", "campaign"]).table.num_rows)


RUNS = {"by hand": run_by_hand, "ours": run_ours}


def in_this_process(name: str, files: str) -> None:
    """Run one of them, and print what it took beyond the imports."""
    from xlkpi.catalogue import catalogue
    from xlkpi.sources.connection import embedded

    catalogue()  # imports and the catalogue's files are paid once, whatever the size
    embedded().close()
    before, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    groups = RUNS[name](files)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"cpu": cpu, "wall": wall, "mb": after.ru_maxrss / 1024, "groups": groups}))


def measure(name: str, files: str) -> dict[str, float]:
    """One run in a fresh process."""
    command = [sys.executable, "-m", "tests.benchmarks.aggregate_speed", "--run", name, "--files", files]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("millions", nargs="*", type=int, default=[20, 100])
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--run", choices=RUNS)
    arguments.add_argument("--files")
    given = arguments.parse_args()
    if given.run:
        in_this_process(given.run, given.files)
        return
    print(f"{'rows':>12} {'':10} {'CPU s':>8} {'wall s':>8} {'MB':>8} {'groups':>8} {'CPU ratio':>10}")
    for millions in given.millions:
        with tempfile.TemporaryDirectory(prefix="xlkpi-parquet-") as folder:
            make(Path(folder), millions)
            files = f"{folder}/*.parquet"
            found: dict[str, list[dict[str, float]]] = {name: [] for name in RUNS}
            for _ in range(given.runs):
                for name in RUNS:
                    found[name].append(measure(name, files))
        middle = {n: {k: statistics.median(run[k] for run in runs) for k in runs[0]} for n, runs in found.items()}
        for name, run in middle.items():
            ratio = run["cpu"] / middle["by hand"]["cpu"]
            print(
                f"{millions * MILLION:>12,} {name:10} {run['cpu']:8.2f} {run['wall']:8.2f} {run['mb']:8.0f} "
                f"{run['groups']:8.0f} {ratio:10.2f}"
            )


if __name__ == "__main__":
    main()
