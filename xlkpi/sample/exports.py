"""The story as six platforms export it from their French screens, and a table that the team keeps by hand.

Each file has the habits of its platform: encoding, delimiter, decimal mark, lines above the table, lines of
totals, text where a number is missing, a second table below. Each writer gives the sums of what it wrote, by
measure.
"""

from __future__ import annotations

from codecs import BOM_UTF16_LE
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path

from xlkpi.sample import orders
from xlkpi.sample.story import CHANNELS, Story
from xlkpi.sample.writing import Totals, add, comma, in_words, percent, rate, spaced, table, zipped


def google_ads(path: Path, story: Story) -> Totals:
    """UTF-16 with tabs; two lines above, ``--`` for missing, totals below."""
    totals: Totals = defaultdict(float)
    rows = []
    for ad in story.search:
        missing = not ad.clicks
        rows.append(
            [
                str(ad.day),
                ad.campaign,
                "Shopping" if ad.campaign.startswith("Shop") else "Recherche",
                "EUR",
                spaced(ad.impressions),
                spaced(ad.clicks),
                "--" if missing else percent(ad.clicks / ad.impressions),
                "--" if missing else comma(ad.spend / ad.clicks),
                comma(ad.spend),
                comma(ad.conversions),
                comma(ad.value),
            ]
        )
        add(
            totals,
            impressions=ad.impressions,
            clicks=ad.clicks,
            spend=ad.spend,
            conversions=ad.conversions,
            value=ad.value,
        )
    totals["conversions_value"] = totals.pop("value")
    for label in ("Total : campagnes", "Total : compte"):
        rows.append(
            [
                label,
                "--",
                "--",
                "EUR",
                spaced(totals["impressions"]),
                spaced(totals["clicks"]),
                percent(totals["clicks"] / totals["impressions"]),
                comma(totals["spend"] / totals["clicks"]),
                comma(totals["spend"]),
                comma(totals["conversions"]),
                comma(totals["conversions_value"]),
            ]
        )
    headers = (
        "Jour;Campagne;Type de campagne;Code de la devise;Impr.;Clics;CTR;CPC moy.;Coût;Conversions;Valeur de conv."
    )
    calendar = story.calendar
    above = f"Rapport sur les campagnes\n{in_words(calendar.first)} - {in_words(calendar.last)}\n"
    text = above + table(headers, rows, "\t")
    zipped(path, {"Rapport sur les campagnes.csv": BOM_UTF16_LE + text.encode("utf-16-le")})
    return totals


def meta_ads(path: Path, story: Story) -> Totals:
    """UTF-8 with its mark, semicolons; totals first, the currency in a header, blanks for none."""
    totals: Totals = defaultdict(float)
    rows = []
    reached = 0
    for ad in story.social:
        reach = round(ad.impressions / 1.27)
        reached += reach
        bought = int(ad.conversions)
        rows.append(
            [
                str(ad.day),
                ad.campaign,
                str(ad.impressions),
                str(reach),
                comma(ad.impressions / reach) if reach else "",
                str(ad.clicks),
                str(round(ad.clicks * 1.3)),
                comma(ad.spend),
                str(bought or ""),
                comma(ad.value) if bought else "",
                str(ad.day),
                str(ad.day),
            ]
        )
        add(
            totals,
            impressions=ad.impressions,
            link_clicks=ad.clicks,
            clicks=round(ad.clicks * 1.3),
            spend=ad.spend,
            conversions=bought,
            conversions_value=ad.value,
        )
    headers = (
        "Jour;Nom de la campagne;Impressions;Portée;Répétition;Clics sur un lien;Clics (tous);"
        "Montant dépensé (EUR);Achats;Valeur de conversion des achats;Début des rapports;"
        "Fin des rapports"
    )
    first, last = str(story.calendar.first), str(story.calendar.last)
    total = [
        "",
        f"Résultats de {len({ad.campaign for ad in story.social})} campagnes",
        f"{totals['impressions']:.0f}",
        str(round(reached * 0.11)),
        "",
        f"{totals['link_clicks']:.0f}",
        f"{totals['clicks']:.0f}",
        comma(totals["spend"]),
        f"{totals['conversions']:.0f}",
        comma(totals["conversions_value"]),
        first,
        last,
    ]
    zipped(path, {"Boutique-Exemple-Campagnes.csv": table(headers, [total, *rows], ";").encode("utf-8-sig")})
    return totals


def ga4(path: Path, story: Story) -> Totals:
    """Comments above, totals one cell longer, a second table below; without the week of the outage."""
    totals: Totals = defaultdict(float)
    rows = []
    engaging = (0.62, 0.6, 0.43, 0.66, 0.58, 0.55)
    out, back = story.calendar.outage
    for day, sessions in story.sessions.items():
        if out <= day <= back:
            continue
        for channel, count, share in zip(CHANNELS, sessions, engaging, strict=True):
            engaged = story.whole(f"{channel}, engaged", count * share)
            users = round(count * 0.88)
            rows.append([f"{day:%Y%m%d}", channel, str(count), str(engaged), f"{engaged / count:.4f}", str(users)])
            add(totals, sessions=count, engaged_sessions=engaged, visitors=users)
    distinct = round(totals.pop("visitors") * 0.71)
    whole = [
        "",
        "",
        f"{totals['sessions']:.0f}",
        f"{totals['engaged_sessions']:.0f}",
        f"{totals['engaged_sessions'] / totals['sessions']:.4f}",
        str(distinct),
        "Grand total",
    ]
    headers = (
        "Date;Groupe de canaux par défaut de la session;Sessions;Sessions avec engagement;"
        "Taux d'engagement;Utilisateurs actifs"
    )
    line = "# " + "-" * 40
    above = [
        line,
        "# Acquisition de trafic",
        "# Compte : Boutique Exemple",
        "# Propriété : boutique.example",
        line,
        "#",
        "# Tous les utilisateurs",
        f"# Date de début : {story.calendar.first:%Y%m%d}",
        f"# Date de fin : {story.calendar.last:%Y%m%d}",
    ]
    by_country = [
        [country, f"{totals['sessions'] * share:.0f}"] for country, share in (("France", 0.87), ("Belgium", 0.09))
    ]
    text = (
        "\n".join(above) + "\n" + table(headers, [whole, *rows], ",") + "\n" + table("Pays;Sessions", by_country, ",")
    )
    zipped(path, {"download.csv": text.encode()})
    return totals


def search_console(path: Path, story: Story) -> Totals:
    """A zip of tables over the last 16 months, one per dimension; rates as text."""
    totals: Totals = defaultdict(float)
    begin = story.calendar.month(-16)
    days = {day: figures for day, figures in story.organic.items() if day >= begin}
    for clicks, shown, position in days.values():
        add(totals, search_clicks=clicks, search_impressions=shown, weighed=position * shown)
    totals["position"] = totals.pop("weighed") / totals["search_impressions"]

    def shared(shares: Iterable[tuple[str, float]]) -> list[list[str]]:
        out = []
        for name, share in shares:
            clicks, shown = (
                round(totals["search_clicks"] * share),
                round(totals["search_impressions"] * share * 0.9),
            )
            out.append([name, str(clicks), str(shown), rate(clicks / shown), f"{4 + 30 * (0.4 - share):.1f}"])
        return out

    asked = (
        "vaisselle en grès",
        "nappe lin lavé",
        "boutique exemple",
        "carafe soufflée",
        "vase artisanal",
        "assiettes françaises",
    )
    tables: dict[str, tuple[str, list[list[str]]]] = {
        "Graphique.csv": (
            "Date",
            [[str(d), str(c), str(n), rate(c / n), f"{p:.1f}"] for d, (c, n, p) in days.items()],
        ),
        "Requêtes.csv": (
            "Requêtes les plus fréquentes",
            shared((q, 0.09 - 0.012 * i) for i, q in enumerate(asked)),
        ),
        "Pages.csv": (
            "Pages les plus populaires",
            shared(
                (f"https://boutique.example/{p}", s)
                for p, s in (("", 0.31), ("arts-de-la-table", 0.22), ("journal/choisir-son-gres", 0.12))
            ),
        ),
        "Pays.csv": ("Pays", shared((("France", 0.38), ("Belgique", 0.07), ("Suisse", 0.03)))),
        "Appareils.csv": ("Appareil", shared((("Mobile", 0.37), ("Ordinateur", 0.33), ("Tablette", 0.03)))),
    }
    files = {
        name: table(f"{first};Clics;Impressions;CTR;Position", rows, ",").encode()
        for name, (first, rows) in tables.items()
    }
    files["Filtres.csv"] = b"Filtre,Valeur\nType de recherche,Web\nDate,16 derniers mois\n"
    zipped(path, files)
    return totals


def klaviyo(path: Path, story: Story) -> Totals:
    """Commas, rates as text, times of day, subjects with commas and quotes."""
    totals: Totals = defaultdict(float)
    rows = []
    subjects = (
        '« Nouveautés », et un "oui" à l’artisanat',
        "Il reste 48 h, vraiment",
        "Votre table d’été",
        "Le lin, mode d’emploi",
    )
    for mail in story.mailings:
        opened, value = round(mail.opens * 1.4), round(mail.orders * story.aov(mail.day) * story.noise(0.2), 2)
        rows.append(
            [
                f"Lettre n° {mail.number}",
                subjects[mail.number % len(subjects)],
                "Clients et prospects",
                f"{mail.day} 09:30:00",
                str(mail.sent),
                str(mail.delivered),
                str(mail.sent - mail.delivered),
                str(mail.opens),
                rate(mail.opens / mail.delivered),
                str(opened),
                str(mail.clicks),
                rate(mail.clicks / mail.delivered),
                str(mail.unsubscribes),
                str(mail.complaints),
                str(mail.orders),
                f"{value:.2f}",
            ]
        )
        add(
            totals,
            sent=mail.sent,
            delivered=mail.delivered,
            bounces=mail.sent - mail.delivered,
            opens=mail.opens,
            total_opens=opened,
            email_clicks=mail.clicks,
            unsubscribes=mail.unsubscribes,
            spam_complaints=mail.complaints,
            conversions=mail.orders,
            conversions_value=value,
        )
    headers = (
        "Nom de la campagne;Objet;Liste;Date d'envoi;Nombre total de destinataires;"
        "Livraisons réussies;Rebonds;Ouvertures uniques;Taux d'ouverture;Ouvertures totales;"
        "Clics uniques;Taux de clics;Désabonnements;Plaintes pour spam;Commandes attribuées;"
        "Revenu attribué"
    )
    path.write_bytes(table(headers, rows, ",").encode())
    return totals


def shopify(path: Path, story: Story) -> Totals:
    """Orders of several lines, in English as the shop system writes them everywhere."""
    totals: Totals = defaultdict(float)
    made = orders.orders(story)
    for order in made:
        if order.counts:
            items = sum(count for _, _, count in order.goods)
            add(
                totals,
                orders=1,
                revenue=order.total - order.refunded,
                refunds=order.refunded,
                discounts=order.discount,
                items_sold=items,
            )
    zipped(path, {"orders_export_1.csv": table(orders.HEADERS, orders.rows(made), ",").encode()})
    return totals


def social_networks(path: Path, story: Story) -> Totals:
    """The team's own table: Windows-1252, semicolons, days first, spaces in thousands, a title above."""
    totals: Totals = defaultdict(float)
    rows = []
    for day, network, followers, likes, comments, shares in story.followers():
        rows.append([f"{day:%d/%m/%Y}", network, spaced(followers), spaced(likes), str(comments), str(shares)])
        add(totals, likes=likes, comments=comments, shares=shares)
        if day == story.calendar.last:
            totals["followers"] += followers
    headers = "Relevé le;Réseau;Abonnés;J'aime;Commentaires;Partages"
    text = "Suivi des réseaux sociaux - relevé chaque dimanche\r\n\r\n" + table(headers, rows, ";")
    path.write_bytes(text.encode("cp1252"))
    return totals


#: By source of the project file: the file's name and its writer.
EXPORTS: dict[str, tuple[str, Callable[[Path, Story], Totals]]] = {
    "google_ads": ("google_ads.zip", google_ads),
    "meta_ads": ("meta_ads.zip", meta_ads),
    "ga4": ("ga4_acquisition.zip", ga4),
    "search_console": ("search_console.zip", search_console),
    "klaviyo": ("klaviyo_campagnes.csv", klaviyo),
    "shopify": ("shopify_orders.zip", shopify),
    "social_networks": ("reseaux_sociaux.csv", social_networks),
}
