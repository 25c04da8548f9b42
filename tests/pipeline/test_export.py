"""Files for mail and advertising tools: who is in them, who is not, and what is recorded."""

import csv
import hashlib
import stat

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from regulars.errors import FileError, OptionError
from regulars.pipeline.export import _contacts, export_actions
from regulars.pipeline.run import run
from regulars.pipeline.shop import Shop
from regulars.schema import ASSIGNMENTS, CONTACTS
from regulars.store.contacts import FILE_NAME, merge_contacts

LATER_US = 4_000_000_000_000_000
"""Later than the list of customers of the shop, which says who agreed to messages."""


def contacts_of(ids, accepts=lambda place: True, email=lambda place: True):
    rows = [
        {"user_id": user, "email": f"{user.lower()}@example.org" if email(place) else None,
         "phone": f"01632 {960000 + place}", "country": "United Kingdom", "accepts_marketing": accepts(place),
         "stated_us": LATER_US}
        for place, user in enumerate(ids)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=CONTACTS.arrow_schema())


@pytest.fixture
def reachable(finished, tmp_path):
    """A shop after a run in which everybody has an address and has agreed to messages."""
    import shutil

    done, result = finished
    folder = tmp_path / "shop"
    shutil.copytree(done.folder, folder)
    actions = result.table("actions").to_arrow()
    merge_contacts(folder, contacts_of(actions.column("customer_id").to_pylist()))
    return Shop.open(folder), actions


def lines(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def assigned(shop):
    with shop.store() as store:
        return store.read(store.table("assignments").sort("customer_id"))


def with_files(actions):
    """Rows whose offer goes by file."""
    return actions.filter(
        pc.and_(pc.is_valid(actions.column("offer_id")), pc.not_equal(actions.column("channel"), "onsite"))
    )


def test_the_file_has_the_treated_and_the_record_has_both_arms(reachable):
    shop, actions = reachable
    written = export_actions(shop, "klaviyo")
    treated = set(with_files(actions).column("customer_id").to_pylist())
    rows = lines(written.path)
    assert next(iter(rows[0])) == "Email"
    assert {row["regulars_customer_id"] for row in rows} == treated
    assert all(row["Phone Number"].startswith("+441632") for row in rows)
    record = assigned(shop)
    assert record.select(ASSIGNMENTS.names).num_rows == written.recorded_count
    assert written.counts["held_out"] > 0
    arms = {arm: record.filter(pc.equal(record.column("treated"), arm)) for arm in (True, False)}
    assert set(arms[True].column("customer_id").to_pylist()) == treated
    assert arms[False].num_rows == written.counts["held_out"]
    assert set(pc.unique(record.column("propensity")).to_pylist()) == {0.9}
    assert pc.max(arms[False].column("contact_cost")).as_py() == 0
    assert pc.min(record.column("expected_gain")).as_py() > 0


def test_the_file_is_the_owners_alone_and_lies_outside_the_shop(reachable, tmp_path):
    shop, _ = reachable
    written = export_actions(shop, "mailchimp")
    assert written.path.parent == shop.folder.parent
    assert stat.S_IMODE(written.path.stat().st_mode) == 0o600
    with pytest.raises(FileError, match="inside the shop's folder"):
        export_actions(shop, "csv", shop.folder / "out.csv")
    with pytest.raises(FileError, match="is there already"):
        export_actions(shop, "mailchimp")
    export_actions(shop, "mailchimp", force=True)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_second_tool_adds_no_second_assignment(reachable):
    shop, _ = reachable
    first = export_actions(shop, "klaviyo")
    again = export_actions(shop, "mailchimp")
    assert first.recorded_count > 0
    assert again.recorded_count == 0
    assert again.counts["in_file"] == first.counts["in_file"]


def test_consent_and_addresses_are_asked_of_both_arms(finished, tmp_path):
    import shutil

    done, result = finished
    folder = tmp_path / "shop"
    shutil.copytree(done.folder, folder)
    (folder / FILE_NAME).unlink()  # where everybody has said yes or no
    ids = result.table("actions").to_arrow().column("customer_id").to_pylist()
    yes_no_unknown = (True, False, None)
    merge_contacts(
        folder, contacts_of(ids, lambda place: yes_no_unknown[place % 3], lambda place: place % 2 == 0)
    )
    shop = Shop.open(folder)
    written = export_actions(shop, "klaviyo")
    counts = written.counts
    assert min(counts[name] for name in ("in_file", "no_consent", "consent_unknown", "no_address")) > 0
    record = assigned(shop)
    answers = {user: (place % 3, place % 2) for place, user in enumerate(ids)}
    assert {answers[user] for user in record.column("customer_id").to_pylist()} == {(0, 0)}
    more = export_actions(shop, "klaviyo", tmp_path / "more.csv", include_unknown_consent=True)
    assert more.counts["consent_unknown"] == 0
    assert more.counts["in_file"] > counts["in_file"]
    assert more.counts["no_consent"] == counts["no_consent"]


def test_everybody_with_an_offer_is_counted_once(reachable):
    shop, actions = reachable
    counts = export_actions(shop, "csv").counts
    held = actions.filter(pc.equal(actions.column("reason_code"), "holdout")).num_rows
    meant = actions.num_rows - actions.column("offer_id").null_count + held
    assert sum(counts.values()) == meant


def test_without_contacts_the_shops_own_ids_are_enough_for_a_plain_table(finished, tmp_path):
    import shutil

    done, _ = finished
    folder = tmp_path / "shop"
    shutil.copytree(done.folder, folder)
    (folder / "contacts.parquet").unlink(missing_ok=True)
    shop = Shop.open(folder)
    nobody = export_actions(shop, "csv")
    assert (nobody.path, nobody.counts["in_file"], assigned(shop).num_rows) == (None, 0, 0)
    written = export_actions(shop, "csv", include_unknown_consent=True)
    assert written.counts["in_file"] > 0
    row = lines(written.path)[0]
    assert row["reason"]
    assert row["email"] == ""


def test_rules_of_today_keep_customers_out(reachable):
    shop, actions = reachable
    someone = with_files(actions).column("customer_id")[0].as_py()
    (shop.folder / "rules.toml").write_text(f'exclude_customers = ["{someone}"]', encoding="utf-8")
    written = export_actions(shop, "csv")
    assert written.counts["excluded"] == 1
    assert someone not in {row["customer_id"] for row in lines(written.path)}


def test_items_go_with_their_titles(reachable):
    shop, _ = reachable
    row = next(row for row in lines(export_actions(shop, "csv").path) if row["item_ids"])
    assert len(row["item_titles"].split(";")) == len(row["item_ids"].split(";"))
    assert row["item_titles"] != row["item_ids"]


def test_advertising_takes_one_offer_and_hashed_addresses(reachable):
    shop, actions = reachable
    offers = sorted(set(with_files(actions).column("offer_id").to_pylist()))
    with pytest.raises(OptionError, match=offers[0]):
        export_actions(shop, "google")
    with pytest.raises(OptionError, match="makes no offer"):
        export_actions(shop, "google", offers=["gift"])
    written = export_actions(shop, "google", offers=offers[:1])
    people = with_files(actions).filter(pc.equal(with_files(actions).column("offer_id"), offers[0]))
    expected = {
        hashlib.sha256(f"{user.lower()}@example.org".encode()).hexdigest()
        for user in people.column("customer_id").to_pylist()
    }
    assert {row["Email"] for row in lines(written.path)} == expected
    assert "@" not in written.path.read_text(encoding="utf-8")
    meta = export_actions(shop, "meta", offers=offers[:1])
    assert list(lines(meta.path)[0]) == ["email", "phone", "extern_id", "value"]


def test_what_was_assigned_changes_the_run_that_measures_it(reachable):
    shop, _ = reachable
    before = run(shop).run_id
    export_actions(shop, "csv")
    after = run(shop)
    assert after.run_id != before
    effects = after.table("offer_effects").to_arrow()
    assert set(effects.column("verdict").to_pylist()) == {"too_early"}
    assert effects.column("offer_id").null_count == 1


def test_what_was_stated_last_counts_cell_by_cell_and_no_before_yes(reachable):
    """Two ids of one customer: the later statement without an answer hides no earlier refusal."""
    rows = [
        {"user_id": "a", "email": "a@example.org", "accepts_marketing": False, "stated_us": 1},
        {"user_id": "b", "email": "b@example.org", "accepts_marketing": None, "stated_us": 2},
        {"user_id": "c", "accepts_marketing": True, "stated_us": 3},
        {"user_id": "d", "phone": "+44 20 7946 0001", "accepts_marketing": False, "stated_us": 3},
    ]
    shop, _ = reachable
    (shop.folder / FILE_NAME).unlink()
    merge_contacts(shop.folder, pa.Table.from_pylist(rows, schema=CONTACTS.arrow_schema()))
    people = [{"id": name, "id_kind": "user", "customer_id": of} for name, of in ("ax", "bx", "cy", "dy")]
    with shop.store() as store:
        store.write_identities(pa.Table.from_pylist(people))
        found = {row["customer_id"]: row for row in _contacts(shop, store).to_pylist()}
    assert (found["x"]["email"], found["x"]["accepts_marketing"]) == ("b@example.org", False)
    assert (found["y"]["phone"], found["y"]["accepts_marketing"]) == ("+44 20 7946 0001", False)
