"""The public names, each with its module: a new name is one line here; ``__init__.py`` loads it when it is first used."""

from regulars.errors import ColumnError as ColumnError
from regulars.errors import ConfigError as ConfigError
from regulars.errors import FileError as FileError
from regulars.errors import InputError as InputError
from regulars.errors import InternalError as InternalError
from regulars.errors import MappingError as MappingError
from regulars.errors import ModelNotPortable as ModelNotPortable
from regulars.errors import NoSpace as NoSpace
from regulars.errors import NotFittedError as NotFittedError
from regulars.errors import OptionError as OptionError
from regulars.errors import RegularsError as RegularsError
from regulars.errors import ShopError as ShopError
from regulars.errors import StoreBusy as StoreBusy
from regulars.errors import StoreVersionError as StoreVersionError
from regulars.models.clv import CustomerLifetimeValue as CustomerLifetimeValue
from regulars.models.lifecycle import FixedDaysRule as FixedDaysRule
from regulars.models.lifecycle import LifecycleRule as LifecycleRule
from regulars.models.purchases import NBD as NBD
from regulars.models.purchases import BetaGeoNBD as BetaGeoNBD
from regulars.models.purchases import fit_purchase_model as fit_purchase_model
from regulars.models.recommend.neighbours import ItemKNN as ItemKNN
from regulars.models.recommend.popularity import Popularity as Popularity
from regulars.models.rfm import RFM as RFM
from regulars.models.segments import ValueGroups as ValueGroups
from regulars.models.spend import GammaGamma as GammaGamma
from regulars.models.spend import SpendFrequencyCorrelation as SpendFrequencyCorrelation
from regulars.pipeline.check import check as check
from regulars.pipeline.evaluate import evaluate as evaluate
from regulars.pipeline.explain import explain as explain
from regulars.pipeline.purchases import purchase_summary as purchase_summary
from regulars.pipeline.report import write_report as write_report
from regulars.pipeline.run import run as run
from regulars.pipeline.shop import Shop as Shop

EXPORTS: dict[str, str]
__version__: str
