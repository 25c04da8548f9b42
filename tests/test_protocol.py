"""What every exported model promises, tried on each: found by walking the exports, so a new one is in at once.

A model needs columns of ``schema.py``; ``shop()`` makes them all, coherent with one another.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.base import clone

import regulars
from regulars.errors import ColumnError, NotFittedError, OptionError, RegularsError
from regulars.models.base import FORMAT_VERSION, Model, Recommender, Scorer
from regulars.schema import TABLES

MODELS = [
    found
    for name in regulars.EXPORTS
    if isinstance(found := getattr(regulars, name), type) and issubclass(found, Model)
]
SCORERS = [model for model in MODELS if issubclass(model, Scorer)]
RECOMMENDERS = [model for model in MODELS if issubclass(model, Recommender)]
WORDS = {column.name for table in TABLES.values() for column in table.columns}


def each(models: list[Any]) -> Callable[[Any], Any]:
    """One test per model."""
    return pytest.mark.parametrize("kind", models, ids=lambda model: model.__name__)


# ---------------------------------------------------------------- the tables


def shop(customers: int = 300, seed: int = 0) -> pa.Table:
    """Customers as of day 700 with every column that a scorer may require; all have bought."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(customers):
        first = int(rng.integers(0, 600))
        life = rng.exponential(500)
        gaps = 1 + rng.exponential(rng.gamma(2, 25), 60)
        days = np.unique((first + np.cumsum([0, *gaps])).astype(int))
        days = days[(days <= 700) & ((days == first) | (days < first + life))]
        values = np.round(rng.gamma(6, rng.gamma(4, 2.0), len(days)) + 0.01, 2)
        rows.append(_customer(f"c{number:04d}", days, values, rng))
    return pa.Table.from_pylist(rows, schema=pa.schema({n: _type(n) for n in rows[0]}))


def _customer(customer: str, days: Any, values: Any, rng: np.random.Generator) -> dict[str, Any]:
    gaps = np.diff(days)
    return {
        "customer_id": customer,
        "purchase_count": len(days),
        "purchase_day_count": len(days),
        "frequency": len(days) - 1,
        "recency_days": int(days[-1] - days[0]),
        "T_days": int(700 - days[0]),
        "days_since_last_purchase": int(700 - days[-1]),
        "monetary_value": float(values[1:].mean()) if len(gaps) else 0.0,
        "mean_order_value": float(values.mean()),
        "mean_day_value": float(values.mean()),
        "net_value": float(values.sum()),
        "gross_value": float(values.sum()),
        "gap_last_days": int(gaps[-1]) if len(gaps) else None,
        "gap_max_days": int(gaps.max()) if len(gaps) else None,
        "signed_up": bool(rng.integers(2)),
        "seen": True,
        "churn_probability": float(rng.uniform()),
    }


def _type(name: str) -> pa.DataType:
    if name == "customer_id":
        return pa.string()
    if name in ("signed_up", "seen"):
        return pa.bool_()
    return pa.float64() if name.endswith(("value", "probability")) else pa.int64()


def interactions(seed: int = 0) -> pa.Table:
    rng = np.random.default_rng(seed)
    pairs = np.unique(rng.integers(0, [60, 25], (500, 2)), axis=0)
    return pa.table(
        {
            "customer_id": [f"c{customer:04d}" for customer in pairs[:, 0]],
            "item_id": [f"i{item:02d}" for item in pairs[:, 1]],
            "line_count": rng.integers(1, 4, len(pairs)),
            "last_day": rng.integers(0, 100, len(pairs)),
        }
    )


SHOP = shop()
BOUGHT = interactions()


def shuffled(table: pa.Table) -> tuple[pa.Table, pa.Array]:
    order = pa.array(np.random.default_rng(1).permutation(len(table)))
    return table.take(order), order


def fitted(kind: type[Any], table: pa.Table | None = None) -> Any:
    if table is None:
        table = BOUGHT if issubclass(kind, Recommender) else SHOP
    return kind().fit(table)


def answer(model: Any, table: pa.Table | None = None) -> Any:
    """What the model says of a table of customers."""
    table = SHOP if table is None else table
    return model.predict(table) if isinstance(model, Scorer) else model.recommend(table, 5)


def learned(model: Model) -> dict[str, Any]:
    return {name: np.asarray(getattr(model, name)).tolist() for name in model.learned}


def as_kind(table: pa.Table, kind: str) -> Any:
    if kind == "pandas":
        return table.to_pandas()
    frame: Any = pl.from_arrow(table)
    return {"polars": lambda: frame, "polars lazy": frame.lazy, "pyarrow": lambda: table}[kind]()


# ---------------------------------------------------------------- every model


def test_the_walk_finds_models_of_both_roles() -> None:
    assert {"BetaGeoNBD", "LifecycleRule", "RFM", "ValueGroups"} <= {model.__name__ for model in SCORERS}
    assert {"ItemKNN", "Popularity"} <= {model.__name__ for model in RECOMMENDERS}
    assert set(MODELS) == {*SCORERS, *RECOMMENDERS}


@each(MODELS)
def test_settings_are_keyword_only_and_stored_unchanged(kind: type[Model]) -> None:
    parameters = inspect.signature(kind).parameters.values()
    assert all(parameter.kind is parameter.KEYWORD_ONLY for parameter in parameters)
    marks = {parameter.name: object() for parameter in parameters}
    assert kind(**marks).get_params() == marks
    assert vars(kind(**marks)) == marks, "the constructor does nothing else"


@each(MODELS)
def test_a_clone_has_the_settings_and_nothing_learned(kind: type[Model]) -> None:
    copy = clone(fitted(kind))
    assert type(copy) is kind and copy.get_params() == kind().get_params()
    assert not any(hasattr(copy, name) for name in kind.learned)


@each(MODELS)
def test_settings_can_be_set_and_an_unknown_one_is_refused(kind: type[Model]) -> None:
    model = kind()
    for name, value in model.get_params().items():
        assert model.set_params(**{name: value}) is model
    with pytest.raises(OptionError, match="has no setting no_such_setting"):
        model.set_params(no_such_setting=1)


@each(MODELS)
def test_fit_returns_the_model_and_learned_values_end_in_an_underscore(kind: type[Model]) -> None:
    table = BOUGHT if issubclass(kind, Recommender) else SHOP
    model: Any = kind()
    assert model.fit(table) is model and model.is_fitted
    assert all(name.endswith("_") for name in kind.learned)
    extra = set(vars(model)) - set(model.get_params())
    assert all(name.endswith("_") for name in extra), extra


@each([model for model in MODELS if model.learned])
def test_asked_before_it_is_fitted_it_says_so(kind: type[Model]) -> None:
    with pytest.raises(NotFittedError, match="fit"):
        answer(kind())


@each(MODELS)
def test_inputs_stay_as_they_are(kind: type[Model]) -> None:
    table = (BOUGHT if issubclass(kind, Recommender) else SHOP).to_pandas()
    customers = SHOP.to_pandas()
    before, customers_before = table.copy(deep=True), customers.copy(deep=True)
    model: Any = kind()
    answer(model.fit(table), customers)
    pd.testing.assert_frame_equal(table, before)
    pd.testing.assert_frame_equal(customers, customers_before)


@each(MODELS)
def test_the_order_of_rows_does_not_change_what_is_learned(kind: type[Model]) -> None:
    table, _ = shuffled(BOUGHT if issubclass(kind, Recommender) else SHOP)
    assert learned(fitted(kind, table)) == learned(fitted(kind))


@each(MODELS)
def test_a_second_fit_is_the_same_as_the_first(kind: type[Model]) -> None:
    again = fitted(kind).fit(BOUGHT if issubclass(kind, Recommender) else SHOP)
    assert learned(again) == learned(fitted(kind))
    assert answer(again).equals(answer(fitted(kind)))


@each(MODELS)
def test_nothing_of_an_earlier_fit_stays(kind: type[Model]) -> None:
    other = interactions(seed=5) if issubclass(kind, Recommender) else shop(seed=5)
    again = fitted(kind, other).fit(BOUGHT if issubclass(kind, Recommender) else SHOP)
    assert answer(again).equals(answer(fitted(kind)))


@each(MODELS)
def test_saved_and_loaded_it_answers_the_same(kind: type[Model], tmp_path: Path) -> None:
    model = fitted(kind)
    loaded = kind.load(model.save(tmp_path / "model"))
    assert loaded.get_params() == model.get_params() and learned(loaded) == learned(model)
    assert answer(loaded).equals(answer(model))
    files = {path.suffix for path in (tmp_path / "model").rglob("*") if path.is_file()}
    assert files <= {".json", ".npz", ".txt", ".arrow"}, "never pickle"


@each(MODELS)
def test_another_model_or_format_is_not_loaded(kind: type[Model], tmp_path: Path) -> None:
    folder = fitted(kind).save(tmp_path / "model")
    other = next(model for model in MODELS if model is not kind)
    with pytest.raises(OptionError, match=f"a {other.__name__} of format {FORMAT_VERSION}"):
        other.load(folder)
    record = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps(record | {"format_version": FORMAT_VERSION + 1}))
    with pytest.raises(OptionError, match=f"of format {FORMAT_VERSION + 1}"):
        kind.load(folder)


@each(MODELS)
@pytest.mark.parametrize("frame", ["pandas", "polars", "polars lazy", "pyarrow"])
def test_the_kind_of_table_that_goes_in_comes_out(kind: type[Model], frame: str) -> None:
    table = as_kind(BOUGHT if issubclass(kind, Recommender) else SHOP, frame)
    model: Any = kind()
    out = answer(model.fit(table), as_kind(SHOP, frame))
    assert type(out) is type(as_kind(SHOP, frame))
    plain = answer(fitted(kind))
    arrow = as_arrow(out)
    assert arrow.column_names == plain.column_names
    assert arrow.select(plain.column_names).to_pylist() == plain.to_pylist()


def as_arrow(out: Any) -> pa.Table:
    if isinstance(out, pl.LazyFrame):
        out = out.collect()
    return (
        out
        if isinstance(out, pa.Table)
        else pa.Table.from_pandas(out)
        if isinstance(out, pd.DataFrame)
        else out.to_arrow()
    )


ANSWERS = (
    "predict",
    "explain",
    "bounds",
    "expected_purchases",
    "probability_alive",
    "probability_of_purchase",
)


@each(SCORERS)
@pytest.mark.parametrize("frame", ["pandas", "polars", "polars lazy"])
def test_every_answer_about_rows_is_of_the_kind_that_came(kind: type[Scorer], frame: str) -> None:
    model, table = fitted(kind), as_kind(SHOP, frame)
    for name in ANSWERS:
        if not hasattr(model, name):
            continue
        out, plain = getattr(model, name)(table), getattr(model, name)(SHOP)
        if isinstance(plain, np.ndarray):
            assert type(out) is (pd.Series if frame == "pandas" else pl.Series), name
            assert out.to_numpy().tolist() == plain.tolist() and out.name == name
        else:
            assert type(out) is type(table), name
            assert as_arrow(out).to_pydict() == as_arrow(as_kind(plain, frame)).to_pydict()


@each(SCORERS)
def test_a_pandas_index_stays_with_its_rows(kind: type[Scorer]) -> None:
    model, table = fitted(kind), SHOP.to_pandas()
    table.index = pd.Index(np.random.default_rng(2).permutation(len(table)), name="place")
    plain = answer(model)
    for name in ANSWERS:
        if hasattr(model, name):
            assert getattr(model, name)(table).index.equals(table.index), name
    out = answer(model, table)
    assert out.columns.tolist() == plain.column_names
    by_id = table.set_index("customer_id")  # as groupby leaves it
    out = answer(model, by_id)
    assert out.index.equals(by_id.index) and out.columns.tolist() == list(kind.produces)


ODD_TYPES: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "nullable": lambda table: table.convert_dtypes(),
    "pyarrow": lambda table: table.convert_dtypes(dtype_backend="pyarrow"),
    "python strings": lambda table: table.astype({"customer_id": "string[python]"}),
    "objects": lambda table: table.astype(object),
    "categories": lambda table: table.astype({"customer_id": "category"}),
    "decimals": lambda table: table.assign(
        **{n: [Decimal(repr(v)) for v in table[n]] for n in table.columns if n.endswith("_value")}
    ),
    "beside columns of any kind": lambda table: table.assign(
        at=pd.Timestamp("2025-03-01"), zoned=pd.Timestamp("2025-03-01", tz="Europe/Berlin"),
        month=pd.Period("2025-03"), mixed=([1, "b", None] * len(table))[: len(table)], gone=None,
    ),
}  # fmt: skip


@each(MODELS)
@pytest.mark.parametrize("odd", ODD_TYPES)
def test_the_types_that_pandas_has_for_a_number_or_an_id_change_nothing(kind: type[Model], odd: str) -> None:
    table = (BOUGHT if issubclass(kind, Recommender) else SHOP).to_pandas()
    model: Any = kind()
    out = answer(model.fit(ODD_TYPES[odd](table)), ODD_TYPES[odd](SHOP.to_pandas()))
    plain = answer(fitted(kind)).to_pandas()
    assert type(out) is pd.DataFrame and out.columns.tolist() == plain.columns.tolist()
    for name in plain.columns:
        ours, theirs = (found[name].astype(object).where(found[name].notna(), None) for found in (out, plain))
        if (
            odd == "decimals" and plain[name].dtype == float
        ):  # a Decimal of 17 digits loses its last as a float
            np.testing.assert_allclose(ours.astype(float), theirs.astype(float), rtol=1e-12)
        else:
            assert ours.tolist() == theirs.tolist(), name


@each(MODELS)
@pytest.mark.parametrize("odd", ["categorical", "decimal", "enum", "small"])
def test_the_types_of_polars_change_nothing(kind: type[Model], odd: str) -> None:
    def cast(table: pa.Table) -> pl.DataFrame:
        frame: Any = pl.from_arrow(table)
        ids = [name for name in ("customer_id", "item_id") if name in frame.columns]
        if odd == "categorical":
            return frame.cast(dict.fromkeys(ids, pl.Categorical))
        if odd == "enum":
            return frame.cast({name: pl.Enum(frame[name].unique().sort()) for name in ids})
        if odd == "small":
            return frame.cast({name: pl.Int32 for name, type_ in frame.schema.items() if type_ == pl.Int64})
        return frame.cast(
            {name: pl.Decimal(18, 2) for name in ("net_value", "gross_value") if name in frame.columns}
        )

    model: Any = kind()
    out = answer(model.fit(cast(BOUGHT if issubclass(kind, Recommender) else SHOP)), cast(SHOP))
    assert type(out) is pl.DataFrame
    assert out.to_dicts() == answer(fitted(kind)).to_pylist()


# ---------------------------------------------------------------- scorers


@each(SCORERS)
def test_one_row_out_per_row_in_with_the_key_first(kind: type[Scorer]) -> None:
    out = answer(fitted(kind))
    assert out.column_names == [kind.key, *kind.produces]
    assert out[kind.key].to_pylist() == SHOP[kind.key].to_pylist()
    assert answer(fitted(kind), SHOP.drop_columns([kind.key])).column_names == list(kind.produces)


@each(SCORERS)
def test_columns_are_words_of_the_schema(kind: type[Scorer]) -> None:
    assert {kind.key, *kind.requires, *kind.produces} <= WORDS
    assert set(kind.optional) <= WORDS | {"customer_count"}
    assert set(kind.requires) <= set(SHOP.column_names), "give shop() the column that the new model needs"


@each(SCORERS)
def test_rows_are_scored_alone(kind: type[Scorer]) -> None:
    model = fitted(kind)
    table, order = shuffled(SHOP)
    assert answer(model, table).equals(answer(model).take(order))
    assert answer(model, SHOP.slice(7, 1)).equals(answer(model).slice(7, 1))


@each(SCORERS)
def test_a_missing_column_is_named(kind: type[Scorer]) -> None:
    model = fitted(kind)
    for name in kind.requires:
        for use in (kind().fit, model.predict):
            with pytest.raises(ColumnError, match=rf"{kind.__name__} needs the column {name}\b"):
                use(SHOP.drop_columns([name]))


@each(SCORERS)
def test_an_empty_table_has_no_scores_but_their_types(kind: type[Scorer]) -> None:
    model = fitted(kind)
    assert answer(model, SHOP.slice(0, 0)).schema.equals(answer(model).schema)
    assert answer(model, SHOP.slice(0, 0)).num_rows == 0


@each(SCORERS)
@pytest.mark.parametrize("rows", [0, 1])
def test_no_customer_or_one_is_learned_from_or_refused_in_words(kind: type[Scorer], rows: int) -> None:
    try:
        model = fitted(kind, SHOP.slice(0, rows))
    except RegularsError as error:
        assert error.found and (error.allowed or error.fix)
    else:
        assert answer(model).num_rows == len(SHOP)


@each(
    SCORERS,
)
def test_text_instead_of_numbers_is_a_column_error(kind: type[Scorer]) -> None:
    model = fitted(kind)
    for name in kind.requires:
        place = SHOP.column_names.index(name)
        wrong = SHOP.set_column(place, name, pa.array(["many"] * len(SHOP)))
        with pytest.raises(ColumnError, match=name):
            model.predict(wrong)


@each([model for model in SCORERS if "random_state" in inspect.signature(model).parameters])
def test_the_seed_decides(kind: type[Scorer]) -> None:
    one, two = (answer(kind(random_state=seed).fit(SHOP)) for seed in (3, 4))
    assert one.equals(answer(kind(random_state=3).fit(SHOP)))
    assert not one.equals(two)


# ---------------------------------------------------------------- recommenders


@each(RECOMMENDERS)
def test_lists_are_ordered_by_customer_and_rank(kind: type[Recommender]) -> None:
    out = answer(fitted(kind), shuffled(SHOP)[0])
    assert set(out.column_names) - set(TABLES["recommendations"].names) == set()
    assert out.column_names[:4] == ["customer_id", "rank", "item_id", "score"]
    rows = list(zip(out["customer_id"].to_pylist(), out["rank"].to_pylist(), strict=True))
    assert rows == [
        (customer, rank) for customer in sorted(SHOP["customer_id"].to_pylist()) for rank in range(1, 6)
    ]
    frame = out.to_pandas()
    assert not frame.duplicated(["customer_id", "item_id"]).any()
    assert (frame.groupby("customer_id")["score"].diff().dropna() <= 1e-12).all()


@each(RECOMMENDERS)
def test_a_list_does_not_depend_on_who_else_asks(kind: type[Recommender]) -> None:
    model = fitted(kind)
    everybody = answer(model).to_pylist()
    for customer in ("c0003", "c0299"):
        alone = model.recommend([customer], 5).to_pylist()
        assert alone == [line for line in everybody if line["customer_id"] == customer]


@each(RECOMMENDERS)
def test_a_missing_id_is_named(kind: type[Recommender]) -> None:
    for name in kind.requires:
        with pytest.raises(ColumnError, match=rf"{kind.__name__} needs the column {name}\b"):
            kind().fit(BOUGHT.drop_columns([name]))
    with pytest.raises(ColumnError, match="needs the column customer_id"):
        fitted(kind).recommend(BOUGHT.select(["item_id"]), 3)


@each(RECOMMENDERS)
def test_nobody_nothing_and_one(kind: type[Recommender]) -> None:
    model = fitted(kind)
    assert model.recommend(SHOP.slice(0, 0), 5).schema.equals(answer(model).schema)
    nothing = fitted(kind, BOUGHT.slice(0, 0))
    assert nothing.recommend(["c0001"], 5).num_rows == nothing.similar_items(["i01"]).num_rows == 0
    one = fitted(kind, BOUGHT.slice(0, 1))
    assert one.recommend(["c0000", "new"], 5)["item_id"].to_pylist() == BOUGHT["item_id"].to_pylist()[:1] * 2


@each(RECOMMENDERS)
def test_the_parts_of_each_score_sum_to_it(kind: type[Recommender]) -> None:
    model = fitted(kind)
    for line in model.recommend(["c0001", "c0002"], 5).to_pylist():
        parts = model.explain(line["customer_id"], line["item_id"])
        assert sum(parts["contribution"].to_pylist()) == pytest.approx(line["score"])


@each(RECOMMENDERS)
def test_similar_items_are_others(kind: type[Recommender]) -> None:
    out = fitted(kind).similar_items(BOUGHT, 4)
    assert out.column_names == ["item_id", "rank", "similar_item_id", "score"]
    assert all(line["item_id"] != line["similar_item_id"] for line in out.to_pylist())


@each(RECOMMENDERS)
def test_a_number_of_items_below_one_is_refused(kind: type[Recommender]) -> None:
    with pytest.raises(OptionError, match="n is 0"):
        fitted(kind).recommend(SHOP, 0)
