"""Benchmarks: each module is one, has a `run(quick)` that yields `Result`s, and runs in a process of its own."""
