"""The house's front door: what `./helpline` can be asked to do."""
