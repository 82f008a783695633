"""Writes the pages of ``docs/reference`` out of the code, and the pieces of files that other pages show."""
