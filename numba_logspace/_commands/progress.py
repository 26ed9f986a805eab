"""The progress bar of a command that takes long."""

import contextlib


class _NoBar(contextlib.AbstractContextManager):
    """Stands for the progress bar where there is none."""

    def __exit__(self, *error: object) -> None:
        return None

    def update(self, amount: int) -> None:
        """Do nothing."""


def progress(size: int):
    """A bar in bytes, which shows itself after two seconds, and only on a terminal."""
    try:
        from tqdm import tqdm
    except ImportError:
        return _NoBar()
    return tqdm(total=size, unit="B", unit_scale=True, delay=2, disable=None, leave=False)
