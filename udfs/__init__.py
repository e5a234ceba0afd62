"""The functions and ribbon actions that xlwings imports into Excel; installed as ``xlkpi.udfs``."""
