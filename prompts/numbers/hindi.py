"""Hindi cardinals: a table to 99, since each of those numbers is a word of its own, and a rule above it.

Compared word by word with Unicode CLDR's spell-out rules for Hindi, and, as far as they could be read (1 to 50), with
the standard forms of the Central Hindi Directorate (meeting of 5-6 February 1980). Where they differ, or where CLDR
differs from common speech (53, 63, 91 to 99), the form most speakers say is kept; the test shows each difference.
"""

import unicodedata

from prompts.errors import NumberError

HIGHEST = 9999

_TABLE = """
शून्य एक दो तीन चार पाँच छह सात आठ नौ
दस ग्यारह बारह तेरह चौदह पंद्रह सोलह सत्रह अठारह उन्नीस
बीस इक्कीस बाईस तेईस चौबीस पच्चीस छब्बीस सत्ताईस अट्ठाईस उनतीस
तीस इकतीस बत्तीस तैंतीस चौंतीस पैंतीस छत्तीस सैंतीस अड़तीस उनतालीस
चालीस इकतालीस बयालीस तैंतालीस चवालीस पैंतालीस छियालीस सैंतालीस अड़तालीस उनचास
पचास इक्यावन बावन तिरपन चौवन पचपन छप्पन सत्तावन अट्ठावन उनसठ
साठ इकसठ बासठ तिरसठ चौंसठ पैंसठ छियासठ सड़सठ अड़सठ उनहत्तर
सत्तर इकहत्तर बहत्तर तिहत्तर चौहत्तर पचहत्तर छिहत्तर सतहत्तर अठहत्तर उनासी
अस्सी इक्यासी बयासी तिरासी चौरासी पचासी छियासी सत्तासी अट्ठासी नवासी
नब्बे इक्यानवे बानवे तिरानवे चौरानवे पचानवे छियानवे सत्तानवे अट्ठानवे निन्यानवे
"""

TO_NINETY_NINE: tuple[str, ...] = tuple(unicodedata.normalize("NFC", _TABLE).split())


def cardinal(number: int) -> str:
    """Return `number` (0 to 9999) in Hindi words. Raises NumberError outside the range."""
    if not 0 <= number <= HIGHEST:
        raise NumberError(f"Hindi numbers are known from 0 to {HIGHEST}, not {number}")
    thousands, below_thousand = divmod(number, 1000)
    hundreds, below_hundred = divmod(below_thousand, 100)
    words = []
    if thousands:
        words += [TO_NINETY_NINE[thousands], unicodedata.normalize("NFC", "हज़ार")]
    if hundreds:
        words += [TO_NINETY_NINE[hundreds], "सौ"]
    if below_hundred or not words:
        words.append(TO_NINETY_NINE[below_hundred])
    return " ".join(words)
