#!/usr/bin/env python3
"""Writes tests/districts/yunze: an invented district (云泽区) to test on.

Nothing in it exists. It lies at 117.0 E 39.0 N only because surveyed data in
EPSG:4548 need a place to lie. Same seed, same bytes; standard library only.

    python3 tests/districts/make_yunze.py
"""

import hashlib
import json
import math
import random
from pathlib import Path

HERE = Path(__file__).resolve().parent / "yunze"
RANDOM = random.Random(20230601)

# ---------------------------------------------------------------- coordinates
# The district is laid out in a local plane (u east, v north, metres), then
# turned by 7 degrees, so that no street runs along an axis.
ORIGIN_E, ORIGIN_N = 498_600.0, 4_316_300.0
COS, SIN = math.cos(math.radians(7)), math.sin(math.radians(7))


def metres(u, v):
    """Local plane to EPSG:4548 easting and northing, to the millimetre."""
    return [round(ORIGIN_E + u * COS - v * SIN, 3), round(ORIGIN_N + u * SIN + v * COS, 3)]


def degrees(u, v):
    """Local plane to CGCS2000 longitude and latitude.

    Krüger series for the inverse transverse Mercator projection to n^3
    (Karney 2011, eqs. 35-36; here good to well under a millimetre).
    """
    easting, northing = ORIGIN_E + u * COS - v * SIN, ORIGIN_N + u * SIN + v * COS
    a, f = 6_378_137.0, 1 / 298.257222101
    n = f / (2 - f)
    radius = a / (1 + n) * (1 + n**2 / 4 + n**4 / 64)
    xi, eta = northing / radius, (easting - 500_000.0) / radius
    beta = [n / 2 - 2 * n**2 / 3 + 37 * n**3 / 96, n**2 / 48 + n**3 / 15, 17 * n**3 / 480]
    x, e = xi, eta
    for k, b in enumerate(beta, start=1):
        x -= b * math.sin(2 * k * xi) * math.cosh(2 * k * eta)
        e -= b * math.cos(2 * k * xi) * math.sinh(2 * k * eta)
    chi = math.asin(math.sin(x) / math.cosh(e))
    delta = [2 * n - 2 * n**2 / 3 - 2 * n**3, 7 * n**2 / 3 - 8 * n**3 / 5, 56 * n**3 / 15]
    latitude = chi + sum(d * math.sin(2 * k * chi) for k, d in enumerate(delta, start=1))
    longitude = math.atan2(math.sinh(e), math.cos(x))
    return [round(117 + math.degrees(longitude), 7), round(math.degrees(latitude), 7)]


# ------------------------------------------------------------------ documents
PLAN, LATER = "plan-2023", "arrangement-2025"
FILES = {PLAN: "001_yunze_plan.txt", LATER: "002_yunze_arrangement.txt"}
TEXTS = {
    PLAN: """\
云泽区城市更新规划（2023—2027年）

（本文件及所述地名、项目均为虚构，仅供测试。）

云泽区规划局

2023年6月1日

第一章  总体安排

规划期内，以云帆商务区、听雨文创区为重点，有序推进土地整理、出让和建设。本规划附表列出全部编号地块，地块界线以勘测定界成果为准。

第二章  重点片区

一、云帆商务区

范围：北至云帆大道，南至砚池道，西至白鹭路，东至织锦路。

建设面向中小企业的商务区，规划用地约180公顷。A2、A3街坊地块计划出让，推动云帆会展中心建设。在片区内新建石榴变电站。

二、听雨文创区

范围：北至青禾道，南至云帆大道，西至星河路，东至云溪河。

依托云溪河水岸，发展文化创意产业。C3、D3街坊地块正在开展土地整理。推动听雨剧场选址。

第三章  城市更新

已完成D1街坊地块出让。松涛里片区更新改造正在进行。白鹭路拓宽工程已于2022年完工通车。云溪河湿地公园计划2025年前建成。

第四章  交通与市政

建设砚池泵站。云泽站站前广场计划改造。规划建设轻轨2号线。
""",
    LATER: """\
2025年云泽区城市更新工作安排

（本文件及所述地名、项目均为虚构，仅供测试。）

云泽区规划局

2025年1月10日

一、重点片区

云帆会展中心已开工，年内实现主体完工。A2-01、A2-03地块已出让，A3街坊地块年内挂牌。加快C3-02地块土地整理。

二、民生与市政

松涛里片区更新改造已完成一期。云溪河湿地公园已建成开放。推进青禾小学建设。启动轻轨2号线前期工作。砚池泵站正在建设。
""",
}


def cite(document, quote):
    assert TEXTS[document].count(quote) == 1, quote
    return {"document": document, "quote": quote, "start": TEXTS[document].index(quote)}


def status(code, date, modality, document, quote):
    return {"status": code, "date": date, "modality": modality, "citation": cite(document, quote)}


# ------------------------------------------------------------------- features
SOURCE, LICENCE = "invented for tests (虚构数据)", "CC0-1.0"


def feature(local_id, geometry, name, name_en, kind, located_by, accuracy, citations, **more):
    evidence = {
        "surveyed": ("虚构的勘测成果。", "An invented survey."),
        "compiled": ("由范围文字逐边编译而成。", "Compiled side by side from the boundary sentence."),
    }.get(located_by, (None, None))
    properties = {"name": name, "name_en": name_en, "kind": kind}
    statuses = more.pop("statuses", None)
    if statuses is not None:
        properties["status"] = statuses[-1]["status"] if statuses else None
        properties["statuses"] = statuses
    properties |= {"located_by": located_by, "accuracy_m": accuracy}
    properties["evidence"] = more.pop("evidence", evidence[0])
    properties["evidence_en"] = more.pop("evidence_en", evidence[1])
    properties |= more
    properties |= {"citations": citations, "source": SOURCE, "licence": LICENCE}
    return {"type": "Feature", "id": local_id, "geometry": geometry, "properties": properties}


def line(points):
    return {"type": "LineString", "coordinates": [degrees(*p) for p in points]}


def point(u, v):
    return {"type": "Point", "coordinates": degrees(u, v)}


# Streets: every crossing is a vertex of both lines, and every street runs on
# past the last one that it crosses.
ROADS = {"松涛路": 0, "白鹭路": 750, "星河路": 1500, "织锦路": 2250}
AVENUES = {"砚池道": 0, "石榴道": 600, "云帆大道": 1200, "听雨道": 1800, "青禾道": 2400}
ENGLISH = {
    "松涛路": "Songtao Road", "白鹭路": "Bailu Road", "星河路": "Xinghe Road",
    "织锦路": "Zhijin Road", "砚池道": "Yanchi Road", "石榴道": "Shiliu Road",
    "云帆大道": "Yunfan Avenue", "听雨道": "Tingyu Road", "青禾道": "Qinghe Road",
}
HALF_MEDIAN = 12  # 云帆大道 is a dual carriageway: two lines, 24 m apart


def river_u(v):
    return 2700 + 25 * math.sin(v / 400)


def streets():
    rows = []
    for name, v in AVENUES.items():
        for offset in (-HALF_MEDIAN, HALF_MEDIAN) if name == "云帆大道" else (0,):
            us = [-150, *ROADS.values(), river_u(v + offset), 2950]
            points = [(u, v + offset) for u in us]
            # Carriageways run in opposite directions; 石榴道 and 青禾道 come as several ways.
            if offset > 0:
                points.reverse()
            cuts = {"石榴道": [2, 4], "青禾道": [3], "云帆大道": [3]}.get(name, [])
            rows += [(name, part) for part in split(points, cuts)]
    for name, u in ROADS.items():
        vs = sorted([-150, 2550, 1200 - HALF_MEDIAN, 1200 + HALF_MEDIAN]
                    + [v for street, v in AVENUES.items() if street != "云帆大道"])
        points = [(u, v) for v in vs]
        rows += [(name, part) for part in split(points, {"星河路": [2, 5], "白鹭路": [4]}.get(name, []))]
    bounding = {"云帆大道", "砚池道", "白鹭路", "织锦路", "青禾道", "星河路"}
    quotes = {name: [cite(PLAN, q) for q in (RANGE_1, RANGE_2) if name in q] for name in bounding}
    return [feature(f"s-{i}", line(points), name, ENGLISH[name], "street", "surveyed", 2,
                    quotes.get(name, []))
            for i, (name, points) in enumerate(rows, start=1)]


def split(points, cuts):
    edges = [0, *cuts, len(points) - 1]
    return [points[a:b + 1] for a, b in zip(edges, edges[1:])]


RANGE_1 = "范围：北至云帆大道，南至砚池道，西至白鹭路，东至织锦路。"
RANGE_2 = "范围：北至青禾道，南至云帆大道，西至星河路，东至云溪河。"


def water():
    vs = sorted([*range(-150, 2551, 150), 1200 - HALF_MEDIAN, 1200 + HALF_MEDIAN])
    vs.remove(1200)
    return [feature("r-1", line([(river_u(v), v) for v in vs]), "云溪河", "Yunxi River",
                    "river", "surveyed", 2, [cite(PLAN, RANGE_2)])]


def zones():
    def zone(local_id, name, name_en, sentence, more, **stated):
        text = sentence.removeprefix("范围：").removesuffix("。")
        return feature(local_id, None, name, name_en, "plan_zone", "compiled", None,
                       [cite(PLAN, sentence), cite(PLAN, more)],
                       boundary={"document": PLAN, "text": text, "start": TEXTS[PLAN].index(text)},
                       sides=[], **stated)
    size = "建设面向中小企业的商务区，规划用地约180公顷。"
    return [
        zone("yunfan", "云帆商务区", "Yunfan Business Zone", RANGE_1, size, quantities=[
            {"attribute": "land_area", "value": 180, "unit": "公顷", "qualifier": "约", "date": None,
             "modality": "intended", "citation": cite(PLAN, size)}]),
        zone("tingyu", "听雨文创区", "Tingyu Creative Zone", RANGE_2,
             "依托云溪河水岸，发展文化创意产业。"),
    ]


# Parcels. Each block between streets is a lattice of shifted nodes; parcels are
# cells of it or unions of cells. Neighbours use the same nodes, so they share
# whole edges to the last digit and cannot overlap.
USES = [("07", "居住用地", 5), ("09", "商业服务业用地", 4), ("08", "公共管理与公共服务用地", 2),
        ("10", "工矿用地", 1), ("14", "绿地与开敞空间用地", 2), ("13", "公用设施用地", 1)]
ANNEX = "本规划附表列出全部编号地块，地块界线以勘测定界成果为准。"
BY_BLOCK = {
    "A2": [("land_transfer_planned", "2023", "intended", PLAN, "A2、A3街坊地块计划出让，推动云帆会展中心建设。")],
    "A3": [("land_transfer_planned", "2023", "intended", PLAN, "A2、A3街坊地块计划出让，推动云帆会展中心建设。")],
    "C3": [("land_preparation", "2023", "under_way", PLAN, "C3、D3街坊地块正在开展土地整理。")],
    "D3": [("land_preparation", "2023", "under_way", PLAN, "C3、D3街坊地块正在开展土地整理。")],
    "D1": [("land_transferred", "2023", "done", PLAN, "已完成D1街坊地块出让。")],
}
SOLD = [("land_transferred", "2025", "done", LATER, "A2-01、A2-03地块已出让，A3街坊地块年内挂牌。")]
BY_PARCEL = {
    "A2-01": SOLD, "A2-03": SOLD,
    "C3-02": [("land_preparation", "2025", "under_way", LATER, "加快C3-02地块土地整理。")],
}


def lattice(u0, u1, v0, v1, columns, rows):
    """Nodes [row][column]; those on the edge of the block stay on it."""
    us = [u0 + (u1 - u0) * i / columns for i in range(columns + 1)]
    vs = [v0 + (v1 - v0) * k / rows for k in range(rows + 1)]
    shift_u, shift_v = (u1 - u0) / columns * 0.18, (v1 - v0) / rows * 0.18
    nodes = []
    for k, v in enumerate(vs):
        nodes.append([])
        for i, u in enumerate(us):
            du = RANDOM.uniform(-shift_u, shift_u) if 0 < i < columns else 0
            dv = RANDOM.uniform(-shift_v, shift_v) if 0 < k < rows else 0
            nodes[-1].append((round(u + du, 2), round(v + dv, 2)))
    return nodes


def outline(cells, nodes):
    """Outer ring around cells that touch along edges: the edges used only once, walked round."""
    edges = set()
    for i, k in cells:
        corners = [(i, k), (i + 1, k), (i + 1, k + 1), (i, k + 1)]
        for a, b in zip(corners, corners[1:] + corners[:1]):
            if (b, a) in edges:
                edges.remove((b, a))
            else:
                edges.add((a, b))
    nexts = dict(edges)
    start = min(nexts)
    walk = [start]
    while nexts[walk[-1]] != start:
        walk.append(nexts[walk[-1]])
    return [nodes[k][i] for i, k in walk]


def ring(points):
    out = [metres(*p) for p in points]
    return out + out[:1]


def inner(points, share):
    """A smaller copy of a ring about its mean point."""
    mu = sum(p[0] for p in points) / len(points)
    mv = sum(p[1] for p in points) / len(points)
    return [(mu + (u - mu) * share, mv + (v - mv) * share) for u, v in points]


def ring_area(r):
    x0, y0 = r[0]
    return sum((a[0] - x0) * (b[1] - y0) - (b[0] - x0) * (a[1] - y0) for a, b in zip(r, r[1:])) / 2


def area(polygons):
    return sum(abs(ring_area(p[0])) - sum(abs(ring_area(h)) for h in p[1:]) for p in polygons)


def parcels():
    us = [0, 750, 1500, 2250]
    rows = []  # (block, polygons, forced land use)
    blocks = {}
    for r, letter in enumerate("ABCD"):
        v0 = 600 * r + (35 if r == 2 else 20)
        v1 = 600 * (r + 1) - (35 if r == 1 else 20)
        for c in range(4):
            u0, u1 = us[c] + 20, (us[c + 1] - 20 if c < 3 else 2620)
            columns = 3 if c < 3 else 2
            blocks[f"{letter}{c + 1}"] = (lattice(u0, u1, v0, v1, columns, 2), columns)
    # Unions of cells: L shapes and long parcels. Each cell belongs to one parcel.
    unions = {"A1": [[(0, 0), (1, 0), (0, 1)]], "A3": [[(1, 0), (1, 1), (2, 1)]], "B2": [[(0, 0), (0, 1)]],
              "B4": [[(0, 0), (1, 0), (1, 1)]], "C1": [[(1, 1), (2, 1)]], "C3": [[(0, 0), (0, 1), (1, 1)]],
              "D2": [[(1, 0), (2, 0), (2, 1)]], "D4": [[(0, 0), (0, 1)]]}
    # Two parts of one parcel that do not touch.
    pairs = {"A4": [(0, 0), (1, 1)], "C2": [(0, 1), (2, 0)], "D1": [(0, 0), (2, 1)]}
    # Parcels with a hole; the filled ones hold another parcel in it.
    holes = {("B3", (1, 0)): True, ("C4", (0, 1)): True, ("D3", (1, 1)): False, ("A2", (2, 0)): False}
    # Over a street, from one block into the next: (left block, cell, right block, cell).
    across = [("B1", (2, 1), "B2", (0, 1)), ("A3", (2, 0), "A4", (0, 0)), ("D2", (2, 1), "D3", (0, 1))]
    unions["B2"], unions["D2"], pairs["A4"] = [[(1, 0), (2, 0)]], [[(0, 0), (1, 0), (0, 1)]], [(0, 1), (1, 0)]
    taken = {(b, c) for left, lc, right, rc in across for b, c in ((left, lc), (right, rc))}
    for block, (nodes, columns) in blocks.items():
        groups = list(unions.get(block, []))
        used = {c for g in groups for c in g} | {c for b, c in taken if b == block}
        if block in pairs:
            used |= set(pairs[block])
        groups += [[(i, k)] for k in range(2) for i in range(columns) if (i, k) not in used]
        if block in pairs:
            rows.append((block, [[ring(outline([c], nodes))] for c in pairs[block]], None))
        for group in sorted(groups):
            outer = outline(group, nodes)
            filled = holes.get((block, group[0])) if len(group) == 1 else None
            if filled is None:
                rows.append((block, [[ring(outer)]], None))
                continue
            hole = inner(outer, 0.35)
            rows.append((block, [[ring(outer), ring(hole[::-1])]], None))
            if filled:
                rows.append((block, [[ring(hole)]], None))
    for left, lc, right, rc in across:
        a = outline([lc], blocks[left][0])
        b = outline([rc], blocks[right][0])
        # Both start at their lower left corner and run anticlockwise.
        rows.append((left, [[ring([a[0], a[1], b[0], b[1], b[2], b[3], a[2], a[3]])]], None))
    for k, (v0, v1) in enumerate([(20, 580), (620, 1165), (1235, 1780), (1820, 2380)]):
        # Along the river, water included: its middle line runs through them.
        vs = [v0 + (v1 - v0) * s / 4 for s in range(5)]
        rows.append(("ABCD"[k] + "5", [[ring([(2640, v) for v in vs[::-1]]
                                             + [(2770 + 10 * math.sin(v / 90), v) for v in vs])]],
                     ("14", "绿地与开敞空间用地")))
    features, numbers = [], {}
    for block, polygons, use in sorted(rows, key=lambda r: r[0]):
        numbers[block] = numbers.get(block, 0) + 1
        number = f"{block}-{numbers[block]:02}"
        code, land_use = use or RANDOM.choices([u[:2] for u in USES], [u[2] for u in USES])[0]
        stated = BY_BLOCK.get(block, []) + BY_PARCEL.get(number, [])
        statuses = [status(*s) for s in stated]
        citations = []
        for citation in [s["citation"] for s in statuses] + [cite(PLAN, ANNEX)]:
            if citation not in citations:
                citations.append(citation)
        geometry = ({"type": "Polygon", "coordinates": polygons[0]} if len(polygons) == 1
                    else {"type": "MultiPolygon", "coordinates": polygons})
        features.append(feature(
            number.lower(), geometry, f"{number}地块", f"Parcel {number}", "parcel", "surveyed",
            RANDOM.choice([0.05, 0.1]), citations, statuses=statuses,
            land_use={"code": code, "name": land_use, "citation": cite(PLAN, ANNEX)},
            area_m2=round(area(polygons), 1)))
    return features


def transit():
    rows = [("metro-tingyu", "听雨", "Tingyu Station", "metro_station", 1870, 1830, ["轻轨1号线"]),
            ("metro-yunfan", "云帆", "Yunfan Station", "metro_station", 1500, 1200, ["轻轨1号线"]),
            ("metro-qinghe", "青禾", "Qinghe Station", "metro_station", 760, 2420, ["轻轨1号线"]),
            ("yunze-railway", "云泽站", "Yunze Railway Station", "railway_station", 380, 40, None)]
    return [feature(i, point(u, v), name, en, kind, "surveyed", 1, [], **({"lines": lines} if lines else {}))
            for i, name, en, kind, u, v, lines in rows]


def projects():
    def row(local_id, name, name_en, kind, located, statuses, **more):
        geometry, located_by, accuracy, zh, en = located
        rows = [status(*s) for s in statuses]
        return feature(local_id, geometry, name, name_en, kind, located_by, accuracy,
                       [s["citation"] for s in rows], statuses=rows, evidence=zh, evidence_en=en, **more)

    survey = ("虚构的勘测成果。", "An invented survey.")
    park_plan = "云溪河湿地公园计划2025年前建成。"
    near = lambda target, why: [{"type": "located_near", "target": target, "evidence": why}]
    return [
        row("yunfan-expo", "云帆会展中心", "Yunfan Expo Centre", "building",
            (None, "container", None, "文件写明在云帆商务区一节，界线未公开。", "Named in the section on the Yunfan zone; its outline is not public."),
            [("planned", "2023", "intended", PLAN, "A2、A3街坊地块计划出让，推动云帆会展中心建设。"),
             ("under_construction", "2025", "under_way", LATER, "云帆会展中心已开工，年内实现主体完工。")],
            container="zones/yunfan"),
        row("shiliu-substation", "石榴变电站", "Shiliu Substation", "utilities",
            (None, "none", None, "文件只说在片区内，未写位置。", "The document only says that it lies in the zone."),
            [("planned", "2023", "intended", PLAN, "在片区内新建石榴变电站。")], placed_in=["zones/yunfan"]),
        row("tingyu-theatre", "听雨剧场", "Tingyu Theatre", "building",
            (point(1870, 1830), "station", 300, "与轻轨站“听雨”同名，以该站点位代表，误差约300米。", "It bears the name of the station 听雨, whose point stands for it."),
            [("planned", "2023", "intended", PLAN, "推动听雨剧场选址。")],
            relations=near("transit/metro-tingyu", "与轻轨站“听雨”同名")),
        row("songtaoli-renewal", "松涛里片区更新改造", "Songtaoli Renewal", "urban_renewal",
            ({"type": "Polygon", "coordinates": [[degrees(*p) for p in
              [(60, 660), (420, 640), (560, 760), (520, 1010), (300, 1120), (80, 1060), (60, 660)]]]},
             "surveyed", 0.5, *survey),
            [("under_renewal", "2023", "under_way", PLAN, "松涛里片区更新改造正在进行。"),
             ("under_renewal", "2025", "under_way", LATER, "松涛里片区更新改造已完成一期。")]),
        row("bailu-road-widening", "白鹭路拓宽工程", "Bailu Road Widening", "road",
            (line([(750, v) for v in (-150, 0, 600, 1188, 1212)]), "surveyed", 2, *survey),
            [("completed", "2022", "done", PLAN, "白鹭路拓宽工程已于2022年完工通车。")]),
        row("wetland-park", "云溪河湿地公园", "Yunxi River Wetland Park", "green",
            ({"type": "MultiPolygon", "coordinates": [[[degrees(*p) for p in part + part[:1]]] for part in (
              [(2625, 1300), (2660, 1300), (2665, 1700), (2625, 1760)], [(2745, 1320), (2765, 1320), (2768, 1750), (2740, 1700)])]},
             "surveyed", 0.5, *survey),
            [("planned", "2023", "intended", PLAN, park_plan),
             ("in_use", "2025", "done", LATER, "云溪河湿地公园已建成开放。")]),
        row("yanchi-pumping-station", "砚池泵站", "Yanchi Pumping Station", "utilities",
            (point(1190, 45), "surveyed", 1, *survey),
            [("planned", "2023", "intended", PLAN, "建设砚池泵站。"),
             ("under_construction", "2025", "under_way", LATER, "砚池泵站正在建设。")]),
        row("station-square", "云泽站站前广场", "Yunze Station Square", "urban_renewal",
            (point(380, 40), "relation", 600, "名称说明在云泽站站前，未写距离；以车站点位代表，误差约600米。", "It lies in front of Yunze Station, no distance is stated; the point is the station’s."),
            [("planned", "2023", "intended", PLAN, "云泽站站前广场计划改造。")],
            relations=near("transit/yunze-railway", "名称“云泽站站前广场”")),
        row("light-rail-2", "轻轨2号线", "Light Rail Line 2", "rail",
            (None, "none", None, "文件未写线路走向。", "The documents do not give the route."),
            [("planned", "2023", "intended", PLAN, "规划建设轻轨2号线。"),
             ("planned", "2025", "intended", LATER, "启动轻轨2号线前期工作。")]),
        row("qinghe-primary-school", "青禾小学", "Qinghe Primary School", "education",
            (None, "none", None, "文件未写位置。", "The document gives no location."),
            [("planned", "2025", "intended", LATER, "推进青禾小学建设。")], address="青禾道18号（虚构）"),
    ]


def district():
    corners = [(-400, -350), (900, -420), (2100, -330), (3050, -380), (3180, 500), (3090, 1600),
               (3150, 2700), (1900, 2790), (700, 2720), (-420, 2760), (-350, 1500), (-450, 600)]
    shape = {"type": "Polygon", "coordinates": [[degrees(*p) for p in corners + corners[:1]]]}
    return [feature("yunze", shape, "云泽区", "Yunze District", "district", "surveyed", 1, [])]


# -------------------------------------------------------------------- writing
def kinds(*rows):
    return [{"id": i, "title": zh, "title_en": en} for i, zh, en in rows]


COLLECTIONS = [
    ("zones", "片区", "Zones", "由范围文字编译的规划片区。", "Plan zones compiled from their boundary sentences.",
     kinds(("plan_zone", "规划片区", "Plan zone")), zones),
    ("parcels", "地块", "Parcels", "勘测定界的编号地块。", "Numbered parcels with surveyed outlines.",
     kinds(("parcel", "地块", "Parcel")), parcels),
    ("projects", "项目", "Projects", "建设与更新项目。", "Building and renewal projects.",
     kinds(("building", "建筑", "Building"), ("urban_renewal", "片区更新", "Urban renewal"), ("road", "道路", "Road"),
           ("rail", "轨道", "Rail"), ("utilities", "市政设施", "Utilities"), ("green", "绿化", "Green"),
           ("education", "教育", "Education")), projects),
    ("transit", "交通站点", "Transit", "车站。", "Stations.",
     kinds(("railway_station", "铁路车站", "Railway station"), ("metro_station", "轻轨站", "Light rail station")), transit),
    ("streets", "道路", "Streets", "道路中心线。", "Street centrelines.", kinds(("street", "道路", "Street")), streets),
    ("water", "河流", "Rivers", "河流中心线。", "River centrelines.", kinds(("river", "河流", "River")), water),
    ("district", "行政区", "District", "云泽区轮廓。", "Outline of Yunze District.", kinds(("district", "区", "District")), district),
]
CRS = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4548"}}


def dump(value):
    return json.dumps(value, ensure_ascii=False)


def main():
    for folder in ("seeds", "geodata"):
        (HERE / folder).mkdir(parents=True, exist_ok=True)
    index = []
    for document, title, date in ((PLAN, "云泽区城市更新规划（2023—2027年）", "2023-06-01"),
                                  (LATER, "2025年云泽区城市更新工作安排", "2025-01-10")):
        data = TEXTS[document].encode()
        (HERE / "seeds" / FILES[document]).write_bytes(data)
        index.append({"id": document, "file": FILES[document], "sha256": hashlib.sha256(data).hexdigest(),
                      "title": title, "issuer": "云泽区规划局", "date": date})
    (HERE / "seeds" / "index.json").write_text("[\n  " + ",\n  ".join(map(dump, index)) + "\n]\n")
    for name, *_, make in COLLECTIONS:
        head = f'"crs": {dump(CRS)},\n' if name == "parcels" else ""
        rows = ",\n".join("  " + dump(f) for f in make())
        (HERE / "geodata" / f"{name}.geojson").write_text(
            f'{{\n"type": "FeatureCollection",\n{head}"features": [\n{rows}\n]\n}}\n')
    listed = ",\n".join("    " + dump(dict(zip(
        ("id", "title", "title_en", "description", "description_en", "kinds"), row))) for row in COLLECTIONS)
    about = dump({"name": "云泽区", "name_en": "Yunze District", "feature": "district/yunze"})
    (HERE / "geodata" / "collections.json").write_text(
        f'{{\n  "district": {about},\n  "title": "云泽区城市更新一张图（虚构）",\n'
        f'  "title_en": "Yunze Urban Renewal Map (invented)",\n  "collections": [\n{listed}\n  ]\n}}\n')


if __name__ == "__main__":
    main()
