"""Measuring: one metric family per file; writes results/*.json and nothing else."""
