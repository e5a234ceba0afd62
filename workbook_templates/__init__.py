"""Layouts, themes and starter objectives, as YAML; installed as ``xlkpi.workbook_templates``."""
