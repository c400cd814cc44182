// The little geometry that the page needs for drawing. What is measured is measured by the server.

import type { Position } from './view';

/** Mean radius of the Earth (IUGG), metres. */
const EARTH_RADIUS_M = 6_371_008.8;
const RADIANS = Math.PI / 180;

/** Great-circle distance in metres, by the haversine formula. */
export function distance([lon1, lat1]: Position, [lon2, lat2]: Position): number {
  const dLat = (lat2 - lat1) * RADIANS;
  const dLon = (lon2 - lon1) * RADIANS;
  const h =
    Math.sin(dLat / 2) ** 2 +
    Math.cos(lat1 * RADIANS) * Math.cos(lat2 * RADIANS) * Math.sin(dLon / 2) ** 2;
  return 2 * EARTH_RADIUS_M * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** A closed ring of `steps` vertices, each `radius` metres from the centre. */
export function circleRing([lon, lat]: Position, radius: number, steps = 72): Position[] {
  const angular = radius / EARTH_RADIUS_M;
  const [sinLat, cosLat] = [Math.sin(lat * RADIANS), Math.cos(lat * RADIANS)];
  const ring = Array.from({ length: steps }, (_, step): Position => {
    const bearing = (2 * Math.PI * step) / steps;
    const sin = sinLat * Math.cos(angular) + cosLat * Math.sin(angular) * Math.cos(bearing);
    const dLon = Math.atan2(
      Math.sin(bearing) * Math.sin(angular) * cosLat,
      Math.cos(angular) - sinLat * sin,
    );
    return [lon + dLon / RADIANS, Math.asin(sin) / RADIANS];
  });
  return [...ring, ring[0] as Position];
}

export type Bounds = [west: number, south: number, east: number, north: number];

export function boundsOf(geometry: GeoJSON.Geometry): Bounds | null {
  const bounds: Bounds = [Infinity, Infinity, -Infinity, -Infinity];
  const visit = (coordinates: unknown): void => {
    if (!Array.isArray(coordinates)) return;
    const [x, y] = coordinates;
    if (typeof x === 'number' && typeof y === 'number') {
      bounds[0] = Math.min(bounds[0], x);
      bounds[1] = Math.min(bounds[1], y);
      bounds[2] = Math.max(bounds[2], x);
      bounds[3] = Math.max(bounds[3], y);
    } else coordinates.forEach(visit);
  };
  if (geometry.type === 'GeometryCollection') {
    for (const part of geometry.geometries) if ('coordinates' in part) visit(part.coordinates);
  } else visit(geometry.coordinates);
  return Number.isFinite(bounds[0]) ? bounds : null;
}

/** The box grown by `metres` on every side. */
export function grow([west, south, east, north]: Bounds, metres: number): Bounds {
  const dLat = metres / EARTH_RADIUS_M / RADIANS;
  const dLon = dLat / Math.cos(((south + north) / 2) * RADIANS);
  return [west - dLon, south - dLat, east + dLon, north + dLat];
}

/** Metres that one CSS pixel spans in a map of 512-pixel tiles in Web Mercator. */
export function metresPerPixel(lat: number, zoom: number): number {
  return (2 * Math.PI * 6_378_137 * Math.cos(lat * RADIANS)) / (512 * 2 ** zoom);
}
