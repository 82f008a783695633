"""Writes the distribution of a new plugin: what ``sovl plugins new`` does."""
