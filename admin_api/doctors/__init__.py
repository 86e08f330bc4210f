"""Doctors, their phones and their duty."""
