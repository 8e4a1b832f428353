"""Structure-aware fuzzing of every decoder: valid units from our own encoders, damaged with a plan, and what must hold for any octets.

python -m tests.fuzz [DECODER...] [--seed N] [--inputs N] runs it outside of pytest; `tools.sanitize` runs it under the sanitizers.
"""
