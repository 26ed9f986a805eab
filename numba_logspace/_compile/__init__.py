"""How kernels are compiled and kept: Numba's options, the cache on disk."""
