"""The demonstration: a clip, its public and its restored version, and pictures to look at."""
