"""Parts of the stand-alone checkers of counterexamples: exact arrays, models and measures, standard library only.

``iltheory.reporting.standalone`` copies what one claim needs out of these files into one script. They share no code
with ``iltheory`` and ``sims``; names and signatures are those of the quantities that they compute again.
"""
