"""Tables with a column per channel (Robyn, Meridian): turned into a row per date and channel."""

from __future__ import annotations

from typing import Any

from xlkpi.sources.mapping import Mapping

MARK = "\0"


def to_long(table: Any, mapping: Mapping) -> Any:
    """One row per row and channel; what belongs to no channel (revenue, conversions) gets a row of its own.

    The measures' columns come as ``spend\\0tv``; they leave as ``spend``, with ``tv`` in the column ``channel``.
    """
    import pyarrow as pa

    of_channels = [name for name in table.column_names if MARK in name]
    channels = list(dict.fromkeys(name.split(MARK)[1] for name in of_channels))
    measures = list(dict.fromkeys(name.split(MARK)[0] for name in of_channels))
    own = [f.target for f in mapping.of("measure") if not f.channel and f.target in table.column_names]
    keys = [name for name in table.column_names if name not in of_channels and name not in own and name != "channel"]
    parts = []
    for channel in [None, *channels] if own else channels:
        columns = {key: table[key] for key in keys}
        columns["channel"] = pa.chunked_array([pa.repeat(pa.scalar(channel, pa.string()), table.num_rows)])
        empty = pa.chunked_array([pa.nulls(table.num_rows, pa.float64())])
        for name in own:
            columns[name] = table[name] if channel is None else empty
        for name in measures:
            if name not in own:
                columns[name] = (
                    table[f"{name}{MARK}{channel}"] if f"{name}{MARK}{channel}" in table.column_names else empty
                )
            elif channel is not None and f"{name}{MARK}{channel}" in table.column_names:
                columns[name] = table[f"{name}{MARK}{channel}"]
        parts.append(pa.table(columns))
    return pa.concat_tables(parts)
