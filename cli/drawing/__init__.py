"""`./helpline flows draw`: what flows/picture paints, laid out by the Graphviz of this checkout, into a file."""
