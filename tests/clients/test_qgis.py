"""QGIS opens the collections and draws the vector tiles."""

import json
import os
import subprocess
import tempfile
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from qgis.core import (
    Qgis,
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsDataProvider,
    QgsFeatureRequest,
    QgsFillSymbol,
    QgsGeometry,
    QgsJsonUtils,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsNetworkAccessManager,
    QgsProject,
    QgsRectangle,
    QgsSingleSymbolRenderer,
    QgsVectorLayer,
    QgsVectorTileBasicRenderer,
    QgsVectorTileBasicRendererStyle,
    QgsVectorTileLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QSize, QUrl, QUrlQuery
from qgis.PyQt.QtGui import QColor

from support import PROGRAM, ServiceTest, without_settings

WGS84 = QgsCoordinateReferenceSystem("EPSG:4326")
WEB_MERCATOR = QgsCoordinateReferenceSystem("EPSG:3857")


def setUpModule():
    """One QGIS for all tests, with a profile of its own: nobody's settings, nothing cached."""
    global profile, application
    profile = tempfile.TemporaryDirectory()
    application = QgsApplication([], False, profile.name)
    application.initQgis()


def tearDownModule():
    application.exitQgis()
    profile.cleanup()


def positions(geometry):
    """All positions of a GeoJSON geometry, whether it is single or of several parts."""
    if not isinstance(geometry[0], list):
        return [geometry]
    return [position for part in geometry for position in positions(part)]


class Collections(ServiceTest):
    """The provider for OGC API - Features."""

    def open(self, collection, more=""):
        layer = QgsVectorLayer(f"url='{self.service.url}' typename='{collection}' {more}", collection, "OAPIF")
        self.assertTrue(layer.isValid(), layer.error().message())
        return layer

    def items_asked(self, collection):
        """Parameters of the requests for its items."""
        return [
            request.parameters for request in self.service.asked() if request.path == f"/collections/{collection}/items"
        ]

    def test_every_feature_arrives_whole(self):
        for collection in self.service.json("/collections")["collections"]:
            name = collection["id"]
            with self.subTest(name):
                served = self.service.items(name)
                layer = self.open(name)
                if collection["located"]:
                    self.assertIn(layer.crs().authid(), ["EPSG:4326", "OGC:CRS84"])
                self.assertEqual(layer.featureCount(), len(served))
                features = {feature["id"]: feature for feature in layer.getFeatures()}
                self.assertEqual(set(features), set(served))
                extent = layer.extent().buffered(1e-9)
                for key, feature in features.items():
                    expected = served[key]
                    for attribute in ["name", "kind", "evidence", "source"]:
                        self.assertEqual(feature[attribute], expected["properties"][attribute])
                    if expected["geometry"] is None:
                        self.assertTrue(feature.geometry().isNull(), key)
                        continue
                    self.assertTrue(extent.contains(feature.geometry().boundingBox()), key)
                    arrived = json.loads(feature.geometry().asJson(12))
                    self.assertEqual(positions(arrived["coordinates"]), positions(expected["geometry"]["coordinates"]))

    def test_filter_of_a_layer(self):
        """QGIS sends CQL2 since 3.32. Older ones ask for all and evaluate a layer's filter on their
        own, which has to find what the service finds by the CQL2 that newer ones make of it."""
        box = "117.15 39.15, 117.165 39.15, 117.165 39.16, 117.15 39.16, 117.15 39.15"
        for name, expression, cql2 in [
            ("zones", "\"name\" LIKE '三%'", "(name LIKE '三%')"),
            (
                "zones",
                "\"kind\" = 'plan_zone' AND \"accuracy_m\" < 150",
                "((kind = 'plan_zone') AND (\"accuracy_m\" < 150))",
            ),
            ("zones", "\"name_en\" ILIKE '%ZONE'", "(CASEI(\"name_en\") LIKE CASEI('%ZONE'))"),
            ("zones", "NOT \"status\" IS NULL", "(NOT ((status IS NULL)))"),
            ("zones", "\"accuracy_m\" % 100 = 0", "((\"accuracy_m\" % 100) = 0)"),
            ("streets", "\"name\" NOT IN ('光荣道', '西青道')", "name NOT IN ('光荣道','西青道')"),
            (
                "transit",
                f"intersects_bbox($geometry, geom_from_wkt('POLYGON(({box}))'))",
                "S_INTERSECTS(geometry,BBOX(117.15,39.15,117.165,39.16))",
            ),
        ]:
            with self.subTest(expression):
                expected = set(self.service.items(name, filter=cql2))
                self.assertTrue(0 < len(expected) < len(self.service.items(name)))
                before = len(self.items_asked(name))
                layer = self.open(name)
                self.assertTrue(layer.setSubsetString(expression))
                self.assertEqual({feature["id"] for feature in layer.getFeatures()}, expected)
                if Qgis.QGIS_VERSION_INT < 33200:
                    asked = self.items_asked(name)[before:]
                    self.assertTrue(asked)
                    self.assertFalse([parameters for parameters in asked if "filter" in parameters])

    def test_cql2_filter_in_the_requests(self):
        """As a plugin does where QGIS itself sends none."""
        expression = "S_INTERSECTS(geometry, BBOX(117.15, 39.15, 117.165, 39.16)) AND status IS NOT NULL"
        expected = self.service.items("projects", filter=expression)
        self.assertTrue(0 < len(expected) < len(self.service.items("projects")))

        def add_filter(request):
            url = request.url()
            if url.path().endswith("/items"):
                query = QUrlQuery(url)
                query.addQueryItem("filter", bytes(QUrl.toPercentEncoding(expression)).decode())
                url.setQuery(query)
                request.setUrl(url)

        before = len(self.items_asked("projects"))
        adding = QgsNetworkAccessManager.setRequestPreprocessor(add_filter)
        try:
            layer = self.open("projects")
            self.assertEqual(layer.featureCount(), len(expected))
            self.assertEqual({feature["id"] for feature in layer.getFeatures()}, set(expected))
        finally:
            QgsNetworkAccessManager.removeRequestPreprocessor(adding)
        asked = self.items_asked("projects")[before:]
        self.assertTrue(asked)
        self.assertEqual({parameters.get("filter") for parameters in asked}, {expression})

    def test_cql2_filter_in_the_address(self):
        """A collection as a plain GeoJSON source, whose address has the filter."""
        expression = "name LIKE '三%'"
        address = QUrl(f"{self.service.url}/collections/zones/items")
        query = QUrlQuery()
        query.addQueryItem("filter", bytes(QUrl.toPercentEncoding(expression)).decode())
        address.setQuery(query)
        layer = QgsVectorLayer(bytes(address.toEncoded()).decode(), "zones", "ogr")
        self.assertTrue(layer.isValid(), layer.error().message())
        expected = self.service.items("zones", filter=expression)
        self.assertEqual(
            {feature["id"]: feature["name"] for feature in layer.getFeatures()},
            {key: zone["properties"]["name"] for key, zone in expected.items()},
        )

    def test_view_asks_for_its_rectangle(self):
        layer = self.open("transit", "restrictToRequestBBOX='1'")
        rectangle = QgsRectangle(117.15, 39.15, 117.165, 39.16)
        before = len(self.items_asked("transit"))
        found = {feature["id"] for feature in layer.getFeatures(QgsFeatureRequest(rectangle))}
        asked = self.items_asked("transit")[before:]
        expected = set(self.service.items("transit", bbox="117.15,39.15,117.165,39.16"))
        self.assertTrue(0 < len(expected) < len(self.service.items("transit")))
        self.assertEqual(found, expected)
        boxes = [parameters["bbox"].split(",") for parameters in asked if "bbox" in parameters]
        self.assertIn([117.15, 39.15, 117.165, 39.16], [[round(float(side), 9) for side in box] for box in boxes])


class Tiles(ServiceTest):
    """The vector tiles."""

    SIZE = QSize(800, 600)
    VIEW = QgsRectangle(117.11, 39.13, 117.21, 39.19)
    FILL = QColor(200, 30, 40)

    def draw(self, layer):
        """Pixels that a layer of zones fills in the view, as (column, row)."""
        settings = QgsMapSettings()
        settings.setLayers([layer])
        settings.setDestinationCrs(WEB_MERCATOR)
        settings.setOutputSize(self.SIZE)
        settings.setBackgroundColor(QColor("white"))
        settings.setFlag(QgsMapSettings.Antialiasing, False)
        to_mercator = QgsCoordinateTransform(WGS84, WEB_MERCATOR, QgsProject.instance())
        settings.setExtent(to_mercator.transformBoundingBox(self.VIEW))
        job = QgsMapRendererParallelJob(settings)
        job.start()
        job.waitForFinished()
        self.assertEqual([error.message for error in job.errors()], [])
        image = job.renderedImage()
        if folder := os.environ.get("SCREENSHOT_DIR"):
            image.save(f"{folder}/qgis-{layer.name()}.png")
        return {
            (column, row)
            for column in range(image.width())
            for row in range(image.height())
            if image.pixelColor(column, row) == self.FILL
        }

    def fill(self):
        return QgsFillSymbol.createSimple({"color": self.FILL.name(), "outline_style": "no"})

    def test_tiles_show_the_zones(self):
        tiles = QgsVectorTileLayer(
            f"type=xyz&url={self.service.url}/tiles/zones/{{z}}/{{x}}/{{y}}.mvt&zmin=0&zmax=16", "tiles"
        )
        self.assertTrue(tiles.isValid())
        style = QgsVectorTileBasicRendererStyle("zones", "zones", QgsWkbTypes.PolygonGeometry)
        style.setSymbol(self.fill())
        renderer = QgsVectorTileBasicRenderer()
        renderer.setStyles([style])
        tiles.setRenderer(renderer)

        zones = self.service.items("zones").values()
        polygons = [zone for zone in zones if zone["geometry"] and "Polygon" in zone["geometry"]["type"]]
        self.assertGreater(len(polygons), 1)
        features = QgsVectorLayer("MultiPolygon?crs=EPSG:4326", "features", "memory")
        features.dataProvider().addFeatures(
            QgsJsonUtils.stringToFeatureList(json.dumps({"type": "FeatureCollection", "features": polygons}))
        )
        features.setRenderer(QgsSingleSymbolRenderer(self.fill()))

        drawn, expected = self.draw(tiles), self.draw(features)
        self.assertGreater(len(expected), 10_000)
        # Tiles have a grid and simpler outlines, so that pixels differ along an edge.
        self.assertGreater(len(drawn & expected) / len(drawn | expected), 0.98)
        asked = [request.path for request in self.service.asked() if request.path.startswith("/tiles/zones/")]
        self.assertTrue(asked)


class Exports(ServiceTest):
    """Files that `renewal-map export` writes."""

    def export(self, folder, collection, ending, crs):
        """Writes the file, and gives its address."""
        path = Path(folder) / f"{collection}.{ending}"
        subprocess.run(
            [PROGRAM, "export", collection, "--out", path, "--crs", crs],
            env=without_settings(),
            check=True,
            capture_output=True,
        )
        return f"/vsizip/{path}" if ending == "zip" else str(path)

    def open(self, folder, collection, ending, crs):
        """The layers of the file: of a shapefile one for each sort of shape."""
        address = self.export(folder, collection, ending, crs)
        if ending == "csv":
            address += "|option:GEOM_POSSIBLE_NAMES=wkt|option:KEEP_GEOM_COLUMNS=NO|option:AUTODETECT_TYPE=YES"
            layers = [QgsVectorLayer(address, collection, "ogr")]
            # A table says nothing of its system.
            layers[0].setCrs(QgsCoordinateReferenceSystem(crs))
        else:
            first = QgsVectorLayer(address, collection, "ogr")
            parts = first.dataProvider().subLayers()
            names = [part.split(QgsDataProvider.sublayerSeparator())[1] for part in parts] or [collection]
            layers = [QgsVectorLayer(f"{address}|layername={name}", name, "ogr") for name in names]
        for layer in layers:
            self.assertTrue(layer.isValid(), f"{address}: {layer.error().message()}")
        return layers

    def check_attributes(self, feature, expected, ending):
        """What a feature says in a file: all plain values of what is served."""
        fields = feature.fields()
        checked = set()
        for name, value in expected["properties"].items():
            # A shapefile's fields have names of ten bytes.
            place = fields.lookupField(name.encode()[:10].decode(errors="ignore") if ending == "zip" else name)
            if place < 0 or not isinstance(value, (str, int, float)):
                continue
            found = feature[place]
            if isinstance(value, str) and ending == "zip":
                # Its texts have 254 bytes.
                value = value.encode()[:254].decode(errors="ignore")
            if isinstance(value, str):
                self.assertEqual(found, value, name)
            else:
                self.assertAlmostEqual(float(found), float(value), 9, name)
            checked.add(name)
        stated = ["name", "name_en", "kind", "status", "located_by", "accuracy_m", "evidence", "source", "licence"]
        self.assertLessEqual({name for name in stated if expected["properties"].get(name) is not None}, checked)

    def shape(self, feature):
        """A served feature's shape."""
        (told,) = QgsJsonUtils.stringToFeatureList(json.dumps({"type": "FeatureCollection", "features": [feature]}))
        return told.geometry()

    def test_every_format_opens(self):
        served = self.service.items("zones")
        named = {feature["properties"]["name"]: feature for feature in served.values()}
        for ending, crs in [
            ("geojson", "CRS84"),
            ("zip", "EPSG:4548"),
            ("gpkg", "EPSG:4527"),
            ("fgb", "EPSG:4548"),
            ("csv", "EPSG:4548"),
            ("kml", "CRS84"),
        ]:
            with self.subTest(f"{ending} in {crs}"), tempfile.TemporaryDirectory() as folder:
                found = {}
                for layer in self.open(folder, "zones", ending, crs):
                    if crs != "CRS84":
                        self.assertEqual(layer.crs().authid(), crs)
                    place = layer.fields().lookupField("name")
                    to_degrees = QgsCoordinateTransform(layer.crs(), WGS84, QgsProject.instance())
                    for feature in layer.getFeatures():
                        geometry = feature.geometry()
                        geometry.transform(to_degrees)
                        found[feature[place]] = geometry
                        self.check_attributes(feature, named[feature[place]], ending)
                self.assertEqual(set(found), set(named))
                shapes = 0
                for name, geometry in found.items():
                    expected = named[name]
                    if expected["geometry"] is None:
                        self.assertTrue(geometry.isNull(), name)
                        continue
                    # Two millimetres: one for each time that coordinates were rounded.
                    self.assertLess(geometry.hausdorffDistance(self.shape(expected)), 2e-8, name)
                    shapes += 1
                self.assertGreater(shapes, 2)

    def test_a_drawing_opens(self):
        """It has a line for each ring, points as they are, and no system."""
        crs = QgsCoordinateReferenceSystem("EPSG:4548")
        to_degrees = QgsCoordinateTransform(crs, WGS84, QgsProject.instance())
        found = []
        with tempfile.TemporaryDirectory() as folder:
            address = self.export(folder, "zones", "dxf", crs.authid())
            for kind in ["LineString", "Point"]:
                layer = QgsVectorLayer(f"{address}|layername=entities|geometrytype={kind}", "zones", "ogr")
                self.assertTrue(layer.isValid(), layer.error().message())
                for feature in layer.getFeatures():
                    self.assertEqual(feature["Layer"], "zones")
                    geometry = feature.geometry()
                    geometry.transform(to_degrees)
                    found.append(geometry)
        wanted = []
        for zone in self.service.items("zones").values():
            if zone["geometry"] is None:
                continue
            shape = self.shape(zone)
            if shape.type() == QgsWkbTypes.PointGeometry:
                wanted.append(shape)
                continue
            polygons = shape.asMultiPolygon() if shape.isMultipart() else [shape.asPolygon()]
            wanted += [QgsGeometry.fromPolylineXY(ring) for polygon in polygons for ring in polygon]
        self.assertEqual(len(found), len(wanted))
        for kind, least in [(QgsWkbTypes.LineGeometry, 3), (QgsWkbTypes.PointGeometry, 1)]:
            shapes = [shape for shape in wanted if shape.type() == kind]
            self.assertGreaterEqual(len(shapes), least)
            for shape in shapes:
                near = [other.hausdorffDistance(shape) for other in found if other.type() == kind]
                self.assertLess(min(near), 2e-8)
