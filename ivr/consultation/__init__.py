"""PURE: one call's decisions. `decide(call, event, rules)` answers with the new call and the commands to perform.

The patient's menu, the doctor's "press 1" and the disposition keys are flows; this package is the glue between them:
whose leg an event belongs to, and what a flow's wish (Seek, Conclude, HangUp) means for the other leg.
"""

from __future__ import annotations

from ivr.consultation.decision import Decision, decide
from ivr.consultation.rules import Rules

__all__ = ["Decision", "Rules", "decide"]
