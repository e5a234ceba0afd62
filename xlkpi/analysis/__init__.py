"""Statistics behind objectives: trend, forecast, landing, tests of change and impact. Pure functions.

`evolution`, `distributions`, `ab_test` and `impact` need nothing beyond the standard library; `trend`,
`forecast`, `landing` and `backtest` need numpy and work on tables of series x periods. Import the modules
themselves.
"""
