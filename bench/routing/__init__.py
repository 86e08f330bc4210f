"""A simulated day through the real policy and store, and the speed of finding a doctor, each beside its peer."""
