"""The weights of the steps, so that one closed form serves finite horizons and discounts."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from sims.families._parameters import InvalidParameter, Parameter, integer, probability


@dataclass(frozen=True)
class Clock:
    """Step ``t = 0, 1, ...`` counts ``w_t``: 1 for ``t < horizon``, or ``discount**t``."""

    horizon: int | None
    discount: Fraction | None

    @classmethod
    def of(cls, horizon: int | None, discount: Parameter | None) -> Clock:
        """Check that exactly one of the two is given, and that it is in range."""
        if (horizon is None) == (discount is None):
            raise InvalidParameter(
                f"horizon is {horizon} and discount is {discount} (should give exactly one of the two)."
            )
        if horizon is not None:
            return cls(integer("horizon", horizon, least=1), None)
        assert discount is not None
        exact = probability("discount", discount)
        if exact == 1:
            raise InvalidParameter(
                f"discount is {discount} (should be in [0, 1); for an undiscounted task give horizon)."
            )
        return cls(None, exact)

    def geometric(self, ratio: Fraction) -> Fraction:
        """``sum_t w_t ratio**t``, for a ratio in [-1, 1]."""
        if self.discount is not None:
            return 1 / (1 - self.discount * ratio)
        assert self.horizon is not None
        return Fraction(self.horizon) if ratio == 1 else (1 - ratio**self.horizon) / (1 - ratio)

    @property
    def total(self) -> Fraction:
        """``sum_t w_t``: the largest return when rewards are in [0, 1]."""
        return self.geometric(Fraction(1))

    def after(self, start: int) -> Fraction:
        """``sum_{t >= start} w_t``."""
        if self.discount is not None:
            return self.discount**start * self.total
        assert self.horizon is not None
        return Fraction(max(self.horizon - start, 0))

    @property
    def compounded(self) -> Fraction:
        """``sum_t sum_{k >= t} w_k``: what one mistake at every step can cost."""
        if self.discount is not None:
            return self.total**2
        return self.total * (self.total + 1) / 2
