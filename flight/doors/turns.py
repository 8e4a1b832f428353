"""Waiting that is counted in turns, not by the wall's clock.

A process that stands still for seconds (a busy or a suspended machine) finds every time-out expired when it goes on, though the other
threads, which are waited for, have not had their turn either. Here each step of the wait gives them one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

STEP_S = 0.02


def wait_turns(condition: threading.Condition, predicate: Callable[[], bool], seconds: float) -> bool:
    """As `condition.wait_for` with a time-out; the caller holds the condition's lock."""
    return any(condition.wait_for(predicate, timeout=STEP_S) for _ in range(round(seconds / STEP_S)))


def join_turns(thread: threading.Thread, seconds: float) -> None:
    """As `thread.join` with a time-out."""
    for _ in range(round(seconds / STEP_S)):
        thread.join(STEP_S)
        if not thread.is_alive():
            return
