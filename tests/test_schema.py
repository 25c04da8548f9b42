"""The words: one meaning each, with a unit."""

from regulars import schema
from regulars.schema import EVENT_PROPERTIES, EVENTS, TABLES


def test_every_column_has_a_type_a_unit_and_a_meaning():
    for table in TABLES.values():
        assert table.row
        assert set(table.key) <= set(table.names)
        assert len(set(table.names)) == len(table.names)
        for column in table.columns:
            assert column.unit, (table.name, column.name)
            assert column.doc, (table.name, column.name)
        assert table.arrow_schema().names == list(table.names)


def test_a_column_name_has_one_type_and_one_unit_everywhere():
    stored = (
        "events",
        "items",
        "customers",
        "imports",
        "runs",
        "events_rejected",
        "orders",
    )  # as stored: whole numbers
    seen = {}
    for table in TABLES.values():
        if table.name in stored:
            continue
        for column in table.columns:
            assert seen.setdefault(column.name, (column.type, column.unit)) == (column.type, column.unit), (
                column.name
            )


def test_units_in_names_are_the_columns_units():
    for table in TABLES.values():
        for column in table.columns:
            if column.name.endswith("_days"):
                assert column.unit in ("days", "count", "money"), (
                    column
                )  # counts and money of a window of days
            if column.name.endswith(("_rate", "_share", "_probability")):
                assert column.unit == "0-1", column
            if column.name.endswith("_count"):
                assert column.unit in ("count", "units"), column


def test_lifted_properties_do_not_clash_with_event_columns():
    assert not set(EVENT_PROPERTIES) & set(EVENTS.names)


def test_stages_and_levers_are_the_foundations():
    assert set(schema.STAGES.values()) == {"acquisition", "conversion", "retention", "churn"}
    assert set(schema.LEVERS) >= {"acquire", "activate", "engage", "reward", "win_back", "grow", "none"}
