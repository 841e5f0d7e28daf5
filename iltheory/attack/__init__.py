"""Attacks: search for counterexamples and worst cases, certify them, make them small."""
