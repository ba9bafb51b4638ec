"""What a posting of the crawled site costs besides: so much of the processor's time, whoever else wants it.

The benchmark copies this file into job-pipe's project as its `hooks.py`; the peers import it.
"""

import time
from typing import Any

# Seconds of the thread's own time on the processor.
COMPUTATION = 0.005


def compute(value: Any) -> Any:
    """The value, later."""
    until = time.thread_time() + COMPUTATION
    while time.thread_time() < until:
        sum(range(200))
    return value
