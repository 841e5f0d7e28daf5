"""The independent checker: a few hundred lines of the standard library that share no code with the rest.

``python -m proofs_check.kernel CERTIFICATE.json`` re-checks what the toolkit exported.
"""
