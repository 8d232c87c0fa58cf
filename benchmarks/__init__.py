"""Benchmarks: each measures its rivals in turns, prints ratios with their spread, and writes JSON to ``results/``."""
