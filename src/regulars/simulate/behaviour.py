"""What people do in a visit: look, search, click, fill the cart, register, pay."""

from __future__ import annotations

import numpy as np

from regulars.simulate.arrays import Floats, Ints
from regulars.simulate.baskets import Lines, draw_items
from regulars.simulate.catalogue import CATEGORY_NAMES, Catalogue, category_shares
from regulars.simulate.customers import People
from regulars.simulate.eventlog import EventLog
from regulars.simulate.streams import Streams
from regulars.simulate.visits import Visits

SEARCH_SHARE, CLICK_SHARE = 0.25, 0.2
LINE_SEEN_SHARE = 0.85
ABANDONED_CART_SHARE, PAY_PAGE_SHARE, TAKEN_OUT_SHARE = 0.12, 0.35, 0.2
POSTAGE_PENCE, FREE_POSTAGE_FROM_PENCE = 395, 4000


class Behaviour:
    """Writes the events of all visits to a log; each method adds one kind of thing people do."""

    def __init__(
        self,
        streams: Streams,
        log: EventLog,
        catalogue: Catalogue,
        people: People,
        visits: Visits,
        lines: Lines,
    ) -> None:
        self.streams, self.log, self.catalogue, self.people = streams, log, catalogue, people
        self.visits, self.lines = visits, lines
        # The visit of each order.
        self.visit_of = np.full(int(visits.order.max(initial=-1)) + 1, -1, dtype=np.int64)
        ordered = np.flatnonzero(visits.order >= 0)
        self.visit_of[visits.order[ordered]] = ordered

    def write(self) -> None:
        """Everything: arrival, looking, carts, paying, registering."""
        self.arrive()
        seen, item = self.looked_at()
        self.look(seen, item)
        self.search(seen, item)
        self.fill_carts(seen, item)
        self.pay()
        self.register()

    def add(self, kind: str, visit: Ints, share: Floats, **more: object) -> None:
        """Add events at a share of their visits' length, with the visit's people, channel and campaign."""
        visits = self.visits
        known = visits.registers[visit] & (kind != "sign_up") & (visits.visitor[visit] >= 0)
        # Before the sign-up inside its visit only the device is known; from it on, the customer.
        before = known & (kind in ("visit", "click", "search", "view"))
        customer = np.where(before, -1, visits.customer[visit])
        visitor = np.where(known & ~before, -1, visits.visitor[visit])
        second = visits.start[visit] + (share * visits.dwell[visit]).astype(np.int64)
        given = {"channel": visits.channel[visit], "campaign": visits.campaign[visit], "visit": visit} | more
        self.log.add(kind, second, customer=customer, visitor=visitor, **given)

    def arrive(self) -> None:
        """One visit event each, with its length; some click on a banner or a recommendation."""
        every = np.arange(len(self.visits), dtype=np.int64)
        self.add("visit", every, np.zeros(len(every)), dwell_seconds=self.visits.dwell.astype(np.float64))
        rng = self.streams("clicks")
        clicked = np.flatnonzero(rng.random(len(every)) < CLICK_SHARE)
        self.add("click", clicked, np.full(len(clicked), 0.02))

    def looked_at(self) -> tuple[Ints, Ints]:
        """Visit and item of each page looked at: most lines that were bought, and others by taste."""
        rng = self.streams("views")
        seen = rng.random(len(self.lines)) < LINE_SEEN_SHARE
        bought = self.visit_of[self.lines.order[seen]]
        idle = self.visits.order < 0
        others = np.where(idle, 1 + rng.poisson(0.9, len(self.visits)), rng.poisson(0.5, len(self.visits)))
        visit = np.repeat(np.arange(len(self.visits), dtype=np.int64), others)
        item = self._items_by_taste(visit)
        return np.concatenate([bought, visit]), np.concatenate([self.lines.item[seen], item])

    def look(self, visit: Ints, item: Ints) -> None:
        """A view for each page, with the seconds spent on it."""
        rng = self.streams("view_details")
        dwell = np.clip(np.rint(25 * np.exp(rng.normal(0.0, 0.8, len(visit)))), 2, 900)
        self.add("view", visit, rng.uniform(0.06, 0.55, len(visit)), item=item, dwell_seconds=dwell)

    def search(self, visit: Ints, item: Ints) -> None:
        """Some pages were found by searching: words of the title, or the category."""
        rng = self.streams("searches")
        found = np.flatnonzero(rng.random(len(visit)) < SEARCH_SHARE * 0.5)
        ways = rng.integers(0, 3, len(found))
        queries = [self._query(int(i), int(w)) for i, w in zip(item[found], ways, strict=True)]
        codes = self.log.write_down(queries)
        self.add("search", visit[found], rng.uniform(0.01, 0.05, len(found)), query=codes)

    def fill_carts(self, visit: Ints, item: Ints) -> None:
        """What was bought went into the cart; some carts are left behind, some things taken out again."""
        rng, lines = self.streams("carts"), self.lines
        bought = self.visit_of[lines.order]
        units = lines.quantity.astype(np.float64)
        self.add("cart_add", bought, rng.uniform(0.6, 0.8, len(lines)), item=lines.item, quantity=units)
        idle = self.visits.order[visit] < 0
        left = np.flatnonzero(idle & (rng.random(len(visit)) < ABANDONED_CART_SHARE))
        self.add("cart_add", visit[left], rng.uniform(0.6, 0.8, len(left)), item=item[left], quantity=1.0)
        out = left[rng.random(len(left)) < TAKEN_OUT_SHARE]
        self.add("cart_remove", visit[out], rng.uniform(0.82, 0.88, len(out)), item=item[out], quantity=1.0)
        paying = np.unique(visit[left[rng.random(len(left)) < PAY_PAGE_SHARE]])
        self.add("checkout", paying, np.full(len(paying), 0.9))

    def pay(self) -> None:
        """Each order begins with a checkout; small ones pay postage."""
        order = np.arange(len(self.visit_of), dtype=np.int64)
        self.add("checkout", self.visit_of, np.full(len(order), 0.95), order=order)
        worth = np.bincount(self.lines.order, weights=self.lines.value, minlength=len(order))
        small = np.flatnonzero(worth < FREE_POSTAGE_FROM_PENCE)
        self.add("charge", self.visit_of[small], np.ones(len(small)), order=small, value=float(POSTAGE_PENCE))

    def register(self) -> None:
        """The sign-up: the one event that carries both the device and the customer."""
        visit = np.flatnonzero(self.visits.registers)
        self.add("sign_up", visit, np.full(len(visit), 0.58))

    def _items_by_taste(self, visit: Ints) -> Ints:
        """Items by the taste of the customer, of the device's later owner, or of everybody."""
        rng, visits = self.streams("viewed_items"), self.visits
        owner = np.where(visits.customer >= 0, visits.customer, visits.visitor)[visit]
        stranger = owner >= len(self.people)
        shares = np.cumsum(category_shares())
        category = np.searchsorted(shares, rng.random(len(visit)), side="right")
        popular = self.catalogue.draw_popular(rng, np.minimum(category, len(CATEGORY_NAMES) - 1))
        own = draw_items(rng, self.catalogue, self.people.habits, np.where(stranger, 0, owner))
        return np.where(stranger, popular, own)

    def _query(self, item: int, way: int) -> str:
        title = self.catalogue.titles[item].lower()
        category = CATEGORY_NAMES[self.catalogue.category[item]].lower()
        return (title, title.split(" ")[-1], category)[way]
