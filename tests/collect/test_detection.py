import pytest

from regulars.errors import MappingError, OptionError


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("order_id,date,customer_id,amount\n1,2024-01-01,c,5\n", "orders"),
        ("customer_id,date,amount\nc,2024-01-01,5\n", "orders"),
        ("type,time,user_id,order_id,value\npurchase,2024-01-01,c,1,5\n", "events"),
        ("type,date,customer_id,order_id,amount\nB2B,2024-01-01,c,1,5\nB2C,2024-01-01,c,1,5\n", "orders"),
        ("sku,name,price\na,Mug,5\n", "items"),
        ("sku,name,price,created_at\na,Mug,5,2024-01-01\n", "items"),
        ("customer_id,age,gender\nc,34,f\n", "customers"),
        ("customer_id,signup_date\nc,2024-01-01\n", "customers"),
        ("campaign,date,spend\nspring,2024-01-01,5\n", "costs"),
        ("masterid,sampleid,date,cds,sales\n4,1,19970101,2,29.33\n", "cdnow"),
        ("Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country\n1,85123A,x,1,2010-12-01,5,17850,France\n", "online-retail"),
    ],
)  # fmt: skip
def test_columns_and_values_say_what_a_file_is(read, text, source):
    assert read(text).plan.source == source


def test_what_could_be_two_things_is_asked(read):
    text = "customer_id,date,amount,age,gender\nc,2024-01-01,5,30,f\n"
    with pytest.raises(MappingError, match=r"could be orders or customers(.|\n)*--source orders"):
        read(text)
    assert read(text, source="customers").plan.kind == "customers"


def test_what_is_nothing_is_refused(read):
    with pytest.raises(MappingError, match="no column that says what it is"):
        read("a,b\nx,y\n")


def test_what_is_nearly_orders_says_what_is_missing(read):
    with pytest.raises(MappingError, match="no column for user_id") as caught:
        read("order_id,date,custmer,amount\n1,2024-01-01,c,5\n")
    assert 'user_id = "..."   # is it custmer?' in str(caught.value)


def test_unknown_source(read):
    with pytest.raises(OptionError, match="Did you mean orders"):
        read("a,b\n1,2\n", source="order")
