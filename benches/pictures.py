"""How long pictures take, ours and QGIS Server's of the same data, in turns on one core.

`make bench-pictures` prints the figures of the README, and leaves the pictures in target/pictures to be
looked at. It needs Debian's qgis-server and python3-qgis.
"""

import argparse
import hashlib
import http.client
import itertools
import json
import math
import os
import random
import re
import socket
import struct
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path
from statistics import median, quantiles

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from osgeo import ogr
from qgis.core import Qgis, QgsApplication, QgsCoordinateReferenceSystem, QgsCoordinateTransform, QgsPointXY, QgsProject

import qgis_project
from qgis_project import PIXEL_MM, Sheet

REPOSITORY = Path(__file__).resolve().parents[1]
PROGRAM = os.environ.get("RENEWAL_MAP_BIN", REPOSITORY / "target/release/renewal-map")
# The program's own stay out of it.
SETTINGS = {name: value for name, value in os.environ.items() if not name.startswith("RENEWAL_MAP_")}
STYLE = REPOSITORY / "src/tiles/style.json"

# The picture, and where the map lies on ours (render/sheet/layout.rs, with credits of two lines).
SIZE = (1600, 900)
SCREEN = Sheet("screen", SIZE, (24, 106.7, 1176, 788))
A3 = Sheet("page", (420 / PIXEL_MM, 297 / PIXEL_MM), (23.8, 105.8, 1166.7, 1011.4))
# Parcels from west to east and from south to north: in all as many as are spoken of, almost as many as
# are drawn at most, with the district itself (render/map.rs), and more.
TOWN, LARGEST, TOO_LARGE = (467, 214), (660, 303), (661, 303)
# A zoom at which parcels bear names.
WITH_NAMES = 13.7
# Metres around the globe on the square map of the world.
AROUND = 2 * math.pi * 6378137


class Server:
    """A server on a core of its own."""

    def __init__(self, core, command, environment):
        self.log = tempfile.NamedTemporaryFile()
        self.process = subprocess.Popen(
            command,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, [core]),
        )

    def ask(self, path):
        """The bytes of an answer, and the seconds that it took."""
        started = time.perf_counter()
        connection = http.client.HTTPConnection(self.host, timeout=600)
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        took = time.perf_counter() - started
        connection.close()
        if answer.status != 200 or not body.startswith((b"\x89PNG", b"%PDF")):
            raise Refused(body.decode(errors="replace")[:2000])
        return body, took

    def worked(self):
        """Seconds for which its threads had a core so far."""
        of = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(of[11]) + int(of[12])) / os.sysconf("SC_CLK_TCK")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class Refused(Exception):
    """A server made no picture."""


class Ours(Server):
    """The program."""

    def __init__(self, core, district, folder):
        command = [PROGRAM, "serve", "--listen", "127.0.0.1:0", "--data", folder / "record", *district]
        super().__init__(core, command, SETTINGS)
        for said in self.process.stdout:
            if address := re.search(r"http://([^\s/]+)", said):
                self.host = address[1]
                return
        raise RuntimeError(f"the program ended: {Path(self.log.name).read_text()}")

    def share(self, state):
        body = json.dumps({"state": state}).encode()
        request = urllib.request.Request(f"http://{self.host}/shares", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)["id"]


class Theirs(Server):
    """QGIS Server, one process of it."""

    def __init__(self, core, project):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.host = f"127.0.0.1:{port}"
        settings = {**os.environ, "QGIS_SERVER_PARALLEL_RENDERING": "false", "QGIS_SERVER_LOG_LEVEL": "2"}
        super().__init__(core, ["qgis_mapserver", "-p", project, self.host], settings)
        for _ in range(600):
            if self.process.poll() is not None:
                raise RuntimeError(f"QGIS Server ended: {Path(self.log.name).read_text()}")
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                return
            except ConnectionRefusedError:
                time.sleep(0.1)
        raise RuntimeError("QGIS Server does not answer")


class View:
    """What is pictured: a place of the map, at a zoom of tiles of 512 pixels."""

    def __init__(self, lon, lat, zoom, by_use):
        self.lon, self.lat, self.zoom, self.by_use = lon, lat, zoom, by_use

    @classmethod
    def of(cls, bounds, by_use):
        """All of a rectangle of degrees."""
        west, south, east, north = bounds
        low, high = mercator(west, south), mercator(east, north)
        left, top, right, bottom = SCREEN.place
        room = 2 * 24
        across = (right - left - room) / (high[0] - low[0])
        down = (bottom - top - room) / (high[1] - low[1])
        zoom = math.floor(100 * math.log2(min(across, down) * AROUND / 512)) / 100
        return cls((west + east) / 2, latitude((low[1] + high[1]) / 2), zoom, by_use)

    def state(self, turn=0):
        """As our addresses have it; each turn a little beside the last, for pictures are kept."""
        colours = "&colours=land_use" if self.by_use else ""
        return f"?v=1&at={self.lon + turn * 1e-5:.5f},{self.lat:.5f},{self.zoom:.2f}{colours}&lang=zh"

    def extent(self, turn=0, aspect=None):
        """The ground that our map shows, metres on the square map of the world; as much wider as an
        image of other proportions is."""
        left, top, right, bottom = SCREEN.place
        metres = AROUND / 512 / 2**self.zoom
        down = (bottom - top) * metres / 2
        across = down * aspect if aspect else (right - left) * metres / 2
        x, y = mercator(round(self.lon + turn * 1e-5, 5), round(self.lat, 5))
        return x - across, y - down, x + across, y + down

    def scale(self):
        """The scale at which a sheet shows just what the screen shows: the same names among it."""
        metres = AROUND / 512 / 2**self.zoom * math.cos(math.radians(self.lat))
        return round(metres / (PIXEL_MM / 1000))

    def on_paper(self, scale):
        """The ground of a sheet's map, metres east and north."""
        systems = (QgsCoordinateReferenceSystem(f"EPSG:{code}") for code in (4326, qgis_project.PLANE))
        to_plane = QgsCoordinateTransform(*systems, QgsProject.instance())
        middle = to_plane.transform(QgsPointXY(round(self.lon, 5), round(self.lat, 5)))
        left, top, right, bottom = A3.place
        metres = PIXEL_MM / 1000 * scale
        across, down = (right - left) * metres / 2, (bottom - top) * metres / 2
        return middle.x() - across, middle.y() - down, middle.x() + across, middle.y() + down


def mercator(lon, lat):
    """Metres on the square map of the world."""
    return lon / 360 * AROUND, math.log(math.tan(math.pi / 4 + math.radians(lat) / 2)) / math.tau * AROUND


def latitude(y):
    return math.degrees(2 * math.atan(math.exp(y / AROUND * math.tau)) - math.pi / 2)


# GetMap makes the map alone, larger by what stands around it on ours; GetPrint a sheet like ours.
FORMS = ["getmap", "getprint", "page"]


def picture(view, turn):
    """The path of our picture."""
    return f"/map.png{view.state(turn)}&width={SIZE[0]}&height={SIZE[1]}"


def requests(view, ours, layers):
    """What is measured: its form and name, and the paths of ours and of theirs by turn."""
    names = ",".join(layers)
    share, scale = ours.share(view.state()), view.scale()

    def box(extent):
        return ",".join(f"{side:.3f}" for side in extent)

    def wms(request, **parameters):
        parameters = {"SERVICE": "WMS", "VERSION": "1.3.0", "REQUEST": request} | parameters
        return f"/?{urllib.parse.urlencode(parameters)}"

    def own(turn):
        return picture(view, turn)

    def alone(turn):
        more = {"BBOX": box(view.extent(turn, SIZE[0] / SIZE[1])), "WIDTH": SIZE[0], "HEIGHT": SIZE[1]}
        more |= {"LAYERS": names, "STYLES": "," * (len(layers) - 1), "BGCOLOR": "0xe8e5de"}
        return wms("GetMap", CRS="EPSG:3857", DPI=96, FORMAT="image/png", **more)

    def sheet(turn):
        more = {"map0:EXTENT": box(view.extent(turn)), "map0:LAYERS": names}
        return wms("GetPrint", CRS="EPSG:3857", DPI=96, FORMAT="png", TEMPLATE=SCREEN.name, **more)

    def own_page(turn):
        return f"/s/{share}.pdf?paper=A3&scale={scale + turn}"

    def page(turn):
        # By the book this system's first axis points north.
        west, south, east, north = view.on_paper(scale + turn)
        more = {"map0:EXTENT": box((south, west, north, east)), "map0:LAYERS": names}
        return wms("GetPrint", CRS=f"EPSG:{qgis_project.PLANE}", DPI=300, FORMAT="pdf", TEMPLATE=A3.name, **more)

    names_of = ["1600×900 PNG, GetMap", "1600×900 PNG, GetPrint", "A3 PDF, GetPrint"]
    return zip(FORMS, names_of, (own, own, own_page), (alone, sheet, page))


def ms(seconds):
    return f"{1000 * seconds:,.0f} ms"


def spread(values):
    low, middle, high = quantiles(values, n=4)
    return f"{middle:.1f} ({low:.1f}–{high:.1f})"


def town(folder, across, down):
    """A district of so many parcels of six corners, each of a stated land use, and its rectangle."""
    text = "各地块用途见附表。"
    seeds, geodata = folder / "seeds", folder / "geodata"
    for one in (seeds, geodata):
        one.mkdir()
    (seeds / "plan.txt").write_text(text)
    document = {"id": "plan", "file": "plan.txt", "sha256": hashlib.sha256(text.encode()).hexdigest()}
    document |= {"title": "规划", "issuer": "虚构", "date": "2026-01-01"}
    (seeds / "index.json").write_text(json.dumps([document]))

    def collection(name, title, kind):
        described = {"id": name, "title": title, "title_en": name, "description": "", "description_en": ""}
        return described | {"kinds": [{"id": kind, "title": title, "title_en": kind}]}

    collections = [collection("parcels", "地块", "parcel"), collection("district", "区", "district")]
    named = {"name": "虚构区", "name_en": "Invented", "feature": "district/town"}
    described = {"title": "虚构区", "title_en": "Invented", "district": named, "collections": collections}
    (geodata / "collections.json").write_text(json.dumps(described))
    # South-west corner and the size of a block, degrees; a parcel is about 31 m by 40 m.
    (west, south), step = (117.0, 39.0), 0.0004

    def feature(name, kind, ring, **more):
        ring = [[round(west + x * step, 7), round(south + y * step, 7)] for x, y in ring]
        properties = {"name": name, "name_en": name, "kind": kind, "status": None, "located_by": "surveyed"}
        properties |= {"accuracy_m": 0.1, "evidence": "虚构", "source": "虚构", "licence": "CC0-1.0"} | more
        return {
            "type": "Feature",
            "id": name,
            "geometry": {"type": "Polygon", "coordinates": [ring + ring[:1]]},
            "properties": properties,
        }

    def write(name, features):
        with open(geodata / f"{name}.geojson", "w") as file:
            file.write('{"type": "FeatureCollection", "features": [')
            for place, one in enumerate(features):
                file.write((",\n" if place else "") + json.dumps(one, ensure_ascii=False))
            file.write("]}")

    write("district", [feature("town", "district", [(0, 0), (across, 0), (across, down), (0, down)])])
    corners = [(0, 0), (0.9, 0), (0.9, 0.5), (0.7, 0.9), (0, 0.9), (0, 0.4)]
    chance = random.Random(1)
    citation = {"document": "plan", "quote": text, "start": 0}

    def parcel(x, y):
        code = chance.choice(["07", "08", "09", "10", "12", "13", "14"])
        use = {"code": code, "name": "用途", "citation": citation}
        ring = [(x + dx, y + dy) for dx, dy in corners]
        return feature(f"{y}-{x}", "parcel", ring, land_use=use, citations=[citation])

    write("parcels", (parcel(x, y) for y in range(down) for x in range(across)))
    bounds = (west, south, west + across * step, south + down * step)
    titles = {one["id"]: one["title"] for one in collections}
    return District(f"{across * down:,} parcels", ["--seeds", seeds, "--geodata", geodata], titles), bounds


class District:
    """What both servers are started with: options for ours, and what its collections are called."""

    def __init__(self, title, options, titles):
        self.title, self.options, self.titles = title, options, titles

    @classmethod
    def shipped(cls):
        described = json.loads((REPOSITORY / "geodata/collections.json").read_text())
        titles = {one["id"]: one["title"] for one in described["collections"]}
        return cls(described["district"]["name"], [], titles)


class Bench:
    """Measures views of districts, on a core of the servers' own."""

    def __init__(self, core, pairs, out):
        self.core, self.pairs, self.out = core, pairs, out

    def measure(self, name, title, district, view, forms):
        """Measures a view, on both servers; without one, of the whole district."""
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            files = {}
            for collection in district.titles:
                files[collection] = folder / f"{collection}.gpkg"
                command = [PROGRAM, "export", collection, "--out", files[collection], *district.options]
                subprocess.run(command, env=SETTINGS, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            view = view or View.of(bounds_of(files["district"]), False)
            sheets = [
                (SCREEN, "EPSG:3857", view.extent()),
                (A3, f"EPSG:{qgis_project.PLANE}", view.on_paper(view.scale())),
            ]
            project, layers = qgis_project.make(
                STYLE, files, district.titles, district.title, view.zoom, view.by_use, folder, sheets
            )
            with Ours(self.core, district.options, folder) as ours, Theirs(self.core, project) as theirs:
                # Our server keeps pictures: none is asked for twice.
                turns = itertools.count(1)
                for form, what, own, other in requests(view, ours, layers):
                    if form in forms:
                        self._compare(f"{title}, {what}", f"{name}-{form}", turns, (ours, own), (theirs, other))

    def _compare(self, what, name, turns, *asked):
        """Asks both in turns, and prints what came of it."""
        for server, path in asked:
            for _ in range(2):
                server.ask(path(next(turns)))
        worked = [server.worked() for server, _ in asked]
        took, sizes, made = ([], []), ([], []), set()
        for turn in itertools.islice(turns, self.pairs):
            for place, (server, path) in enumerate(asked):
                body, seconds = server.ask(path(turn))
                took[place].append(seconds)
                sizes[place].append(len(body))
                made.add(hashlib.sha256(body).digest())
                is_image = body.startswith(b"\x89PNG")
                if is_image and struct.unpack(">II", body[16:24]) != SIZE:
                    raise RuntimeError(f"{name}: a picture of another size")
                ending = "png" if is_image else "pdf"
                (self.out / f"{name}-{('ours', 'qgis')[place]}.{ending}").write_bytes(body)
        if len(made) < 2 * self.pairs:
            raise RuntimeError(f"{name}: a request gave the picture of another")
        worked = [(server.worked() - before) / self.pairs for (server, _), before in zip(asked, worked)]
        ratios = [other / own for own, other in zip(*took)]
        figures = [*(ms(median(one)) for one in took), spread(ratios), *map(ms, worked)]
        figures += [f"{median(one) / 1000:,.0f} kB" for one in sizes]
        print(f"| {what} | {' | '.join(figures)} |", flush=True)

    def refused(self, district, view):
        """What is said of more than may be drawn."""
        with tempfile.TemporaryDirectory() as folder, Ours(self.core, district.options, Path(folder)) as ours:
            started = time.perf_counter()
            try:
                ours.ask(picture(view, 0))
            except Refused as said:
                return f"{json.loads(str(said))['detail']} ({ms(time.perf_counter() - started)})"
        raise RuntimeError("it was drawn")


def bounds_of(file):
    """West, south, east and north of a file's features, degrees."""
    # A layer lives no longer than its file.
    opened = ogr.Open(str(file))
    west, east, south, north = opened.GetLayer(0).GetExtent()
    return west, south, east, north


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=15, help="how often each is asked (default: 15)")
    parser.add_argument("--out", type=Path, default=Path("target/pictures"), help="where pictures are left")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    cores = sorted(os.sched_getaffinity(0))
    # The client has another one than the servers, where there is another.
    os.sched_setaffinity(0, cores[:-1] or cores)
    bench = Bench(cores[-1], options.pairs, options.out)
    with tempfile.TemporaryDirectory() as profile:
        application = QgsApplication([], False, profile)
        application.initQgis()
        print(f"QGIS Server {Qgis.QGIS_VERSION}, {options.pairs} pairs: medians, and quartiles of the ratio\n")
        print("| picture | ours | QGIS | QGIS : ours | processor, ours | processor, QGIS | file, ours | file, QGIS |")
        print("|---|--:|--:|--:|--:|--:|--:|--:|")
        shipped = District.shipped()
        bench.measure("district", shipped.title, shipped, None, FORMS)
        with tempfile.TemporaryDirectory() as folder:
            district, bounds = town(Path(folder), *TOWN)
            whole = View.of(bounds, True)
            bench.measure("town", district.title, district, whole, FORMS)
            near = View(whole.lon, whole.lat, WITH_NAMES, True)
            bench.measure("names", "10,700 of them, with names", district, near, FORMS[:2])
        with tempfile.TemporaryDirectory() as folder:
            district, bounds = town(Path(folder), *LARGEST)
            bench.measure("largest", district.title, district, View.of(bounds, True), FORMS[:2])
        with tempfile.TemporaryDirectory() as folder:
            district, bounds = town(Path(folder), *TOO_LARGE)
            print(f"\n{district.title}: {bench.refused(district, View.of(bounds, True))}")
        application.exitQgis()


if __name__ == "__main__":
    main()
