"""A grid, straight and turned: every corner is known, and so the wording of the sentences is what is
tried, and every way in which one can be wrong."""

from golden_set import Network, Plane, turned

COLUMNS = {"西关街": 0, "和平路": 320, "新华路": 700, "东风路": 1000, "河东路": 1430}
ROWS = {"南马路": 0, "民生道": 250, "及第街": 620, "中山道": 900, "北安道": 1300}
BEYOND = 160


class Grid(Network):
    """Streets of known places, which run on beyond the last crossing; turned about one of them."""

    def __init__(self, name, about, degrees):
        super().__init__(name, about, Plane(117.1, 39.1))
        self.degrees = degrees
        low_x, high_x = min(COLUMNS.values()) - BEYOND, max(COLUMNS.values()) + BEYOND
        low_y, high_y = min(ROWS.values()) - BEYOND, max(ROWS.values()) + BEYOND
        for column, x in COLUMNS.items():
            self.street(column, self.at(x, low_y), self.at(x, high_y))
        for row, y in ROWS.items():
            aliases = ["迎宾道"] if row == "中山道" else []
            self.street(row, self.at(low_x, y), self.at(high_x, y), aliases=aliases)

    def at(self, x, y):
        return turned((x, y), self.degrees)

    def between(self, north, east, south, west):
        """The block between four streets."""
        corners = [(west, south), (east, south), (east, north), (west, north)]
        return [self.at(COLUMNS[column], ROWS[row]) for column, row in corners]


def straight():
    net = Grid("grid", "Five columns and five rows of streets, which run on by 160 m.", 0)
    for text, sides in [
        ("北至中山道，南至民生道，西至和平路，东至新华路", "中山道 新华路 民生道 和平路"),
        ("东至河东路，西至西关街，南至南马路，北至北安道。", "北安道 河东路 南马路 西关街"),
        ("中山道以南、及第街以北、和平路以东、东风路以西", "中山道 东风路 及第街 和平路"),
        ("位于民生道与中山道之间，新华路以东，东风路以西", "中山道 东风路 民生道 新华路"),
        ("地块位于民生道与北安道之间、西关街与新华路之间", "北安道 新华路 民生道 西关街"),
        ("四至：东：东风路；南：南马路；西：和平路；北：及第街。", "及第街 东风路 南马路 和平路"),
        (
            "城东片区更新项目位于中心城区，东至河东路，南至及第街，西至新华路，北至北安道，"
            "总用地面积约49.6公顷，规划建筑面积62万平方米。",
            "北安道 河东路 及第街 新华路",
        ),
        ("东以东风路为界，南以民生道为界，西以西关街为界，北以及第街为界", "及第街 东风路 民生道 西关街"),
        ("东、南、西、北分别至新华路、南马路、西关街、中山道", "中山道 新华路 南马路 西关街"),
        ("东至　河东路\n南至　民生道\n西至　东风路\n北至　中山道\n", "中山道 河东路 民生道 东风路"),
        ("(1)北至北安道;(2)东至新华路;(3)南至中山道;(4)西至和平路", "北安道 新华路 中山道 和平路"),
        ("迎宾道以南，南马路以北，东风路以东，河东路以西", "中山道 河东路 南马路 东风路"),
        (
            "北至北安道（红线宽40米），南至中山道道路中心线，西至新华路东侧，东至东风路西侧",
            "北安道 东风路 中山道 新华路",
        ),
        ("项目东临河东路，南邻南马路，西接东风路，北靠民生道，占地161亩", "民生道 河东路 南马路 东风路"),
        ("以北安道为北界，以东风路为东界，以中山道为南界，以新华路为西边界", "北安道 东风路 中山道 新华路"),
        ("位于中山道以南、民生道以北，东至东风路，西至西关街", "中山道 东风路 民生道 西关街"),
        ("中山道南侧、及第街北侧、西关街东侧、和平路西侧", "中山道 和平路 及第街 西关街"),
        ("四至为东至和平路西至西关街南至民生道北至及第街", "及第街 和平路 民生道 西关街"),
        ("“四至”：【东至新华路】【南至及第街】【西至和平路】【北至中山道】", "中山道 新华路 及第街 和平路"),
        ("东侧紧邻新华路，南侧毗邻南马路，西侧濒临和平路，北侧紧靠民生道", "民生道 新华路 南马路 和平路"),
        ("东与河东路相邻，南与中山道相接，西侧与东风路接壤，北同北安道为邻", "北安道 河东路 中山道 东风路"),
    ]:
        net.compiles(text, net.between(*sides.split()), f"wording; clockwise from north: {sides}")

    rest = "，南至民生道，西至和平路，东至新华路"
    for text, words, why in [
        (f"北至光明道{rest}", "数据中没有：光明道", "no such street"),
        (f"北至中山路{rest}", ["数据中没有：中山路", "中山道"], "a near name is said, not taken"),
        (f"北至中山道{rest}、和平大街", ["数据中没有：和平大街", "和平路"], "one name of a side is unknown"),
        ("北至中山道，南至民生道，西至和平路", "缺东至", "three sides"),
        ("位于民生道与中山道之间，西至和平路", "缺东至", "three sides, two of them as 之间"),
        (f"北至中山道，北至北安道{rest}", "北至", "a side twice"),
        (f"北至中山道{rest}，东至东风路", "东至", "another side twice"),
        ("北至民生道，南至中山道，西至和平路，东至新华路", "方位矛盾", "north and south exchanged"),
        ("北至中山道，南至民生道，西至新华路，东至和平路", "方位矛盾", "east and west exchanged"),
        ("中山道以北、民生道以南、和平路以西、新华路以东", "方位矛盾", "every side on the wrong side"),
        (f"东北至中山道{rest}", "东北至中山道", "between two directions"),
        ("项目位于由中山道、东风路、民生道、和平路围合的区域", "没有说各在哪一面", "no directions"),
        (f"北至中山道延长线{rest}", "延长线", "beyond the end of a line"),
        (f"北至中山道以北50米{rest}", "50米", "beside a line"),
        (f"北至中山道与东风路交口{rest}", "交口", "a place on a line is no line"),
        (f"北至中山道一带{rest}", "一带", "near a line"),
        (f"北至中山道{rest}，不含和平小学。", "不含和平小学", "a part is left out"),
        (f"北至中山道{rest}，总用地面积2470公顷。", ["2470.00 公顷", "2 倍"], "a hundred times the area"),
        (f"北至中山道{rest}，占地0.3公顷。", ["0.30 公顷", "2 倍"], "a hundredth of the area"),
        (f"北至规划路{rest}", "规划路", "a street yet to be named"),
        ("北至中山道，南至民生道，西至和平路，东至第一中学围墙", "第一中学围墙", "a wall is on no map"),
        ("东西两侧至和平路、新华路，南至民生道，北至中山道", "没有说清哪条线在哪一面", "which is east?"),
        (f"北至{rest}", "缺名称", "a side without a name"),
        ("北至中山道，南至中山道，西至和平路，东至新华路", ["中山道既是", "“南至”"], "one line bounds no ground"),
    ]:
        net.is_refused(text, words, why)
    return net


def turned_grids():
    one = Grid("grid_turned_22", "The same streets, turned by 22° counter-clockwise.", 22)
    for text, sides in [
        ("北至中山道，东至新华路，南至民生道，西至和平路。", "中山道 新华路 民生道 和平路"),
        ("北安道以南、及第街以北、西关街以东、东风路以西", "北安道 东风路 及第街 西关街"),
        ("介于和平路和河东路之间，北至民生道，南至南马路", "民生道 河东路 南马路 和平路"),
    ]:
        one.compiles(text, one.between(*sides.split()), f"clockwise from north: {sides}")
    one.is_refused(
        "北至民生道，东至新华路，南至中山道，西至和平路",
        "方位矛盾",
        "north and south exchanged",
    )
    one.is_refused(
        "北至新华路，东至民生道，南至和平路，西至中山道",
        "方位矛盾",
        "a quarter turn off: 新华路 is the eastern street, and runs within 22° of north",
    )
    other = Grid("grid_turned_-35", "The same streets, turned by 35° clockwise.", -35)
    for text, sides in [
        ("东至东风路；南至及第街；西至新华路；北至中山道", "中山道 东风路 及第街 新华路"),
        ("北侧：北安道，东侧：河东路，南侧：南马路，西侧：西关街", "北安道 河东路 南马路 西关街"),
        ("和平路以东新华路以西中山道以南民生道以北", "中山道 新华路 民生道 和平路"),
    ]:
        other.compiles(text, other.between(*sides.split()), f"clockwise from north: {sides}")
    return [one, other]


def make():
    return [straight(), *turned_grids()]
