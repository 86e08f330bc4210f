"""The versions of the voice menus: checked before they are kept, kept for ever, one of each name heard by new calls."""
