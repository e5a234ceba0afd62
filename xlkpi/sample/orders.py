"""Orders as a shop exports them: several lines per order, refunds, cancelled ones, and personal data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from xlkpi.sample.story import Story

HEADERS = (
    "Name;Email;Financial Status;Paid at;Fulfillment Status;Accepts Marketing;Currency;"
    "Subtotal;Shipping;Taxes;Total;Discount Code;Discount Amount;Shipping Method;Created at;"
    "Lineitem quantity;Lineitem name;Lineitem price;Billing Name;Billing Country;Notes;"
    "Refunded Amount;Id;Source"
)
_FIRST = (
    "camille", "lea", "hugo", "ines", "paul", "nadia", "louis",
    "chloe", "karim", "sophie", "jean", "awa", "tom", "lucie",
)  # fmt: skip
_LAST = (
    "durand", "petit", "moreau", "leroy", "roux", "fournier",
    "girard", "bonnet", "mercier", "blanc", "garnier", "faure",
)  # fmt: skip
_GOODS = (
    ("Assiette plate en grès, bleu nuit", 18.0),
    ("Bol à soupe « Brume »", 14.5),
    ("Nappe en lin lavé 170 x 250", 89.0),
    ("Carafe soufflée 1 l", 42.0),
    ("Lot de 6 verres à pied", 54.0),
    ("Couverts inox, 24 pièces", 129.0),
    ("Plat à four ovale", 46.0),
    ("Serviettes en lin (x4)", 36.0),
    ('Vase Atelier, 12" de haut', 64.0),
    ("Moulin à poivre", 32.0),
)


@dataclass
class Order:
    """One order: ``goods`` are (name, price, quantity); ``refunded`` is taken off the total."""

    number: int
    day: date
    minute: int
    person: tuple[str, str]
    goods: list[tuple[str, float, int]]
    discount: float
    shipping: float
    status: str = "paid"
    refunded: float = 0.0
    note: str = ""
    source: str = "web"
    total: float = field(init=False)

    def __post_init__(self) -> None:
        self.total = round(sum(price * count for _, price, count in self.goods) - self.discount + self.shipping, 2)

    @property
    def counts(self) -> bool:
        """Whether it was paid, if perhaps refunded later."""
        return self.status != "voided"


def orders(story: Story) -> list[Order]:
    """All orders, the first day's first; what they bring keeps to the story's average."""
    made: list[Order] = []
    owed = 0.0
    for day, count in story.orders.items():
        begun = len(made)
        for _ in range(count):
            kept = min(
                (_drawn(story, day, 1001 + len(made)) for _ in range(3)),
                key=lambda o: abs(owed + story.aov(day) - _net(o)),
            )
            owed += story.aov(day) - _net(kept)
            made.append(kept)
        if day.day == 17:  # one a month is cancelled before it is paid
            cancelled = _drawn(story, day, 1001 + len(made))
            cancelled.status, cancelled.refunded = "voided", 0.0
            made.append(cancelled)
        for order, minute in zip(made[begun:], sorted(order.minute for order in made[begun:]), strict=True):
            order.minute = minute
    return made


def _net(order: Order) -> float:
    return order.total - order.refunded


def _drawn(story: Story, day: date, number: int) -> Order:
    chance = story.random.random
    chosen = dict(
        _GOODS[int(chance() ** 1.2 * len(_GOODS))] for _ in range(1 + int(chance() * 1.7) + int(chance() * 1.15))
    )
    goods = [(name, price, 1 + int(chance() * (4 if price < 40 else 1.3))) for name, price in chosen.items()]
    subtotal = sum(price * count for _, price, count in goods)
    person = _FIRST[int(chance() * len(_FIRST))], _LAST[int(chance() * len(_LAST))]
    discount = round(subtotal * 0.1, 2) if chance() < 0.16 else 0.0
    order = Order(number, day, 8 * 60 + int(chance() * 15 * 60), person, goods, discount, 0.0 if subtotal > 90 else 5.9)
    luck = chance()
    if luck < 0.018:
        order.status, order.refunded = "refunded", order.total
    elif luck < 0.04:
        order.status, order.refunded = "partially_refunded", round(goods[0][1], 2)
    elif luck < 0.055:
        order.note = "Livrer après 18 h,\nsonner deux fois"
    if chance() < 0.06:
        order.source = "pos"
    return order


def rows(made: list[Order]) -> Iterator[list[str]]:
    """The export's lines, the newest order first; what belongs to an order stands on its first line only."""
    for order in reversed(made):
        first, last = order.person
        name = f"#{order.number}"
        mail = f"{first}.{last}{order.number % 7 or ''}@example.com"
        hours, minutes = divmod(order.minute, 60)
        at = f"{order.day} {hours:02}:{minutes:02}:{order.number % 60:02} {_offset(order.day)}"
        subtotal = order.total - order.shipping
        head = [
            order.status,
            "" if order.status == "voided" else at,
            "unfulfilled" if order.status == "voided" else "fulfilled",
            "yes" if order.number % 3 else "no",
            "EUR",
            f"{subtotal:.2f}",
            f"{order.shipping:.2f}",
            f"{order.total / 6:.2f}",
            f"{order.total:.2f}",
            "BIENVENUE10" if order.discount else "",
            f"{order.discount:.2f}",
            "Point relais" if order.number % 2 else "Livraison standard",
            at,
        ]
        tail = [
            f"{first} {last}".title(),
            "FR" if order.number % 11 else "BE",
            order.note,
            f"{order.refunded:.2f}",
            str(5_800_000_000_000 + order.number * 32_768),
            order.source,
        ]
        for i, (item, price, count) in enumerate(order.goods):
            line = [str(count), item, f"{price:.2f}"]
            if i:
                yield [name, mail, *[""] * 12, at, *line, *[""] * 6]
            else:
                yield [name, mail, *head, *line, *tail]


def _offset(day: date) -> str:
    """The distance of French time to UTC."""
    begin, end = (date(day.year, month, 31) for month in (3, 10))
    begin, end = (turn - timedelta(days=(turn.weekday() + 1) % 7) for turn in (begin, end))
    return "+0200" if begin <= day < end else "+0100"
