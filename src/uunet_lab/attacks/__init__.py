"""Attacks on what was published: one a file, each with a verdict in plain words."""
