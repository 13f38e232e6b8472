"""What the rules for figures ask for, in exact arithmetic of Python's own: written from the rules, not from the SQL."""

from decimal import Decimal
from fractions import Fraction


def half_up(value: Fraction, digits: int) -> Decimal:
    """Rounds once to so many decimals; a tie goes away from zero."""
    scaled = abs(value) * 10**digits
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    signed = -whole if value < 0 else whole
    return Decimal(signed).scaleb(-digits)


def rate(numerator: int, denominator: int) -> Decimal | None:
    return None if denominator == 0 else half_up(Fraction(numerator, denominator), 6)
