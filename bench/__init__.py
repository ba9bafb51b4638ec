"""Benchmarks: realistic feeds, the peers, and the comparison. Run `python -m bench.compare`."""
