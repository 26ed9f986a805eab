"""The functions on arrays of other libraries: a file for each, imported with its first array."""

# The public functions by name, filled when the package is imported.
PUBLIC: dict = {}
