"""Seasonal indices of many series, shrunk towards none by how well the cycles agree with each other.

The indices are means over whole cycles of the distance to a trend through the cycles' means, the newer
cycles counting more (the seasonal smoothing of Holt-Winters, done once per cycle against a centred trend).
They are multiplied by 1 - 1/F, where F compares the spread of the indices with the disagreement between
cycles: a series without a season gets indices of about zero. Arrays are series x periods, oldest first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_KEPT = 0.9  # weight of a cycle against the one after it
_MOST_CYCLES = 40
_WEAKEST = 0.3  # strengths below are taken for chance
_LONG_SEASON = 20  # seasons at least this long borrow from their neighbours
_NEIGHBOURS = np.array([0.25, 0.5, 0.25])


@dataclass(frozen=True)
class Season:
    """Seasonal indices, series x season_length; column 0 belongs to the first period after the data.

    `multiplicative` says which series are divided by their indices rather than reduced by them (their
    indices are factors around 1, the others' are amounts around 0). `strength` is 0 (none) to 1. `widening`
    is the factor from the spread inside the data to the spread outside, since the indices were fitted to
    the data.
    """

    indices: Array
    multiplicative: NDArray[np.bool_]
    strength: Array
    widening: Array

    def at(self, offsets: NDArray[np.int64]) -> Array:
        """Indices at periods counted from the first one after the data (negative: inside the data)."""
        return self.indices[:, offsets % self.indices.shape[1]]

    def removed_from(self, values: Array) -> Array:
        index = self.at(np.arange(-values.shape[1], 0))
        factors = self.multiplicative[:, None]
        return np.where(factors, values / np.where(factors, index, 1.0), values - index)

    def put_back(self, values: Array) -> Array:
        """The inverse for the periods after the data, `values` being series x horizon."""
        index = self.at(np.arange(values.shape[1]))
        return np.where(self.multiplicative[:, None], values * index, values + index)


def no_season(series: int) -> Season:
    zeros = np.zeros(series)
    return Season(np.zeros((series, 1)), np.zeros(series, bool), zeros, np.ones(series))


def find_season(values: Array, season_length: int) -> Season:
    """Seasonal indices of every row of `values` (NaN: missing) that spans at least two whole cycles."""
    series, periods = values.shape
    result = Season(np.zeros((series, season_length)), np.zeros(series, bool), np.zeros(series), np.ones(series))
    known = np.isfinite(values)
    lengths = np.where(known.any(axis=1), periods - np.argmax(known, axis=1), 0)
    cycles = np.minimum(lengths // season_length, _MOST_CYCLES)
    enough = known.sum(axis=1) >= np.maximum(lengths * 2 // 3, season_length + 2)
    usable = enough & (cycles >= 2)
    for count in np.unique(cycles[usable]):
        rows = np.flatnonzero(usable & (cycles == count))
        recent = values[rows, periods - count * season_length :]
        found = _indices(recent.reshape(len(rows), count, season_length))
        for name in ("indices", "multiplicative", "strength", "widening"):
            getattr(result, name)[rows] = getattr(found, name)
    return result


def _indices(cycles: Array) -> Season:
    """Indices from whole cycles (series x cycles x season_length, NaN: missing)."""
    missing: NDArray[np.bool_] = ~np.isfinite(cycles)
    filled = cycles
    if missing.any():
        level = np.nanmean(cycles, axis=(1, 2))[:, None, None]
        filled = np.where(missing, level, cycles)
        for _ in range(5):  # missing values by what trend and season say, until that settles
            trend = _trend(filled)
            season = (filled - trend).mean(axis=1, keepdims=True)
            filled = np.where(missing, trend + season, cycles)
    trend = _trend(filled)
    added = _agreement(filled - trend)
    positive: NDArray[np.bool_] = missing | (filled > 0)
    possible = np.asarray((positive & (trend > 0)).all(axis=(1, 2)))
    ratio = filled / np.where(possible[:, None, None], trend, 1.0) - 1
    factor = _agreement(np.where(possible[:, None, None], ratio, 0.0))
    factor_misfit = ((filled - trend * (1 + factor.indices[:, None, :])) ** 2).sum(axis=(1, 2))
    added_misfit = ((filled - trend - added.indices[:, None, :]) ** 2).sum(axis=(1, 2))
    multiplicative = possible & (factor_misfit < 0.97 * added_misfit - 1e-9) & (factor.indices.min(axis=1) > -0.95)
    return Season(
        np.where(multiplicative[:, None], 1 + factor.indices, added.indices),
        multiplicative,
        np.where(multiplicative, factor.strength, added.strength),
        np.where(multiplicative, factor.widening, added.widening),
    )


def _trend(cycles: Array) -> Array:
    """Straight lines through the means of consecutive cycles, prolonged at both ends."""
    _, count, length = cycles.shape
    position = (np.arange(count * length) - (length - 1) / 2) / length
    before = np.clip(np.floor(position).astype(int), 0, count - 2)
    share = position - before
    means = cycles.mean(axis=2)
    line = means[:, before] * (1 - share) + means[:, before + 1] * share
    return np.asarray(line.reshape(cycles.shape))


def _agreement(distances: Array) -> Season:
    """Shrunk indices from distances to the trend."""
    _, count, length = distances.shape
    distances = distances - distances.mean(axis=2, keepdims=True)
    weights = _KEPT ** np.arange(count - 1, -1, -1)
    weights /= weights.sum()
    raw = np.einsum("nkm,k->nm", distances, weights)
    noise = ((distances - raw[:, None, :]) ** 2).sum(axis=(1, 2)) / ((count - 1) * (length - 1))
    per_index = float((weights**2).sum())
    own = 1.0
    indices = raw
    if length >= _LONG_SEASON:
        left, here, right = _NEIGHBOURS
        indices = left * np.roll(raw, 1, axis=1) + here * raw + right * np.roll(raw, -1, axis=1)
        per_index, own = per_index * float((_NEIGHBOURS**2).sum()), here
    spread = (indices**2).sum(axis=1) / (length - 1)
    by_chance = noise * per_index
    strength = np.divide(spread - by_chance, spread, out=np.zeros_like(spread), where=spread > by_chance)
    strength[strength < _WEAKEST] = 0.0
    seen = np.maximum(1 - 2 * strength * own * float((weights**2).sum()) + strength**2 * per_index, 0.1)
    widening = np.sqrt((1 + strength**2 * per_index) / seen)
    nothing = np.zeros(len(distances), bool)
    return Season(indices * strength[:, None], nothing, strength, widening)
