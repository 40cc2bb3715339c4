"""UU-Net: publish surveillance video without its faces, and restore it from the published file alone."""
