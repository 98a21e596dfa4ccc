"""Arrays out of pickles that others send. A pickle is a program: of it, this reader runs only what makes arrays."""

from __future__ import annotations

import io
import pickle
from typing import Any

import numpy as np

from nuncius.core.errors import PermanentError

MAX_ARRAY_BYTES = 512 * 1024 * 1024


class _Rows(np.recarray[Any, Any]):
    """Stands for astropy's FITS_rec, whose own state would build columns of its own: rows as they lie in the file."""

    raw = True

    def __setstate__(self, state: Any) -> None:
        super().__setstate__(tuple(state[:5]))


class _Chars(np.ndarray[Any, Any]):
    """Stands for columns of text that such rows have converted already."""


class _Nothing:
    """Stands for what describes columns in a pickle: taken in, never used."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __setstate__(self, _: Any) -> None:
        pass


def _latin(text: str, _: str = "latin1") -> bytes:
    """How old pickles carry bytes."""
    return text.encode("latin1")


_PLAIN = {kind.__name__: kind for kind in (bytes, bytearray, complex, set, frozenset)}


#: The functions by which numpy's own pickles make arrays and numbers, as it names them.
_MAKERS: dict[tuple[str, str], Any] = {
    ("numpy.core.multiarray", "_reconstruct"): np.zeros(1).__reduce__()[0],
    ("numpy.core.multiarray", "scalar"): np.float64(0).__reduce__()[0],
    ("numpy.core.numeric", "_frombuffer"): np.zeros(1).__reduce_ex__(5)[0],
}


class _Arrays(pickle.Unpickler):
    """Makes arrays and plain values."""

    def find_class(self, module: str, name: str) -> Any:
        root = module.replace("numpy._core", "numpy.core")
        if (root, name) in _MAKERS:
            return _MAKERS[root, name]
        if root == "numpy" and name in ("ndarray", "dtype", "recarray", "record"):
            return getattr(np, name)
        if root in ("numpy.rec", "numpy.core.records") and name in ("recarray", "record"):
            return getattr(np, name)
        if (module, name) == ("astropy.io.fits.fitsrec", "FITS_rec"):
            return _Rows
        if name == "chararray" and module.partition(".")[0] in ("numpy", "astropy"):
            return _Chars
        if module in ("astropy.io.fits.column", "astropy.io.fits.util", "weakref"):
            return _Nothing
        if (module, name) == ("_codecs", "encode"):
            return _latin
        if module in ("__builtin__", "builtins") and name in ("bytes", "bytearray", "complex", "set", "frozenset"):
            return {"bytes": bytes, "bytearray": bytearray, "complex": complex, "set": set, "frozenset": frozenset}[
                name
            ]
        raise PermanentError(
            f"a product is a pickle that asks for {module}.{name}, which is no array: it could run code here, so it is "
            "refused; ask the dispatcher's operators what they send"
        )


def unpickle(content: bytes) -> Any:
    """The array in a pickle, which may make arrays and nothing else. Raises PermanentError."""
    try:
        found = _Arrays(io.BytesIO(content), encoding="latin1").load()
    except PermanentError:
        raise
    except Exception as error:  # a damaged pickle raises what it likes
        why = f"{type(error).__name__}: {error}"
        raise PermanentError(f"a product is a pickle that cannot be read: {why:.200}") from error
    if not isinstance(found, np.ndarray) or found.dtype.hasobject:
        raise PermanentError(f"a product is a pickle of {type(found).__name__}, expected an array of numbers and text")
    if found.nbytes > MAX_ARRAY_BYTES:
        raise PermanentError(f"a product of {found.nbytes} bytes is refused")
    return found
