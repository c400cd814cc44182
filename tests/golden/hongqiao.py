"""The streets, rivers and the outline of Hongqiao as the repository ships them.

Expected polygons are faces of the named lines alone, found with polygonize by a point picked by hand
on the map. Streets drawn as two carriageways are put in the middle here, from their ways by the
direction in which these are drawn. Where the data stop short of a corner, the straight line from
the end of the one street to the nearest point of the other closes it, as the rules of the district's
zones say; these lines are named case by case."""

import json
from collections import defaultdict

from shapely.geometry import LineString

from golden_set import FOLDER, Network, Plane, face, midway, reach

GEODATA = FOLDER.parent.parent / "geodata"


def ways_of(plane):
    """The lines of each name, in metres."""
    ways = defaultdict(list)
    network = Network(
        "hongqiao",
        "Lines of geodata/ as they were when this file was made. © OpenStreetMap contributors, "
        "ODbL 1.0; lines drawn by hand CC0 1.0.",
        plane,
    )
    for file, kind in [("streets", "street"), ("water", "river"), ("district", "other")]:
        collection = json.loads((GEODATA / f"{file}.geojson").read_text(encoding="utf-8"))
        for feature in collection["features"]:
            shape, known = feature["geometry"], feature["properties"]
            if shape is None:
                continue
            courses = [shape["coordinates"]]
            name, aliases = known["name"], known.get("aliases", [])
            if kind == "other":
                courses = [ring for polygon in shape["coordinates"] for ring in polygon[:1]]
                name, aliases = "区界", [f"{known['name']}界"]
            for course in courses:
                points = [plane.to_metres(point) for point in course]
                line = network.street(
                    name,
                    *points,
                    kind=kind,
                    aliases=aliases,
                    accuracy_m=known["accuracy_m"],
                )
                ways[name].append(line)
    return network, ways


def carriageway(ways, heading):
    """The ways that are drawn in this direction, joined in its order."""

    def onward(point):
        return point[0] * heading[0] + point[1] * heading[1]

    ways = [way for way in ways if onward(way.coords[-1]) > onward(way.coords[0])]
    ways.sort(key=lambda way: onward(way.coords[0]))
    return LineString([point for way in ways for point in way.coords])


def centre_of(ways, heading):
    back = (-heading[0], -heading[1])
    return midway(carriageway(ways, heading), carriageway(ways, back))


def make():
    plane = Plane(117.15, 39.16)
    net, ways = ways_of(plane)

    # What is drawn as one line.
    only = {name: lines[0] for name, lines in ways.items() if len(lines) == 1}
    guangrong, jieyuan, jinianguan = only["光荣道"], only["芥园道"], only["纪念馆路"]
    honghu, fuxing, benxi = only["洪湖东路"], only["复兴路"], only["本溪路"]
    xianyang, hongqiao_n = only["咸阳北路"], only["红桥北大街"]
    hebei, beimenwai = only["河北大街"], only["北门外大街"]
    haihe, beiyunhe, ziyahe, limit = only["海河"], only["北运河"], only["子牙河"], only["区界"]
    # West of the river there is one carriageway of it in the data.
    zhicheng = max(ways["志成路"], key=lambda way: -min(x for x, _ in way.coords))

    # Carriageways, by the direction of travel.
    beima = centre_of(ways["北马路"], (1, 0))
    tongbei = centre_of(ways["通北路"], (1, 0.3))
    xiqing = centre_of(ways["西青道"], (1, 0.1))
    dingzigu = centre_of(ways["丁字沽三号路"], (1, -0.7))
    jingjin = centre_of(ways["京津公路"], (-0.5, 1))
    # It is not drawn across the railway: 365 m lie between the two parts.
    middle_ring = [way for way in ways["中环线"] if way.centroid.y > -500]
    middle_ring_south = [way for way in ways["中环线"] if way.centroid.y <= -500]
    middle_ring = centre_of(middle_ring, (1, 1))
    middle_ring_south = centre_of(middle_ring_south, (0.2, 1))

    # ---- the plan's own three zones ----

    net.compiles_with_gaps(
        "范围：北至光荣道，南至北马路、芥园道，西至洪湖东路、复兴路，东至红桥北大街、河北大街。",
        face(
            [guangrong, beima, jieyuan, honghu, fuxing, hongqiao_n, hebei, beimenwai]
            + [reach(honghu, fuxing), reach(jieyuan, beima), reach(hebei, hongqiao_n)]
            + [reach(beimenwai, beima)],
            (800, 500),
        ),
        "zone 1: 洪湖东路 and 复兴路, 红桥北大街 and 河北大街 stop on either side of the river; "
        "河北大街 reaches 北马路 by 北门外大街 alone",
    )
    net.compiles(
        "范围：北至光荣道，南至纪念馆路，西至本溪路，东至咸阳北路。",
        face([guangrong, jinianguan, benxi, xianyang], (-1500, 1500)),
        "zone 2: four single lines that cross",
    )
    net.compiles_with_gaps(
        "范围：北至志成路，南至北马路，西至河北大街，东至海河。",
        face(
            [zhicheng, beima, hebei, haihe, beimenwai, tongbei]
            + [reach(zhicheng, hebei), reach(beimenwai, beima)]
            + [reach(beima, tongbei), reach(tongbei, haihe)],
            (2300, -1000),
        ),
        "zone 3: by 北门外大街 and 通北路, neither named, and straight from the end of 通北路 to the river",
    )

    # ---- other blocks ----

    net.compiles(
        "北至丁字沽三号路，东至咸阳北路，南至光荣道，西至本溪路",
        face([dingzigu, xianyang, guangrong, benxi]
             + [reach(xianyang, dingzigu), reach(benxi, dingzigu)], (-1300, 2200)),
        "本溪路 and 咸阳北路 begin between the carriageways of 丁字沽三号路",
    )
    net.compiles(
        "丁字沽三号路以南、光荣道以北、本溪路以东、咸阳北路以西",
        face([dingzigu, xianyang, guangrong, benxi]
             + [reach(xianyang, dingzigu), reach(benxi, dingzigu)], (-1300, 2200)),
        "the same block in the reversed form",
    )
    net.compiles(
        "某学校选址：东、北两侧均临丁字沽三号路，南临光荣道，西临咸阳北路。",
        face([dingzigu, xianyang, guangrong, reach(xianyang, dingzigu)], (-700, 2000)),
        "a triangle, one street on two sides",
    )
    net.compiles(
        "地块位于光荣道以南，丁字沽三号路以北，中环线以西，西面至丁字沽三号路",
        face([guangrong, dingzigu, middle_ring], (150, 1770)),
        "a small triangle between three streets; reversed and direct sides mixed",
    )
    net.compiles(
        "东至洪湖东路、西至中环线、南至丁字沽三号路、北至光荣道，总用地面积约14.7万平方米",
        face([guangrong, dingzigu, middle_ring, honghu], (500, 1650)),
        "two streets of two carriageways; the stated area fits",
    )
    net.compiles_with_gaps(
        "四至范围：东：中环线；南：子牙河；西：咸阳北路；北：光荣道。",
        face([guangrong, middle_ring, ziyahe, xianyang, reach(xianyang, ziyahe)], (-700, 1000),
             (-300, 1500)),
        "咸阳北路 stops short of the river; 丁字沽三号路 runs through and bounds nothing",
    )
    net.compiles_with_gaps(
        "北侧为光荣道，东侧为洪湖东路，南侧为子牙河，西侧为中环线",
        face([guangrong, middle_ring, ziyahe, honghu, reach(honghu, ziyahe)], (200, 800)),
        "洪湖东路 stops short of the river",
    )
    net.compiles_with_gaps(
        "该片区北起丁字沽三号路，南抵子牙河，西接中环线，东靠洪湖东路。",
        face([dingzigu, middle_ring, ziyahe, honghu, reach(honghu, ziyahe)], (200, 800)),
        "verbs of four kinds",
    )
    net.compiles_with_gaps(
        "位于洪湖东路与红桥北大街之间，光荣道以南，子牙河以北的区域",
        face([guangrong, honghu, ziyahe, hongqiao_n, reach(honghu, ziyahe)], (900, 800)),
        "facing sides as 之间; 红桥北大街 crosses the river's line",
    )
    net.compiles(
        "东至复兴路,西至中环线,南至芥园道,北至西青道.",
        face([xiqing, middle_ring_south, jieyuan, fuxing], (-200, -1000)),
        "half-width punctuation; two streets of two carriageways, and the southern part of 中环线",
    )
    net.compiles_with_gaps(
        "北至西青道，南至芥园道、北马路，西至复兴路，东至河北大街",
        face([xiqing, jieyuan, beima, fuxing, hebei, beimenwai, reach(jieyuan, beima)]
             + [reach(xiqing, hebei), reach(beimenwai, beima)],
             (800, -1000)),
        "河北大街 reaches 北马路 by 北门外大街 alone",
    )
    net.compiles_with_gaps(
        "北至西青道，南至芥园道和北马路，西至复兴路，东至河北大街以及北门外大街",
        face([xiqing, jieyuan, beima, fuxing, hebei, beimenwai, reach(jieyuan, beima)]
             + [reach(xiqing, hebei), reach(beimenwai, beima)],
             (800, -1000)),
        "the same with 北门外大街 named: ten metres between 芥园道 and 北马路 are left open",
    )
    net.compiles_with_gaps(
        "（1）东至河北大街；（2）南至西青道；（3）西至复兴路；（4）北至子牙河。",
        face([ziyahe, xiqing, fuxing, hebei, reach(fuxing, ziyahe), reach(hebei, ziyahe)]
             + [reach(xiqing, hebei)], (800, -300)),
        "both streets begin south of the river",
    )
    net.compiles_with_gaps(
        "北至志成道，南至北马路、通北路，西至河北大街、北门外大街，东至海河",
        face([zhicheng, beima, hebei, haihe, beimenwai, tongbei]
             + [reach(zhicheng, hebei), reach(beimenwai, beima)]
             + [reach(beima, tongbei), reach(tongbei, haihe)], (2300, -1000)),
        "zone 3 with all its streets named, 志成路 by its alias; only the river is not reached",
    )
    net.compiles(
        "北至中环线，西至中环线，南至光荣道，东至京津公路、红桥北大街",
        face([middle_ring, guangrong, jingjin, hongqiao_n]
             + [reach(jingjin, hongqiao_n)], (750, 2100)),
        "中环线 bends around the north-west",
    )
    net.compiles(
        "北至丁字沽三号路，南至光荣道，东至本溪路，西至区界",
        face([dingzigu, guangrong, benxi, limit, reach(benxi, dingzigu)], (-1800, 2400)),
        "the district's limit is a line where the sentence names it",
    )
    net.compiles_with_gaps(
        "东至咸阳北路，南至子牙河，西至红桥区界，北至纪念馆路",
        face([xianyang, ziyahe, limit, jinianguan, reach(xianyang, ziyahe)], (-1900, 800)),
        "the limit by its alias",
    )
    net.compiles_with_gaps(
        "规划范围东以咸阳北路为界，南以子牙河为界，西以区界为界，北以光荣道为界，面积约195公顷",
        face([xianyang, ziyahe, limit, guangrong, reach(xianyang, ziyahe)], (-1900, 800)),
        "the same to the next street north",
    )
    net.compiles(
        "范围\n东至咸阳北路\n南至纪念馆路\n西至红桥区界\n北至光荣道\n",
        face([guangrong, xianyang, jinianguan, limit], (-1500, 1500), (-2150, 1700)),
        "one line of text each; 本溪路 runs through and bounds nothing",
    )
    net.compiles_with_gaps(
        "洪湖东路以西、中环线以东、光荣道以南、子牙河以北",
        face([guangrong, middle_ring, ziyahe, honghu, reach(honghu, ziyahe)], (200, 800)),
        "an earlier block in the reversed form",
    )
    net.compiles_with_gaps(
        "西站枢纽经济区规划面积约435公顷。北至光荣道，东至红桥北大街、河北大街，南至北马路、芥园道，"
        "西至洪湖东路、复兴路。",
        face(
            [guangrong, beima, jieyuan, honghu, fuxing, hongqiao_n, hebei, beimenwai]
            + [reach(honghu, fuxing), reach(jieyuan, beima), reach(hebei, hongqiao_n)]
            + [reach(beimenwai, beima)],
            (800, 500),
        ),
        "zone 1 in another order, with a stated area",
    )

    # ---- refusals ----

    net.is_refused(
        "北至光荣路，南至纪念馆路，西至本溪路，东至咸阳北路",
        ["没有：光荣路", "光荣道"],
        "光荣路 is not 光荣道: the near name is said and not taken",
    )
    net.is_refused(
        "北至光荣道，南至勤俭道，西至本溪路，东至咸阳北路",
        "没有：勤俭道",
        "a street of the city that is not in the data",
    )
    net.is_refused(
        "北至子牙河，南至西青道，西至中环线，东至复兴路",
        ["中环线在数据中缺一段", "最长 250 米"],
        "中环线 is not drawn across the railway, and 365 m are too long a bridge",
    )
    net.is_refused(
        "北至光荣道，南至子牙河，西至红桥北大街，东至北运河",
        ["光荣道与北运河接不上", "最长 250 米"],
        "光荣道 ends 700 m short of the river",
    )
    net.is_refused(
        "北至丁字沽三号路，南至子牙河，西至洪湖东路，东至红桥北大街",
        ["丁字沽三号路与红桥北大街在应相接处相距", "最长 250 米"],
        "丁字沽三号路 ends 400 m short of 红桥北大街",
    )
    net.is_refused(
        "北至光荣道，南至洪湖东路，西至中环线，东至子牙河",
        "",
        "洪湖东路 runs to the north, 子牙河 to the east",
    )
    net.is_refused(
        "北至子牙河，南至光荣道，西至中环线，东至洪湖东路",
        "方位矛盾",
        "光荣道 lies north of the river",
    )
    net.is_refused(
        "北至本溪路，东至光荣道，南至咸阳北路，西至纪念馆路",
        "方位矛盾",
        "zone 2 with every direction a quarter turn off: 本溪路 is the western street",
    )
    net.is_refused(
        "北至光荣道，南至纪念馆路，西至本溪路，东至咸阳北路，占地7000公顷",
        ["7000.00 公顷", "2 倍", "请核对"],
        "a hundred times its area",
    )
    net.is_refused(
        "北至光荣道，南至纪念馆路，西至本溪路，东至咸阳北路延长线",
        "东至咸阳北路延长线",
        "where a street would go on is not in the data",
    )
    net.is_refused(
        "北至光荣道，南至子牙河以北50米，西至中环线，东至洪湖东路",
        "50米",
        "off the line that it names",
    )
    net.is_refused(
        "东至咸阳北路，南至纪念馆路，西至规划路，北至光荣道",
        "规划路",
        "a street yet to be named",
    )
    return net
