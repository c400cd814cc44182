"""Where the data leave a gap, and where a name does not say which street is meant. Each block is one
of 1000 by 600 m with something amiss, some kilometres from the next."""

from golden_set import Network, Plane, box

PLANE = Plane(117.1, 39.1)
NORTH = [(-200, 600), (1200, 600)]
SOUTH = [(-200, 0), (1200, 0)]
WEST = [(0, -200), (0, 800)]
EAST = [(1000, -200), (1000, 800)]


def block(net, name, east_of, north=NORTH, south=SOUTH, west=WEST, east=EAST):
    """Four streets called after `name`, moved to the east by so many metres; each one line, or a list
    of lines."""
    for side, courses in [("北", north), ("南", south), ("西", west), ("东", east)]:
        for course in courses if isinstance(courses[0], list) else [courses]:
            net.street(f"{name}{side}路", *moved(course, east_of))


def moved(points, east_of):
    return [(x + east_of, y) for x, y in points]


def sentence(name):
    return f"北至{name}北路，南至{name}南路，西至{name}西路，东至{name}东路"


def dead_ends():
    net = Network("dead_ends", "Blocks of 1000 by 600 m with streets that stop short.", PLANE)
    plain = box(0, 0, 1000, 600)

    def gap(name, number, ring, why, **streets):
        block(net, name, number * 4000, **streets)
        net.compiles_with_gaps(sentence(name), moved(ring, number * 4000), why)

    def refused(name, number, words, why, **streets):
        block(net, name, number * 4000, **streets)
        net.is_refused(sentence(name), words, why)

    gap("长春", 0, plain, "60 m short of the corner", east=[(1000, 60), (1000, 800)])
    gap("沈阳", 1, plain, "240 m short, which is still bridged", east=[(1000, 240), (1000, 800)])
    refused("大连", 2, ["大连东路与大连南路接不上", "260 米"], "260 m short", east=[(1000, 260), (1000, 800)])
    gap(
        "鞍山",
        3,
        plain,
        "30 m missing in the middle of a side",
        north=[[(-200, 600), (485, 600)], [(515, 600), (1200, 600)]],
    )
    refused(
        "抚顺",
        4,
        ["直线连接共 390 米", "最多 10%"],
        "two gaps of 190 and 200 m, an eighth of the outline",
        east=[(1000, 200), (1000, 800)],
        west=[(0, 190), (0, 800)],
    )
    gap(
        "通化",
        5,
        [(0, 0), (930, 0), (1000, 80), (1000, 600), (0, 600)],
        "both stop short of the corner: from end to end",
        east=[(1000, 80), (1000, 800)],
        south=[(-200, 0), (930, 0)],
    )
    refused(
        "白城",
        6,
        ["白城北路在数据中缺一段", "300 米"],
        "300 m missing in the middle of a side",
        north=[[(-200, 600), (350, 600)], [(650, 600), (1200, 600)]],
    )
    # Straight across is at right angles to the southern street, not on along the eastern one.
    gap(
        "四平",
        7,
        [(0, 0), (1060, 0), (1060, 120), (1000, 600), (0, 600)],
        "a slanting street that stops short",
        east=[(1060, 120), (975, 800)],
    )
    gap(
        "吉林",
        8,
        [(0, 0), (1060, 0), (1000, 200), (1000, 600), (0, 600)],
        "another street leads around the gap",
        east=[(1000, 200), (1000, 800)],
    )
    net.street("联络巷", *moved([(1000, 200), (1060, 0)], 32_000))
    refused(
        "延吉",
        9,
        ["弯巷", "最长 500 米"],
        "the way around the gap is 507 m long",
        east=[(1000, 300), (1000, 800)],
    )
    net.street("弯巷", *moved([(1000, 300), (1290, 150), (1190, 0)], 36_000))
    small = {
        "north": [(-200, 400), (700, 400)],
        "east": [(400, 200), (400, 600)],
        "west": [(0, 200), (0, 600)],
    }
    refused("松原", 10, ["最多 20%"], "two ways around gaps, a quarter of the outline", **small)
    for name, x in [("里巷", 0), ("外巷", 400)]:
        net.street(name, *moved([(x, 200), (x + 30, 100), (x, 0)], 40_000))
    refused(
        "图们",
        11,
        ["图们北路与图们东路接不上", "1800 米"],
        "the eastern street is somewhere else",
        east=[(3000, -200), (3000, 800)],
    )
    return net


def same_names():
    """A name is a street only where it says which."""
    net = Network("same_names", "Blocks of 1000 by 600 m with names that occur twice.", PLANE)
    plain = box(0, 0, 1000, 600)
    long = {"north": [(-200, 600), (3200, 600)], "south": [(-200, 0), (3200, 0)]}

    block(net, "苏州", 0, **long, east=[EAST, moved(EAST, 600)])
    net.is_ambiguous(
        sentence("苏州"),
        ["界线有 2 条", "苏州东路有 2 处"],
        "the eastern street lies in two places, and each closes a block",
    )
    block(net, "无锡", 6_000, east=[EAST, moved(EAST, 15_000)])
    net.compiles(
        sentence("无锡"),
        moved(plain, 6_000),
        "the other street of this name is at the other end of the city",
    )
    block(net, "常州", 12_000, **long, east=[EAST, moved(EAST, 2_000)])
    net.is_ambiguous(sentence("常州"), ["界线有 2 条", "常州东路有 2 处"], "60 or 180 ha")
    net.compiles(
        f"{sentence('常州')}，总用地面积约58公顷。",
        moved(plain, 12_000),
        "the stated area says which",
    )
    net.compiles(
        f"项目用地约2700亩，{sentence('常州')}。",
        moved(box(0, 0, 3000, 600), 12_000),
        "another stated area says the other",
    )
    net.is_refused(
        f"{sentence('常州')}，总用地面积约5公顷。",
        "2 倍",
        "the stated area is neither",
    )
    block(
        net,
        "镇江",
        24_000,
        west=[(0, -200), (0, 800), (300, 800), (300, 400)],
    )
    net.is_ambiguous(sentence("镇江"), ["镇江北路", "镇江西路", "相交 2 次"], "two streets meet twice")
    loop = [(300, 600), (350, 500), (650, 500), (700, 600)]
    block(
        net,
        "南通",
        30_000,
        north=[
            [(-200, 600), (300, 600), (350, 700)],
            [(350, 700), (650, 700), (700, 600), (1200, 600)],
            loop,
        ],
    )
    net.is_ambiguous(sentence("南通"), "南通北路", "a street divides, 200 m apart, and joins again")
    for east_of in (36_000, 44_000):
        block(net, "泰州", east_of)
    net.is_ambiguous(sentence("泰州"), "界线有 2 条", "two blocks with the same four names")
    net.is_ambiguous(
        f"{sentence('泰州')}，面积60公顷",
        "界线有 2 条",
        "the stated area is that of both",
    )
    block(net, "扬州", 50_000, **long, east=[[(1000, 200), (1000, 800)], moved(EAST, 600)])
    net.compiles(
        sentence("扬州"),
        moved(box(0, 0, 1600, 600), 50_000),
        "one of the two closes without a gap, the other only across 200 m",
    )
    block(net, "盐城", 56_000)
    for name, y in [("前进道", 300), ("后进道", 450)]:
        net.street(name, *moved([(-200, y), (1200, y)], 56_000), aliases=["老街"])
    net.is_refused(
        "北至老街，南至盐城南路，西至盐城西路，东至盐城东路",
        ["“老街”可以指", "前进道", "后进道"],
        "another name of two streets",
    )
    net.compiles(
        "盐城北路以南、前进道以北、盐城西路以东、盐城东路以西",
        moved(box(0, 300, 1000, 600), 56_000),
        "by its own name it is one",
    )
    return net


def make():
    return [dead_ends(), same_names()]
