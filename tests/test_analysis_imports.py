from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["ab_test", "distributions", "evolution", "impact"])
def test_what_runs_in_a_cell_needs_only_the_standard_library(module):
    code = (
        f"import sys, xlkpi.analysis.{module}\n"
        "heavy = {'numpy', 'scipy', 'pandas', 'statsmodels'} & set(sys.modules)\n"
        "ours = {n for n in sys.modules if n.startswith('xlkpi.') and not n.startswith('xlkpi.analysis')}\n"
        "print(sorted(heavy | ours))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
