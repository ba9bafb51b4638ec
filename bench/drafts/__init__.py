"""How right drafted definitions are, on real feeds, answers and pages: `python -m bench.drafts`."""
