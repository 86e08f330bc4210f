"""People who are to be called back."""
