"""Regulars: who a shop's customers are, what each is worth, what to do for whom today, and whether it paid.

>>> import regulars as rg
>>> rg.BetaGeoNBD
<class 'regulars.models.purchases.BetaGeoNBD'>

Importing the package loads nothing; a public name loads its module when it is first used.
"""

import importlib

__version__ = "0.1.0"

# Public name -> the module that holds it. The types stand beside this file in __init__.pyi.
EXPORTS = {
    "Shop": "regulars.pipeline.shop",
    "run": "regulars.pipeline.run",
    "evaluate": "regulars.pipeline.evaluate",
    "explain": "regulars.pipeline.explain",
    "check": "regulars.pipeline.check",
    "write_report": "regulars.pipeline.report",
    "BetaGeoNBD": "regulars.models.purchases",
    "NBD": "regulars.models.purchases",
    "fit_purchase_model": "regulars.models.purchases",
    "GammaGamma": "regulars.models.spend",
    "SpendFrequencyCorrelation": "regulars.models.spend",
    "CustomerLifetimeValue": "regulars.models.clv",
    "LifecycleRule": "regulars.models.lifecycle",
    "FixedDaysRule": "regulars.models.lifecycle",
    "RFM": "regulars.models.rfm",
    "ValueGroups": "regulars.models.segments",
    "ItemKNN": "regulars.models.recommend.neighbours",
    "Popularity": "regulars.models.recommend.popularity",
    "RegularsError": "regulars.errors",
    "InputError": "regulars.errors",
    "FileError": "regulars.errors",
    "MappingError": "regulars.errors",
    "ConfigError": "regulars.errors",
    "ColumnError": "regulars.errors",
    "OptionError": "regulars.errors",
    "ShopError": "regulars.errors",
    "NotFittedError": "regulars.errors",
    "ModelNotPortable": "regulars.errors",
    "StoreBusy": "regulars.errors",
    "StoreVersionError": "regulars.errors",
    "NoSpace": "regulars.errors",
    "InternalError": "regulars.errors",
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
