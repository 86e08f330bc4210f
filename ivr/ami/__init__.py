"""The Asterisk Manager Interface: bytes (wire), panoramisk with its traps guarded (connection)."""
