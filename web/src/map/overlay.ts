// What the page draws above the data: the query area, its hits, the selected feature, and what the
// pointer is on. These follow the panels, so they are GeoJSON of the page's own, not tiles. The looks
// of what pictures show too stand in the style.

import type {
  ExpressionSpecification,
  GeoJSONSource,
  Map as MapLibreMap,
  StyleSpecification,
} from 'maplibre-gl';
import type { ImportChange } from '../api';
import { circleRing } from '../geodesy';
import type { AskedArea } from '../given';
import type { AreaAnswer, Feature } from '../model';
import { refOf } from '../model';
import type { Comparison } from '../state';
import type { Position } from '../view';
import { overlays } from './style';

export const GLOW = '#ffcf4a';
/** As it was, and as it is or is to be. */
const BEFORE = '#a93a28';
const AFTER = '#00795c';

/** Layers of the style that surfaces and lines of the page's own lie under. */
const UNDER_SENTENCES = 'page-boundary-fill';
const UNDER_OUTLINES = 'page-boundary-candidate';

type Collection = GeoJSON.FeatureCollection<GeoJSON.Geometry, Record<string, unknown>>;
/** Sources of what no picture shows. */
const SOURCES = [
  'page-hover',
  'page-stretch',
  'page-before',
  'page-after',
  'page-import-before',
  'page-import',
] as const;

const EMPTY: Collection = { type: 'FeatureCollection', features: [] };

/** Adds sources that are filled later. */
export function addSources(map: MapLibreMap, ids: readonly string[]): void {
  for (const id of ids) map.addSource(id, { type: 'geojson', data: EMPTY });
}

/** Adds what the style lays over the data, and between it what only a pointer or an editor sees. */
export function addOverlay(map: MapLibreMap, style: StyleSpecification): void {
  const all = overlays(style);
  const own = all.map(({ layer }) => layer.source).filter((id) => !(id in style.sources));
  addSources(map, [...new Set(own)]);
  for (const { layer, below } of all) map.addLayer(layer, below);
  addSources(map, SOURCES);
  addStretch(map);
  addHover(map);
  addComparison(map);
  addImport(map);
}

function addStretch(map: MapLibreMap): void {
  map.addLayer(
    {
      id: 'page-stretch',
      type: 'line',
      source: 'page-stretch',
      layout: { 'line-join': 'round', 'line-cap': 'round' },
      paint: { 'line-color': GLOW, 'line-width': 12, 'line-opacity': 0.9 },
    },
    UNDER_SENTENCES,
  );
  map.addLayer(
    {
      id: 'page-stretch-core',
      type: 'line',
      source: 'page-stretch',
      layout: { 'line-join': 'round', 'line-cap': 'round' },
      paint: { 'line-color': '#8c2f20', 'line-width': 4 },
    },
    UNDER_SENTENCES,
  );
}

function addHover(map: MapLibreMap): void {
  map.addLayer(
    {
      id: 'page-hover-line',
      type: 'line',
      source: 'page-hover',
      filter: ['!=', ['geometry-type'], 'Point'],
      layout: { 'line-join': 'round' },
      paint: { 'line-color': GLOW, 'line-width': 6, 'line-opacity': 0.9 },
    },
    UNDER_OUTLINES,
  );
  map.addLayer(
    {
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
    },
    UNDER_OUTLINES,
  );
}

/** What was is dashed, what is or is to be is whole; both can be told apart without their colours. */
function addComparison(map: MapLibreMap): void {
  for (const [source, colour, isDashed] of [
    ['page-import-before', BEFORE, true],
    ['page-before', BEFORE, true],
    ['page-after', AFTER, false],
  ] as const) {
    map.addLayer(
      {
        id: `${source}-fill`,
        type: 'fill',
        source,
        filter: ['==', ['geometry-type'], 'Polygon'],
        paint: { 'fill-color': colour, 'fill-opacity': isDashed ? 0.08 : 0.16 },
      },
      UNDER_OUTLINES,
    );
    map.addLayer(
      {
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
      },
      UNDER_OUTLINES,
    );
    map.addLayer(
      {
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
      },
      UNDER_OUTLINES,
    );
  }
}

/** What a file would bring: added and changed, each in its colour. */
function addImport(map: MapLibreMap): void {
  const colour = ['match', ['get', 'change'], 'added', AFTER, '#b7791f'] as unknown as string;
  map.addLayer(
    {
      id: 'page-import-fill',
      type: 'fill',
      source: 'page-import',
      filter: ['==', ['geometry-type'], 'Polygon'],
      paint: { 'fill-color': colour, 'fill-opacity': 0.3 },
    },
    UNDER_OUTLINES,
  );
  map.addLayer(
    {
      id: 'page-import-line',
      type: 'line',
      source: 'page-import',
      filter: ['!=', ['geometry-type'], 'Point'],
      paint: { 'line-color': colour, 'line-width': 2.4 },
    },
    UNDER_OUTLINES,
  );
  map.addLayer(
    {
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
    },
    UNDER_OUTLINES,
  );
}

/** What is new or becomes otherwise is whole; where it stands, and what goes, is dashed. */
export function showImport(map: MapLibreMap, changes: ImportChange[]): void {
  const before = changes.flatMap(({ change, geometry, geometry_before: stood }) => {
    const left = change === 'removed' ? geometry : stood;
    return left ? [shape(left)] : [];
  });
  const after = changes.flatMap(({ change, geometry }) =>
    geometry && change !== 'removed' ? [shape(geometry, { change })] : [],
  );
  put(map, 'page-import-before', before);
  put(map, 'page-import', after);
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
