"""What the compiler of PyTorch has to know; imported when it first meets a call."""

import types

import torch

from . import PUBLIC
from .calls import run
from .torch_arguments import all_tensors
from .torch_autograd import elementwise

for _function in PUBLIC.values():
    if isinstance(_function, types.FunctionType):
        torch.compiler.allow_in_graph(_function)


def call(function, arguments):
    """A public function, which is not looked into."""
    return run(function, arguments)


@torch.compiler.allow_in_graph
def call_elementwise(function, arguments):
    """An elementwise function, which is not looked into."""
    return elementwise(function, all_tensors(arguments))
