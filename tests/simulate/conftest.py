"""A small synthetic shop that the tests of the simulator share."""

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
import pytest

from regulars.simulate.exports import Exports
from regulars.simulate.shop import write_shop
from regulars.simulate.truth import Truth, read_truth


@dataclass(frozen=True)
class SmallShop:
    """The exports, the truth, and the exports as tables without the lines that have too few cells."""

    folder: Path
    exports: Exports
    truth: Truth

    def table(self, source: str) -> pa.Table:
        text = pacsv.ConvertOptions(column_types=dict.fromkeys(self.columns(source), pa.string()))
        skip = pacsv.ParseOptions(invalid_row_handler=lambda row: "skip")
        return pacsv.read_csv(self.exports.path(source), parse_options=skip, convert_options=text)

    def columns(self, source: str) -> list[str]:
        with self.exports.path(source).open(encoding="utf-8") as file:
            return file.readline().strip().split(",")


@pytest.fixture(scope="session")
def small_shop(tmp_path_factory: pytest.TempPathFactory) -> SmallShop:
    folder = tmp_path_factory.mktemp("simulated")
    exports = write_shop(folder / "shop", folder / "shop.truth", customers=1200, days=540, seed=3)
    return SmallShop(folder, exports, read_truth(folder / "shop.truth"))
