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
    "2_compounding_error": [
        ("F(17, 8)", "F(9, 2)"),
        ("[F(1, 40), F(1, 30), F(1, 20), F(1, 10)]", "[F(1, 10)] * 4"),
        ("F(1, 4)", "F(1, 5)"),
        ("False", "True"),
        ("4096", "1024"),
    ],
    "3_gail_as_a_game": [
        ("F(1, 4)", "F(1, 3)"),
        ("F(26, 25)", "F(101, 100)"),
        (
            "asarray([[F(-1, 2), F(-1, 2)], [F(-1, 2), F(1, 2)]])",
            "asarray([[F(-1, 2), F(1, 2)], [F(-1, 2), F(1, 2)]])",
        ),
        ("[[0.5, 0.5], [0.5, 0.5]]", "expert"),
        ("F(1, 1000)", "F(1, 2)"),
    ],
    "4_iq_learn": [
        ("F(1, 2)", "F(1)"),
        ("(2, 1)", "(4, 0)"),
        ("2", "1"),
        ("F(1, 10)", "1"),
        ("[[4.84, 3.88]]", "[[0, 0]]"),
    ],
}
