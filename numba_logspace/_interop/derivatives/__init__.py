"""The derivatives of the family, written once for all libraries: no array library is imported.

A rule is {argument: derivative} in two forms: `vjp` takes a cotangent for each result, None where
there is none, and `jvp` a tangent. Both take a `Point` first, which has what a library does its own
way.
"""
