"""Response curves: what a channel's spend brings, with diminishing returns and carry-over, and how sure that is.

The curve is ``top * x / (half + x)``: concave, so that a best division of a budget exists and is the only one; ``top``
is what no spend can pass, ``half`` the spend that brings half of it. Spend works over several periods: the effective
spend is ``(1 - carry) * spend + carry * effective spend before``, which for a steady spend is the spend itself.

For given ``carry`` and ``half`` the rest is linear least squares, so both are found on a grid, refined once; several
channels are fitted in turns until nothing moves. Uncertainty is by the wild bootstrap with blocks of signs, which
keeps the autocorrelation and the unequal spread of the residuals. Carry-over is kept, and saturation called seen, where
the Bayesian information criterion says that the data pay for it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

Array = Any  # numpy.ndarray, whose type parameters say nothing here
#: Whether the data support a curve: texts ``budget.verdict.<code>``. The first two can be used.
Verdict = Literal[
    "saturates", "no_saturation", "no_effect", "no_spend", "no_outcome", "too_few_periods", "no_variation", "together"
]
USABLE: tuple[Verdict, ...] = ("saturates", "no_saturation")
#: Periods with spend below which no curve is fitted, and the relative spread of spend below which none can be.
FEWEST, STEADY = 20, 0.08
#: From this share on, the other channels tell a channel's spend so well that their effects can't be told apart.
TOGETHER = 0.95
_CARRIES = np.arange(0.0, 0.91, 0.1)
_HALVES = 40


@dataclass(frozen=True)
class Curve:
    """``top * x / (half + x)`` for a spend ``x`` in one period."""

    top: float
    half: float

    def at(self, spend: float) -> float:
        return self.top * spend / (self.half + spend) if spend > 0 else 0.0

    def marginal(self, spend: float) -> float:
        """What one more unit of spend brings."""
        return self.top * self.half / (self.half + max(0.0, spend)) ** 2

    def over(self, periods: float) -> Curve:
        """The curve of a span of several such periods, the spend being even."""
        return Curve(self.top * periods, self.half * periods)


@dataclass(frozen=True)
class Fit:
    """What the data say of one channel.

    ``curve`` is the best one, ``low`` and ``high`` those of the bootstrap whose marginal return at the mean spend
    leaves a tail of (1 - level) / 2 below and above; ``draws`` all of them. ``explained`` is the share of the
    outcome's variance that the whole model explains. Where ``verdict`` is not usable there is no curve.
    """

    verdict: Verdict
    curve: Curve | None = None
    carry: float = 0.0
    low: Curve | None = None
    high: Curve | None = None
    draws: tuple[Curve, ...] = ()
    explained: float = math.nan
    periods: int = 0
    level: float = 0.8

    @property
    def usable(self) -> bool:
        return self.verdict in USABLE


def effective(spend: Array, carry: float) -> Array:
    """Spend with what it carries over; before the first period it is taken to have been the mean of the first four."""
    out = np.empty(len(spend))
    before = float(np.mean(spend[:4])) if len(spend) else 0.0
    for i, value in enumerate(spend):
        before = (1 - carry) * value + carry * before
        out[i] = before
    return out


def season_controls(periods: int, per_year: float, *, harmonics: int = 2) -> Array:
    """Columns for an outcome's level, trend and season; the season where there are two years."""
    at = np.arange(periods)
    columns = [np.ones(periods), (at - (periods - 1) / 2) / max(1, periods)]
    if periods >= 2 * per_year > 4:
        angles = 2 * np.pi * at / per_year
        columns += [wave(k * angles) for k in range(1, harmonics + 1) for wave in (np.sin, np.cos)]
    return np.column_stack(columns)


def fit_channel(
    outcome: Sequence[float] | Array, spend: Sequence[float] | Array, *, demand: Sequence[float] | Array | None = None,
    draws: int = 200, level: float = 0.8, seed: int = 0,
) -> Fit:  # fmt: skip
    """The curve of a channel whose own outcome is known, by period, oldest first; nothing is bought without spend.

    ``demand`` is an index of what the market was ready for in each period: twice the demand makes twice the spend
    bring twice as much. The curve is that of a mean demand. Missing values count as zero spend, and as no outcome.
    """
    y, x = _known(outcome), _known(spend)[:, None]
    if demand is not None:
        index = np.asarray(demand, dtype=float)
        index = np.where(np.isfinite(index) & (index > 0), index, np.nan)
        index = np.nan_to_num(index / np.nanmean(index), nan=1.0) if np.isfinite(index).any() else np.ones(len(y))
        y, x = y / index, x / index[:, None]
    return fit_together(y, x, None, draws=draws, level=level, seed=seed)[0]


def fit_together(
    outcome: Sequence[float] | Array, spends: Array, controls: Array | None, *, draws: int = 100, level: float = 0.8,
    seed: int = 0,
) -> list[Fit]:  # fmt: skip
    """The curves of all channels from one outcome that they share; ``spends`` has a column per channel.

    ``controls`` are columns of what else moves the outcome, see :func:`season_controls`; None for nothing at all.
    Raises ValueError when lengths differ.
    """
    y, x = _known(outcome), np.nan_to_num(np.asarray(spends, dtype=float))
    z = np.zeros((len(y), 0)) if controls is None else np.asarray(controls, dtype=float)
    if len(x) != len(y) or len(z) != len(y):
        raise ValueError("outcome, spends and controls must have the same periods")
    verdicts = [_refusal(y, x, c, z.shape[1]) for c in range(x.shape[1])]
    tried = [c for c, verdict in enumerate(verdicts) if verdict is None]
    fits = [Fit(verdict or "no_effect", periods=len(y), level=level) for verdict in verdicts]
    if not tried:
        return fits
    model = _Model(x[:, tried], z)
    for at, found in zip(tried, model.fits(y, draws, level, seed), strict=True):
        fits[at] = found
    return fits


def _known(values: Sequence[float] | Array) -> Array:
    given = np.array([math.nan if v is None else v for v in values], dtype=float)
    return np.where(np.isfinite(given), given, 0.0)


def _refusal(y: Array, x: Array, channel: int, controls: int) -> Verdict | None:
    """Why a channel's curve can't be fitted; None where it can be tried."""
    spend = x[:, channel]
    spent = np.maximum(spend, 0)
    if not spent.any():
        return "no_spend"
    if not y.any():
        return "no_outcome"
    if np.count_nonzero(spent) < FEWEST or len(y) < FEWEST + 3 * x.shape[1] + controls:
        return "too_few_periods"
    if np.std(spent) < STEADY * np.mean(spent):
        return "no_variation"
    others = np.delete(x, channel, axis=1)
    others = others[:, others.any(axis=0)]
    if others.shape[1]:
        design = np.column_stack([np.ones(len(y)), others])
        left = spent - design @ np.linalg.lstsq(design, spent, rcond=None)[0]
        if np.var(left) < (1 - TOGETHER) * np.var(spent):
            return "together"
    return None


class _Model:
    """The candidates of every channel, computed once: each bootstrap draw is then a matrix product."""

    def __init__(self, x: Array, z: Array) -> None:
        self.channels, self.periods = x.shape[1], len(x)
        self.q = np.linalg.qr(z)[0] if z.shape[1] else np.zeros((len(x), 0))
        self.controls = z.shape[1]
        self.means = [float(np.mean(column[column > 0])) for column in np.maximum(x, 0).T]
        self.spends = np.maximum(x, 0)
        self.grids = [self._grid(c, _CARRIES, self._halves(c)) for c in range(self.channels)]

    def _halves(self, channel: int) -> Array:
        return np.geomspace(0.03 * self.means[channel], 12 * float(self.spends[:, channel].max()), _HALVES)

    def _grid(self, channel: int, carries: Array, halves: Array) -> tuple[Array, Array]:
        """(carry, half) of each candidate, and its shape over time, a row each."""
        parameters, shapes = [], []
        for carry in carries:
            worked = effective(self.spends[:, channel], float(carry))
            shapes.append(worked[None, :] / (halves[:, None] + worked[None, :]))
            parameters.append(np.column_stack([np.full(len(halves), carry), halves]))
        return np.concatenate(parameters), np.concatenate(shapes)

    def fits(self, y: Array, draws: int, level: float, seed: int) -> list[Fit]:
        carries = [True] * self.channels
        grids = list(self.grids)
        found = self._solve(y, grids)
        for c in range(self.channels):  # is carrying over worth its parameter?
            plain = [g if i != c else self._only(g, carry=0.0) for i, g in enumerate(grids)]
            without = self._solve(y, plain)
            if not self._better(found.rest, without.rest):
                grids, found, carries[c] = plain, without, False
        for c in range(self.channels):  # between the candidates
            carry, half = found.parameters[c]
            ratio = grids[c][0][1, 1] / grids[c][0][0, 1]
            near = np.geomspace(half / ratio, half * ratio, 21)
            fine = np.clip(np.linspace(carry - 0.1, carry + 0.1, 9), 0, 0.95) if carries[c] else np.array([0.0])
            found = self._solve(y, [g if i != c else self._grid(c, fine, near) for i, g in enumerate(self._at(found))])
        verdicts = [self._verdict(y, found, c) for c in range(self.channels)]
        spread = float(((y - np.mean(y)) ** 2).sum())
        explained = 1 - float(found.rest @ found.rest) / spread if spread else math.nan
        pool = self._bootstrap(
            y, found, [self._around(found, c, carries[c]) for c in range(self.channels)], draws, seed
        )
        out = []
        for c, verdict in enumerate(verdicts):
            carry, half = found.parameters[c]
            curve = Curve(float(found.tops[c]), float(half))
            several = sorted((d[c] for d in pool), key=lambda k: k.marginal(self.means[c]))  # used at once
            tail = round((1 - level) / 2 * (len(several) - 1))
            if several and several[tail].top <= 0 and verdict in USABLE:
                verdict = "no_effect"
            if verdict not in USABLE:
                out.append(Fit(verdict, periods=self.periods, explained=explained, level=level))
                continue
            low, high = (several[tail], several[-1 - tail]) if several else (curve, curve)
            out.append(
                Fit(verdict, curve, float(carry), low, high, tuple(d[c] for d in pool), explained, self.periods, level)
            )
        return out

    def _around(self, found: _Solved, channel: int, carries: bool) -> tuple[Array, Array]:
        """A grid in whose middle the solution stands, for what could as well have been."""
        carry, half = found.parameters[channel]
        several = np.unique(np.clip(carry + np.linspace(-0.3, 0.3, 9), 0, 0.95)) if carries else np.array([carry])
        return self._grid(channel, several, half * np.geomspace(1 / 12, 12, 121))

    def _at(self, found: _Solved) -> list[tuple[Array, Array]]:
        """Grids of a single candidate each: what was found."""
        return [self._grid(c, np.array([carry]), np.array([half])) for c, (carry, half) in enumerate(found.parameters)]

    def _only(self, grid: tuple[Array, Array], *, carry: float) -> tuple[Array, Array]:
        kept = np.isclose(grid[0][:, 0], carry)
        return grid[0][kept], grid[1][kept]

    def _better(self, rest: Array, simpler: Array, more: int = 1) -> bool:
        """Whether ``more`` parameters are worth what they explain (Bayesian information criterion)."""
        with_, without = float(rest @ rest), float(simpler @ simpler)
        if without <= 1e-12 * float(np.finfo(float).tiny + np.abs(simpler).max() ** 2) or with_ >= without:
            return False
        return self.periods * math.log(without / max(with_, 1e-300)) > more * math.log(self.periods)

    def _verdict(self, y: Array, found: _Solved, channel: int) -> Verdict:
        """Whether the channel has an effect at all, and whether its curve bends."""
        if found.tops[channel] <= 0:
            return "no_effect"
        at = self._at(found)
        nothing = (np.zeros((1, 2)), np.zeros((1, self.periods)))
        without = self._solve(y, [g if i != channel else nothing for i, g in enumerate(at)])
        if not self._better(found.rest, without.rest):
            return "no_effect"
        worked = effective(self.spends[:, channel], float(found.parameters[channel][0]))
        straight = (at[channel][0], worked[None, :] / max(1e-300, float(worked.max())))
        linear = self._solve(y, [g if i != channel else straight for i, g in enumerate(at)])
        return "saturates" if self._better(found.rest, linear.rest) else "no_saturation"

    def _bootstrap(
        self, y: Array, found: _Solved, grids: Sequence[tuple[Array, Array]], draws: int, seed: int
    ) -> list[list[Curve]]:
        """Curves of outcomes that could as well have been: the fitted one plus residuals with other signs."""
        random = np.random.default_rng(seed)
        length = max(1, round(self.periods ** (1 / 3)))
        fitted = y - found.rest
        used = len(found.tops) * 3 + self.controls
        rest = found.rest * math.sqrt(self.periods / max(1, self.periods - used))
        out = []
        for _ in range(draws):
            signs = np.repeat(random.choice((-1.0, 1.0), self.periods // length + 1), length)[: self.periods]
            made = self._solve(fitted + rest * signs, grids, start=found)
            out.append([Curve(float(t), float(h)) for t, (_, h) in zip(made.tops, made.parameters, strict=True)])
        return out

    def _solve(self, y: Array, grids: Sequence[tuple[Array, Array]], start: _Solved | None = None) -> _Solved:
        """The best candidates of all channels: one channel after the other, the rest being held, until it settles."""
        free = y - self.q @ (self.q.T @ y)
        shapes = [self._free(grid[1]) for grid in grids]
        squares = [np.einsum("ij,ij->i", s, s) for s in shapes]
        chosen = [0] * self.channels
        tops = np.zeros(self.channels)
        if start is not None:
            chosen = [self._nearest(grids[c][0], start.parameters[c]) for c in range(self.channels)]
            tops = np.array(start.tops)
        rest = free - sum((tops[c] * shapes[c][chosen[c]] for c in range(self.channels)), np.zeros(self.periods))
        last = math.inf
        for _ in range(60 if self.channels > 1 else 1):
            for c in range(self.channels):
                rest = rest + tops[c] * shapes[c][chosen[c]]
                gains = np.maximum(shapes[c] @ rest, 0.0)
                worth = gains**2 / np.where(squares[c] > 1e-12, squares[c], np.inf)
                chosen[c] = int(np.argmax(worth))
                size = squares[c][chosen[c]]
                tops[c] = gains[chosen[c]] / size if size > 1e-12 else 0.0
                rest = rest - tops[c] * shapes[c][chosen[c]]
            error = float(rest @ rest)
            if error >= last * (1 - 1e-7):
                break
            last = error
        return _Solved([tuple(grids[c][0][chosen[c]]) for c in range(self.channels)], tops, rest)

    def _free(self, shapes: Array) -> Array:
        """Shapes without what the controls tell."""
        return shapes - (shapes @ self.q) @ self.q.T if self.controls else shapes

    @staticmethod
    def _nearest(parameters: Array, wanted: tuple[float, float]) -> int:
        distance = np.abs(parameters[:, 0] - wanted[0]) + np.abs(np.log(parameters[:, 1] / wanted[1]))
        return int(np.argmin(distance))


@dataclass
class _Solved:
    """The (carry, half) and the top of each channel, and what is left unexplained."""

    parameters: list[tuple[float, float]]
    tops: Array
    rest: Array
