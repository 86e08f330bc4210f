"""What happened: the journal of events is the truth, call records are its projection and can be rebuilt from it."""
