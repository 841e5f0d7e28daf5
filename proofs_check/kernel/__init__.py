"""The independent checker: under 500 lines of the standard library that share no code with the rest."""
