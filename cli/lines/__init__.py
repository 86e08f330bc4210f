"""`./helpline line`: which numbers can be dialled, what each does, and how a running helpline learns of a change."""
