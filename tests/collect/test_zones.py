import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from regulars.collect.zones import local_from_utc, utc_from_local

ZONES = ["UTC", "Europe/London", "America/New_York", "Asia/Shanghai", "Asia/Kolkata", "Australia/Lord_Howe"]


@pytest.mark.parametrize("zone", ZONES)
def test_both_ways_as_arrow_reads_the_clock(zone):
    """Also the hours that a clock shows twice or skips."""
    seconds = np.random.default_rng(0).integers(-10 * 365 * 86_400, 60 * 365 * 86_400, 20_000)
    walls = seconds * 1_000_000
    instants = utc_from_local(walls, zone)
    expected = pc.assume_timezone(
        pa.array(walls, pa.timestamp("us")), zone, ambiguous="earliest", nonexistent="earliest"
    )
    assert np.array_equal(instants, np.asarray(expected.cast(pa.int64())))
    local = pc.local_timestamp(pa.array(instants, pa.timestamp("us", zone)))
    assert np.array_equal(local_from_utc(instants, zone), np.asarray(local.cast(pa.int64())))


def test_hour_shown_twice_is_the_first_and_skipped_hour_ends_before_the_change():
    twice, skipped = (
        np.array([np.datetime64(text, "us").astype(np.int64)])
        for text in ("2024-10-27T01:30", "2024-03-31T01:30")
    )
    assert utc_from_local(twice, "Europe/London")[0] == np.datetime64("2024-10-27T00:30", "us").astype(int)
    change = np.datetime64("2024-03-31T01:00", "us").astype(int)
    assert utc_from_local(skipped, "Europe/London")[0] == change - 1


def test_no_times_and_far_times():
    assert len(utc_from_local(np.zeros(0, np.int64), "Europe/London")) == 0
    far = np.array([np.datetime64("2199-07-01", "us").astype(np.int64)])
    assert abs(utc_from_local(far, "Europe/London")[0] - far[0]) <= 3_600_000_000
