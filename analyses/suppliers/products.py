"""The dispatcher's products as pieces of a result. Numbers arrive as pickles and as text that its own client evaluates;
here a pickle may make arrays and nothing else, and no text is ever run."""

from __future__ import annotations

import ast
import base64
import binascii
import hashlib
import io
import json
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from analyses.suppliers.fitspieces import Span, fits_file, fits_units
from analyses.suppliers.pickles import unpickle
from analyses.suppliers.pieces import Pieces, cell, is_drawing
from nuncius.core.errors import PermanentError

#: Echoes of the question and pages for browsers: no products.
_NOT_PRODUCTS = frozenset({"analysis_parameters", "api_code", "session_id", "download_file_name", "job_id",
                           "prod_process_message", "query_status", "status", "instrument", "product_type"})  # fmt: skip


def decode(pieces: Pieces, products: Mapping[str, Any], *, asked: Span | None) -> None:
    """All products of a reply. Raises PermanentError for one that is damaged or would run code."""
    for key, said in products.items():
        if key in _NOT_PRODUCTS or said in (None, [], {}, ""):
            continue
        decoder = _DECODERS.get(key)
        if decoder is None:
            if key.startswith("gw_") or key.endswith("_list"):
                pieces.file(f"{key}.json", json.dumps(said).encode())
                pieces.caveats.append(f"{key}: a sort of product that is not shown; `keep` names a folder for it.")
            continue
        for number, one in enumerate(said if isinstance(said, list) else [said], 1):
            _decoded(pieces, decoder, _object(one), f"{key.removesuffix('_list')}_{number}", asked)


def encoded(pieces: Pieces, said: Any, name: str) -> bool:
    """A single product as `oda_api` writes it, among a workflow's outputs; False where it is none."""
    if not isinstance(said, dict):
        return False
    marks = (("data_unit_list", _numpy), ("ascii", _table), ("b64data", _picture), ("md5", _file))
    decoder = next((decoder for mark, decoder in marks if mark in said), None)
    if decoder is None:
        if not {"value", "name", "meta_data"} <= set(said):
            return False
        decoder = _text
    _decoded(pieces, decoder, said, name, None)
    return True


def _decoded(pieces: Pieces, decoder: Any, said: Any, name: str, asked: Span | None) -> None:
    try:
        decoder(pieces, said, name, asked)
    except PermanentError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, binascii.Error, RecursionError) as error:
        why = f"{type(error).__name__}: {error}"
        raise PermanentError(f"{pieces.what}: product {name} is damaged: {why:.300}") from error


def _object(said: Any) -> Any:
    """Some products are JSON within JSON."""
    if isinstance(said, str) and said[:1] in ("{", "["):
        try:
            return json.loads(said)
        except ValueError:
            return said
    return said


def _named(said: Any, otherwise: str) -> str:
    name = said.get("name") if isinstance(said, dict) else None
    return str(name)[:80] if name not in (None, "", "None") else otherwise


# --- arrays ---


def _numpy(pieces: Pieces, said: Any, name: str, asked: Span | None) -> None:
    """A product of numpy arrays with headers: units of a FITS file, made into one."""
    from astropy.io import fits

    name = _named(said, name)
    units = [_object(unit) for unit in _object(said["data_unit_list"])]
    made = [made for unit in units if (made := _unit(pieces, name, unit)) is not None]
    if not made:
        return
    out = io.BytesIO()
    first = [] if isinstance(made[0], fits.PrimaryHDU) else [fits.PrimaryHDU()]
    fits.HDUList([*first, *made]).writeto(out, output_verify="silentfix+ignore")
    with fits.open(io.BytesIO(out.getvalue())) as clean:  # so that every column is as a file has it
        fits_units(pieces, name, list(clean), asked=asked)


def _unit(pieces: Pieces, name: str, unit: dict[str, Any]) -> Any:
    from astropy.io import fits

    data = _array(unit)
    kind = str(unit.get("hdu_type") or ("bintable" if data is not None and data.dtype.names else "image")).lower()
    if kind not in ("primary", "image", "table", "bintable"):
        raise PermanentError(f"{pieces.what}: product {name!r} has a unit of the sort {kind!r}")
    if data is None or not data.size:
        return None
    if data.dtype.names:
        made = fits.BinTableHDU(np.array(data))
        raw = bool(getattr(data, "raw", False))
        _copy_header(made, unit.get("header"), raw=raw)
        for column, said in (unit.get("units_dict") or {}).items():
            if column in made.columns.names and said:
                made.columns.change_unit(column, str(said))
    elif kind in ("table", "bintable"):
        raise PermanentError(f"{pieces.what}: product {name!r} is called a table and has no columns")
    else:
        made = fits.ImageHDU(np.ascontiguousarray(data))
        _copy_header(made, unit.get("header"), raw=False)
    made.name = str(unit.get("name") or "")[:60]
    return made


def _copy_header(made: Any, header: Any, *, raw: bool) -> None:
    """A header as it was told, less what says how the data lie in a file, which is ours to say. `raw`: numbers are yet
    to be scaled."""
    layout = ("SIMPLE", "XTENSION", "BITPIX", "NAXIS", "PCOUNT", "GCOUNT", "TFIELDS", "EXTEND", "CHECKSUM", "DATASUM",
              "TTYPE", "TFORM", "TDISP", "TNULL", "TDIM", "EXTNAME", "BSCALE", "BZERO", "THEAP", "")  # fmt: skip
    for key, value in (header if isinstance(header, dict) else {}).items():
        if not isinstance(key, str) or key.upper().rstrip("0123456789") in layout or len(key) > 60:
            continue
        if not raw and key.upper().startswith(("TZERO", "TSCAL")):
            continue
        if isinstance(value, bool | int | float | str) and not (isinstance(value, float) and not np.isfinite(value)):
            made.header[key] = value if not isinstance(value, str) else value.encode("ascii", "replace").decode()[:60]


def _array(unit: dict[str, Any]) -> Any:
    """The array of a unit: by pickle, or by text with its type beside it; None where it has none."""
    if unit.get("binarys") is not None:
        return unpickle(base64.b64decode(unit["binarys"]))
    said = unit.get("data")
    if said is None:
        return None
    rows = json.loads(said) if isinstance(said, str) else said
    kind = _dtype(unit.get("dt"))
    if kind.names:
        return np.array([tuple(row) for row in rows], dtype=kind)
    return np.asarray(rows, dtype=kind)


def _dtype(said: Any) -> np.dtype[Any]:
    """A type as numpy writes it; never evaluated as code."""
    if isinstance(said, str) and (record := re.fullmatch(r"\(numpy\.record,\s*(\[.*\])\)", said, re.DOTALL)):
        said = record[1]
    text = ast.literal_eval(said) if isinstance(said, str) and said[:1] in ("[", "(") else said
    listed = [tuple(_listed(part) for part in field) for field in text] if isinstance(text, list) else text
    kind = np.dtype(listed)
    if kind.hasobject:
        raise PermanentError(f"a product of the type {said!r:.80} could hold anything")
    return kind


def _listed(part: Any) -> Any:
    return tuple(part) if isinstance(part, list) else part


# --- tables, pictures, text, files ---


def _table(pieces: Pieces, said: Any, name: str, _: Span | None) -> None:
    pieces.ecsv(_named(said, name), str(said["ascii"] if isinstance(said, dict) else said))


def _pickled_table(pieces: Pieces, said: Any, name: str, _: Span | None) -> None:
    if isinstance(said, dict) and said.get("ascii"):
        return _table(pieces, said, name, None)
    raise PermanentError(
        f"{pieces.what}: table {_named(said, name)!r} comes as a pickle only, which could run code here"
    )


def _picture(pieces: Pieces, said: Any, name: str, _: Span | None) -> None:
    content = _bytes(said["b64data"])
    if is_drawing(content):
        pieces.content(_named(said, name), content)
    else:
        pieces.picture(_named(said, name), content)


def _text(pieces: Pieces, said: Any, name: str, _: Span | None) -> None:
    value = said.get("value") if isinstance(said, dict) else said
    title = _named(said, name)
    if isinstance(value, bool) or value is None:
        pieces.text(title, str(value))
    elif isinstance(value, int | float):
        pieces.number(title, float(value), _unit_word(said))
    elif isinstance(value, str) and value.startswith("# %ECSV"):
        pieces.ecsv(title, value)
    elif isinstance(value, str):
        number = _as_number(value)
        if number is None:
            pieces.text(title, value)
        else:
            pieces.number(title, number, _unit_word(said))
    else:
        pieces.text(title, json.dumps(value))


def _unit_word(said: Any) -> str:
    meta = _object(said.get("meta_data")) if isinstance(said, dict) else None
    word = meta.get("unit", meta.get("units")) if isinstance(meta, dict) else None
    return str(word) if word else ""


def _as_number(text: str) -> float | None:
    try:
        return float(text) if len(text) < 40 and any(c.isdigit() for c in text) else None
    except ValueError:
        return None


def _file(pieces: Pieces, said: Any, name: str, asked: Span | None) -> None:
    """A file with its checksum; older dispatchers send the bytes bare."""
    content = _bytes(said["data"] if isinstance(said, dict) else said)
    title = _named(said, name)
    if isinstance(said, dict) and said.get("md5"):
        found = hashlib.md5(content, usedforsecurity=False).hexdigest()
        if found != said["md5"]:
            raise PermanentError(
                f"{pieces.what}: file {title!r} is damaged: its MD5 is {found}, told was {said['md5']}"
            )
    if content.startswith(b"SIMPLE  ="):
        fits_file(pieces, title, content, asked=asked)
    else:
        pieces.content(title, content)


def _bytes(said: Any) -> bytes:
    """Base64, of either alphabet."""
    return base64.b64decode(str(said).encode("ascii").replace(b"-", b"+").replace(b"_", b"/"), validate=True)


def _catalog(pieces: Pieces, said: Any, _: str, __: Span | None) -> None:
    names = [str(name) for name in said["cat_column_names"]]
    columns = [list(column) for column in said["cat_column_list"]]
    if len(names) != len(columns) or len({len(column) for column in columns}) > 1:
        raise PermanentError(f"{pieces.what}: the catalog has columns of different lengths")
    pieces.table("catalog", names, [[cell(value) for value in row] for row in zip(*columns, strict=True)])


def _strain(pieces: Pieces, said: Any, name: str, _: Span | None) -> None:
    """A gravitational-wave strain: its values, evenly in time, in GPS seconds."""
    zero, step = float(said["t0"]), float(said["dt"])
    rows = [[zero + step * number, value] for number, value in enumerate(said["value"])]
    pieces.number(f"{_named(said, name)}_samples", len(rows))
    pieces.table(_named(said, name), ["time [GPS s]", "strain"], rows)
    pieces.file(f"{_named(said, name)}.json", json.dumps(said).encode())


def _skymaps(pieces: Pieces, said: Any, _: str, asked: Span | None) -> None:
    for event, one in said["skymaps"].items():
        _numpy(pieces, {**_object(one), "name": str(event)}, str(event), asked)


_DECODERS: dict[str, Any] = {
    "numpy_data_product": _numpy,
    "numpy_data_product_list": _numpy,
    "astropy_table_product_ascii": _table,
    "astropy_table_product_ascii_list": _table,
    "astropy_table_product_binary_list": _pickled_table,
    "binary_image_product": _picture,
    "binary_image_product_list": _picture,
    "text_product": _text,
    "text_product_list": _text,
    "binary_data_product": _file,
    "binary_data_product_list": _file,
    "catalog": _catalog,
    "gw_strain_product_list": _strain,
    "gw_skymap_product": _skymaps,
}
