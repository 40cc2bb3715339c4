"""The laboratory: makes the models that the instrument runs, and measures them. Needs torch."""
