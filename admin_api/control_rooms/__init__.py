"""District control rooms: several doctors behind one telephone."""
