"""The independent checker: standard library, under 500 lines (blank ones aside) that share no code with the rest."""
