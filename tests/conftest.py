"""What pytest is told before the tests: where their helpers lie."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))
