"""The memory of a GPU; imported when the first CUDA array comes."""

from .._compile.known import make_all_known

make_all_known()
