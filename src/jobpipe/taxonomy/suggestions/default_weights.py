"""The weights to start from, in the order of `ranking.features`: made by `python -m bench.suggestions --weights`."""

DEFAULTS: dict[str, list[float]] = {
    "meaning": [
        2.97,
        1.89,
        2.36,
        2.09,
        0.57,
        2.54,
        -1.3,
        -0.62,
        -1.99,
        -0.12,
        0.03,
        0.47,
        0.27,
        -0.39,
        0.46,
        0.47,
        -0.42,
    ],
    "spelling": [2.96, 2.21, 1.09, 0.0, -0.13, 2.16, -2.06, -1.18, 0.0, 0.0, -0.1, 0.48, 0.71, -1.43, -0.0, -0.2, 0.0],
    "without numpy": [1.0, 1.0, 2.0, 0.0, 1.0, 3.0, 0, 0, 0, 0.0, 1.0, 0.3, 0.3, 2.0, 0, 0, 0],
}
