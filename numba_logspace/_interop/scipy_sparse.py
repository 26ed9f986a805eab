"""scipy.sparse: targets of a loss as sparse rows, of which a slab at a time is made dense."""

from scipy import sparse

from .._arguments.scores import SparseRows
from .calls import has_single_entries


def take(call):
    """The result of a loss whose targets are a sparse matrix or array."""
    given = {}
    for name, u in call.arrays.items():
        if type(u).__module__.partition(".")[0] != "scipy":
            continue
        taken = name == "targets" and not has_single_entries(call.kind)
        if not taken or not sparse.issparse(u):
            instead = f"pass {name}.toarray() instead" if sparse.issparse(u) else "pass an array"
            of = "sparse " * sparse.issparse(u)
            raise TypeError(f"{name} is a {of}{type(u).__name__}: {instead}")
        given[name] = _rows(u)
    return call.call(**given)


def _rows(u):
    if u.ndim != 2:
        raise ValueError(f"targets must have two axes where they are sparse, got {u.ndim}")
    if u.dtype.kind not in "biuf":
        raise TypeError(f"targets must be real numbers, got dtype {u.dtype}")
    rows = u.tocsr(copy=u.format != "csr" or not u.has_canonical_format)
    rows.sum_duplicates()
    return SparseRows(rows)
