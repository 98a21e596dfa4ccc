"""Which functions of astroquery, pyvo, astropy and oda_api are calls of an archive; they are patched when the notebook
imports them. Standard library only."""

import contextlib
import functools
import importlib.abc
import importlib.machinery
import inspect
import re
import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from .recording import LONGEST, OBJECT, PLACE, address, adql, call, described, place, texts

_ASKS = re.compile(r"^(query|cone_search|get|search|list|resolve)(_|$)")
#: Calls that always ask; others count where something went over the network.
_SURELY = re.compile(r"^(query|cone_search)(_|$)")


def install() -> None:
    """Patch the libraries once they are imported."""
    sys.meta_path.insert(0, _Finder())


class _Recorded:
    """A method, or a descriptor of one, whose calls are written down."""

    def __init__(self, inner: Any, name: str) -> None:
        self._inner, self._name = inner, name
        self.__doc__, self.__name__ = getattr(inner, "__doc__", ""), name

    def __get__(self, obj: Any, cls: Any) -> Any:
        bound, name = self._inner.__get__(obj, cls), self._name

        @functools.wraps(bound)
        def asked(*args: Any, **kwargs: Any) -> Any:
            whose = obj if obj is not None else cls
            with call(lambda: _astroquery(bound, whose, name, args, kwargs), surely=bool(_SURELY.match(name))):
                return bound(*args, **kwargs)

        return asked


def _astroquery(bound: Any, whose: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    try:
        function = getattr(bound, "__wrapped__", bound)
        signature = inspect.signature(function)
        first = [None] if next(iter(signature.parameters), "") == "self" else []
        named = dict(signature.bind_partial(*first, *args, **kwargs).arguments)
    except (TypeError, ValueError):
        named = dict(kwargs)
    named |= named.pop("kwargs", {}) | kwargs
    if args and not (OBJECT | PLACE | {"query"}) & set(named):
        named["object_name" if "object" in name else "coordinates"] = args[0]
    owner = whose if isinstance(whose, type) else type(whose)
    if "catalogues" not in (said := described(named)) and (own := getattr(whose, "catalog", None)):
        said["catalogues"] = texts(own)
    module = ".".join(owner.__module__.split(".")[:2])
    service = owner.__name__.removesuffix("Class")
    return {"kind": "astroquery", "module": module, "service": service, "call": name.removesuffix("_async"), **said}


def _record_methods(cls: Any) -> None:
    for name, member in list(vars(cls).items()):
        if _ASKS.match(name) and (inspect.isfunction(member) or type(member).__name__ == "class_or_instance"):
            setattr(cls, name, _Recorded(member, name))


def patch_astroquery(module: ModuleType) -> None:
    """Every service of astroquery is a subclass of these."""
    for base in [getattr(module, name) for name in ("BaseQuery", "BaseVOQuery") if hasattr(module, name)]:
        base.__init_subclass__ = classmethod(lambda cls, **kwargs: _record_methods(cls))


def patch_pyvo(module: ModuleType) -> None:
    """Every query of pyvo is submitted by a subclass of DALQuery."""
    base = module.DALQuery
    base.submit = _submitting(base.submit)

    def also(cls: Any, /, **kwargs: Any) -> None:
        if "submit" in vars(cls):
            cls.submit = _submitting(cls.submit)

    base.__init_subclass__ = classmethod(also)


def _submitting(submit: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(submit)
    def submitted(query: Any, *args: Any, **kwargs: Any) -> Any:
        with call(lambda: _pyvo(query), surely=True):
            return submit(query, *args, **kwargs)

    return submitted


def _pyvo(query: Any) -> dict[str, Any]:
    keys = {str(key).upper(): value for key, value in query.items()}
    said = adql(str(keys["QUERY"])) if "QUERY" in keys else {}
    where = keys.get("POS")
    if isinstance(where, str):
        numbers = re.findall(r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?", where)
        said |= dict(zip(("ra", "dec", "radius"), map(float, numbers), strict=False))
    for word, key in (("ra", "RA"), ("dec", "DEC"), ("radius", "SR"), ("radius", "SIZE")):
        with contextlib.suppress(KeyError, TypeError, ValueError):
            said[word] = float(keys[key])
    service = type(query).__name__.removesuffix("Query")
    return {
        "kind": "pyvo",
        "module": "pyvo",
        "service": service,
        "call": "query",
        "url": address(query.baseurl),
        **said,
    }


def patch_resolver(module: ModuleType) -> None:
    """`SkyCoord.from_name` asks Sesame here."""
    resolve = module.get_icrs_coordinates

    @functools.wraps(resolve)
    def resolved(name: str, *args: Any, **kwargs: Any) -> Any:
        found: dict[str, Any] = {}

        def said() -> dict[str, Any]:
            who = {"kind": "resolver", "module": "astropy", "service": "Sesame", "call": "from_name"}
            return {**who, "object": str(name)[:LONGEST], **found}

        with call(said, surely=True):
            where = resolve(name, *args, **kwargs)
            found.update(place(where))
            return where

    module.get_icrs_coordinates = resolved  # type: ignore[attr-defined]


def patch_oda_api(module: ModuleType) -> None:
    """Products of MMODA."""
    get = module.DispatcherAPI.get_product

    @functools.wraps(get)
    def asked(api: Any, *args: Any, **kwargs: Any) -> Any:
        def said() -> dict[str, Any]:
            words = {**dict(zip(("product", "instrument"), args, strict=False)), **kwargs}
            where = {key: float(words[word]) for key, word in (("ra", "RA"), ("dec", "DEC")) if word in words}
            url = address(getattr(api, "url", ""))
            who = {"kind": "mmoda", "module": "oda_api", "service": str(words.get("instrument", "")), "url": url}
            return {**who, "call": str(words.get("product", "")), **described(words), **where}

        with call(said, surely=True):
            return get(api, *args, **kwargs)

    module.DispatcherAPI.get_product = asked


PATCHES: dict[str, Callable[[ModuleType], None]] = {
    "astroquery.query": patch_astroquery,
    "pyvo.dal.query": patch_pyvo,
    "astropy.coordinates.name_resolve": patch_resolver,
    "oda_api.api": patch_oda_api,
}


class _Finder(importlib.abc.MetaPathFinder):
    """Finds nothing of its own: patches those modules once they are imported."""

    def find_spec(
        self, fullname: str, path: "Sequence[str] | None", target: "ModuleType | None" = None
    ) -> "importlib.machinery.ModuleSpec | None":
        patch = PATCHES.get(fullname)
        if patch is None:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        if spec is None or spec.loader is None:
            return None
        run = spec.loader.exec_module

        def run_and_patch(module: ModuleType) -> None:
            run(module)
            with contextlib.suppress(Exception):
                patch(module)

        spec.loader.exec_module = run_and_patch  # type: ignore[method-assign]
        return spec
