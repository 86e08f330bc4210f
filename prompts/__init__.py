"""What callers hear: one place for every word, number, voice and tune that leaves a telephone's earpiece.

The wording is data (`catalogue/*.yaml`), the speaking of numbers is a pure grammar (`numbers`), and the sound is made
once at set-up (`store`) and then only played, because a call must never wait for a synthesiser.
"""
