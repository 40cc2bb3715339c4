"""A recogniser that judges: trained on people whom nothing is measured on, and used by no other training."""
