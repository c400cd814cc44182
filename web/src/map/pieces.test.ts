import { expect, test } from 'vitest';
import { assembled, piecesOf, type Simple } from './pieces';

const ring = (west: number): GeoJSON.Position[] => [
  [west, 39],
  [west + 0.123456789012, 39],
  [west, 39.1],
  [west, 39],
];
const GEOMETRIES: GeoJSON.Geometry[] = [
  { type: 'Point', coordinates: [117.123456789012, 39] },
  { type: 'MultiPoint', coordinates: ring(117) },
  { type: 'LineString', coordinates: ring(117) },
  { type: 'MultiLineString', coordinates: [ring(117), ring(118)] },
  { type: 'Polygon', coordinates: [ring(117), ring(118)] },
  { type: 'MultiPolygon', coordinates: [[ring(117), ring(118)], [ring(119)]] },
];

test.each(GEOMETRIES)('$type comes back to the digit', (geometry) => {
  expect(assembled(geometry, piecesOf(geometry) as Simple[])).toEqual(geometry);
});

test('only the vertex that was moved is another', () => {
  const geometry: GeoJSON.MultiPolygon = {
    type: 'MultiPolygon',
    coordinates: [[ring(117), ring(118)], [ring(119)]],
  };
  const pieces = piecesOf(geometry) as GeoJSON.Polygon[];
  expect(pieces).toHaveLength(3);
  (pieces[1]?.coordinates[0] as GeoJSON.Position[])[1] = [118.5, 39.5];
  const after = structuredClone(geometry);
  (after.coordinates[0]?.[1] as GeoJSON.Position[])[1] = [118.5, 39.5];
  expect(assembled(geometry, pieces)).toEqual(after);
});

test('a collection of geometries is none that can be drawn', () => {
  expect(piecesOf({ type: 'GeometryCollection', geometries: [] })).toBeNull();
});
