"""Measurements, side by side with peers in one run; each module prints a table: `python -m benchmarks.NAME`."""
