#!/usr/bin/env python3
"""Writes the golden set: networks/*.geojson and cases.json.

Run by hand, `python3 make_golden.py`, with shapely 2 and pyproj 3; what it writes is committed, and
the tests need neither. It writes the same bytes every time.

Every expected polygon is made here and knows nothing of the compiler: of constructed streets from
the numbers that they were constructed with, of real ones by polygonize on the named lines and a
point picked by hand. `why` says what each sentence is there for, and `known`, where there is one, what
the compiler makes of it instead although it should not; the tests fail when that is no longer so."""

import breaks
import grid
import hongqiao
import shapes
from golden_set import write_cases

if __name__ == "__main__":
    networks = [hongqiao.make(), *grid.make(), *shapes.make(), *breaks.make()]
    for network in networks:
        network.write()
    write_cases(networks)
    print(f"{sum(len(network.cases) for network in networks)} sentences")
