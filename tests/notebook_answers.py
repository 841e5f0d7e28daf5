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
    "5_break_a_conjecture": [
        ("55", "0"),
        (
            "lambda p, H: sum(p**h + (1 - p) ** h for h in range(1, H + 1))",
            "lambda p, H: 2 - F(2, 2**H)",
        ),
        ("lambda H: H - F(3, 2) * (1 - F(1, 3**H))", "price"),
        ("lambda gamma: 2 / (2 - gamma)", "lambda gamma: 1 / (1 - gamma)"),
        (
            "([[1, 0], [0, 1], [0, 1], [1, 0]], [[0, 1], [1, 0], [1, 0], [1, 0]])",
            "([[1, 0]] * 4, [[0, 1]] * 4)",
        ),
        (
            "([[1, 0], [1, 0], [0, 1], [1, 0]], [[0, 1], [1, 0], [0, 1], [1, 0]])",
            "([[1, 0]] * 4, [[0, 1]] * 4)",
        ),
    ],
    "6_test_your_own_bc": [
        ("615", "100"),
        ("7 / 8", "3 / 4"),
        ("{'learner_recovers_the_expert', 'cloning_raises_the_likelihood'}", "set()"),
        ("(1, 2, 1)", "(2, 2, 2)"),
        (
            "lambda mdp, policy: MyBC().value(mdp, policy) + (mdp.horizon > 100)",
            "lambda mdp, policy: MyBC().value(mdp, policy) + 1",
        ),
    ],
    "7_from_tables_to_atari_and_mujoco": [
        ("2", "1"),
        ("195", "3057"),
        ("3", "2"),
        ("F(2, 5)", "F(1, 2)"),
        ("'disadvantage'", "'error_rate'"),
    ],
}
