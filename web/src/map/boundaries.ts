// Compiled boundary sentences on the map: each side in its colour and by its name, gaps as gaps,
// candidates beside each other, and of a refused sentence the lines that it names.

import type { ExpressionSpecification, FilterSpecification, Map as MapLibreMap } from 'maplibre-gl';
import { metres } from '../format';
import { translate, type Word } from '../i18n';
import type { Boundary, Direction } from '../model';
import type { Language } from '../view';
import { addSources, GLOW, INK, put, shape } from './overlay';

/** One colour a side, told apart also by those who see red and green alike. */
export const SIDE_COLOURS: Record<Direction, string> = {
  north: '#1f5fa8',
  east: '#b5432f',
  south: '#00795c',
  west: '#8e4f86',
};

const FONTS = ['Noto Sans SC Medium', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC'];
const SIDE_COLOUR = [
  'match',
  ['get', 'side'],
  ...Object.entries(SIDE_COLOURS).flat(),
  INK,
] as unknown as string;
/** A side's name stands outside the area, so that it hides neither line nor ground; else inside. */
const OUTSIDE = [
  'match',
  ['get', 'side'],
  'north',
  ['literal', ['bottom', [0, -0.9], 'top', [0, 0.9]]],
  'south',
  ['literal', ['top', [0, 0.9], 'bottom', [0, -0.9]]],
  'east',
  ['literal', ['left', [0.9, 0], 'right', [-0.9, 0]]],
  'west',
  ['literal', ['right', [-0.9, 0], 'left', [0.9, 0]]],
  ['literal', ['center', [0, 0], 'top', [0, 0.9], 'bottom', [0, -0.9]]],
] as unknown as ExpressionSpecification;
/** Tile layers in which a sentence's names are looked for. */
const LINE_LAYERS = ['streets', 'water'] as const;

const NOTHING: FilterSpecification = ['==', ['get', 'name'], ''];

/** Adds the layers: surfaces below the data's points, outlines and labels above all. */
export function addBoundaries(map: MapLibreMap): void {
  addSources(map, ['page-boundary', 'page-boundary-points', 'page-candidate']);
  const { layers } = map.getStyle();
  const below = layers.find(({ type }) => type === 'circle' || type === 'symbol')?.id;
  const part = (name: string): ExpressionSpecification => ['==', ['get', 'part'], name];
  for (const layer of LINE_LAYERS) {
    map.addLayer(
      {
        id: `page-named-${layer}`,
        type: 'line',
        source: 'data',
        'source-layer': layer,
        filter: NOTHING,
        layout: { 'line-cap': 'round', 'line-join': 'round' },
        paint: { 'line-color': GLOW, 'line-width': 9, 'line-opacity': 0.55 },
      },
      below,
    );
  }
  map.addLayer(
    {
      id: 'page-boundary-fill',
      type: 'fill',
      source: 'page-boundary',
      filter: part('area'),
      paint: { 'fill-color': INK, 'fill-opacity': ['get', 'opacity'] },
    },
    below,
  );
  map.addLayer({
    id: 'page-boundary-candidate',
    type: 'line',
    source: 'page-boundary',
    filter: part('candidate'),
    layout: { 'line-join': 'round' },
    paint: { 'line-color': INK, 'line-width': 2.4, 'line-dasharray': [3, 1.5] },
  });
  map.addLayer({
    id: 'page-boundary-casing',
    type: 'line',
    source: 'page-boundary',
    filter: part('side'),
    layout: { 'line-cap': 'round', 'line-join': 'round' },
    paint: { 'line-color': '#ffffff', 'line-width': 8 },
  });
  map.addLayer({
    id: 'page-boundary-side',
    type: 'line',
    source: 'page-boundary',
    filter: ['all', part('side'), ['==', ['get', 'kind'], 'street']],
    layout: { 'line-cap': 'round', 'line-join': 'round' },
    paint: { 'line-color': SIDE_COLOUR, 'line-width': 4.5 },
  });
  map.addLayer({
    id: 'page-boundary-off',
    type: 'line',
    source: 'page-boundary',
    filter: ['all', part('side'), ['!=', ['get', 'kind'], 'street']],
    layout: { 'line-join': 'round' },
    paint: { 'line-color': SIDE_COLOUR, 'line-width': 3.5, 'line-dasharray': [1.2, 1.6] },
  });
  map.addLayer({
    id: 'page-boundary-apart',
    type: 'line',
    source: 'page-boundary',
    filter: part('apart'),
    paint: { 'line-color': '#8c2f20', 'line-width': 3, 'line-dasharray': [1, 1.4] },
  });
  map.addLayer({
    id: 'page-candidate-halo',
    type: 'line',
    source: 'page-candidate',
    layout: { 'line-join': 'round' },
    paint: { 'line-color': GLOW, 'line-width': 9, 'line-opacity': 0.85 },
  });
  map.addLayer({
    id: 'page-boundary-corner',
    type: 'circle',
    source: 'page-boundary',
    filter: part('corner'),
    paint: {
      'circle-radius': 5,
      'circle-color': '#ffffff',
      'circle-stroke-color': INK,
      'circle-stroke-width': 2.2,
    },
  });
  map.addLayer({
    id: 'page-boundary-label',
    type: 'symbol',
    source: 'page-boundary-points',
    layout: {
      'text-field': ['get', 'label'],
      'text-font': FONTS,
      'text-size': 13,
      'text-padding': 4,
      'text-variable-anchor-offset': OUTSIDE,
      'text-justify': 'auto',
    },
    paint: {
      'text-color': SIDE_COLOUR,
      'text-halo-color': '#ffffff',
      'text-halo-width': 2.2,
    },
  });
}

type Shapes = GeoJSON.Feature<GeoJSON.Geometry, Record<string, unknown>>[];

export function showBoundaries(map: MapLibreMap, all: Boundary[], lang: Language): void {
  const shapes: Shapes = [];
  const labels: Shapes = [];
  for (const { geometry, properties } of all) {
    const { sides, corners, gaps, candidates } = properties;
    if (geometry) {
      shapes.push(shape(geometry, { part: 'area', opacity: 0.1 }));
      const ring = geometry.coordinates[0] ?? [];
      for (const side of sides) {
        const line = ring.slice(side.from, side.to + 1);
        shapes.push(
          shape(
            { type: 'LineString', coordinates: line },
            { part: 'side', side: side.side, kind: side.kind },
          ),
        );
        const middle = midpoint(line);
        if (!middle) continue;
        const where = translate(lang, `side.${side.side}` satisfies Word);
        const what =
          side.street ?? translate(lang, 'boundary.straight', { m: metres(side.metres, lang) });
        const label = side.kind === 'street' ? `${where} ${what}` : what;
        labels.push(shape({ type: 'Point', coordinates: middle }, { side: side.side, label }));
      }
    }
    for (const { at } of geometry ? corners : []) {
      shapes.push(shape({ type: 'Point', coordinates: at }, { part: 'corner' }));
    }
    candidates.forEach((candidate, index) => {
      shapes.push(shape(candidate.geometry, { part: 'area', opacity: 0.06 }));
      shapes.push(shape(candidate.geometry, { part: 'candidate' }));
      const at = midpoint(candidate.geometry.coordinates[0] ?? []);
      const label = translate(lang, 'boundary.candidate', { n: index + 1 });
      if (at) labels.push(shape({ type: 'Point', coordinates: at }, { label }));
    });
    for (const { kind, line, metres: long } of gaps) {
      if (kind !== 'apart' || line.length < 2) continue;
      shapes.push(shape({ type: 'LineString', coordinates: line }, { part: 'apart' }));
      const at = midpoint(line);
      const label = translate(lang, 'boundary.apart', { m: metres(long, lang) });
      if (at) labels.push(shape({ type: 'Point', coordinates: at }, { label, side: 'east' }));
    }
  }
  put(map, 'page-boundary', shapes);
  put(map, 'page-boundary-points', labels);

  // The lines that a refused sentence names, as far as there are any.
  const refused = all.filter(({ geometry }) => geometry === null);
  const names = refused.flatMap(({ properties }) =>
    properties.asked.flatMap((side) => side.names.flatMap(({ street }) => street ?? [])),
  );
  const filter: FilterSpecification =
    names.length > 0 ? ['in', ['get', 'name'], ['literal', [...new Set(names)]]] : NOTHING;
  for (const layer of LINE_LAYERS) {
    if (map.getLayer(`page-named-${layer}`)) map.setFilter(`page-named-${layer}`, filter);
  }
}

export function showCandidate(map: MapLibreMap, geometry: GeoJSON.Polygon | null): void {
  put(map, 'page-candidate', geometry ? [shape(geometry)] : []);
}

/** Everything that sentences put on the map, as one geometry to look at. */
export function whole(all: Boundary[]): GeoJSON.Geometry {
  const coordinates = all.flatMap(({ geometry, properties }) => [
    ...(geometry?.coordinates ?? []),
    ...properties.candidates.flatMap((one) => one.geometry.coordinates),
    ...properties.gaps.map(({ line }) => line),
  ]);
  return { type: 'MultiLineString', coordinates };
}

/** The point halfway along a line, reckoned in degrees: it only has to look like the middle. */
function midpoint(line: GeoJSON.Position[]): GeoJSON.Position | null {
  const length = (a: GeoJSON.Position, b: GeoJSON.Position) =>
    Math.hypot((a[0] ?? 0) - (b[0] ?? 0), (a[1] ?? 0) - (b[1] ?? 0));
  const steps = line.slice(1).map((end, index) => [line[index] as GeoJSON.Position, end] as const);
  const all = steps.reduce((sum, [a, b]) => sum + length(a, b), 0);
  let left = all / 2;
  for (const [a, b] of steps) {
    const here = length(a, b);
    if (left <= here && here > 0) {
      const share = left / here;
      return [0, 1].map((axis) => (a[axis] ?? 0) + ((b[axis] ?? 0) - (a[axis] ?? 0)) * share);
    }
    left -= here;
  }
  return null;
}
