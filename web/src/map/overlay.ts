// What the page draws above the data: the query area, its hits, the selected feature, and what the
// pointer is on. These follow the panels, so they are GeoJSON of the page's own, not tiles.

import type { ExpressionSpecification, GeoJSONSource, Map as MapLibreMap } from 'maplibre-gl';
import { circleRing } from '../geodesy';
import type { AskedArea } from '../given';
import type { AreaAnswer, Feature } from '../model';
import { refOf } from '../model';
import type { Comparison } from '../state';
import type { Position } from '../view';

export const INK = '#12476b';
export const GLOW = '#ffcf4a';
/** As it was, and as it is or is to be. */
const BEFORE = '#a93a28';
const AFTER = '#00795c';

type Collection = GeoJSON.FeatureCollection<GeoJSON.Geometry, Record<string, unknown>>;
const SOURCES = [
  'page-area',
  'page-focus',
  'page-hits',
  'page-hover',
  'page-stretch',
  'page-stacks',
  'page-before',
  'page-after',
  'page-import',
] as const;

const EMPTY: Collection = { type: 'FeatureCollection', features: [] };

/** Adds sources that are filled later. */
export function addSources(map: MapLibreMap, ids: readonly string[]): void {
  for (const id of ids) map.addSource(id, { type: 'geojson', data: EMPTY });
}

/** Adds the overlay: surfaces below the data's points, rings and highlights above all. */
export function addOverlay(map: MapLibreMap): void {
  const { layers } = map.getStyle();
  // Areas lie under the data, so that the kinds of stretch in a zone's outline stay readable.
  const beneath = layers.find(({ id }) => id === 'zones-fill')?.id;
  const below = layers.find(({ type }) => type === 'circle' || type === 'symbol')?.id ?? beneath;
  addSources(map, SOURCES);
  map.addLayer(
    {
      id: 'page-area-fill',
      type: 'fill',
      source: 'page-area',
      paint: { 'fill-color': INK, 'fill-opacity': 0.07 },
    },
    below,
  );
  map.addLayer(
    {
      id: 'page-area-halo',
      type: 'line',
      source: 'page-area',
      layout: { 'line-join': 'round' },
      paint: { 'line-color': INK, 'line-width': 12, 'line-opacity': 0.3 },
    },
    beneath,
  );
  map.addLayer(
    {
      id: 'page-area-line',
      type: 'line',
      source: 'page-area',
      filter: ['==', ['get', 'drawn'], true],
      layout: { 'line-join': 'round' },
      paint: { 'line-color': INK, 'line-width': 2.6 },
    },
    below,
  );
  map.addLayer(
    {
      id: 'page-focus-halo',
      type: 'line',
      source: 'page-focus',
      filter: ['==', ['get', 'part'], 'shape'],
      layout: { 'line-join': 'round', 'line-cap': 'round' },
      paint: { 'line-color': GLOW, 'line-width': 13, 'line-opacity': 0.7 },
    },
    beneath,
  );
  map.addLayer(
    {
      id: 'page-focus-ring',
      type: 'line',
      source: 'page-focus',
      filter: ['==', ['get', 'part'], 'ring'],
      paint: { 'line-color': INK, 'line-width': 1.8, 'line-dasharray': [3, 2.5] },
    },
    below,
  );
  map.addLayer(
    {
      id: 'page-focus-ring-fill',
      type: 'fill',
      source: 'page-focus',
      filter: ['==', ['get', 'part'], 'ring'],
      paint: { 'fill-color': INK, 'fill-opacity': 0.06 },
    },
    below,
  );
  map.addLayer(
    {
      id: 'page-stretch',
      type: 'line',
      source: 'page-stretch',
      layout: { 'line-join': 'round', 'line-cap': 'round' },
      paint: { 'line-color': GLOW, 'line-width': 12, 'line-opacity': 0.9 },
    },
    below,
  );
  map.addLayer(
    {
      id: 'page-stretch-core',
      type: 'line',
      source: 'page-stretch',
      layout: { 'line-join': 'round', 'line-cap': 'round' },
      paint: { 'line-color': '#8c2f20', 'line-width': 4 },
    },
    below,
  );
  map.addLayer({
    id: 'page-hits-line',
    type: 'line',
    source: 'page-hits',
    filter: ['!=', ['geometry-type'], 'Point'],
    paint: { 'line-color': INK, 'line-width': 2 },
  });
  map.addLayer({
    id: 'page-hits-points',
    type: 'circle',
    source: 'page-hits',
    filter: ['==', ['geometry-type'], 'Point'],
    paint: {
      'circle-radius': ['interpolate', ['linear'], ['zoom'], 11, 6.5, 14, 11, 17, 15],
      'circle-opacity': 0,
      'circle-stroke-color': INK,
      'circle-stroke-opacity': [
        'match',
        ['get', 'certainty'],
        'certain',
        0.95,
        'possible',
        0.6,
        0.3,
      ],
      'circle-stroke-width': ['match', ['get', 'certainty'], 'certain', 2.2, 1.4],
    },
  });
  map.addLayer({
    id: 'page-focus-point',
    type: 'circle',
    source: 'page-focus',
    filter: ['==', ['get', 'part'], 'point'],
    paint: {
      'circle-radius': ['interpolate', ['linear'], ['zoom'], 11, 8, 14, 13, 17, 18],
      'circle-opacity': 0,
      'circle-stroke-color': GLOW,
      'circle-stroke-width': 4.5,
    },
  });
  map.addLayer({
    id: 'page-stacks-badge',
    type: 'circle',
    source: 'page-stacks',
    paint: {
      'circle-radius': 8.5,
      'circle-color': '#1c2833',
      'circle-stroke-color': '#ffffff',
      'circle-stroke-width': 1.2,
      'circle-translate': [16, 0],
    },
  });
  map.addLayer({
    id: 'page-stacks-count',
    type: 'symbol',
    source: 'page-stacks',
    layout: {
      'text-field': ['get', 'count'],
      'text-size': 11,
      'text-font': ['Noto Sans SC Bold', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC'],
      'text-allow-overlap': true,
      'text-ignore-placement': true,
    },
    paint: { 'text-color': '#ffffff', 'text-translate': [16, 0] },
  });
  map.addLayer({
    id: 'page-hover-line',
    type: 'line',
    source: 'page-hover',
    filter: ['!=', ['geometry-type'], 'Point'],
    layout: { 'line-join': 'round' },
    paint: { 'line-color': GLOW, 'line-width': 6, 'line-opacity': 0.9 },
  });
  map.addLayer({
    id: 'page-hover-point',
    type: 'circle',
    source: 'page-hover',
    filter: ['==', ['geometry-type'], 'Point'],
    paint: {
      'circle-radius': ['interpolate', ['linear'], ['zoom'], 11, 9, 14, 14, 17, 19],
      'circle-color': GLOW,
      'circle-opacity': 0.25,
      'circle-stroke-color': GLOW,
      'circle-stroke-width': 4,
    },
  });
  addComparison(map);
  addImport(map);
}

/** What was is dashed, what is or is to be is whole; both can be told apart without their colours. */
function addComparison(map: MapLibreMap): void {
  for (const [source, colour, isDashed] of [
    ['page-before', BEFORE, true],
    ['page-after', AFTER, false],
  ] as const) {
    map.addLayer({
      id: `${source}-fill`,
      type: 'fill',
      source,
      filter: ['==', ['geometry-type'], 'Polygon'],
      paint: { 'fill-color': colour, 'fill-opacity': isDashed ? 0.08 : 0.16 },
    });
    map.addLayer({
      id: `${source}-line`,
      type: 'line',
      source,
      filter: ['!=', ['geometry-type'], 'Point'],
      layout: { 'line-join': 'round' },
      paint: {
        'line-color': colour,
        'line-width': isDashed ? 2.4 : 3,
        ...(isDashed ? { 'line-dasharray': [2.4, 1.8] } : {}),
      },
    });
    map.addLayer({
      id: `${source}-point`,
      type: 'circle',
      source,
      filter: ['==', ['geometry-type'], 'Point'],
      paint: {
        'circle-radius': isDashed ? 9 : 7,
        'circle-color': colour,
        'circle-opacity': isDashed ? 0.15 : 0.9,
        'circle-stroke-color': isDashed ? colour : '#ffffff',
        'circle-stroke-width': 2.4,
      },
    });
  }
}

/** What a file would change: added, changed and gone, each in its colour. */
function addImport(map: MapLibreMap): void {
  const colour = [
    'match',
    ['get', 'change'],
    'added',
    AFTER,
    'removed',
    BEFORE,
    '#b7791f',
  ] as unknown as string;
  map.addLayer({
    id: 'page-import-fill',
    type: 'fill',
    source: 'page-import',
    filter: ['==', ['geometry-type'], 'Polygon'],
    paint: { 'fill-color': colour, 'fill-opacity': 0.3 },
  });
  map.addLayer({
    id: 'page-import-line',
    type: 'line',
    source: 'page-import',
    filter: ['!=', ['geometry-type'], 'Point'],
    paint: { 'line-color': colour, 'line-width': 2.4 },
  });
  map.addLayer({
    id: 'page-import-point',
    type: 'circle',
    source: 'page-import',
    filter: ['==', ['geometry-type'], 'Point'],
    paint: {
      'circle-radius': 6,
      'circle-color': colour,
      'circle-stroke-color': '#ffffff',
      'circle-stroke-width': 1.6,
    },
  });
}

export function showImport(map: MapLibreMap, changes: GeoJSON.Feature[]): void {
  const shapes = changes.flatMap((feature) =>
    feature.geometry
      ? [shape(feature.geometry, { change: (feature as { change?: string }).change })]
      : [],
  );
  put(map, 'page-import', shapes);
}

export function showCompared(map: MapLibreMap, both: Comparison | null): void {
  put(
    map,
    'page-before',
    (both?.before ?? []).map((geometry) => shape(geometry)),
  );
  put(
    map,
    'page-after',
    (both?.after ?? []).map((geometry) => shape(geometry)),
  );
}

export function put(map: MapLibreMap, source: string, features: Collection['features']): void {
  const data: Collection = { type: 'FeatureCollection', features };
  map.getSource<GeoJSONSource>(source)?.setData(data);
}

export function shape(geometry: GeoJSON.Geometry, properties = {}): Collection['features'][number] {
  return { type: 'Feature', geometry, properties };
}

export function showArea(
  map: MapLibreMap,
  area: AskedArea | null,
  answer: AreaAnswer | null,
): void {
  const geometry =
    area?.type === 'polygon'
      ? polygon([...area.ring, area.ring[0] as Position])
      : area?.type === 'circle'
        ? polygon(circleRing(area.centre, area.radius))
        : area && answer?.area.geometry;
  put(map, 'page-area', geometry ? [shape(geometry, { drawn: area?.type !== 'feature' })] : []);
}

export function showHits(map: MapLibreMap, answer: AreaAnswer | null): void {
  const hits = (answer?.results ?? []).flatMap(({ collection, features, borderline }) =>
    [...features, ...borderline].flatMap((feature) =>
      feature.geometry
        ? [
            shape(feature.geometry, {
              ref: refOf(collection, feature),
              certainty: feature.properties.certainty,
            }),
          ]
        : [],
    ),
  );
  put(map, 'page-hits', hits);
}

export function showFocus(map: MapLibreMap, feature: Feature | null): void {
  put(map, 'page-focus', feature?.geometry ? focusOf(feature.geometry, feature) : []);
}

function focusOf(geometry: GeoJSON.Geometry, feature: Feature): Collection['features'] {
  if (geometry.type !== 'Point') return [shape(geometry, { part: 'shape' })];
  const accuracy = feature.properties.accuracy_m ?? 0;
  const centre = geometry.coordinates as Position;
  return [
    shape(geometry, { part: 'point' }),
    ...(accuracy > 0 ? [shape(polygon(circleRing(centre, accuracy)), { part: 'ring' })] : []),
  ];
}

export function showHover(map: MapLibreMap, geometry: GeoJSON.Geometry | null): void {
  put(map, 'page-hover', geometry ? [shape(geometry)] : []);
}

/** Puts a number on every place where several points of these layers lie on one another. */
export function showStacks(
  map: MapLibreMap,
  collections: readonly string[],
  shown: ExpressionSpecification | null,
): void {
  const places = new Map<string, { at: GeoJSON.Position; refs: Set<string> }>();
  for (const collection of collections) {
    for (const feature of map.querySourceFeatures('data', {
      sourceLayer: collection,
      ...(shown ? { filter: shown } : {}),
    })) {
      if (feature.geometry.type !== 'Point') continue;
      const at = feature.geometry.coordinates;
      // Tiles of different zooms round a point a little differently; four decimals are ten metres.
      const key = at.map((value) => value.toFixed(4)).join();
      const place = places.get(key) ?? { at, refs: new Set<string>() };
      place.refs.add(`${collection}/${feature.id ?? feature.properties.id}`);
      places.set(key, place);
    }
  }
  const stacks = [...places.values()]
    .filter(({ refs }) => refs.size > 1)
    .map(({ at, refs }) => shape({ type: 'Point', coordinates: at }, { count: String(refs.size) }));
  put(map, 'page-stacks', stacks);
}

/** Lights up a stretch of an outline. */
export function showStretch(map: MapLibreMap, line: GeoJSON.Position[]): void {
  put(
    map,
    'page-stretch',
    line.length > 1 ? [shape({ type: 'LineString', coordinates: line })] : [],
  );
}

function polygon(ring: Position[]): GeoJSON.Polygon {
  return { type: 'Polygon', coordinates: [ring] };
}
