"""A scorecard as one HTML page that mail clients, phones and browsers read alike.

Mail clients know tables and inline styles: everything stands in them, bars are coloured cells, and the style sheet only
adds the dark scheme. There is no script, and nothing is fetched from anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import pairwise

import xlkpi
from xlkpi.distribute.digest import Digest, Item
from xlkpi.language import text
from xlkpi.language.numbers import in_unit
from xlkpi.status import rules

#: Objectives up to which all are shown in full; beyond, those on plan are one line each, since mail clients cut a long
#: message.
MOST_IN_FULL = 20
WIDTH = 640
_SPARK_HEIGHT, _SPARK_BAR, _SPARK_GAP = 44, 14, 5

_FONT = "font-family:Arial,Helvetica,sans-serif;"
#: Role -> colour of the light scheme, and of the dark one.
_COLOURS = {
    "ink": ("#1E2833", "#E9EEF3"), "mute": ("#5A6672", "#A9B5C1"), "accent": ("#2A5B8C", "#8DBBE8"),
    "good": ("#00796B", "#5CC9B8"), "bad": ("#B5123E", "#FF8FA8"),
}  # fmt: skip
_STATUSES = {
    "achieved": "#93B8F7", "on_track": "#5CC9B8", "at_risk": "#EBB25C", "behind": "#FF8FA8", "overdue": "#F7A6BC",
    "not_started": "#A9B5C1", "no_data": "#A9B5C1",
}  # fmt: skip
_FILLS = {
    "paper": ("#FFFFFF", "#16202B"), "desk": ("#EEF1F4", "#0C1219"), "band": ("#1C2B3E", "#1C2B3E"),
    "track": ("#E3E8ED", "#2C3947"), "fill": ("#1F3B5A", "#8DBBE8"), "quiet": ("#9FB4C9", "#4C6075"),
    "tick": ("#111111", "#FFFFFF"), "tint": ("#FBF3F5", "#2A1C25"),
}  # fmt: skip
_HAIR = ("#E3E7EB", "#2C3947")


def html_page(digest: Digest) -> str:
    """The page: the same file to open, and to send."""
    language = digest.language
    title = escape(digest.subject)
    body = "".join(_body(digest))
    return f"""<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<meta name="format-detection" content="telephone=no, date=no, address=no, email=no">
<title>{title}</title>
<style>
{_style()}
</style>
</head>
<body class="f-desk" style="margin:0;padding:0;{_fill("desk")}-webkit-text-size-adjust:100%;text-size-adjust:100%;">
{body}</body>
</html>
"""


def _style() -> str:
    """The dark scheme, and what a narrow screen wants; every rule overrides an inline style."""
    dark = [f".c-{role}{{color:{pair[1]}!important}}" for role, pair in _COLOURS.items()]
    dark += [f".s-{code}{{color:{colour}!important}}" for code, colour in _STATUSES.items()]
    dark += [f".f-{role}{{background-color:{pair[1]}!important}}" for role, pair in _FILLS.items()]
    dark.append(f".hair{{border-color:{_HAIR[1]}!important}}")
    return "\n".join([
        ":root{color-scheme:light dark;supported-color-schemes:light dark}",
        "table{border-collapse:collapse}",
        "@media screen and (max-width:480px){.pad{padding-left:16px!important;padding-right:16px!important}"
        ".desk{padding:0!important}.half{display:block!important;width:100%!important}}",
        "@media (prefers-color-scheme:dark){" + "".join(dark) + "}",
        "@media print{.desk{padding:0!important}}",
    ])  # fmt: skip


def _body(digest: Digest) -> Iterator[str]:
    language = digest.language
    yield (
        f'<div style="display:none;max-height:0;overflow:hidden;font-size:1px;line-height:1px;color:#EEF1F4;'
        f'opacity:0;">{escape(digest.headline)}</div>\n'
    )
    yield _table(f"width:100%;{_fill('desk')}", "f-desk")
    yield '<tr><td class="desk" align="center" style="padding:24px 8px;">\n'
    yield _table(f"width:100%;max-width:{WIDTH}px;{_fill('paper')}", "f-paper", f'width="{WIDTH}"')
    yield from _band(digest)
    yield from _top(digest)
    if digest.to_decide:
        yield from _decide(digest)
    compact = len(digest.items) > MOST_IN_FULL
    for heading, items in digest.groups:
        yield _row(_heading(heading), "padding:22px 28px 0 28px;")
        for item in items:
            urgent = item.status in ("overdue", "behind", "at_risk")
            yield from _line(item) if compact and not urgent else _card(item, language)
    yield from _foot(digest)
    yield "</table>\n</td></tr></table>\n"


def _band(digest: Digest) -> Iterator[str]:
    small = "font-size:13px;line-height:18px;color:#C3CEDA;"
    who = f'<div style="{_FONT}{small}">{escape(digest.audience)}</div>' if digest.audience else ""
    yield (
        f'<tr><td class="pad f-band" style="padding:18px 28px 16px 28px;{_fill("band")}">'
        f'<div style="{_FONT}font-size:20px;line-height:26px;font-weight:bold;color:#FFFFFF;">'
        f"{escape(digest.project)}</div>{who}</td></tr>\n"
        f'<tr><td style="height:3px;line-height:3px;font-size:1px;background-color:#2A5B8C;">&#160;</td></tr>\n'
    )


def _top(digest: Digest) -> Iterator[str]:
    """The sentence that says the result, then how many objectives are where."""
    as_of = text("distribute.as_of", digest.language, day=digest.as_of)
    yield _row(
        _words(as_of, "mute", 13)
        + f'<h1 class="c-ink" style="{_FONT}margin:6px 0 0 0;font-size:21px;line-height:28px;font-weight:bold;'
        f'color:{_COLOURS["ink"][0]};">{escape(digest.headline)}</h1>',
        "padding:20px 28px 0 28px;",
    )
    chips = "".join(
        f'<span style="display:inline-block;white-space:nowrap;margin:0 18px 6px 0;{_FONT}font-size:14px;'
        f'line-height:20px;"><span class="s-{code}" style="color:{_colour(code)};font-weight:bold;">{mark}'
        f'&#160;{count}</span><span class="c-mute" style="color:{_COLOURS["mute"][0]};">&#160;{escape(word)}</span>'
        "</span> "
        for mark, word, code, count in digest.counts
    )
    yield _row(chips, "padding:14px 28px 4px 28px;")


def _decide(digest: Digest) -> Iterator[str]:
    """What asks for a decision, with the next step."""
    language = digest.language
    told = "".join(
        f'<div class="hair" style="padding:{10 if i else 8}px 0 {2 if i + 1 == len(digest.to_decide) else 10}px 0;'
        f'{f"border-top:1px solid {_HAIR[0]};" if i else ""}">'
        + _words(f"{item.mark}\u00a0{item.name}", f"status {item.status}", 15, "font-weight:bold;")
        + (_words(text("distribute.decision", language, words=_end(item.decision)), "ink", 14, "margin-top:2px;")
           if item.decision else "")
        + (_words(text("distribute.next_action", language, words=_end(item.action)), "mute", 13, "margin-top:2px;")
           if item.action else "")
        + "</div>"
        for i, item in enumerate(digest.to_decide)
    )  # fmt: skip
    heading = _words(text("distribute.decide", language), "bad", 13, "font-weight:bold;")
    box = (
        _table(f"width:100%;{_fill('tint')}", "f-tint")
        + f'<tr><td class="f-tint" style="padding:12px 16px 12px 14px;border-left:3px solid {_COLOURS["bad"][0]};'
        f'{_fill("tint")}">{heading}{told}</td></tr></table>'
    )
    yield _row(box, "padding:12px 28px 0 28px;")


def _card(item: Item, language: str) -> Iterator[str]:
    """An objective in full."""
    status = f'<span class="s-{item.status}" style="color:{item.colour};'
    head = (
        _table("width:100%;")
        + f'<tr><td valign="top" style="padding:0 10px 0 0;">{_words(item.name, "ink", 16, "font-weight:bold;")}'
        + (_words(item.title, "mute", 13, "margin-top:1px;") if item.title != item.name else "")
        + f'</td><td valign="top" align="right" style="{_FONT}font-size:14px;line-height:22px;white-space:nowrap;">'
        f'{status}font-weight:bold;">{item.mark}&#160;{escape(item.word)}</span></td></tr></table>'
    )
    numbers = (
        f'<div class="c-ink" style="{_FONT}font-size:28px;line-height:34px;font-weight:bold;white-space:nowrap;'
        f'color:{_COLOURS["ink"][0]};">{escape(item.actual)}</div>'
        + (_words(item.target, "mute", 13) if item.target else "")
        + (_words(item.change, _judged(item), 13, "font-weight:bold;" if item.better is False else "")
           if item.change else "")
    )  # fmt: skip
    spark = _spark(item, language)
    two = (
        _table("width:100%;margin-top:8px;")
        + f'<tr><td class="half" valign="bottom" style="padding:0 12px 0 0;">{numbers}</td>'
        f'<td class="half" valign="bottom" align="left" style="width:250px;">{spark}</td></tr></table>'
    )
    told = [
        _words(item.why, "ink", 14, "margin-top:9px;") if item.why else "",
        _words(item.outlook, "mute", 13, "margin-top:3px;") if item.outlook else "",
        _words(item.trust, "mute", 13, "margin-top:3px;") if item.trust else "",
        _words(item.owner, "mute", 12, "margin-top:6px;") if item.owner else "",
    ]
    content = head + two + _bar(item, language) + "".join(told)
    yield _row(
        f'<div class="hair" style="border-bottom:1px solid {_HAIR[0]};padding:14px 0 16px 0;">{content}</div>',
        "padding:0 28px;",
    )


def _line(item: Item) -> Iterator[str]:
    """An objective that needs no words."""
    cells = (
        f'<td class="hair" style="padding:8px 10px 8px 0;border-bottom:1px solid {_HAIR[0]};">'
        + _words(item.name, "ink", 14)
        + f'</td><td class="hair" align="right" style="padding:8px 0;border-bottom:1px solid {_HAIR[0]};">'
        + _words(f"{item.actual}  ·  {item.target}" if item.target else item.actual, "mute", 13)
        + _words(f"{item.mark}\u00a0{item.word}", f"status {item.status}", 13, "font-weight:bold;white-space:nowrap;")
        + "</td>"
    )
    yield _row(f"{_table('width:100%;')}<tr>{cells}</tr></table>", "padding:0 28px;")


def _spark(item: Item, language: str) -> str:
    """The last values as bars from zero, the last one dark; nothing where there are fewer than two."""
    known = [v for v in item.spark if v is not None]
    if len(known) < 2 or not any(known):
        return ""
    low, high = min(0.0, *known), max(0.0, *known)
    last = max(i for i, v in enumerate(item.spark) if v is not None)
    cells = []
    for number, value in enumerate(item.spark):
        height = 0 if value is None else max(1, round(_SPARK_HEIGHT * (value - low) / (high - low)))
        role = "fill" if number == last else "quiet"
        bar = (
            f'<div class="f-{role}" style="width:{_SPARK_BAR}px;height:{height}px;line-height:{height}px;font-size:1px;'
            f'{_fill(role)}">&#160;</div>'
            if height
            else ""
        )
        cells.append(f'<td valign="bottom" style="padding:0 {_SPARK_GAP}px 0 0;height:{_SPARK_HEIGHT}px;">{bar}</td>')
    says = escape(item.spark_says)
    caption = _words(text("distribute.periods", language, n=len(item.spark)), "mute", 11, "margin-top:2px;")
    return (
        f'<table role="img" aria-label="{says}" title="{says}" cellpadding="0" cellspacing="0" border="0" '
        f'style="border-collapse:collapse;margin-top:6px;"><tr>{"".join(cells)}</tr></table>{caption}'
    )


def _bar(item: Item, language: str) -> str:
    """How much of the way is done, with a mark where the plan is."""
    if item.progress is None or item.status in ("no_data", "not_started"):
        return ""
    done = min(1.0, max(0.0, item.progress))
    plan = None if item.expected is None else min(1.0, max(0.0, item.expected))
    cuts = sorted({0.0, done, 1.0, *(() if plan is None else (plan,))})
    cells = []
    for start, end in pairwise(cuts):
        if plan is not None and start == plan and 0 < plan < 1:
            cells.append(_piece("tick", "width:3px;", '<div style="width:3px;height:12px;">&#160;</div>'))
        cells.append(_piece("fill" if end <= done else "track", f"width:{(end - start) * 100:.1f}%;"))
    share = in_unit(item.progress, "percent", language=language)
    says = text("distribute.bar_plain", language, progress=share)
    if plan is not None and item.status != "achieved":
        expected = in_unit(plan, "percent", language=language)
        says = text("distribute.bar", language, progress=share, expected=expected)
    return (
        f'<table role="img" aria-label="{escape(says)}" title="{escape(says)}" cellpadding="0" cellspacing="0" '
        f'border="0" width="100%" style="width:100%;border-collapse:collapse;margin-top:12px;">'
        f"<tr>{''.join(cells)}</tr></table>"
    )


def _piece(role: str, width: str, content: str = "&#160;") -> str:
    return (
        f'<td class="f-{role}" style="{width}height:8px;line-height:8px;font-size:1px;padding:0;{_fill(role)}">'
        f"{content}</td>"
    )


def _foot(digest: Digest) -> Iterator[str]:
    language = digest.language
    made = text("distribute.made", language, version=xlkpi.__version__)
    sources = text("distribute.sources", language, names=digest.sources) if digest.sources else ""
    yield _row(
        (_words(sources, "mute", 12) if sources else "") + _words(made, "mute", 12, "margin-top:2px;"),
        "padding:18px 28px 24px 28px;",
    )


# --- pieces ------------------------------------------------------------------------------------------------------


def _table(style: str, kind: str = "", attributes: str = "") -> str:
    of_kind = f' class="{kind}"' if kind else ""
    more = f" {attributes}" if attributes else ""
    return (
        f'<table role="presentation" cellpadding="0" cellspacing="0" border="0"{more}{of_kind} '
        f'style="border-collapse:collapse;{style}">'
    )


def _row(content: str, style: str) -> str:
    return f'<tr><td class="pad" style="{style}">{content}</td></tr>\n'


def _heading(words: str) -> str:
    return (
        f'<h2 class="c-accent" style="{_FONT}margin:0;font-size:14px;line-height:20px;font-weight:bold;'
        f'color:{_COLOURS["accent"][0]};">{escape(words)}</h2>'
    )


def _words(words: str, role: str, size: int, style: str = "") -> str:
    """A line of text; ``role`` is a colour's, or ``status`` and its code."""
    _, _, code = role.partition(" ")
    kind, colour = (f"s-{code}", _colour(code)) if code else (f"c-{role}", _COLOURS[role][0])
    height = round(size * 1.42)
    return (
        f'<div class="{kind}" style="{_FONT}font-size:{size}px;line-height:{height}px;color:{colour};{style}">'
        f"{escape(words)}</div>"
    )


def _judged(item: Item) -> str:
    return "mute" if item.better is None else "good" if item.better else "bad"


def _fill(role: str) -> str:
    return f"background-color:{_FILLS[role][0]};"


def _colour(code: str) -> str:
    return rules().looks[code].colour


def _end(words: str) -> str:
    """Words as the end of a sentence."""
    return words if words.endswith((".", "!", "?", "…", ")")) else words + "."
