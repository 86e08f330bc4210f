"""Why this room exists: a text that differs from its registration by one character is dropped without a word.

`files` reads the templates, `template` fills them, `values` and `links` say what may be filled in, `matching` compares
with what is registered, `sheet` is the way to the operators' portal and back. All pure but for reading files; the
registrations themselves are rows (messaging/registrations.py).
"""
