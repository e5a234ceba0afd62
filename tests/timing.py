"""How long something takes on its own, whatever else the machine and the tests before do."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable


def least_seconds(action: Callable[[], object], *, times: int = 3) -> float:
    """The processor's seconds of a call: the least of several, since other work only adds to them.

    What other tests left in memory is kept out of the collector's sight: going through it would be no part of the call.
    """

    def seconds() -> float:
        began = time.process_time()
        action()
        return time.process_time() - began

    gc.collect()
    gc.freeze()
    try:
        return min(seconds() for _ in range(times))
    finally:
        gc.unfreeze()
