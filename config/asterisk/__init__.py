"""Asterisk's files for one deployment: Jinja templates and the little program that fills them in."""
