"""What the command line does: a function over a file, and the kernel cache as a whole."""
