"""The number of a slip: unguessable, yet short enough to read out on the telephone, and a misheard one is noticed.

`P-7K3M-22QX-5`: forty random bits as eight of Douglas Crockford's base 32 symbols (no I, L, O or U) and his check
symbol, the value modulo 37. Of the check's 37 symbols five (* ~ $ = U) cannot be said or written in a link, so
values that would need one are not drawn. Nor are those that begin with P, which would look like the prefix.
"""

from __future__ import annotations

import secrets

from prescriptions.errors import SlipNumberError

_SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_HEARD_AS = str.maketrans({"I": "1", "L": "1", "O": "0"})
_CHECK = 37
_LENGTH = 8


def new_slip_number() -> str:
    """A fresh number; that it is unique is the database's to say."""
    while True:
        value = secrets.randbits(5 * _LENGTH)
        if value % _CHECK < len(_SYMBOLS) and _symbols(value)[0] != "P":
            return _written(value)


def parse_slip_number(text: str) -> str:
    """The number as it was issued, from however somebody wrote it; SlipNumberError when a symbol must be wrong.

    Case, spaces and hyphens do not matter; I and L are read as 1, O as 0. Any one wrong symbol and any two
    neighbours swapped are found.
    """
    body = "".join(c for c in text.upper() if c not in " -").removeprefix("P").translate(_HEARD_AS)
    if len(body) != _LENGTH + 1 or any(c not in _SYMBOLS for c in body):
        raise SlipNumberError("A slip number looks like P-7K3M-22QX-5.")
    value = 0
    for symbol in body[:-1]:
        value = value * len(_SYMBOLS) + _SYMBOLS.index(symbol)
    if value % _CHECK != _SYMBOLS.index(body[-1]):
        raise SlipNumberError("This slip number holds a mistake; please read it again.")
    return _written(value)


def _written(value: int) -> str:
    symbols = _symbols(value)
    return f"P-{symbols[:4]}-{symbols[4:]}-{_SYMBOLS[value % _CHECK]}"


def _symbols(value: int) -> str:
    return "".join(_SYMBOLS[value >> 5 * place & 31] for place in reversed(range(_LENGTH)))
