"""Methods. They never import one another."""
