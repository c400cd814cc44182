"""What a golden set is made of: streets in metres, faces between them, and sentences with what must
become of them."""

import json
import math
from pathlib import Path

import pyproj
from shapely.geometry import LineString, MultiPolygon, Point, Polygon
from shapely.geometry.polygon import orient
from shapely.ops import nearest_points, polygonize, unary_union

FOLDER = Path(__file__).parent

COMPILED = "compiled"
WITH_GAPS = "compiled_with_gaps"
AMBIGUOUS = "ambiguous"
UNRESOLVED = "unresolved"


class Plane:
    """Metres east and north of a place in WGS 84 degrees: a transverse Mercator projection that
    touches the ellipsoid there."""

    def __init__(self, lon, lat):
        here = f"+proj=tmerc +lon_0={lon} +lat_0={lat} +k=1 +ellps=WGS84 +units=m"
        self._transformer = pyproj.Transformer.from_crs("EPSG:4326", here, always_xy=True)

    def to_metres(self, lonlat):
        return self._transformer.transform(*lonlat)

    def to_degrees(self, metres):
        """Rounded to a centimetre, so that the files are the same bytes on any machine."""
        lon, lat = self._transformer.transform(*metres, direction="INVERSE")
        return [round(lon, 7), round(lat, 7)]


class Network:
    """Streets of one place, and the sentences about them."""

    def __init__(self, name, about, plane):
        self.name, self.about, self.plane = name, about, plane
        self.features, self.cases = [], []

    def street(self, name, *points, kind="street", aliases=(), accuracy_m=10):
        """Draws a line through points in metres, and gives it back as one."""
        self.features.append(
            {
                "type": "Feature",
                "id": f"{self.name}-{len(self.features) + 1}",
                "properties": {
                    "name": name,
                    "aliases": list(aliases),
                    "kind": kind,
                    "accuracy_m": accuracy_m,
                },
                "geometry": {
                    "type": "LineString",
                    "coordinates": [self.plane.to_degrees(point) for point in points],
                },
            }
        )
        return LineString(points)

    def compiles(self, text, polygon, why, outcome=COMPILED, known=None, carriageway=None):
        """The sentence means this polygon, along the inner or outer carriageways if that is asked for.
        `known` says what the compiler makes of it instead, where it is known to be wrong."""
        if not isinstance(polygon, Polygon):
            polygon = Polygon(polygon)
        if not polygon.is_valid or polygon.interiors:
            raise ValueError(f"{text}: the expected polygon is no simple ring")
        ring = [self.plane.to_degrees(point) for point in orient(polygon).exterior.coords]
        self._case(text, outcome, ring, [], why, known, carriageway)

    def compiles_with_gaps(self, text, polygon, why):
        """The same, and a part of the outline lies on no line that the sentence names."""
        self.compiles(text, polygon, why, WITH_GAPS)

    def is_ambiguous(self, text, words, why):
        """Several polygons satisfy the sentence; the message holds these words."""
        self._case(text, AMBIGUOUS, None, words, why)

    def is_refused(self, text, words, why, known=None):
        """No polygon; the message holds these words."""
        self._case(text, UNRESOLVED, None, words, why, known)

    def _case(self, text, outcome, ring, words, why, known=None, carriageway=None):
        case = {
            "network": self.name,
            "text": text,
            "outcome": outcome,
            "polygon": ring,
            "reason_contains": [words] if isinstance(words, str) else list(words),
            "why": why,
        }
        if carriageway is not None:
            case["carriageway"] = carriageway
        if known is not None:
            case["known"] = known
        self.cases.append(case)

    def write(self):
        """One feature a line, so that a change can be read."""
        features = ",\n".join(json.dumps(f, ensure_ascii=False) for f in self.features)
        about = json.dumps(self.about, ensure_ascii=False)
        text = f'{{"type": "FeatureCollection", "about": {about}, "features": [\n{features}\n]}}\n'
        path = FOLDER / "networks" / f"{self.name}.geojson"
        path.write_text(text, encoding="utf-8")


def write_cases(networks):
    """One case a line."""
    cases = [case for network in networks for case in network.cases]
    keys = [(case["network"], case["text"], case.get("carriageway")) for case in cases]
    twice = {key for key in keys if keys.count(key) > 1}
    if twice:
        raise ValueError(f"the same sentence twice: {twice}")
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    (FOLDER / "cases.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


# ---- shapes ----------------------------------------------------------------------------------


def face(lines, *inside):
    """The ground that the lines cut out around the points `inside`: whatever overshoots a corner
    bounds no face."""
    points = [Point(point) for point in inside]
    faces = list(polygonize(unary_union(lines)))
    of_point = [[one for one in faces if one.contains(point)] for point in points]
    if not all(of_point):
        raise ValueError("the lines do not close around every point")
    ground = unary_union([one for found in of_point for one in found])
    if isinstance(ground, MultiPolygon):
        raise ValueError("the faces do not touch")
    return Polygon(ground.exterior)


def reach(line, other):
    """Straight from the end of `line` that is nearer to `other` to the nearest point of `other`; a metre
    past it, where that is no end of `other`, so that the two surely cross."""

    def ends(of):
        return Point(of.coords[0]), Point(of.coords[-1])

    end = min(ends(line), key=other.distance)
    foot = nearest_points(end, other)[1]
    for there in ends(other):
        if foot.distance(there) < 1e-6:
            return LineString([end, there])
    past = 1 + 1 / end.distance(foot)
    return LineString(
        [end, (end.x + (foot.x - end.x) * past, end.y + (foot.y - end.y) * past)]
    )


def midway(one, other, step=5.0):
    """The line midway between two carriageways: each point half-way from the one to the nearest
    point of the other, to five centimetres."""
    count = math.ceil(one.length / step)
    points = []
    for i in range(count + 1):
        here = one.interpolate(i / count, normalized=True)
        there = nearest_points(here, other)[1]
        points.append(((here.x + there.x) / 2, (here.y + there.y) / 2))
    return LineString(points).simplify(0.05)


def arc(radius, start, end, centre=(0, 0), step=2.0):
    """Points on a circle between two bearings in degrees counter-clockwise from east."""
    count = max(2, math.ceil(abs(end - start) / step))
    angles = [math.radians(start + (end - start) * i / count) for i in range(count + 1)]
    return [
        (centre[0] + radius * math.cos(angle), centre[1] + radius * math.sin(angle))
        for angle in angles
    ]


def turned(point, degrees):
    """About the origin, counter-clockwise."""
    sin, cos = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    return (point[0] * cos - point[1] * sin, point[0] * sin + point[1] * cos)


def box(west, south, east, north):
    return [(west, south), (east, south), (east, north), (west, north)]
