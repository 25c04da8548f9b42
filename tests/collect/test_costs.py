"""Costs of campaigns as advertising tools export them."""

import pytest

META = (
    '"Campaign name","Day","Reporting starts","Reporting ends","Amount spent ({0})","Impressions","Link clicks","Cost per result"\n'
    '"Spring","2025-03-01","2025-03-01","2025-03-01","12.34","1000","12","4.11"\n'
    '"Retarget","2025-03-02","2025-03-01","2025-03-01","1,234.50","1000","",""\n'
)
GOOGLE = (
    'Campaign report\n"1 January 2025 - 31 March 2025"\nCampaign,Campaign type,Day,Currency code,Cost,Clicks,Impr.,Avg. CPC\n'
    'Brand,Search,2025-01-01,GBP,10.50,12,"1,000",0.88\nGeneric,Search,2025-01-02,GBP,"1,010.50",12,"1,000",0.88\n'
    'Total: Account,--,--,GBP,"1,021.00",24,"2,000",0.88\n'
)


@pytest.mark.parametrize(
    ("text", "campaigns", "values"),
    [
        (META.format("GBP"), ["Spring", "Retarget"], [123_400, 12_345_000]),
        ("Kampagne;Tag;Ausgegebener Betrag (GBP)\nSommer;13.03.2025;1.234,50\n", ["Sommer"], [12_345_000]),
        ("Gregorian date,Campaign,Spend,Currency\n3/14/2025,Brand,12.00,GBP\n", ["Brand"], [120_000]),
        (
            "Start Date (in UTC),Campaign Name,Total Spent,Currency\n03/14/2025,Brand,12.00,GBP\n",
            ["Brand"],
            [120_000],
        ),
        ("Campaign name,By Day,Cost,Currency\nBrand,2025-03-14,12.00,GBP\n", ["Brand"], [120_000]),
        ("date,campaign,spend [GBP]\n2025-03-14,Brand,12.00\n", ["Brand"], [120_000]),
        ("date,campaign,cost (£)\n2025-03-14,Brand,12.00\n", ["Brand"], [120_000]),
        ("date,campaign,cost_gbp\n2025-03-14,Brand,12.00\n", ["Brand"], [120_000]),
    ],
)
def test_labels_of_advertising_tools(read, text, campaigns, values):
    found = read(text)
    assert found.plan.source == "costs" and set(found.column("type")) == {"cost"}
    assert (found.column("campaign"), found.column("value")) == (campaigns, values)
    assert set(found.column("currency")) == {"GBP"} and found.rejected.num_rows == 0


def test_lines_above_the_header_are_titles_and_totals_are_no_day(read):
    found = read(GOOGLE)
    assert (found.plan.source, found.column("campaign")) == ("costs", ["Brand", "Generic"])
    assert found.codes == {6: "bad_time"} and found.column("source_row") == [4, 5]


def test_another_currency_in_the_label_is_not_taken_for_the_shops(read):
    found = read(META.format("EUR"))
    assert set(found.codes.values()) == {"bad_currency"} and found.events.num_rows == 0
    assert found.rejected["message"][0].as_py() == "EUR is said for every line; allowed: amounts in GBP"
