"""Random callers, doctors and faults against a real helpline, which is held to what must never be.

A plan follows from a seed alone. People are robots on real telephones; what they did and heard, what an independent
witness saw in Asterisk, and what the helpline has on record are three views that must agree (invariants.py).
"""
