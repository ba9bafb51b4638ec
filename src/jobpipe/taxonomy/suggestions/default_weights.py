"""The weights to start from, in the order of `ranking.features`: made by `python -m bench.suggestions --weights`."""

DEFAULTS: dict[str, list[float]] = {
    "meaning": [3.0, 1.0, 2.0, 3.0, 1.0, 3.0, 0, 0, 0, 2.0, 1.0, 0.3, 0.3, 2.0, 0, 0, 0],
    "spelling": [3.0, 1.0, 2.0, 0.0, 1.0, 3.0, 0, 0, 0, 0.0, 1.0, 0.3, 0.3, 2.0, 0, 0, 0],
    "without numpy": [1.0, 1.0, 2.0, 0.0, 1.0, 3.0, 0, 0, 0, 0.0, 1.0, 0.3, 0.3, 2.0, 0, 0, 0],
}
