"""Platforms: one YAML file each. Adding a platform is adding a file here."""
