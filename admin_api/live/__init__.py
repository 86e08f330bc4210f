"""What is going on now, for the console to poll."""
