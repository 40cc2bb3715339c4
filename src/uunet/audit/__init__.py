"""One published video, held against its original: what a data-protection officer should know and look at."""
