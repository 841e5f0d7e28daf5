"""Answers to the exercises of the notebooks, in their order: a right one, and a wrong one that a reader may give.

Do not look if you want to solve them.
"""

from __future__ import annotations

ANSWERS: dict[str, list[tuple[str, str]]] = {
    "1_occupancy_measures": [
        ("F(2, 5)", "F(1, 2)"),
        ("F(7, 23)", "F(1, 2)"),
        ("3", "4"),
        ("[[F(5, 6), F(1, 6)]] * 2", "[[F(3, 4), F(1, 4)]] * 2"),
        ("[[0, 0], [1, F(5, 14)]]", "[[0, 1], [0, 1]]"),
        ("F(3, 7)", "F(1, 2)"),
    ],
}
