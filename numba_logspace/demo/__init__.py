"""The demonstration: known hard vectors, a precision study and a model fitted to real data."""

from pathlib import Path

from . import model, precision, vectors


def run(output: Path, quick: bool = False) -> list[Path]:
    """Print the report, write its tables and pictures into `output`, return their paths.

    `quick` takes fewer points of the precision study and only the smaller data set.
    """
    output = Path(output)
    output.mkdir(parents=True, exist_ok=True)
    written = []
    for part in (vectors, precision, model):
        written += part.report(output, quick)
    print("\nWrote")
    for path in written:
        print(f"  {path}")
    return written
