"""Regulars: who a shop's customers are, what each is worth, what to do for whom today, and whether it paid.

>>> import regulars as rg
>>> rg.BetaGeoNBD
<class 'regulars.models.purchases.BetaGeoNBD'>

Importing the package loads nothing; a public name loads its module when it is first used.
"""

import importlib
import re
from pathlib import Path

__version__ = "0.1.0"

# Public name -> the module that holds it, read from the typed list beside this file, so that a new name is
# one line there.
_TYPED = Path(__file__).with_name("__init__.pyi").read_text(encoding="utf-8")
EXPORTS = {
    name: module for module, name in re.findall(r"^from (\S+) import (\w+) as \2$", _TYPED, re.MULTILINE)
}

__all__ = ["__version__", *EXPORTS]


def __getattr__(name: str) -> object:
    if name not in EXPORTS:
        raise AttributeError(f"module 'regulars' has no attribute {name!r}")
    value = getattr(importlib.import_module(EXPORTS[name]), name)
    globals()[name] = value  # the next use is a plain look-up
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *EXPORTS})
