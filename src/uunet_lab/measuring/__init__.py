"""Judges, figures and their files: what experiments and attacks share."""
