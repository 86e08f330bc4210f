"""What was promised to whom by SMS or voice, what became of it, what it cost, and what only a person decides."""
