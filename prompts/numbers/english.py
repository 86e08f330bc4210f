"""English cardinals as they are said in India ("one hundred and five"), for callers who choose English."""

from prompts.errors import NumberError

HIGHEST = 9999

_UNITS = """
zero one two three four five six seven eight nine
ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen
"""
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_TO_NINETEEN = tuple(_UNITS.split())


def cardinal(number: int) -> str:
    """Return `number` (0 to 9999) in English words. Raises NumberError outside the range."""
    if not 0 <= number <= HIGHEST:
        raise NumberError(f"English numbers are known from 0 to {HIGHEST}, not {number}")
    thousands, below_thousand = divmod(number, 1000)
    hundreds, below_hundred = divmod(below_thousand, 100)
    words = []
    if thousands:
        words.append(f"{_TO_NINETEEN[thousands]} thousand")
    if hundreds:
        words.append(f"{_TO_NINETEEN[hundreds]} hundred")
    if below_hundred or not words:
        words.append(("and " if words else "") + _below_hundred(below_hundred))
    return " ".join(words)


def _below_hundred(number: int) -> str:
    if number < len(_TO_NINETEEN):
        return _TO_NINETEEN[number]
    tens, units = divmod(number, 10)
    return f"{_TENS[tens]} {_TO_NINETEEN[units]}" if units else _TENS[tens]
