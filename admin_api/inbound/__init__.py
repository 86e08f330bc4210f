"""What people have sent to us by SMS, and what was done about it."""
