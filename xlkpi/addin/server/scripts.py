"""The ribbon's actions on the server: functions with xlwings' ``@script``, which the manifest's buttons name."""
