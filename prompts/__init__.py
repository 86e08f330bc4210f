"""What callers hear: one place for every word, number, voice and tune that leaves a telephone's earpiece.

The wording is data (`catalogue/<language>/*.yaml`), the speaking of numbers is one pure grammar over it (`numbers`,
`phrases`), recordings come through `studio`, and sound is made once at set-up (`store`) and then only played: a call
must never wait for a synthesiser.
"""
