"""PURE: the ways in which a value can be said. prompts/phrases.py knows the words of each language for them."""

KINDS = (
    "number",
    "digits",
    "phone",
    "token",
    "ordinal",
    "position",
    "minutes",
    "age",
    "year",
    "date",
    "time",
    "gender",
    "language",
)
