"""`bench messaging`: messages at a steady rate through the whole helpline, while callers walk its menus."""
