import { expect, it } from 'vitest';
import { boundsOf, circleRing, distance, grow, metresPerPixel } from './geodesy';

it('measures a minute of latitude as about a sea mile', () => {
  expect(distance([117, 39], [117, 39 + 1 / 60])).toBeCloseTo(1853.2, 0);
});

it('draws a ring whose every vertex is as far as it says', () => {
  const ring = circleRing([117.16, 39.16], 600);
  expect(ring[0]).toEqual(ring.at(-1));
  for (const vertex of ring) expect(distance([117.16, 39.16], vertex)).toBeCloseTo(600, 3);
});

it('finds the box of nested coordinates', () => {
  const coordinates = [
    [
      [
        [1, 2],
        [3, -4],
        [0, 1],
        [1, 2],
      ],
    ],
  ];
  expect(boundsOf({ type: 'MultiPolygon', coordinates })).toEqual([0, -4, 3, 2]);
  expect(boundsOf({ type: 'MultiPolygon', coordinates: [] })).toBeNull();
});

it('grows a box by metres', () => {
  const [west, south, east, north] = grow([117, 39, 117, 39], 100);
  expect(distance([west, 39], [east, 39])).toBeCloseTo(200, 0);
  expect(distance([117, south], [117, north])).toBeCloseTo(200, 0);
});

it('halves the pixel with each zoom', () => {
  expect(metresPerPixel(39, 13) / metresPerPixel(39, 14)).toBeCloseTo(2);
});
