"""The map's style as a QGIS project: the same shapes, colours and names, as far as QGIS knows them.

QGIS gets the better of it: shapes that the program derives from features for each picture (rings of
accuracy, sides and bands of outlines) lie ready in tables, which hold nothing but what is drawn, with
an index, and the style is reckoned out for one zoom.
"""

import json
import math
import re
from pathlib import Path

from osgeo import ogr, osr
from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsCoordinateReferenceSystem,
    QgsFillSymbol,
    QgsLabeling,
    QgsLabelObstacleSettings,
    QgsLayoutItemLabel,
    QgsLayoutItemLegend,
    QgsLayoutItemMap,
    QgsLayoutItemScaleBar,
    QgsLayoutSize,
    QgsLegendRenderer,
    QgsLegendStyle,
    QgsLineSymbol,
    QgsMarkerSymbol,
    QgsNullSymbolRenderer,
    QgsPalLayerSettings,
    QgsPrintLayout,
    QgsProject,
    QgsRectangle,
    QgsRendererCategory,
    QgsSimpleFillSymbolLayer,
    QgsSimpleLineSymbolLayer,
    QgsSimpleMarkerSymbolLayer,
    QgsSymbolLayer,
    QgsTextBufferSettings,
    QgsTextFormat,
    QgsUnitTypes,
    QgsVectorLayer,
    QgsVectorLayerSimpleLabeling,
)
from qgis.PyQt.QtCore import QPointF, QRectF, Qt
from qgis.PyQt.QtGui import QColor, QFont

ogr.UseExceptions()

FONT = "Noto Sans CJK SC"
POINTS = QgsUnitTypes.RenderPoints
MILLIMETRES = QgsUnitTypes.LayoutMillimeters
# A CSS pixel: 96 to the inch.
PIXEL_MM = 25.4 / 96
PIXEL_PT = 72 / 96
# The plane of the data's zone, in which rings are round.
PLANE = 4548
# Where no land use is stated (render/look.rs).
UNSTATED = "#c9c4b8"
# Signs of the style's font, as QGIS draws them, and how much of an em they take.
SIGNS = {
    "▲": (QgsSimpleMarkerSymbolLayer.Triangle, 0.75),
    "◆": (QgsSimpleMarkerSymbolLayer.Diamond, 0.85),
    "◇": (QgsSimpleMarkerSymbolLayer.Diamond, 0.85),
}
# What is derived from features, as a legend has it.
DERIVED = {"": "", "labels": "", "accuracy": "：误差范围", "sides": "：边界", "bands": "：边界误差"}
# What the style draws by (tiles/shapes.rs).
ATTRIBUTES = ["name", "kind", "located_by", "accuracy_m", "status", "land_use"]
TYPES = ["Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon"]
TYPES = {one.upper(): one for one in TYPES}
POLYGONS = ["match", ["geometry-type"], ["Polygon", "MultiPolygon"], True, False]


def evaluate(expression, zoom, shape):
    """What an expression of the style gives for a shape's attributes."""
    if not isinstance(expression, list):
        return expression
    name, *rest = expression
    # Lists of numbers and of fonts stand for themselves.
    if not isinstance(name, str) or " " in name:
        return expression

    def value(one):
        return evaluate(one, zoom, shape)

    match name:
        case "literal":
            return rest[0]
        case "get":
            return shape.get(rest[0])
        case "geometry-type":
            return shape["geometry-type"]
        case "feature-state":
            return None
        case "zoom":
            return zoom
        case "==":
            return value(rest[0]) == value(rest[1])
        case "coalesce":
            return next((found for found in map(value, rest) if found is not None), None)
        case "case" | "match":
            subject, arms = (True, rest) if name == "case" else (value(rest[0]), rest[1:])
            for asked, result in zip(arms[:-1:2], arms[1::2]):
                if name == "case":
                    asked = value(asked)
                if subject in (asked if isinstance(asked, list) else [asked]):
                    return value(result)
            return value(arms[-1])
        case "interpolate":
            at, stops = value(rest[1]), list(zip(rest[2::2], rest[3::2]))
            if at <= stops[0][0]:
                return value(stops[0][1])
            for (low, before), (high, after) in zip(stops, stops[1:]):
                if at <= high:
                    share = (at - low) / (high - low)
                    before, after = value(before), value(after)
                    if isinstance(before, list):
                        return [a + (b - a) * share for a, b in zip(before, after)]
                    return before + (after - before) * share
            return value(stops[-1][1])
    raise ValueError(f"the style uses {name}")


class Data:
    """The exported collections, and what is derived from their features."""

    def __init__(self, files):
        self._files = files
        degrees, plane = osr.SpatialReference(), osr.SpatialReference()
        degrees.ImportFromEPSG(4326)
        plane.ImportFromEPSG(PLANE)
        for system in (degrees, plane):
            system.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
        self.system = degrees
        self._to_plane = osr.CoordinateTransformation(degrees, plane)
        self._to_degrees = osr.CoordinateTransformation(plane, degrees)

    def shapes(self, source):
        """Shapes of a source of the style, as (geometry, attributes)."""
        name, _, derived = source.partition(".")
        if name not in self._files:
            return
        file = ogr.Open(str(self._files[name]))
        table = file.GetLayer(0)
        fields = table.GetLayerDefn()
        places = {field: fields.GetFieldIndex(field) for field in ATTRIBUTES}
        places = {field: place for field, place in places.items() if place >= 0}
        for feature in table:
            geometry = feature.GetGeometryRef()
            if geometry is None:
                continue
            for shape, more in self._derived(derived, geometry, feature):
                attributes = {field: feature.GetField(place) for field, place in places.items()}
                yield shape, attributes | more | {"geometry-type": TYPES[shape.GetGeometryName()]}

    def _derived(self, derived, geometry, feature):
        match derived:
            case "" | "labels":
                # QGIS finds the place of a label in a polygon itself.
                yield geometry, {}
            case "accuracy":
                accuracy = feature.GetField("accuracy_m")
                if geometry.GetGeometryName() == "POINT" and accuracy > 0:
                    yield self._buffer(geometry, accuracy), {}
            case "sides":
                for line, stretch in self._stretches(geometry, feature):
                    yield line, {"stretch": stretch["kind"]}
            case "bands":
                band = None
                for line, stretch in self._stretches(geometry, feature):
                    around = self._buffer(line, stretch["accuracy_m"])
                    band = around if band is None else band.Union(around)
                if band is not None:
                    yield band, {}

    def _buffer(self, geometry, metres):
        geometry = geometry.Clone()
        geometry.Transform(self._to_plane)
        geometry = geometry.Buffer(metres, 16)
        geometry.Transform(self._to_degrees)
        return geometry

    def _stretches(self, geometry, feature):
        place = feature.GetFieldIndex("sides")
        if place < 0 or not feature.IsFieldSetAndNotNull(place) or geometry.GetGeometryName() != "POLYGON":
            return
        points = geometry.GetGeometryRef(0).GetPoints()
        for stretch in json.loads(feature.GetField(place)):
            line = ogr.Geometry(ogr.wkbLineString)
            for point in points[stretch["from"] : stretch["to"] + 1]:
                line.AddPoint_2D(*point[:2])
            yield line, stretch


class Maker:
    """Makes the layers of a project from a style, at one zoom."""

    def __init__(self, style, data, titles, zoom, by_use, file):
        self._data, self._titles, self._zoom, self._by_use = data, titles, zoom, by_use
        self._uses = {one["code"]: one["colour"] for one in style["metadata"]["renewal-map:land-use"]}
        self._shown = [one for one in style["layers"] if self._is_shown(one)]
        self._file = str(file)
        self._tables = ogr.GetDriverByName("GPKG").CreateDataSource(self._file)
        self.background = self._shown[0]["paint"]["background-color"]

    def _is_shown(self, one):
        # A base map is an operator's own, and there is none here.
        if one["type"] == "raster":
            return False
        low, high = one.get("minzoom", 0), one.get("maxzoom", 99)
        return low <= self._zoom < high and one.get("layout", {}).get("visibility") != "none"

    def layers(self):
        """Layers of QGIS, the lowest first."""
        groups = []
        for one in self._shown[1:]:
            source, filtered = one["source-layer"], one.get("filter")
            if source.endswith(".labels"):
                source, filtered = source.removesuffix(".labels"), POLYGONS
            key = (source, json.dumps(filtered))
            if is_label(one):
                # Names stand above everything, whichever layer has them.
                known = [group for group in groups if group[0] == key]
                (known[-1] if known else new(groups, key, filtered))[3].append(one)
            elif groups and groups[-1][0] == key and not groups[-1][3]:
                groups[-1][2].append(one)
            else:
                new(groups, key, filtered)[2].append(one)
        made = []
        for (source, _), filtered, marks, labels in groups:
            made += self._written(source, filtered, marks, labels)
        # The file is whole when it is closed.
        self._tables = None
        return [self._opened(*one) for one in made]

    def _written(self, source, filtered, marks, labels):
        """A table for each sort of geometry: its name and title, and what it is drawn with."""
        sorts, known = {}, {}
        deciding = [*re.findall(r'"get", "(\w+)"', json.dumps(marks)), "land_use", "geometry-type"]
        for geometry, attributes in self._data.shapes(source):
            if filtered is not None and not evaluate(filtered, self._zoom, attributes):
                continue
            sort = attributes["geometry-type"].removeprefix("Multi")
            looks, rows = sorts.setdefault(sort, ({}, []))
            case = tuple(attributes.get(name) for name in deciding)
            if case not in known:
                known[case] = json.dumps([self._look(one, attributes) for one in marks])
            look = known[case]
            words = next((self._words(one, attributes) for one in labels), None)
            rows.append((geometry.Clone(), looks.setdefault(look, (len(looks), attributes))[0], words))
        for sort, (looks, rows) in sorts.items():
            first = (marks + labels)[0]["id"]
            name = first if len(sorts) == 1 else f"{first}-{sort.lower()}"
            self._write(name, rows)
            named = [(place, json.loads(look), attributes) for look, (place, attributes) in looks.items()]
            collection, _, derived = source.partition(".")
            title = self._titles[collection] + DERIVED[derived]
            yield name, title, sort, named, marks, labels

    def _write(self, name, rows):
        table = self._tables.CreateLayer(name, self._data.system, ogr.wkbUnknown, ["SPATIAL_INDEX=YES"])
        table.CreateField(ogr.FieldDefn("look", ogr.OFTInteger))
        table.CreateField(ogr.FieldDefn("text", ogr.OFTString))
        table.StartTransaction()
        for geometry, look, words in rows:
            row = ogr.Feature(table.GetLayerDefn())
            row.SetGeometryDirectly(geometry)
            row.SetField("look", look)
            row.SetField("text", words)
            table.CreateFeature(row)
        table.CommitTransaction()

    def _look(self, one, attributes):
        """Everything that decides how a layer of the style draws a shape, reckoned out."""
        paint = {**one["paint"], **one.get("layout", {})}
        if self._by_use:
            code = use_of(attributes)
            colour = self._uses.get(code, self._uses.get(code[:2], UNSTATED))
            for coloured in one["metadata"].get("renewal-map:coloured", []):
                paint[coloured] = colour
        look = {name: evaluate(value, self._zoom, attributes) for name, value in paint.items()}
        if "line-dasharray" in look:
            # On the page dashes keep their length on the ground between two whole zooms.
            whole = math.floor(self._zoom)
            dash = evaluate(paint["line-width"], whole, attributes) * 2 ** (self._zoom - whole)
            look["dashes"] = [length * dash for length in look["line-dasharray"]]
        return look

    def _words(self, one, attributes):
        field = one["layout"]["text-field"]
        if isinstance(field, str):
            return re.sub(r"{(\w+)}", lambda name: str(attributes[name[1]]), field)
        return evaluate(field, self._zoom, attributes)

    def _opened(self, name, title, sort, looks, marks, labels):
        layer = QgsVectorLayer(f"{self._file}|layername={name}|geometrytype={sort}", title, "ogr")
        if not layer.isValid():
            raise RuntimeError(f"QGIS can't open {name}")
        layer.setShortName(name)
        if marks:
            categories = []
            for place, look, attributes in looks:
                stated = use_of(attributes) if self._by_use else attributes.get("status")
                categories.append(QgsRendererCategory(place, symbol_of(sort, marks, look), stated or ""))
            renderer = QgsCategorizedSymbolRenderer("look", categories)
            if sort == "LineString" and len(marks) > 1:
                # All casings lie below all streets.
                renderer.setUsingSymbolLevels(True)
            layer.setRenderer(renderer)
        else:
            layer.setRenderer(QgsNullSymbolRenderer())
        if labels:
            look = self._look(labels[0], {"geometry-type": sort})
            every = [one["id"] for one in self._shown if is_label(one)]
            rank = every.index(labels[0]["id"]) / max(1, len(every) - 1)
            layer.setLabeling(QgsVectorLayerSimpleLabeling(labelled(sort, look, round(10 * rank))))
            layer.setLabelsEnabled(True)
        return layer


def use_of(attributes):
    """The code of a stated land use."""
    stated = attributes.get("land_use")
    return json.loads(stated)["code"] if stated else ""


def is_label(one):
    """Whether a layer of the style writes names, and no signs."""
    return one["type"] == "symbol" and not one["layout"].get("text-allow-overlap")


def new(groups, key, filtered):
    groups.append((key, filtered, [], []))
    return groups[-1]


def colour(text, opacity=1.0):
    made = QColor(text)
    made.setAlphaF(opacity)
    return made


def symbol_of(sort, marks, looks):
    """A symbol of one layer for each of the style's."""
    symbol = {"Point": QgsMarkerSymbol, "LineString": QgsLineSymbol, "Polygon": QgsFillSymbol}[sort]()
    symbol.deleteSymbolLayer(0)
    for level, (one, look) in enumerate(zip(marks, looks)):
        if look.get(f"{one['type']}-opacity") == 0:
            continue
        layer = {"fill": fill, "line": line, "circle": circle, "symbol": sign}[one["type"]](look)
        layer.setRenderingPass(level)
        symbol.appendSymbolLayer(layer)
    return symbol


def fill(look):
    opacity = look.get("fill-opacity", 1.0)
    return QgsSimpleFillSymbolLayer(colour(look["fill-color"], opacity), Qt.SolidPattern, QColor(), Qt.NoPen)


def line(look):
    made = QgsSimpleLineSymbolLayer(colour(look["line-color"], look.get("line-opacity", 1.0)))
    made.setWidth(look["line-width"] * PIXEL_PT)
    made.setOutputUnit(POINTS)
    is_round = look.get("line-cap") == "round"
    made.setPenCapStyle(Qt.RoundCap if is_round else Qt.FlatCap)
    made.setPenJoinStyle(Qt.RoundJoin if look.get("line-join") == "round" else Qt.MiterJoin)
    if "dashes" in look:
        made.setUseCustomDashPattern(True)
        made.setCustomDashPatternUnit(POINTS)
        made.setCustomDashVector([length * PIXEL_PT for length in look["dashes"]])
    return made


def circle(look):
    made = QgsSimpleMarkerSymbolLayer(QgsSimpleMarkerSymbolLayer.Circle)
    rim = look["circle-stroke-width"]
    made.setSize((2 * look["circle-radius"] + rim) * PIXEL_PT)
    made.setStrokeWidth(rim * PIXEL_PT)
    made.setOutputUnit(POINTS)
    made.setColor(colour(look["circle-color"], look.get("circle-opacity", 1.0)))
    made.setStrokeColor(colour(look["circle-stroke-color"]))
    return made


def sign(look):
    shape, share = SIGNS[look["text-field"]]
    made = QgsSimpleMarkerSymbolLayer(shape)
    made.setSize(look["text-size"] * share * PIXEL_PT)
    made.setOutputUnit(POINTS)
    is_hollow = look["text-field"] == "◇"
    made.setColor(colour("#ffffff" if is_hollow else look["text-color"]))
    made.setStrokeColor(colour(look["text-color"] if is_hollow else look["text-halo-color"]))
    made.setStrokeWidth(PIXEL_PT)
    return made


def labelled(sort, look, priority):
    """How names are set and where they may stand."""
    font = QFont(FONT)
    font.setBold("Bold" in look["text-font"][0])
    text = QgsTextFormat()
    text.setFont(font)
    text.setSize(look["text-size"] * PIXEL_PT)
    text.setSizeUnit(POINTS)
    text.setColor(colour(look["text-color"]))
    halo = QgsTextBufferSettings()
    halo.setEnabled(True)
    halo.setSize(look["text-halo-width"] * PIXEL_PT)
    halo.setSizeUnit(POINTS)
    halo.setColor(colour(look["text-halo-color"]))
    text.setBuffer(halo)
    settings = QgsPalLayerSettings()
    settings.setFormat(text)
    settings.fieldName = "text"
    settings.priority = priority
    obstacles = QgsLabelObstacleSettings()
    obstacles.setIsObstacle(False)
    settings.setObstacleSettings(obstacles)
    down = look.get("text-offset", [0, 0])[1]
    if look.get("symbol-placement") == "line":
        settings.placement = QgsPalLayerSettings.Curved
        where = QgsLabeling.AboveLine if down < 0 else QgsLabeling.OnLine
        lines = settings.lineSettings()
        lines.setPlacementFlags(QgsLabeling.LinePlacementFlags(where))
        # The ways of one street bear its name together.
        lines.setMergeLines(True)
        settings.setLineSettings(lines)
        settings.repeatDistance = look["symbol-spacing"] * PIXEL_PT
        settings.repeatDistanceUnit = POINTS
        return settings
    settings.placement = QgsPalLayerSettings.OverPoint
    settings.centroidInside = True
    quadrants = {"top": QgsPalLayerSettings.QuadrantBelow, "bottom": QgsPalLayerSettings.QuadrantAbove}
    settings.quadOffset = quadrants.get(look.get("text-anchor"), QgsPalLayerSettings.QuadrantOver)
    settings.yOffset = down * look["text-size"] * PIXEL_PT
    settings.offsetUnits = POINTS
    return settings


class Sheet:
    """A sheet as ours is laid out: its size and where the map lies on it, CSS pixels."""

    def __init__(self, name, size, place):
        self.name, self.size, self.place = name, size, place

    def add(self, project, layers, crs, extent):
        """A print layout of it: map, title, legend, scale bar, north, sources."""
        layout = QgsPrintLayout(project)
        layout.initializeDefaults()
        layout.setName(self.name)
        width, height = self.size
        page = layout.pageCollection().page(0)
        # A little more, or a pixel is lost.
        page.setPageSize(QgsLayoutSize((width + 0.01) * PIXEL_MM, (height + 0.01) * PIXEL_MM, MILLIMETRES))
        left, top, right, bottom = self.place

        def put(item, x, y, across, down):
            item.attemptSetSceneRect(QRectF(*(side * PIXEL_MM for side in (x, y, across, down))))
            layout.addLayoutItem(item)
            return item

        def words(text, pixels, x, y, across, down):
            item = QgsLayoutItemLabel(layout)
            item.setText(text)
            item.setFont(font(pixels))
            return put(item, x, y, across, down)

        shown = QgsLayoutItemMap(layout)
        shown.setId("map")
        put(shown, left, top, right - left, bottom - top)
        shown.setCrs(QgsCoordinateReferenceSystem(crs))
        shown.setLayers(layers[::-1])
        shown.setKeepLayerSet(True)
        shown.setBackgroundColor(project.backgroundColor())
        shown.setFrameEnabled(True)
        shown.zoomToExtent(extent)
        words(project.title(), 24, left, top - 60, right - left, 36)
        words("北\n▲", 14, right - 30, top + 10, 24, 48)
        words("数据来源：见各图层", 11, left, bottom + 56, right - left, 20)
        legend = QgsLayoutItemLegend(layout)
        legend.setTitle("图例")
        legend.setLinkedMap(shown)
        legend.setSymbolHeight(2.5)
        for style in (QgsLegendStyle.Subgroup, QgsLegendStyle.Symbol):
            legend.rstyle(style).setMargin(QgsLegendStyle.Top, 1)
        for part in (QgsLegendStyle.Title, QgsLegendStyle.Group, QgsLegendStyle.Subgroup, QgsLegendStyle.SymbolLabel):
            legend.setStyleFont(part, font(11))
        put(legend, right + 24, top, width - right - 48, bottom - top)
        bar = QgsLayoutItemScaleBar(layout)
        bar.setStyle("Single Box")
        bar.setLinkedMap(shown)
        bar.applyDefaultSize()
        bar.setFont(font(11))
        put(bar, left, bottom + 6, 200, 30)
        project.layoutManager().addLayout(layout)


def font(pixels):
    made = QFont(FONT)
    made.setPointSizeF(pixels * PIXEL_PT)
    return made


def make(style_file, files, titles, title, zoom, by_use, folder, sheets):
    """Writes a project into a folder; its file, and the names of its layers, the lowest first.

    `files` and `titles` are by collection; `sheets` are (sheet, reference system, rectangle of the map)."""
    style = json.loads(Path(style_file).read_text())
    maker = Maker(style, Data(files), titles, zoom, by_use, folder / "project.gpkg")
    project = QgsProject()
    project.setTitle(title)
    project.setBackgroundColor(QColor(maker.background))
    project.setCrs(QgsCoordinateReferenceSystem("EPSG:3857"))
    layers = maker.layers()
    for layer in layers[::-1]:
        project.addMapLayer(layer, False)
        node = project.layerTreeRoot().addLayer(layer)
        if isinstance(layer.renderer(), QgsNullSymbolRenderer):
            QgsLegendRenderer.setNodeLegendStyle(node, QgsLegendStyle.Hidden)
    for sheet, crs, extent in sheets:
        sheet.add(project, layers, crs, QgsRectangle(*extent))
    file = folder / "project.qgs"
    if not project.write(str(file)):
        raise RuntimeError(f"QGIS can't write {file}")
    return file, [layer.shortName() for layer in layers]
