"""Who gets the call: a pure policy over a snapshot, and the store that claims a doctor in one atomic statement."""
