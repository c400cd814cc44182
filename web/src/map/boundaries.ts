// Compiled boundary sentences on the map: each side in its colour and by its name, gaps as gaps,
// candidates beside each other, and of a refused sentence the lines that it names.

import type { FilterSpecification, Map as MapLibreMap } from 'maplibre-gl';
import { metres } from '../format';
import { translate, type Word } from '../i18n';
import type { Boundary, Direction } from '../model';
import type { Language } from '../view';
import { addSources, GLOW, put, shape } from './overlay';

/** One colour a side, told apart also by those who see red and green alike. */
export const SIDE_COLOURS: Record<Direction, string> = {
  north: '#1f5fa8',
  east: '#b5432f',
  south: '#00795c',
  west: '#8e4f86',
};

/** Layers of the style that mark lines by the names of a sentence. */
const NAMED_LAYERS = ['page-named-streets', 'page-named-water'] as const;

const NOTHING: FilterSpecification = ['==', ['get', 'name'], ''];

/** Adds what the style does not have: the candidate pointed at. */
export function addBoundaries(map: MapLibreMap): void {
  addSources(map, ['page-candidate']);
  map.addLayer(
    {
      id: 'page-candidate-halo',
      type: 'line',
      source: 'page-candidate',
      layout: { 'line-join': 'round' },
      paint: { 'line-color': GLOW, 'line-width': 9, 'line-opacity': 0.85 },
    },
    'page-boundary-corner',
  );
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
  for (const layer of NAMED_LAYERS) {
    if (map.getLayer(layer)) map.setFilter(layer, filter);
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
