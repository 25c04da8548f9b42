"""What the shop sent and what became of it: messages, exposures with their propensity, opens, clicks."""

from __future__ import annotations

import numpy as np

from regulars.schema import DAY_SECONDS
from regulars.simulate.arrays import Ints
from regulars.simulate.customers import People
from regulars.simulate.eventlog import EventLog
from regulars.simulate.purchases import Messages, Spells
from regulars.simulate.responses import LEVER_NAMES
from regulars.simulate.season import Clock
from regulars.simulate.streams import Streams

OPEN_SHARE, OPEN_SHARE_OF_GONE, CLICK_SHARE = 0.34, 0.08, 0.16
NEWSLETTER = LEVER_NAMES.index("engage")
NO_LEVER = len(LEVER_NAMES)
"""Code of the lever ``none``: an eligible customer who was held out."""


def write_messages(
    streams: Streams,
    log: EventLog,
    clock: Clock,
    people: People,
    messages: Messages,
    spells: Spells,
    email: int,
) -> tuple[Ints, Ints]:
    """Log everything about messages; return the messages that were clicked and when.

    Tests with a hold-out leave an ``exposure`` for each eligible customer: the lever that was chosen
    (``none`` for who was held out) and the probability it was chosen with.
    """
    rng = streams("message_times")
    hour = 9 * 3600 + rng.integers(0, 7200, len(messages.day))
    sent_at = clock.past_the_change(messages.day * DAY_SECONDS + hour)
    tests = np.flatnonzero(messages.lever != NEWSLETTER)
    chosen = np.where(messages.sent, messages.lever, NO_LEVER)[tests]
    share = np.where(messages.sent, messages.share, 1 - messages.share)[tests]
    _add(log, "exposure", messages, tests, sent_at[tests], email, lever=chosen, propensity=share.round(6))
    sent = np.flatnonzero(messages.sent)
    _add(log, "message_sent", messages, sent, sent_at[sent], email, lever=messages.lever[sent])
    opened, opened_at = _opened(rng, people, messages, spells, sent, sent_at)
    _add(log, "message_opened", messages, opened, opened_at, email)
    clicked = rng.random(len(opened)) < CLICK_SHARE
    clicked_at = opened_at[clicked] + rng.integers(4, 90, int(clicked.sum()))
    _add(log, "message_clicked", messages, opened[clicked], clicked_at, email)
    return opened[clicked], clicked_at


def _add(
    log: EventLog, kind: str, messages: Messages, index: Ints, second: Ints, email: int, **more: object
) -> None:
    given = {"customer": messages.customer[index], "campaign": messages.campaign[index], "channel": email}
    log.add(kind, second, **given, **more)


def _opened(
    rng: np.random.Generator, people: People, messages: Messages, spells: Spells, sent: Ints, sent_at: Ints
) -> tuple[Ints, Ints]:
    """Messages that were opened and when: who is gone seldom looks, a keen buyer more often."""
    last = np.full(len(people), -1, dtype=np.int64)
    np.maximum.at(last, spells.customer, spells.last)
    who = messages.customer[sent]
    keen = np.clip((people.rate[who] / people.rate.mean()) ** 0.25, 0.5, 1.6)
    chance = np.where(last[who] >= messages.day[sent], OPEN_SHARE * keen, OPEN_SHARE_OF_GONE)
    opened = sent[rng.random(len(sent)) < chance]
    delay = np.minimum(rng.exponential(14_000.0, len(opened)), 3.0 * DAY_SECONDS).astype(np.int64) + 30
    return opened, sent_at[opened] + delay
