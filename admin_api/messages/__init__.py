"""The messages patients were sent."""
