"""Benchmarks of numba_logspace for airspeed velocity."""
