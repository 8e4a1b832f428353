"""On the path of a Python that is to have a busy thread: it computes for ever and lets go of the interpreter only when made to."""

import threading


def _spin() -> None:
    n = 0
    while True:
        n += 1


threading.Thread(target=_spin, name="busy", daemon=True).start()
