"""What happened at the invented shop, day by day, before any platform writes it down in its own way.

Volumes follow the calendar (weekdays, the summer dip, the week of Black Friday, December) and a yearly
growth. Rates follow the story that the objectives tell: they change over the two weeks after the
objectives' start and keep that level, in proportion to the time gone by, so that a demo built on any day
tells the same story.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

CHANNELS = ("Organic Search", "Paid Search", "Paid Social", "Email", "Direct", "Referral")
SEARCH = ("Recherche | Marque", "Recherche | Générique arts de la table", "Shopping | Catalogue complet")
SOCIAL = ("Prospection – Nouveaux clients", "Reciblage – Paniers", "Vidéo – Savoir-faire")
_WEEKDAYS = (1.03, 1.0, 0.98, 0.97, 0.92, 0.94, 1.16)  # Monday to Sunday
_MONTHS = (0.98, 0.92, 0.95, 0.98, 1.0, 0.96, 0.82, 0.7, 1.0, 1.06, 1.12, 1.22)
_GROWTH = 1.08  # in a year


def month_start(day: date, months: int = 0) -> date:
    """The first day of the month so many months after that of ``day``."""
    count = day.year * 12 + day.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def black_friday(year: int) -> date:
    """The day after the fourth Thursday of November."""
    first = date(year, 11, 1)
    return first + timedelta(days=(3 - first.weekday()) % 7 + 22)


def season(day: date) -> float:
    """How much is going on in the shop on a day, 1 on an ordinary one."""
    middle = month_start(day) + timedelta(days=14)
    before = middle if day >= middle else month_start(middle, -1) + timedelta(days=14)
    after = month_start(before, 1) + timedelta(days=14)
    share = (day - before).days / (after - before).days
    level = _MONTHS[before.month - 1] * (1 - share) + _MONTHS[after.month - 1] * share
    gap = (day - black_friday(day.year)).days
    event = 2.3 if gap == 0 else 1.7 if 0 < gap <= 3 else 1.25 if -4 <= gap < 0 else 1.0
    if (day.month, day.day) >= (12, 24):
        event = 0.7
    return level * event * _WEEKDAYS[day.weekday()]


class Carry:
    """Rounds a stream of expected values to whole numbers whose running sum never strays."""

    def __init__(self) -> None:
        self.left = 0.5

    def __call__(self, expected: float) -> int:
        self.left += expected
        whole = max(0, int(self.left // 1))
        self.left -= whole
        return whole


@dataclass(frozen=True)
class Calendar:
    """The days that the story turns on: ``last`` is the Sunday that the data end with."""

    last: date

    @classmethod
    def before(cls, today: date) -> Calendar:
        """With the last whole week before a day."""
        return cls(today - timedelta(days=today.weekday() + 1))

    def month(self, months: int) -> date:
        """The first day of the month so many months from that of ``last``."""
        return month_start(self.last, months)

    def month_end(self, months: int) -> date:
        """The last day of that month."""
        return self.month(months + 1) - timedelta(days=1)

    @property
    def first(self) -> date:
        """The first day of the data: two years and the month begun."""
        return self.month(-24)

    @property
    def start(self) -> date:
        """When the year of the objectives begins."""
        return self.month(-6)

    @property
    def due(self) -> date:
        """When it ends."""
        return self.month_end(5)

    @property
    def elapsed(self) -> float:
        """The share of that year that is over, about 0.54."""
        return (self.last - self.start).days / (self.due - self.start).days

    @property
    def days(self) -> list[date]:
        """All days of the data."""
        return [self.first + timedelta(days=i) for i in range((self.last - self.first).days + 1)]

    @property
    def outage(self) -> tuple[date, date]:
        """The week in which the analytics tag was broken, before the year of the objectives."""
        begin = self.last - timedelta(days=33 * 7 + 6)
        return begin, begin + timedelta(days=6)

    def since(self, day: date, begin: date, length: int = 14) -> float:
        """0 before ``begin``, 1 from ``length`` days later on, a straight line between."""
        return min(1.0, max(0.0, (day - begin).days / length))


@dataclass(frozen=True)
class Levels:
    """Where a rate starts, where it should go, and at which pace it went (1: on time)."""

    baseline: float
    target: float
    pace: float

    def at(self, calendar: Calendar, day: date) -> float:
        """The rate on a day."""
        way = self.pace * calendar.elapsed * (self.target - self.baseline)
        return self.baseline + way * calendar.since(day, calendar.start)


CVR = Levels(0.020, 0.026, 0.85)
ROI = Levels(1.8, 2.5, 1.28)
AOV = Levels(112.0, 125.0, 0.0)  # overdue: from its own start it has gained 5
FOLLOWERS = Levels(8_200, 10_000, 0.85)
CPA_BASELINE, CPA_TARGET = 30.0, 26.0
CLICK_RATE, UNSUBSCRIBE_RATE = 0.021, 0.0024


@dataclass
class Ad:
    """What a campaign did on a day."""

    day: date
    campaign: str
    impressions: int
    clicks: int
    spend: float
    conversions: float
    value: float


@dataclass
class Mailing:
    """What a newsletter did."""

    day: date
    number: int
    sent: int
    delivered: int
    opens: int
    clicks: int
    unsubscribes: int
    complaints: int
    orders: int


class Story:
    """The days of the shop, drawn once from a seed."""

    def __init__(self, calendar: Calendar, seed: int) -> None:
        self.calendar = calendar
        self.random = Random(seed)
        self.carries: dict[str, Carry] = {}
        self.luck = 0.0  # of the last day, made good on the next
        self.owed = 0.0  # what the campaigns still have to bring, to keep to their return
        self.social: list[Ad] = []
        self.search: list[Ad] = []
        self.mailings: list[Mailing] = []
        self.organic: dict[date, tuple[int, int, float]] = {}  # clicks, impressions, position
        self.sessions: dict[date, tuple[int, ...]] = {}
        self.orders: dict[date, int] = {}
        for day in calendar.days:
            self._day(day)

    def noise(self, width: float) -> float:
        """A factor around 1."""
        return 1 + width * (2 * self.random.random() - 1)

    def whole(self, name: str, expected: float) -> int:
        """A whole number near what is expected, with running sums kept (see :class:`Carry`)."""
        return self.carries.setdefault(name, Carry())(expected)

    def volume(self, day: date) -> float:
        """What an ordinary day's figures are to be multiplied with; known for days to come too."""
        return float(season(day) * _GROWTH ** ((day - self.calendar.first).days / 365))

    def aov(self, day: date) -> float:
        """What an order brings on average, refunds taken off."""
        return AOV.baseline + 5.0 * self.calendar.since(day, self.calendar.month(-9))

    def _day(self, day: date) -> None:
        level = self.volume(day) * self.noise(0.07)
        paid = self._paid(day, level)
        mailing = self._mailing(day)
        organic = self._organic(day, level)
        self.sessions[day] = tuple(
            max(1, round(expected * self.noise(0.05)))
            for expected in (
                organic * 1.06,
                paid[0] * 0.86,
                paid[1] * 0.74,
                mailing * 0.8 + 2 * level,
                27 * level,
                8 * level,
            )
        )
        luck = self.noise(0.05)
        rate = CVR.at(self.calendar, day) * (luck + 1 - (self.luck or 1))
        self.luck = luck
        self.orders[day] = self.whole("orders", sum(self.sessions[day]) * rate)

    def _paid(self, day: date, level: float) -> tuple[int, int]:
        """The paid campaigns; gives the clicks of search and of social.

        Social takes a growing share of the budget at a rising cost. What search brings follows from the
        return that both are to give.
        """
        calendar = self.calendar
        grown = (day - calendar.first).days / (calendar.last - calendar.first).days
        dear = calendar.since(day, calendar.month(-7), (calendar.last - calendar.month(-7)).days)
        cost = CPA_BASELINE * (0.94 + 0.06 * calendar.since(day, calendar.month(-22), 120) + 0.34 * dear)
        budget = 34 * level
        social = self._social(day, budget * (0.3 + 0.14 * grown), cost)
        falling = 0.40 - 0.32 * calendar.since(day, calendar.start, 21)
        shares = (0.22 + (0.40 - falling) * 0.35, falling, 0.38 + (0.40 - falling) * 0.65)
        search = [budget * (0.7 - 0.14 * grown) * share * self.noise(0.08) for share in shares]
        usual = (1 + ROI.at(calendar, day)) * (sum(search) + sum(ad.spend for ad in social))
        self.owed += usual - sum(ad.value for ad in social)
        typical = usual - sum(ad.spend for ad in social) / cost * 104
        value = max(typical * 0.3, typical + 0.8 * (self.owed - typical))
        weights = [spend * worth for spend, worth in zip(search, (1.7, 0.55, 1.15), strict=True)]
        clicks = 0
        for campaign, spend, weight, price, rate in zip(
            SEARCH, search, weights, (0.32, 0.68, 0.47), (0.11, 0.034, 0.012), strict=True
        ):
            clicked = self.whole(campaign, spend / price)
            brought = round(value * weight / sum(weights) * self.noise(0.15), 2)
            self.owed -= brought
            shown = round(clicked / rate * self.noise(0.1))
            self.search.append(Ad(day, campaign, shown, clicked, round(spend, 2), round(brought / 113, 2), brought))
            clicks += clicked
        return clicks, sum(ad.clicks for ad in social)

    def _social(self, day: date, budget: float, cost: float) -> list[Ad]:
        made = []
        for campaign, share, worth, price, rate in zip(
            SOCIAL,
            (0.55, 0.28, 0.17),
            (0.9, 1.4, 0.6),
            (0.52, 0.41, 0.36),
            (0.011, 0.018, 0.007),
            strict=True,
        ):
            spend = round(budget * share * self.noise(0.1), 2)
            clicks = self.whole(campaign, spend / price)
            bought = self.whole(f"{campaign}, purchases", spend / cost * worth / 0.989)
            value = sum(round(104 * self.noise(0.3), 2) for _ in range(bought))
            shown = round(clicks / rate * self.noise(0.12))
            made.append(Ad(day, campaign, shown, clicks, spend, bought, round(value, 2)))
        self.social += made
        return made

    def _mailing(self, day: date) -> int:
        """The newsletter of Tuesdays, and on Black Friday; gives the clicks, for the visits of the day."""
        if day.weekday() != 1 and day != black_friday(day.year):
            return 0
        sent = round(2_900 + 2.1 * (day - self.calendar.first).days)
        delivered = sent - self.whole("bounces", sent * 0.012)
        clicks = self.whole("email clicks", delivered * CLICK_RATE * self.noise(0.08))
        self.mailings.append(
            Mailing(
                day,
                len(self.mailings) + 1,
                sent,
                delivered,
                round(delivered * 0.41 * self.noise(0.06)),
                clicks,
                self.whole("unsubscribes", delivered * UNSUBSCRIBE_RATE),
                self.whole("complaints", delivered * 0.00015),
                self.whole("email orders", clicks * 0.045),
            )
        )
        return clicks

    def _organic(self, day: date, level: float) -> int:
        grown = (day - self.calendar.first).days / 730
        clicks = round(46 * level * (1 + 0.32 * grown) * self.noise(0.06))
        shown = round(clicks / (0.027 + 0.004 * grown) * self.noise(0.05))
        self.organic[day] = clicks, shown, round((17.5 - 4.5 * grown) * self.noise(0.03), 1)
        return clicks

    def followers(self) -> Iterator[tuple[date, str, int, int, int, int]]:
        """Every Sunday, by network: followers, likes, comments, shares."""
        calendar = self.calendar
        begun, now = FOLLOWERS.baseline, FOLLOWERS.at(calendar, calendar.last)
        slope = (now - begun) / (calendar.last - calendar.start).days
        for day in calendar.days:
            if day.weekday() != 6:
                continue
            apart = (day - calendar.start).days
            total = round(begun + (slope if apart > 0 else slope * 0.8) * apart)
            larger = round(total * 0.74)
            for network, count in (("Instagram", larger), ("Pinterest", total - larger)):
                likes = round(count * 0.031 * self.noise(0.15))
                yield day, network, count, likes, round(likes * 0.06), round(likes * 0.09)

    def expected_revenue(self, first: date, last: date) -> float:
        """What the shop sells between two days, also days to come, when all goes on as since the start."""
        known = [d for d in self.calendar.days if d >= self.calendar.start]
        sold = sum(self.orders[day] * self.aov(day) for day in known)
        rate = sold / sum(self.volume(day) for day in known)
        return rate * sum(self.volume(first + timedelta(days=i)) for i in range((last - first).days + 1))
