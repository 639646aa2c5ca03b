"""Numbers of people that python-stdnum does not know, each by its country's public rule."""

import re
from itertools import cycle

from stdnum.fr import nir

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_NEVER_GIVEN = ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ")


def _compact(number: str) -> str:
    return re.sub(r"[ /-]", "", number).upper()


def _letter_as_digits(text: str) -> str:
    """The text with its letter as two digits, A as 01."""
    return "".join(
        f"{_LETTERS.index(character) + 1:02}" if character in _LETTERS else character
        for character in text
    )


def german_pension(number: str) -> bool:
    """Whether it is a German pension insurance number (VKVV, section 4): 65 180775 B 002."""
    compact = _compact(number)
    digits = _letter_as_digits(compact[:-1])
    day, month = int(compact[2:4]) % 50 or 1, int(compact[4:6]) or 1
    if day > 31 or month > 12:  # noqa: PLR2004  31 days and 12 months
        return False
    weights = (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1)
    products = [int(d) * weight for d, weight in zip(digits, weights, strict=True)]
    return sum(sum(divmod(product, 10)) for product in products) % 10 == int(compact[-1])


def german_tax(number: str) -> bool:
    """Whether it may be a number of a German tax office: 10 or 11 digits, in parts by its land."""
    return len(_compact(number)) in (10, 11)


def german_health(number: str) -> bool:
    """Whether it is a German health insurance number (GKV, section 290 SGB V): A123456780."""
    compact = _compact(number)
    digits = _letter_as_digits(compact[:-1])
    products = [int(d) * weight for d, weight in zip(digits, cycle((1, 2)), strict=False)]
    return sum(sum(divmod(product, 10)) for product in products) % 10 == int(compact[-1])


def british_insurance(number: str) -> bool:
    """Whether it is a British national insurance number (HMRC, NIM39110); it has no checksum."""
    compact = _compact(number)
    # QQ is never given either, but everybody's example.
    return compact[:2] == "QQ" or not (
        compact[:2] in _NEVER_GIVEN or set(compact[:2]) & set("DFIQUV") or compact[1] == "O"
    )


def french_social(number: str) -> bool:
    """Whether it is a French social security number; its key may be written as "clé 35"."""
    return bool(nir.is_valid("".join(sign for sign in number if sign.isdigit() or sign in "AB")))


def spanish_social(number: str) -> bool:
    """Whether it is a Spanish social security number: the last two digits are a remainder by 97."""
    compact = _compact(number)
    province, serial, check = int(compact[:2]), int(compact[2:10]), int(compact[10:])
    whole = serial + province * (10**7 if serial < 10**7 else 10**8)
    return whole % 97 == check
