"""Streets of every shape: curves and rings, carriageways, a river, streets that bend around an area,
names that change along a side. Each area follows from the numbers that its streets were drawn with."""

import math

from shapely.geometry import LineString

from golden_set import Network, Plane, arc, box, face

PLANE = Plane(117.1, 39.1)


def rings():
    """Two ring roads about a centre, and streets out of it."""
    net = Network("rings", "Ring roads of 600 m and 1300 m, drawn in parts, and radial streets.", PLANE)
    inner, outer = 600, 1300
    for start in (10, 130, 250):
        net.street("内环路", *arc(inner, start, start + 120))
    for start in (-60, 120):
        net.street("外环路", *arc(outer, start, start + 180))
    net.street("长安街", (-1500, 0), (1500, 0))
    net.street("中轴路", (0, -1500), (0, 1500))
    net.street("东北路", (0, 0), *arc(1500, 45, 45.1))
    net.street("西北路", (0, 0), *arc(1500, 135, 135.1))
    centre = [(0, 0)]

    net.compiles("北至内环路，南至内环路，西至内环路，东至内环路", arc(inner, 0, 360)[:-1], "all sides")
    net.compiles("北、东、西三面均至内环路，南至长安街", arc(inner, 0, 180), "half a disc")
    net.compiles("东、北两侧为外环路，南侧为长安街，西侧为中轴路", arc(outer, 0, 90) + centre, "a quarter")
    net.compiles(
        "北至外环路，南至内环路，西至西北路，东至东北路",
        arc(outer, 45, 135) + arc(inner, 135, 45),
        "between two rings; names that are directions",
    )
    net.compiles(
        "东北路以南、长安街以北、内环路以东、外环路以西",
        arc(outer, 0, 45) + arc(inner, 45, 0),
        "an eighth between two rings, in the reversed form",
    )
    net.compiles(
        "西至外环路，北至长安街，东至中轴路，南至外环路",
        arc(outer, 180, 270) + centre,
        "the quarter in the south-west",
    )
    net.is_refused(
        "北至外环路，南至内环路，西至东北路，东至西北路",
        "方位矛盾",
        "east and west exchanged",
    )
    return net


def wave(y, height, length, step):
    """A sine curve from x = -900 to 900."""
    count = int(1800 / step)
    xs = [-900 + 1800 * i / count for i in range(count + 1)]
    return [(x, y + height * math.sin(2 * math.pi * x / length)) for x in xs]


def bow(x, depth, step):
    """A parabola from y = -800 to 800."""
    count = int(1600 / step)
    ys = [-800 + 1600 * i / count for i in range(count + 1)]
    return [(x + depth * (1 - (y / 800) ** 2), y) for y in ys]


def curves():
    """Curves that are drawn every 20 m; the expected polygons follow them every 2 m."""
    net = Network("curves", "Sine curves from west to east, parabolas from south to north.", PLANE)
    fine = {}
    for name, curve, shape in [
        ("北湾路", wave, (480, 120, 1200)),
        ("中湾路", wave, (20, 60, 700)),
        ("南湾路", wave, (-500, 90, 900)),
        ("西弓街", bow, (-800, 150)),
        ("东弓街", bow, (550, 200)),
        ("直街", bow, (50, 0)),
    ]:
        net.street(name, *curve(*shape, 20))
        fine[name] = LineString(curve(*shape, 2))
    # An arc that meets a straight street twice.
    net.street("横街", (-900, 1300), (900, 1300))
    net.street("月牙路", *arc(500, -15, 195, centre=(0, 1400)))

    def block(names, *inside):
        return face([fine[name] for name in names.split()], *inside)

    net.compiles(
        "北至北湾路，南至南湾路，西至西弓街，东至东弓街",
        block("北湾路 南湾路 西弓街 东弓街", (0, 0)),
        "four curves",
    )
    net.compiles(
        "东起直街，西至西弓街，南到中湾路，北抵北湾路",
        block("北湾路 中湾路 西弓街 直街", (-200, 250)),
        "three curves and a straight line",
    )
    net.compiles(
        "直街以东、东弓街以西、中湾路以南至南湾路以北的范围",
        block("中湾路 南湾路 直街 东弓街", (300, -250)),
        "at the belly of the eastern curve",
    )
    low = -100 / 500
    end = math.degrees(math.asin(low))
    net.compiles(
        "东面、北面、西面均临月牙路，南面临横街",
        arc(500, end, 180 - end, centre=(0, 1400)),
        "more than half a disc over a chord",
    )
    net.is_refused("北至北湾路，南至中湾路，西至东弓街，东至西弓街", "方位矛盾", "exchanged")
    return net


def pair(net, name, points, widths, splits):
    """A street of two carriageways, `widths` metres to the left and right of each point of its middle,
    each drawn in its own direction and in ways that are split at points of its own. Gives back the
    left and the right one."""
    left, right = [], []
    for i, (point, width) in enumerate(zip(points, widths)):
        before, after = points[max(i - 1, 0)], points[min(i + 1, len(points) - 1)]
        long = math.dist(before, after)
        across = (-(after[1] - before[1]) / long, (after[0] - before[0]) / long)
        left.append((point[0] + across[0] * width, point[1] + across[1] * width))
        right.append((point[0] - across[0] * width, point[1] - across[1] * width))
    for course, split in [(right, splits[0]), (left[::-1], splits[1])]:
        net.street(name, *course[: split + 1])
        net.street(name, *course[split:])
    return LineString(left), LineString(right)


def carriageways():
    """By default a boundary runs midway between carriageways, and their middle is known here; so are
    those nearer to an area and those farther from it, where it is asked to run along these."""
    net = Network(
        "carriageways",
        "Streets of two and three carriageways, 12 to 56 m apart; single streets that end at the "
        "nearer of them.",
        PLANE,
    )
    xs = range(-300, 1601, 100)
    # 12 m apart in the west, 50 m in the east.
    north = [(x, 700) for x in xs]
    northern, southern = pair(net, "北大道", north, [6 + 19 * (x + 300) / 1900 for x in xs], (7, 11))
    # Three, of which the outermost count.
    for y in (20, 5, -20):
        net.street("南大道", (-300, y), (400, y), (1600, y))
    ys = range(-200, 901, 100)
    western, eastern = pair(net, "西大道", [(0, y) for y in ys], [8] * len(ys), (3, 5))
    # A curve, narrow at its ends and wide in the middle.
    bend = arc(2000, -20, 20, centre=(-900, 350))
    widths = [28 - 18 * abs(i / (len(bend) / 2) - 1) for i in range(len(bend))]
    near, far = pair(net, "东环大道", bend, widths, (6, 13))
    # From the nearer carriageway of the one to that of the other.
    half = 6 + 19 * (550 + 300) / 1900
    net.street("中路", (550, 20), (550, 700 - half))
    net.street("横路", (8, 350), (550, 350))
    middles = {
        "北大道": LineString(north),
        "南大道": LineString([(-300, 0), (1600, 0)]),
        "西大道": LineString([(0, -200), (0, 900)]),
        "东环大道": LineString(bend),
        # Carried on to the middle of what they end at.
        "中路": LineString([(550, -5), (550, 705)]),
        "横路": LineString([(-5, 350), (555, 350)]),
    }

    def block(names, *inside):
        return face([middles[name] for name in names.split()], *inside)

    for text, names, inside, why in [
        ("北至北大道，南至南大道，西至西大道，东至东环大道", "北大道 南大道 西大道 东环大道", (300, 300),
         "four streets of carriageways with unequal gaps"),
        ("北大道以南、南大道以北、西大道以东、中路以西", "北大道 南大道 西大道 中路", (300, 300),
         "中路 ends at the nearer carriageway at both ends"),
        ("东临东环大道，西临中路，南临南大道，北临北大道，用地面积约39公顷", "北大道 南大道 中路 东环大道", (800, 300),
         "the wide curve in the east"),
        ("北至横路，南至南大道，西至西大道，东至中路", "横路 南大道 西大道 中路", (300, 200),
         "横路 ends at a carriageway and at a single line"),
        ("位于横路与北大道之间，东至中路，西至西大道", "横路 北大道 西大道 中路", (300, 500),
         "the block to the north of it"),
    ]:
        net.compiles(text, block(names, inside), why)

    # Of each street the carriageway that is nearer to the area, and the one that is farther.
    across = LineString([(550, -60), (550, 760)])
    for text, sides, inside, why in [
        ("北至北大道，南至南大道，西至西大道，东至东环大道",
         [(southern, northern), (20, -20), (eastern, western), (near, far)], (300, 300),
         "four streets of carriageways with unequal gaps"),
        ("北大道以南、南大道以北、西大道以东、中路以西",
         [(southern, northern), (20, -20), (eastern, western), (across, across)], (300, 300),
         "中路 is single, and cut off or carried on"),
        ("东临东环大道，西临中路，南临南大道，北临北大道，用地面积约39公顷",
         [(southern, northern), (20, -20), (across, across), (near, far)], (800, 300),
         "the wide curve in the east"),
    ]:
        for i, carriageway in enumerate(["inner", "outer"]):
            lines = [side[i] for side in sides]
            lines[1] = LineString([(-300, lines[1]), (1600, lines[1])])
            net.compiles(
                text,
                face(lines, inside),
                f"along the {carriageway} carriageways: {why}",
                carriageway=carriageway,
            )
    return net


def divided_street():
    """Where a street is single, then double, and where one carriageway is missing in the data."""
    net = Network(
        "divided_street",
        "A street that divides into two carriageways, one of which one stops early, and two lines of "
        "one name 90 m apart.",
        PLANE,
    )
    # Single to x = 500, then 28 m apart.
    net.street("文昌大道", (-200, 600), (500, 600))
    net.street("文昌大道", (500, 600), (540, 614), (1300, 614))
    net.street("文昌大道", (1300, 586), (540, 586), (500, 600))
    # The southern carriageway stops at x = 700; 24 m apart before.
    net.street("武定大道", (-200, 12), (1300, 12))
    net.street("武定大道", (700, -12), (-200, -12))
    net.street("西园路", (0, -200), (0, 1100))
    net.street("东园路", (1000, -200), (1000, 1100))
    # Too far apart to be one street.
    net.street("双桥道", (-200, 300), (1300, 300))
    net.street("双桥道", (-200, 390), (1300, 390))
    net.street("北园道", (-200, 900), (1300, 900))
    # The single carriageway from x = 700 on, and the middle before.
    south = [(0, 0), (690, 0), (710, 12), (1000, 12)]
    net.compiles(
        "北至文昌大道，南至武定大道，西至西园路，东至东园路",
        south + [(1000, 600), (0, 600)],
        "single, then double, in the north; double, then single, in the south",
    )
    text = "北至文昌大道，南至武定大道，西至西园路，东至东园路"
    inner = [(0, 12), (1000, 12), (1000, 586), (540, 586), (500, 600), (0, 600)]
    net.compiles(text, inner, "the inner carriageway, where there are two", carriageway="inner")
    outer = [(0, -12), (700, -12), (700, 12), (1000, 12), (1000, 614), (540, 614), (500, 600), (0, 600)]
    net.compiles(text, outer, "the outer carriageway, where there are two", carriageway="outer")
    net.compiles(
        "西园路以东、东园路以西、北园道以南、文昌大道以北。",
        box(0, 600, 1000, 900),
        "the other side of the street that divides",
    )
    net.is_ambiguous(
        "北至文昌大道，南至双桥道，西至西园路，东至东园路",
        ["界线有", "双桥道有 2 处"],
        "two lines of one name, 90 m apart, are no carriageways: which is meant is not said",
    )
    return net


def t_junctions():
    """A pinwheel: each street ends at the next. Inside it streets end in the middle of a block."""
    net = Network("t_junctions", "Four streets that each end at the next, and streets within.", PLANE)
    net.street("朝阳道", (0, 600), (1400, 600))
    net.street("工农路", (1000, 600), (1000, -400))
    net.street("红旗道", (1000, 0), (-400, 0))
    net.street("建国路", (0, 0), (0, 1000))
    net.street("中街", (500, 600), (500, 300))
    net.street("短街", (500, 300), (1000, 300))
    # Two halves of a street that meet the street between them 40 m apart.
    net.street("上段路", (1300, 600), (1300, 1000))
    net.street("下段路", (1340, 600), (1340, 200))
    net.street("北头道", (-200, 1000), (1600, 1000))
    net.street("短巷道", (1000, 200), (1500, 200))

    net.compiles("北至朝阳道，南至红旗道，西至建国路，东至工农路", box(0, 0, 1000, 600), "four T-junctions")
    net.compiles("朝阳道以南、短街以北、中街以东、工农路以西", box(500, 300, 1000, 600), "within")
    corner = [(0, 0), (1000, 0), (1000, 300), (500, 300), (500, 600), (0, 600)]
    net.compiles(
        "北至朝阳道、短街，东至中街、工农路，南至红旗道，西至建国路",
        corner,
        "the rest of the block, with a corner taken out of it: the streets of a side in two steps",
    )
    net.compiles("东至上段路，南至朝阳道，西至建国路，北至北头道", box(0, 600, 1300, 1000), "beyond")
    stagger = [(1000, 200), (1340, 200), (1340, 600), (1000, 600)]
    net.compiles("北至朝阳道，东至下段路，南至短巷道，西至工农路", stagger, "below the stagger")
    net.is_refused(
        "北至北头道，东至上段路、下段路，南至红旗道，西至建国路",
        "红旗道",
        "下段路 ends 200 m north of where 红旗道 does, and 340 m east",
    )
    return net


def staggered():
    """A street that goes on 40 m further along the street that it meets."""
    net = Network("staggered", "A street in two halves of two names, 40 m apart.", PLANE)
    net.street("北辰道", (-800, 800), (1300, 800))
    net.street("中兴道", (-800, 400), (1300, 400))
    net.street("南辰道", (-800, 0), (1300, 0))
    net.street("西辰路", (-600, -200), (-600, 1000))
    net.street("上行路", (1000, 400), (1000, 1000))
    net.street("下行路", (1040, 400), (1040, -200))
    ring = [(-600, 0), (1040, 0), (1040, 400), (1000, 400), (1000, 800), (-600, 800)]
    net.compiles_with_gaps(
        "北至北辰道，东至上行路、下行路，南至南辰道，西至西辰路",
        ring,
        "40 m along 中兴道, which the sentence does not name",
    )
    net.compiles(
        "北至北辰道，东至上行路、中兴道、下行路，南至南辰道，西至西辰路",
        ring,
        "the same with 中兴道 named",
    )
    net.is_refused(
        "北至北辰道，南至南辰道，西至西辰路，东至中兴道",
        [],
        "中兴道 runs across the area from west to east, and bounds no eastern side",
    )
    return net


def river():
    """A river, its bridges, and streets that stop short of it."""
    net = Network(
        "river",
        "A winding river that two streets cross by bridges; others end before its middle. A second "
        "river is drawn as two banks.",
        PLANE,
    )
    course = [(x, 70 * math.sin(x / 400)) for x in range(-1400, 2801, 50)]
    net.street("清水河", *course, kind="river", accuracy_m=40)
    water = LineString(course)
    net.street("滨江道", (-1200, 700), (2700, 700))
    net.street("沿江道", (-1200, -650), (2700, -650))
    net.street("解放路", (0, -900), (0, 900))
    net.street("胜利路", (800, -900), (800, 900))
    net.street("建设路", (1500, 900), (1500, 30))
    net.street("团结路", (-600, -900), (-600, -130))
    for x in (2378, 2422):
        net.street("龙须河", (x, -900), (x, 900), kind="river")
    lines = {
        "清水河": water,
        "滨江道": LineString([(-1200, 700), (2700, 700)]),
        "沿江道": LineString([(-1200, -650), (2700, -650)]),
        "解放路": LineString([(0, -900), (0, 900)]),
        "胜利路": LineString([(800, -900), (800, 900)]),
        "建设路": LineString([(1500, 900), (1500, -100)]),
        "团结路": LineString([(-600, -900), (-600, 0)]),
        "龙须河": LineString([(2400, -900), (2400, 900)]),
    }

    def block(names, *inside):
        return face([lines[name] for name in names.split()], *inside)

    net.compiles(
        "北至滨江道，南至清水河，西至解放路，东至胜利路",
        block("滨江道 清水河 解放路 胜利路", (400, 400)),
        "the north bank between two bridges",
    )
    net.compiles(
        "清水河以南、沿江道以北、解放路以东、胜利路以西",
        block("沿江道 清水河 解放路 胜利路", (400, -400)),
        "the south bank",
    )
    net.compiles(
        "东至胜利路，南至清水河北岸，西至解放路，北至滨江道，面积51公顷",
        block("滨江道 清水河 解放路 胜利路", (400, 400)),
        "a bank stands for its river",
    )
    net.compiles(
        "北至滨江道，南至沿江道，西至解放路，东至胜利路",
        box(0, -650, 800, 700),
        "both banks: the river runs through and bounds nothing",
    )
    net.compiles_with_gaps(
        "北至滨江道，南至清水河，西至胜利路，东至建设路",
        block("滨江道 清水河 胜利路 建设路", (1200, 400)),
        "建设路 ends 70 m before the middle of the river",
    )
    net.compiles_with_gaps(
        "北临清水河，南临沿江道，西临团结路，东临解放路",
        block("沿江道 清水河 团结路 解放路", (-300, -400)),
        "团结路 begins south of the river",
    )
    net.compiles(
        "北至滨江道，南至沿江道，西至胜利路，东至龙须河",
        box(800, -650, 2400, 700),
        "a river of two banks bounds by its middle",
    )
    for carriageway, x in [("inner", 2378), ("outer", 2422)]:
        net.compiles(
            "北至滨江道，南至沿江道，西至胜利路，东至龙须河",
            box(800, -650, x, 700),
            f"a river of two banks, along the {carriageway} one",
            carriageway=carriageway,
        )
    net.compiles(
        "西至胜利路，东至龙须河，南至清水河，北至滨江道",
        block("滨江道 清水河 胜利路 龙须河", (1600, 400)),
        "two rivers that meet",
    )
    net.is_refused(
        "北至滨江道，南至清水桥，西至解放路，东至胜利路",
        ["没有：清水桥", "清水河"],
        "a bridge is not its river",
    )
    net.is_refused("北至清水河，南至滨江道，西至解放路，东至胜利路", "方位矛盾", "exchanged")
    net.is_refused("北至滨江道，南至清水河以北30米，西至解放路，东至胜利路", "30米", "off the line")
    return net


def two_sides():
    """Streets that bound an area on more than one side."""
    net = Network("two_sides", "Streets that bend around an area, sharply and by degrees.", PLANE)
    net.street("环湖路", (-200, 600), (1000, 600), (1000, -200))
    net.street("湖滨道", (-200, 0), (1200, 0))
    net.street("柳林路", (0, -200), (0, 800))
    # A corner of 150 m radius, 3 km to the east.
    bend = arc(150, 90, 0, centre=(3850, 450))
    net.street("弧形路", (2800, 600), *bend, (4000, -200))
    net.street("杏林道", (2800, 0), (4200, 0))
    net.street("桃林路", (3000, -200), (3000, 800))
    # Around three sides, 6 km to the east.
    net.street("回龙路", (6000, -200), (6000, 600), (7000, 600), (7000, -200))
    net.street("通济道", (5800, 0), (7200, 0))
    # Across a corner, 9 km to the east.
    net.street("斜街", (8800, 1000), (10000, -200))
    net.street("平安道", (8800, 0), (10100, 0))
    net.street("永安路", (9000, -200), (9000, 1000))
    # Bends in the south-west, 12 km to the east.
    net.street("护城路", (11940, 900), (12030, 60), (13300, -40))
    net.street("天祥道", (11800, 600), (13200, 600))
    net.street("地纬路", (13000, -200), (13000, 800))

    net.compiles("北至环湖路，东至环湖路，南至湖滨道，西至柳林路", box(0, 0, 1000, 600), "a right angle")
    net.compiles("东侧和北侧为环湖路，南侧为湖滨道，西侧为柳林路", box(0, 0, 1000, 600), "said once")
    net.compiles(
        "东面、北面均临弧形路，南临杏林道，西临桃林路",
        [(3000, 0), (4000, 0)] + bend[::-1] + [(3000, 600)],
        "a rounded corner",
    )
    net.compiles(
        "西至回龙路，北至回龙路，东至回龙路，南至通济道",
        box(6000, 0, 7000, 600),
        "one street on three sides",
    )
    net.compiles(
        "北至斜街，东至斜街，南至平安道，西至永安路",
        [(9000, 0), (9800, 0), (9000, 800)],
        "a straight street across a corner",
    )
    fort = face(
        [
            LineString([(11940, 900), (12030, 60), (13300, -40)]),
            LineString([(11800, 600), (13200, 600)]),
            LineString([(13000, -200), (13000, 800)]),
        ],
        (12500, 300),
    )
    net.compiles("南、西两面至护城路，北至天祥道，东至地纬路", fort, "a blunt angle in the south-west")
    net.is_refused(
        "北至湖滨道，东至湖滨道，南至环湖路，西至柳林路",
        [],
        "a straight street on two sides, and the bent one on the wrong one",
    )
    return net


def old_town():
    """Crooked streets whose names change along a side, with directions and joining words in them."""
    net = Network(
        "old_town",
        "Crooked streets that go on under other names, and a railway, which nothing follows unnamed.",
        PLANE,
    )
    nw, n, ne = (-20, 640), (480, 610), (1010, 650)
    e = (1040, 300)
    se, s2, s1, sw = (980, 10), (700, -40), (330, 25), (15, -15)
    net.street("民和道", (-260, 660), nw, (250, 655), n)
    net.street("和苑西道", n, (760, 660), ne, (1250, 640))
    net.street("南门外大街", (1000, 860), ne, e)
    net.street("东南角街", e, (1015, 160), se, (990, -200))
    net.street("及第街", (-250, 0), sw, s1)
    net.street("以和路", s1, (520, -20), s2)
    net.street("和平路", s2, se, (1200, 30))
    net.street("京山铁路", (-60, 900), nw, (40, 300), sw, (30, -260), kind="other")
    # From north to south through the middle.
    net.street("仓门口街", (460, 800), n, (520, 300), (520, -20), (500, -220))
    west = [nw, (40, 300), sw]
    east = [se, (1015, 160), e, ne]
    ring = west + [s1, (520, -20), s2] + east + [(760, 660), n, (250, 655)]
    western = west + [s1, (520, -20), (520, 300), n, (250, 655)]
    net.compiles(
        "北至民和道、和苑西道，东至南门外大街、东南角街，南至及第街、以和路、和平路，西至京山铁路",
        ring,
        "several names a side, and a railway that is named",
    )
    net.compiles(
        "东至东南角街及南门外大街；南至和平路、以和路、及第街；西至京山铁路；北至和苑西道与民和道",
        ring,
        "the names of a side in the other order, joined by other words",
    )
    net.compiles(
        "民和道—和苑西道以南、及第街—以和路—和平路以北、京山铁路以东、南门外大街—东南角街以西，占地约65公顷",
        ring,
        "joined by dashes, in the reversed form",
    )
    net.compiles(
        "北至民和道，南至及第街和以和路，西至京山铁路，东至仓门口街",
        western,
        "the western half",
    )
    net.compiles_with_gaps(
        "北至民和道，南至及第街，西至京山铁路，东至仓门口街",
        western,
        "190 m of 以和路, which the sentence does not name",
    )
    net.compiles(
        "仓门口街以东，北至和苑西道，南至以和路以及和平路，东至南门外大街、东南角街",
        [(520, -20), s2] + east + [(760, 660), n, (520, 300)],
        "the eastern half",
    )
    net.is_refused(
        "北至民和道、和苑西道，东至南门外大街、东南角街，南至及第街、以和路、和平路，西至铁路",
        "铁路",
        "a railway without its name",
    )
    net.is_refused(
        "北至民和道、和苑西道，东至南门外大街、东南角街，南至及第街、以和路、和平路，西至民和道",
        [],
        "the railway is in the west, and nothing follows it unnamed",
    )
    return net


def make():
    return [
        rings(),
        curves(),
        carriageways(),
        divided_street(),
        t_junctions(),
        staggered(),
        river(),
        two_sides(),
        old_town(),
    ]
