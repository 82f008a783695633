"""How fast SOVL is beside what would be used otherwise: ``make bench`` (see ``README.md`` here)."""
