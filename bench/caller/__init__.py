"""How long callers are on their way to a doctor: robots that listen and press as people do, measured at telephones."""
