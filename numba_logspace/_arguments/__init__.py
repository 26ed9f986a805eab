"""From what a caller passes to the engines: dtype, axes, masks, out, errors."""
