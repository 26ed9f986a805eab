"""Formulas of numbers and SIMD vectors; no memory, no target."""
