"""Mobile operators and SMS providers on loopback: they speak the published protocols, take messages, tell receipts.

Tests, the benchmark and the demonstration send through them; nothing leaves the machine.
"""

from phones.operators.base import HttpOperator, Operator, TakenSms

__all__ = ["HttpOperator", "Operator", "TakenSms"]
