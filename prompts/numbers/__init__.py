"""Numbers as words, because Asterisk has no Hindi number grammar and each language counts in its own way.

A language is added by one module with a `cardinal` function and one line here.
"""

from collections.abc import Callable, Mapping

from prompts.errors import UnknownPromptError
from prompts.numbers import english, hindi

CARDINALS: Mapping[str, Callable[[int], str]] = {"hi": hindi.cardinal, "en": english.cardinal}


def cardinal(language: str, number: int) -> str:
    """Return `number` (0 to 9999) in the words of `language` ("hi", "en").

    Raises UnknownPromptError for a language without a grammar, NumberError outside the range.
    """
    try:
        say = CARDINALS[language]
    except KeyError:
        raise UnknownPromptError(f"no number grammar for language {language!r}") from None
    return say(number)
