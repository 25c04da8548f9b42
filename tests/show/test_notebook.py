import pandas as pd
import polars as pl
import pyarrow as pa

from regulars.show.notebook import ResultTable

TABLE = pa.table({"customer_id": ["<b>a</b>", "b"], "clv": [1234.5, None], "stage": ["at_risk", "new"]})
RESULT = ResultTable(TABLE, "customer_scores", currency="GBP", clv_days=365)


def test_turns_into_every_kind_of_frame():
    assert RESULT.to_arrow() is TABLE
    assert RESULT.to_pandas()["customer_id"].tolist() == ["<b>a</b>", "b"]
    assert RESULT.to_polars()["stage"].to_list() == ["at_risk", "new"]
    assert (len(RESULT), RESULT.columns) == (2, ["customer_id", "clv", "stage"])


def test_others_take_it_as_arrow():
    assert pl.DataFrame(RESULT).shape == (2, 3)
    assert pa.table(RESULT).equals(TABLE)
    assert isinstance(pd.DataFrame.from_arrow(RESULT), pd.DataFrame)


def test_shows_itself_with_units_and_escaped():
    html = RESULT._repr_html_()
    assert "<b>" not in html and "&lt;b&gt;a&lt;/b&gt;" in html
    assert "Margin, next 365 days (GBP)" in html and "text-align:right" in html and "At risk" in html
    assert "Margin, next 365 days (GBP)" in repr(RESULT)


def test_shows_ten_rows_and_says_how_many_there_are():
    many = ResultTable(pa.table({"customer_id": [str(n) for n in range(25)]}), "customer_scores")
    assert many._repr_html_().count("<tr>") == 11 and "25 rows" in many._repr_html_()
    assert repr(many).splitlines()[-1] == "... 15 more; --limit 25 shows all"
