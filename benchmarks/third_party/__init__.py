"""iltheory's invariants on other people's libraries, each in an environment of its own."""
