"""The voice menus' versions: looking, trying a text, uploading, activating, going back."""
