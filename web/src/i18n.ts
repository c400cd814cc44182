// Every word of the page, both languages side by side. Titles of collections and kinds come from the
// data.

import { EDITING_WORDS } from './editing-words';
import type { Status } from './model';
import { SHARE_WORDS } from './share-words';
import type { Language } from './view';

type Pair = readonly [zh: string, en: string];

export const WORDS = {
  ...EDITING_WORDS,
  ...SHARE_WORDS,

  'app.title': ['城市更新一张图', 'Urban Renewal Map'],
  'app.loading': ['正在载入地图…', 'Loading the map…'],
  'app.switch': ['EN', '中文'],
  'app.switch.label': ['Switch to English', '切换为中文'],
  'app.retry': ['重试', 'Try again'],
  'app.close': ['关闭', 'Close'],
  'app.panel': ['图层与查询', 'Layers and query'],
  'app.details': ['详情', 'Details'],
  'app.sheet.grow': ['展开面板', 'Expand panel'],
  'app.sheet.shrink': ['收起面板', 'Collapse panel'],

  'error.offline': ['连不上服务', 'The service cannot be reached'],
  'error.offline.detail': [
    '请检查服务是否在运行、网络是否接通，然后重试。',
    'Check that the service is running and the network is up, then try again.',
  ],
  'error.server': ['服务出错（{status}）', 'The service failed ({status})'],
  'error.missing': ['没有找到', 'Not found'],
  'error.rejected': ['这个范围无法查询', 'This area cannot be queried'],
  'error.webgl': ['浏览器不能绘制地图', 'This browser cannot draw the map'],
  'error.webgl.detail': [
    '绘制地图需要 WebGL 2。请更换较新的浏览器，或在设置中开启硬件加速。检索、详情和查询仍可使用。',
    'The map needs WebGL 2. Use a recent browser or turn on hardware acceleration. Search, details and queries still work.',
  ],
  'error.tiles': ['部分地图数据没有载入。', 'Part of the map has not loaded.'],
  'error.drawing': [
    '绘图工具没有载入，请检查网络后再试。',
    'The drawing tool has not loaded. Check the network and try again.',
  ],
  'error.revision': [
    '此链接引用第 {asked} 版数据，现有第 {have} 版。',
    'This link refers to revision {asked} of the data; the service has revision {have}.',
  ],
  'error.revision.use': ['查看第 {have} 版', 'Show revision {have}'],

  'panel.label': ['面板', 'Panels'],
  'panel.layers': ['图层', 'Layers'],
  'panel.list': ['条目', 'List'],
  'panel.documents': ['文件', 'Documents'],
  'panel.indicators': ['指标', 'Indicators'],
  'panel.pairs': ['对照', 'Compare'],
  'panel.revisions': ['变更', 'Changes'],

  'filter.title': ['筛选', 'Filter'],
  'filter.clear': ['清除筛选', 'Clear filters'],
  'filter.any': ['不限', 'Any'],
  'filter.add': ['再加…', 'Add…'],
  'filter.gone': ['已不存在', 'No longer there'],
  'filter.kind': ['类别', 'Kind'],
  'filter.status': ['进展', 'Status'],
  'filter.document': ['文件', 'Document'],
  'filter.zone': ['片区', 'Zone'],
  'filter.note': [
    '图上、列表与范围查询同时生效；底图不筛选',
    'On map, list and area queries at once; the base map stays',
  ],
  'filter.zone.note': [
    '片区含：图上落入，或文件写明在该片区',
    'In a zone: by location, or because a document places it there',
  ],
  'list.count': ['共 {n} 项', '{n} in all'],
  'list.empty': ['没有符合筛选条件的条目', 'Nothing matches the filters'],
  'list.more': ['再列 {n} 项', '{n} more'],
  'list.hidden': ['图层未开', 'Layer off'],

  'reader.which': ['选择文件', 'Choose a document'],
  'reader.contents': ['跳到章节', 'Go to section'],
  'reader.unstated': ['原文未载发文机关与日期', 'The original states no issuer and no date'],
  'reader.marks': [
    '画线句子 {n} 处：点选看它说的是图上何处',
    '{n} marked sentences: pick one to see what place it speaks of',
  ],
  'reader.subjects': ['这句话所说：', 'This sentence speaks of:'],
  'reader.here': ['“{name}”见于本文件 {n} 处', '“{name}” stands {n} times in this document'],
  'reader.step': ['第 {i} / {n} 处', '{i} of {n}'],
  'reader.previous': ['上一处', 'Previous'],
  'reader.next': ['下一处', 'Next'],
  'reader.absent': ['本文件没有提到“{name}”', 'This document does not speak of “{name}”'],
  'quote.open': ['看原文', 'In the document'],

  'indicators.none': ['本区数据没有指标表', 'There is no table of indicators'],
  'indicators.binding': ['约束性', 'Binding'],
  'indicators.expected': ['预期性', 'Expected'],
  'indicators.bracket': ['五年累计', 'five-year total'],
  'indicators.count': [
    '{n} 项，其中约束性 {binding} 项',
    '{n} indicators, {binding} of them binding',
  ],
  'indicators.columns': ['{base} → {target}', '{base} → {target}'],
  'indicators.unstated': ['表中未列数', 'no figure given'],

  'pairs.title': ['规划与年度安排', 'Plan beside yearly arrangement'],
  'pairs.note': [
    '同一对象、同一事项，两份文件的原句并列；只列原文，不作评判',
    'The same matter of the same subject, in the words of both documents; nothing is judged',
  ],
  'pairs.all': ['全部', 'All'],
  'pairs.carried_on': ['延续', 'Carried on'],
  'pairs.taken_further': ['推进', 'Taken further'],
  'pairs.changed': ['改变', 'Changed'],
  'pairs.contradicted': ['矛盾', 'Contradicted'],
  'pairs.not_mentioned_again': ['未再提及', 'Not mentioned again'],
  'pairs.new': ['新增', 'New'],
  'pairs.mentioned': ['另有提及', 'Mentioned otherwise'],
  'pairs.nothing': ['没有提及', 'Not mentioned'],
  'pairs.empty': ['没有这一类对照', 'No pairs of this kind'],
  'pairs.single': ['只有一份文件，无从对照', 'There is only one document to compare'],
  'pairs.more': ['再列 {n} 组', '{n} more'],
  'pairs.count': ['共 {n} 组', '{n} pairs'],
  'modality.done': ['已完成', 'Done'],
  'modality.under_way': ['进行中', 'Under way'],
  'modality.intended': ['拟推进', 'Intended'],
  'attribute.status': ['进展', 'Status'],

  'colours.title': ['着色', 'Colours'],
  'colours.status': ['进展', 'Status'],
  'colours.land_use': ['用地', 'Land use'],
  'colours.unstated': ['文件未写明用地', 'Land use not stated'],
  'colours.note': [
    '分类据自然资发〔2023〕234号，色值据国家制图规范',
    'National classification (2023) in its standard colours',
  ],

  'search.label': ['按名称检索', 'Search by name'],
  'search.placeholder': ['检索片区、地块、项目…', 'Search by name…'],
  'search.none': ['没有名称含“{q}”的条目', 'Nothing is called “{q}”'],
  'search.failed': ['检索没有成功：{detail}', 'The search failed: {detail}'],
  'search.more': ['另有 {n} 项，请补全名称', '{n} more: type more of the name'],
  'search.busy': ['检索中…', 'Searching…'],
  'search.count': ['{n} 项结果', '{n} results'],
  'search.clear': ['清空', 'Clear'],

  'zones.title': ['按片区查询', 'Query by zone'],
  'zones.query': ['查询', 'Query'],
  'zones.query.label': ['查询“{name}”内的项目与地块', 'Query projects and parcels in “{name}”'],
  'zones.others': ['其他片区', 'Other zones'],
  'draw.title': ['按图形查询', 'Query by drawing'],
  'draw.polygon': ['画多边形', 'Polygon'],
  'draw.circle': ['画圆', 'Circle'],
  'draw.polygon.hint': [
    '逐点单击画出范围，点回末点或按回车完成',
    'Click point by point; click the last point again or press Enter to finish',
  ],
  'draw.circle.hint': [
    '单击定圆心，移动定半径，再次单击完成',
    'Click the centre, move to set the radius, click again to finish',
  ],
  'draw.circle.touch': [
    '按住圆心拖动定半径，松手完成',
    'Press on the centre and drag to set the radius; let go to finish',
  ],
  'draw.edit.hint': [
    '拖动顶点改范围，拖动内部可整体移动',
    'Drag a vertex to reshape, drag the inside to move',
  ],
  'draw.vertices': [
    '顶点不能超过 500 个，请简化范围',
    'No more than 500 vertices: draw a simpler area',
  ],
  'draw.radius': [
    '半径不能超过 50 公里，请缩小范围',
    'No radius above 50 km: draw a smaller circle',
  ],
  'given.button': ['导入范围', 'Import an area'],
  'given.title': ['导入范围', 'Import an area'],
  'given.open': ['打开文件', 'Open a file'],
  'given.paste': ['或贴入文字：', 'Or paste the text:'],
  'given.note': [
    'GeoJSON 或 WKT，一个或几个面，最多 16 个；经纬度先经度后纬度',
    'GeoJSON or WKT, up to 16 polygons; of degrees, longitude comes first',
  ],
  'given.system': ['坐标系', 'Coordinates'],
  'given.system.degrees': ['经纬度（WGS 84 或 CGCS2000）', 'Degrees (WGS 84 or CGCS2000)'],
  'given.system.meridian': [
    'CGCS2000 3 度带，中央经线 {m}°，不带带号（{system}）',
    'CGCS2000, central meridian {m}°, no zone number ({system})',
  ],
  'given.system.zone': [
    'CGCS2000 3 度带，{zone} 带，横坐标带带号（{system}）',
    'CGCS2000, zone {zone}, its number before eastings ({system})',
  ],
  'given.system.mercator': ['Web 墨卡托（{system}）', 'Web Mercator ({system})'],
  'given.ask': ['查询此范围', 'Query this area'],
  'given.search': ['查询贴入的范围', 'Query the pasted area'],
  'given.search.note': ['其中的面作为查询范围', 'Its polygons are asked about'],
  'given.unnamed': ['导入的范围', 'Imported area'],
  'given.unlinked': [
    '此范围有孔洞、有几个面或超过 500 个顶点，写不进链接；要给别人看，请发送原文件',
    'With holes, several polygons or more than 500 vertices it does not fit into a link: to share it, send the file',
  ],
  'given.empty': ['请打开文件，或贴入 GeoJSON、WKT', 'Open a file, or paste GeoJSON or WKT'],
  'given.large': [
    '文件太大，最多 2 MB，请先简化',
    'The file is too large (2 MB at most): simplify it',
  ],
  'given.unknown': [
    '这不是面：应为 GeoJSON（以 { 开头）或 WKT（以 POLYGON、MULTIPOLYGON 开头）',
    'No polygon: it should be GeoJSON, which begins with {, or WKT, with POLYGON or MULTIPOLYGON',
  ],
  'given.json': [
    'GeoJSON 不完整或有误，请检查是否复制完整',
    'The GeoJSON is broken: has all of it been copied?',
  ],
  'given.no_polygon': [
    '其中没有面（Polygon 或 MultiPolygon）',
    'There is no Polygon or MultiPolygon in it',
  ],
  'given.mixed': [
    '其中 {n} 个不是面：查询范围只能由面组成，请先删去点和线',
    '{n} of its shapes are no polygons: please take points and lines out',
  ],
  'given.many': [
    '其中有 {n} 个面，最多 16 个，请先合并',
    '{n} polygons, 16 at most: merge them first',
  ],
  'given.numbers': ['坐标应为数', 'Coordinates should be numbers'],
  'given.swapped': [
    '坐标 {x}, {y} 像是纬度在前：应先经度后纬度，如 117.16, 39.16',
    '{x}, {y} looks like latitude first: longitude comes first, such as 117.16, 39.16',
  ],
  'given.projected': [
    '坐标 {x}, {y} 不是经纬度，像是以米计的投影坐标：请在“导入范围”里选择坐标系',
    '{x}, {y} are no degrees, rather projected metres: choose their system under “Import an area”',
  ],
  'given.projected.zone': [
    '坐标 {x}, {y} 不是经纬度，像是带带号的投影坐标：请在“导入范围”里选择坐标系，若为 CGCS2000，应选 {system}',
    '{x}, {y} are no degrees, rather metres with a zone number: choose their system under “Import an area”, of CGCS2000 {system}',
  ],
  'given.degrees': [
    '坐标 {x}, {y} 像是经纬度：坐标系请选“经纬度”',
    '{x}, {y} look like degrees: choose degrees as their system',
  ],
  'given.unzoned': [
    '坐标 {x}, {y} 没有带号：请选不带带号的坐标系，中央经线要与原图一致',
    '{x}, {y} have no zone number: choose a system without one, of the right central meridian',
  ],
  'given.zone': [
    '坐标 {x}, {y} 的带号是 {zone}：应选 {system}',
    '{x}, {y} are of zone {zone}: choose {system}',
  ],
  'given.zone.unknown': [
    '坐标 {x}, {y} 的带号是 {zone}，这里只有 38、39、40 带：请先转换坐标',
    '{x}, {y} are of zone {zone}, and there are only 38, 39 and 40 here: convert them first',
  ],
  'draw.cancel': ['取消', 'Cancel'],
  'draw.done': ['完成', 'Done'],

  'layers.title': ['图层', 'Layers'],
  'layers.base': ['底图', 'Base map'],
  'layers.base-map': ['背景底图', 'Background map'],
  'layers.count': ['共 {n} 项，其中 {located} 项已定位', '{n} in all, {located} located'],
  'layers.located': ['已定位 {located} / ', 'located {located} / '],
  'layers.show': ['显示{name}', 'Show {name}'],
  'legend.status': ['进展', 'Status'],
  'legend.none': ['文件未写明', 'Not stated'],
  'legend.accuracy': ['位置精度范围', 'Location accuracy'],
  'legend.parcel.surveyed': ['勘测界线', 'Surveyed outline'],
  'legend.parcel.other': ['非勘测界线', 'Outline not surveyed'],
  'legend.parcel.point': ['仅有参考点', 'Reference point only'],
  'legend.intended': ['空心为计划', 'Hollow: intended'],
  'legend.side.street': ['沿文件所述道路、河流', 'Along a named street or river'],
  'legend.side.via': ['沿文件未列的道路连接', 'Along another street'],
  'legend.side.bridge': ['直线连接（道路线缺失处）', 'Straight across a gap'],

  'detail.loading': ['正在载入…', 'Loading…'],
  'detail.unlocated': ['未定位', 'Not located'],
  'detail.aliases': ['又称：', 'Also: '],
  'detail.status': ['进展', 'Status'],
  'detail.status.none': ['文件没有写明进展', 'The documents do not state a status'],
  'detail.dated': ['据{year}年文件', 'as of {year}'],
  'detail.undated': ['未写明日期', 'no date'],
  'detail.location': ['位置依据', 'How it is located'],
  'detail.land_use': ['用地性质', 'Land use'],
  'detail.stated_area': ['文件面积', 'Stated area'],
  'detail.address': ['地址', 'Address'],
  'detail.address.note': ['仅作说明，不用于定位', 'for information, not used to locate'],
  'detail.container': ['所在', 'Lies in'],
  'detail.placed': ['文件相关章节', 'Named in the section on'],
  'detail.relation.located_near': ['邻近', 'Near'],
  'detail.relation.contained_in': ['位于', 'Within'],
  'detail.relation.belongs_to': ['属于', 'Belongs to'],
  'detail.relation.node': ['节点', 'Node'],
  'detail.relation.serves': ['服务', 'Serves'],
  'detail.lines': ['线路', 'Lines'],
  'detail.quotes': ['文件原文', 'Quoted sources'],
  'detail.source': ['数据来源', 'Data source'],
  'detail.page': ['单页资料（可打印）', 'On a page of its own (to print)'],
  'detail.licence': ['许可', 'Licence'],
  'detail.note': ['备注', 'Note'],
  'detail.boundary': ['范围原文', 'Boundary as stated'],
  'detail.area': ['面积', 'Area'],
  'detail.perimeter': ['周长', 'Perimeter'],
  'detail.tolerance': [
    '± 为边界误差全部偏向一侧时的上限',
    '± is the bound if the whole outline were off to one side',
  ],
  'detail.sides': ['边界分段', 'Outline by stretch'],
  'detail.sides.hint': ['点选某段，图上高亮', 'Pick a stretch to see it on the map'],
  'detail.contains': [
    '归属此处、未单独定位的条目',
    'Belonging here, without a location of their own',
  ],
  'detail.query': ['查询区内项目与地块', 'Query projects and parcels inside'],
  'detail.show': ['在图上查看', 'Show on the map'],
  'detail.results': ['返回查询结果', 'Back to the results'],
  'detail.here': ['此处有 {n} 项', '{n} here'],
  'detail.here.note': ['位置依据相同或相近，图上重叠', 'They share a location on the map'],
  'side.north': ['北', 'N'],
  'side.east': ['东', 'E'],
  'side.south': ['南', 'S'],
  'side.west': ['西', 'W'],
  'side.via': ['连接段', 'via'],
  'side.bridge': ['直线连接', 'straight link'],
  'side.gap': ['道路线不相接', 'street lines do not meet'],

  'accuracy.short': ['±{m} 米', '±{m} m'],
  'accuracy.surveyed': ['勘测成果，误差约 {m} 米', 'Surveyed, to about {m} m'],
  'accuracy.osm': ['取自 OpenStreetMap，误差约 {m} 米', 'From OpenStreetMap, to about {m} m'],
  'accuracy.digitised': ['人工描绘，误差约 {m} 米', 'Drawn by hand, to about {m} m'],
  'accuracy.compiled': [
    '按范围原文沿道路、河流逐边生成，边界误差约 {m} 米',
    'Compiled from the boundary sentence along streets, to about {m} m',
  ],
  'accuracy.published_point': [
    '公开发布的点位，误差约 {m} 米',
    'A published point, to about {m} m',
  ],
  'accuracy.station': [
    '误差约 {m} 米：以同名地铁站代替',
    'To about {m} m: the metro station of the same name stands in',
  ],
  'accuracy.relation': [
    '误差约 {m} 米：按文件或名称所述位置关系推定',
    'To about {m} m: inferred from the relation the document states',
  ],
  'accuracy.container': ['没有自身位置，只知所在', 'No location of its own, only what contains it'],
  'accuracy.none': ['未定位：尚无位置依据', 'Not located: no evidence of a location'],

  'query.title': ['范围查询', 'Area query'],
  'query.polygon': ['多边形范围', 'Polygon'],
  'query.circle': ['所画圆，半径 {r}', 'Drawn circle, radius {r}'],
  'query.boundary': ['四至文字所围范围', 'Area of a boundary sentence'],
  'query.edit': ['修改范围', 'Edit'],
  'query.clear': ['清除', 'Clear'],
  'query.zone': ['片区详情', 'Zone details'],
  'query.collections': ['查询对象', 'Look for'],
  'query.relation': ['空间关系', 'Relation to the area'],
  'relation.intersects': ['相交', 'Intersects'],
  'relation.within': ['完全在内', 'Wholly within'],
  'relation.majority': ['过半在内', 'Mostly within'],
  'relation.touches': ['仅边界相接', 'Touches only'],
  'query.running': ['正在查询…', 'Querying…'],
  'query.empty': ['没有已定位的{name}落在范围内', 'No located {name} inside'],
  'query.more': ['共 {n} 项，列出前 {shown} 项', 'First {shown} of {n}'],
  'query.truncated': [
    '名单太长，各列前一部分；合计按全部计，下载的文件是完整的',
    'The lists are cut; the totals count everything, and the files are whole',
  ],
  'query.filtered': ['已筛选，{n} 个条件', 'Filtered by {n} conditions'],
  'query.filtered.show': ['看条件', 'Show'],
  'query.certain': ['确定', 'Certain'],
  'query.possible': ['可能', 'Possible'],
  'query.borderline': ['边界附近', 'Near the boundary'],
  'query.certain.note': ['计入位置误差后仍在范围内', 'Inside even with the location error counted'],
  'query.possible.note': [
    '可能在范围内：按误差或所属地点不能排除',
    'May be inside: error or its container does not rule it out',
  ],
  'query.borderline.note': [
    '在范围外，但误差可能使其落在范围内',
    'Outside, but the error could put it inside',
  ],
  'query.container': ['按所属地点判定', 'Judged by its container'],
  'query.unlocated.list': ['未定位', 'Not located'],
  'query.unlocated.note': [
    '文件把它列入此范围或其中某处，未写明具体位置',
    'A document lists it in this area or somewhere in it; where is not stated',
  ],
  'query.overlap': ['重叠 {area}，占其 {share}', 'Overlap {area}, {share} of it'],
  'query.all': ['各类共 {n} 项', '{n} in all'],
  'query.all.note': [
    '片区、地块和项目可能说的是同一块地，各类之间只合计项数和覆盖地面',
    'A zone, its parcels and a project may speak of the same land: only counts and ground add up',
  ],
  'query.covered': ['覆盖地面 {ha} 公顷（{mu} 亩）', 'covering {ha} ha ({mu} mu) of ground'],
  'query.grouped': ['分组', 'By'],
  'query.features': ['项数', 'Count'],
  'query.sum': ['合计', 'Sum'],
  'query.ground': ['覆盖地面（重叠处只计一次）', 'Ground covered, each piece once'],
  'query.ground.none': [
    '图形太多，没有求出覆盖地面；合计中重叠处不止计一次',
    'Too many shapes to unite: the sum may hold the same ground more than once',
  ],
  'query.quantities': ['文件所述数量', 'Stated quantities'],
  'query.quantities.note': [
    '按整项计，每项只取最近文件的说法；单位不同、计划与已完成不相加',
    'Of whole features, in the words of the latest document; units, and what is done and intended, stand apart',
  ],
  'query.no_sum': ['不能相加', 'does not add up'],
  'query.stating': ['{n} 项写明', 'stated of {n}'],
  'query.stating.partly': ['，其中 {n} 项只有部分在范围内', ', {n} of them only partly inside'],
  'query.stating.qualified': ['，其中 {n} 项是约数', ', {n} of them approximate'],
  'query.of_which': ['其中：', 'Of which: '],
  'query.left_out': ['合计不含', 'Not in the sums'],
  'query.left_out.borderline': [
    '{n} 项在边界附近：不计入任何合计',
    '{n} near the boundary: in no sum',
  ],
  'query.left_out.unlocated': ['{n} 项未定位：不计入任何合计', '{n} not located: in no sum'],
  'query.left_out.container': [
    '{n} 项仅知所在地：计项数，不计面积',
    '{n} known by their container only: counted, in no area',
  ],
  'query.left_out.no_polygon': [
    '{n} 项是点或线：计项数，不计面积',
    '{n} as point or line: counted, in no area',
  ],
  'query.left_out.parts_of_counted': [
    '{n} 条数量已含在其所属条目的数量里：不重复计入',
    '{n} quantities that are part of the same of what contains them',
  ],
  'query.left_out.earlier_statements': [
    '{n} 条数量被后来的说法取代：不计入数量合计',
    '{n} statements of quantities that a later one replaces',
  ],
  'unit.ha': ['重叠公顷', 'Overlap, ha'],
  'unit.mu': ['亩', 'mu'],

  'download.title': ['下载', 'Download'],
  'download.xlsx': [
    'Excel 工作簿：每类一张表，另有汇总和来源',
    'Excel workbook: a sheet for each collection, one of totals, one of sources',
  ],
  'download.csv': ['CSV 表格，可用 Excel 打开', 'CSV table, which Excel opens'],
  'download.geojson': ['GeoJSON 图形与属性', 'GeoJSON: shapes and attributes'],
  'download.making': ['正在生成文件…', 'Making the file…'],
  'download.failed': ['没有下载成功：{detail}', 'Not downloaded: {detail}'],
  'link.copy': ['复制链接', 'Copy link'],
  'link.copied': ['链接已复制', 'Link copied'],
  'link.failed': ['没有复制成功，请复制地址栏', 'Not copied: please copy the address'],

  'boundary.title': ['四至范围', 'Boundary sentence'],
  'boundary.search': ['按四至文字围出范围', 'Compile as a boundary sentence'],
  'boundary.search.note': [
    '文字中每句四至分别编译，附逐边依据',
    'Each boundary sentence is compiled, with the evidence for every side',
  ],
  'boundary.hint': [
    '四至文字（北至…，南至…）贴入检索框即可围出范围',
    'Paste a boundary sentence (北至…，南至…) into the search box',
  ],
  'boundary.long': [
    '文字太长（{n} 字），最多 2000 字，请只贴四至所在的段落',
    'The text is too long ({n} characters, 2,000 at most): paste only the paragraph that matters',
  ],
  'boundary.none': ['这段文字中没有四至', 'There is no boundary sentence in this text'],
  'boundary.running': ['正在编译四至…', 'Compiling…'],
  'boundary.found': ['文字中有 {n} 句四至', '{n} boundary sentences in the text'],
  'boundary.evidence': ['逐边依据', 'Evidence by side'],
  'boundary.compiled': ['已围出', 'Compiled'],
  'boundary.compiled_with_gaps': ['已围出，有缺口', 'Compiled, with gaps'],
  'boundary.ambiguous': ['不止一种围法', 'Ambiguous'],
  'boundary.unresolved': ['围不出', 'Not compiled'],
  'boundary.measured': ['量得', 'Measured'],
  'boundary.stated': ['文中', 'Stated'],
  'boundary.ratio': ['文中为量得的 {p}', 'Stated is {p} of measured'],
  'boundary.named': ['{p} 的边界在所述道路、河流上', '{p} of the outline lies on the named lines'],
  'boundary.asked': ['四至', 'Sides'],
  'boundary.off': ['另有 {m} 不在其上', '{m} more off them'],
  'boundary.unknown': ['数据中没有', 'Not in the data'],
  'boundary.near': ['相近名称：{names}', 'Near: {names}'],
  'boundary.means': ['即{street}', '{street}'],
  'boundary.corners': ['四角', 'Corners'],
  'boundary.corner.intersection': ['{a}与{b}相交', '{a} meets {b}'],
  'boundary.corner.via': ['{a}与{b}经{between}相接', '{a} and {b}, linked along {between}'],
  'boundary.corner.via_bridge': [
    '{a}与{b}经{between}再直线相接',
    '{a} and {b}, linked along {between} and straight across',
  ],
  'boundary.corner.bridge': ['{a}与{b}直线相接', '{a} and {b}, linked straight across'],
  'boundary.corner.long': ['，共 {m}', ', {m} in all'],
  'boundary.candidates': ['各种围法', 'Candidates'],
  'boundary.candidate': ['第 {n} 种', 'No. {n}'],
  'boundary.query': ['查询范围内项目与地块', 'Query projects and parcels inside'],
  'boundary.save': ['存为 GeoJSON', 'Save as GeoJSON'],
  'boundary.straight': ['直线 {m}', 'straight {m}'],
  'boundary.apart': ['相距 {m}', '{m} apart'],

  'carriageway.title': ['双幅道路取', 'Dual carriageways'],
  'carriageway.note': [
    '上下行分开画的道路，范围的边界取在哪里',
    'Where the outline runs along a street that is drawn as two lines',
  ],
  'carriageway.centre': ['中线', 'Centre'],
  'carriageway.inner': ['内侧', 'Inner'],
  'carriageway.outer': ['外侧', 'Outer'],
  'carriageway.centre.note': ['两幅之间的中线', 'Midway between the two'],
  'carriageway.inner.note': ['靠范围一侧的一幅', 'Along the one nearer to the area'],
  'carriageway.outer.note': ['远离范围一侧的一幅', 'Along the one farther from the area'],

  'map.label': ['地图', 'Map'],
  'map.zoom.in': ['放大', 'Zoom in'],
  'map.zoom.out': ['缩小', 'Zoom out'],
  'map.home': ['回到全区', 'Whole district'],
  'map.position': ['指针位置（经度, 纬度）', 'Pointer position (longitude, latitude)'],
  'map.scale': ['比例尺', 'Scale'],
  'map.base-map': ['底图：{name}', 'Base map: {name}'],
  'map.base-map.failed': ['（未能载入）', ' (not loaded)'],
  'map.sources': ['数据来源', 'Sources'],
  'map.sources.title': ['数据来源与许可', 'Sources and licences'],
  'map.sources.documents': ['文件', 'Documents'],
  'map.sources.data': ['图形与属性', 'Geometry and attributes'],
  'map.sources.revision': ['数据第 {n} 版', 'Data revision {n}'],
  'document.untitled': ['{opening}（原文未载题名）', '{opening} (the original bears no title)'],
  'document.unnamed': ['文件（原文未载题名）', 'Document (the original bears no title)'],
} satisfies Record<string, Pair>;

export type Word = keyof typeof WORDS;

const STATUS_WORDS: Record<Status, Pair> = {
  planned: ['计划', 'Planned'],
  land_preparation: ['土地整理', 'Land preparation'],
  land_transfer_planned: ['计划出让', 'Transfer planned'],
  land_transferred: ['已出让', 'Transferred'],
  under_construction: ['建设中', 'Under construction'],
  under_renewal: ['更新改造中', 'Under renewal'],
  completed: ['已完成', 'Completed'],
  in_use: ['已投用', 'In use'],
};

/** What properties are called. */
const PROPERTIES: Record<string, Pair> = {
  geometry: ['图形', 'Geometry'],
  name: ['名称', 'Name'],
  name_en: ['英文名', 'English name'],
  aliases: ['别名', 'Other names'],
  kind: ['类别', 'Kind'],
  status: ['进展', 'Status'],
  statuses: ['进展依据', 'Statuses'],
  located_by: ['定位方式', 'Located by'],
  accuracy_m: ['位置误差（米）', 'Accuracy, m'],
  evidence: ['位置依据', 'Evidence of location'],
  evidence_en: ['位置依据（英文）', 'Evidence, in English'],
  container: ['所在', 'Lies in'],
  placed_in: ['文件相关章节', 'Placed in'],
  relations: ['关系', 'Relations'],
  citations: ['引文', 'Citations'],
  quantities: ['文件所述数量', 'Stated quantities'],
  land_use: ['用地性质', 'Land use'],
  land_use_text: ['用地性质（文字）', 'Land use, in words'],
  area_m2: ['文件面积（平方米）', 'Stated area, m²'],
  boundary: ['范围原文', 'Boundary as stated'],
  sides: ['边界分段', 'Outline by stretch'],
  address: ['地址', 'Address'],
  lines: ['线路', 'Lines'],
  note: ['备注', 'Note'],
  note_en: ['备注（英文）', 'Note, in English'],
  source: ['数据来源', 'Data source'],
  licence: ['许可', 'Licence'],
  adcode: ['行政区划代码', 'Administrative code'],
};

/** What a property is called; of an unknown one, its own name. */
export function propertyName(lang: Language, name: string): string {
  const pair = PROPERTIES[name];
  return pair ? pick(pair, lang) : name;
}

/** Quantities that documents commonly state. */
const QUANTITIES: Record<string, Pair> = {
  area_m2: ['登记面积', 'Registered area'],
  area: ['面积', 'Area'],
  land_area: ['用地面积', 'Land area'],
  floor_area: ['建筑面积', 'Floor area'],
  construction_floor_area: ['建筑面积', 'Floor area'],
  completed_floor_area: ['竣工面积', 'Completed floor area'],
  length: ['长度', 'Length'],
  height: ['高度', 'Height'],
  width: ['宽度', 'Width'],
  voltage: ['电压', 'Voltage'],
  investment: ['投资', 'Investment'],
  households: ['户数', 'Households'],
  dwellings: ['住房', 'Dwellings'],
  beds: ['床位', 'Beds'],
  places: ['学位', 'School places'],
  count: ['数量', 'Count'],
  target_year: ['目标年份', 'Target year'],
};

/** Quantities that have a name here. */
export const KNOWN_QUANTITIES = Object.keys(QUANTITIES).filter((id) => id !== 'area_m2');

/** What a quantity is called; of an unknown one, the word that the data have for it. */
export function quantityName(lang: Language, attribute: string): string {
  const pair = QUANTITIES[attribute];
  return pair ? pick(pair, lang) : attribute.replaceAll('_', ' ');
}

export const RELATION_TYPES = [
  'located_near',
  'contained_in',
  'belongs_to',
  'node',
  'serves',
] as const;
export type RelationType = (typeof RELATION_TYPES)[number];

/** How one feature stands to another; of an unknown relation, the word that the data have for it. */
export function relationWord(lang: Language, type: string): string {
  const known = RELATION_TYPES.find((id) => id === type);
  return known ? pick(WORDS[`detail.relation.${known}`], lang) : type.replaceAll('_', ' ');
}

function pick(pair: Pair, lang: Language): string {
  return pair[lang === 'zh' ? 0 : 1];
}

export function translate(
  lang: Language,
  word: Word,
  values: Record<string, string | number> = {},
): string {
  return pick(WORDS[word], lang).replace(/\{(\w+)\}/g, (whole, name: string) =>
    name in values ? String(values[name]) : whole,
  );
}

export function statusWord(lang: Language, status: string | null | undefined): string {
  const pair = STATUS_WORDS[status as Status] as Pair | undefined;
  return pair ? pick(pair, lang) : pick(WORDS['legend.none'], lang);
}

/** The name to show: the document's own in Chinese, else English where there is one. */
export function nameOf(
  lang: Language,
  named: { name?: string | null; name_en?: string | null },
): string {
  return (lang === 'en' && named.name_en) || named.name || named.name_en || '';
}

export function titleOf(lang: Language, titled: { title: string; title_en: string }): string {
  return (lang === 'en' && titled.title_en) || titled.title;
}
