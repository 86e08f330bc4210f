"""The simulated telephone network: real SIP phones on a second Asterisk, the hands and ears of tests and demo.

Start with `PhoneNetwork` (network.py): its phones dial, ring, answer, press keys, speak and tell what they heard.
"""

from phones.errors import PhoneError
from phones.network import PhoneNetwork

__all__ = ["PhoneError", "PhoneNetwork"]
