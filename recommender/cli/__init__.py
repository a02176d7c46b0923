"""The commands of `zhiyin`."""
