"""Makes the scorer of extraction from open data: `make train`. Nothing here is imported when Nuncius runs."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

SEED = 20261123
#: Folds of all comparisons; events are never split between them.
FOLDS = 5
Values: TypeAlias = NDArray[np.float64]
