"""How often verdicts by roll-outs are wrong, and how often they are given: the tables of docs/sampled.md.

The world is a cliff of two steps, where every number is known exactly. Claims compare the value of a policy with a
bound at a distance from it; at distance 0 the claim is true with equality, and every refutation is wrong.

    python benchmarks/sampled_verdicts.py [--repetitions 2000]
"""

from __future__ import annotations

import argparse
from fractions import Fraction

from scipy.stats import beta

import iltheory as il
from iltheory.claims.claim import Claim
from sims import families
from sims.sampled import TabularPolicy, sampled_table

MODEL, EXPERT, LEARNER = families.cliff(horizon=2, error=Fraction(1, 4))
WORLD, PI = sampled_table(MODEL), TabularPolicy(LEARNER)
VALUE = Fraction(il.value(MODEL, LEARNER))
DELTA = Fraction(1, 10)


def bound(distance: Fraction) -> Claim:
    """That the value is at most itself plus a distance."""

    @il.claim(id=f"value plus {distance}", statement=r"J(\pi) \le c", sampled=True)
    def claim(mdp: il.FiniteHorizonMDP, pi: il.Policy):  # type: ignore[no-untyped-def]
        """True if and only if the distance is not negative."""
        return il.value(mdp, pi) <= VALUE + distance

    return claim


def outcomes(claim: Claim, samples: int, repetitions: int) -> dict[str, int]:
    """How many runs gave which verdict."""
    found = [
        il.verify_sampled(claim, WORLD, (PI,), delta=DELTA, samples=samples, seed=s).verdicts[0].outcome
        for s in range(repetitions)
    ]
    return {outcome: found.count(outcome) for outcome in ("holds", "refuted", "undecided")}


def main() -> None:
    """Print both tables in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=2000, help="runs for the rate of wrong verdicts")
    repetitions = parser.parse_args().repetitions
    print("| claim | wrong verdicts | of runs | 99.9 % upper bound on the rate |\n|---|---|---|---|")
    for distance, wrong in ((Fraction(0), "refuted"), (Fraction(-1, 10**6), "holds")):
        count = outcomes(bound(distance), 256, repetitions)[wrong]
        most = float(beta.ppf(0.999, count + 1, repetitions - count))
        print(f"| J <= its value {'' if distance == 0 else '- 1e-6 '}| {count} | {repetitions} | {most:.4f} |")
    few, sizes = max(repetitions // 10, 1), (256, 1024, 4096, 16384)
    print("\n| distance | " + " | ".join(f"{n:,} episodes" for n in sizes) + " |")
    print("|---" * (1 + len(sizes)) + "|")
    for distance in (Fraction(1, 5), Fraction(1, 10), Fraction(1, 20), Fraction(-1, 10)):
        right = "holds" if distance > 0 else "refuted"
        shares = [outcomes(bound(distance), n, few)[right] / few for n in sizes]
        print(f"| {float(distance):+g} | " + " | ".join(f"{share:.2f}" for share in shares) + " |")


if __name__ == "__main__":
    main()
