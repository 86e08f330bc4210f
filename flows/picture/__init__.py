"""PURE: a flow as a picture for people who read no YAML. Graphviz only says where things go; boxes and words are ours.

`draw` is used by the command line and by the web console; each hands in what lays out (config/graphviz.py).
"""

from flows.picture.drawing import Words, draw

__all__ = ["Words", "draw"]
