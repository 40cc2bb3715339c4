"""Face data sets: one loader per set, all yielding the same FaceRecord."""
