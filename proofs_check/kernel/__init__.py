"""The independent checker: Python's standard library alone, under 500 lines that share no code with the rest."""
