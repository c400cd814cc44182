// A geometry taken apart into what the drawing library can hold (points, lines, and polygons without
// holes), and put together again.

export type Simple = GeoJSON.Point | GeoJSON.LineString | GeoJSON.Polygon;

/** Decimals of a degree that the drawing library takes: a centimetre. */
const DECIMALS = 7;

/** The pieces of a geometry; null where it has some that can't be drawn. A hole is a polygon. */
export function piecesOf(geometry: GeoJSON.Geometry): Simple[] | null {
  switch (geometry.type) {
    case 'Point':
      return [point(geometry.coordinates)];
    case 'MultiPoint':
      return geometry.coordinates.map(point);
    case 'LineString':
      return [line(geometry.coordinates)];
    case 'MultiLineString':
      return geometry.coordinates.map(line);
    case 'Polygon':
      return geometry.coordinates.map(ring);
    case 'MultiPolygon':
      return geometry.coordinates.flatMap((rings) => rings.map(ring));
    case 'GeometryCollection':
      return null;
  }
}

/** The geometry with other pieces, as many as it had. Vertices that stayed are to the digit as before. */
export function assembled(geometry: GeoJSON.Geometry, pieces: Simple[]): GeoJSON.Geometry {
  const before = new Map(positionsOf(geometry).map((position) => [key(position), position]));
  const exact = (position: GeoJSON.Position): GeoJSON.Position =>
    before.get(key(position)) ?? position;
  const next = pieces[Symbol.iterator]();
  const take = (): GeoJSON.Position[] => {
    const piece = next.next().value;
    if (!piece) return [];
    const list =
      piece.type === 'Point'
        ? [piece.coordinates]
        : piece.type === 'LineString'
          ? piece.coordinates
          : (piece.coordinates[0] ?? []);
    return list.map(exact);
  };
  switch (geometry.type) {
    case 'Point':
      return { type: 'Point', coordinates: take()[0] ?? geometry.coordinates };
    case 'MultiPoint':
      return { type: 'MultiPoint', coordinates: geometry.coordinates.flatMap(take) };
    case 'LineString':
      return { type: 'LineString', coordinates: take() };
    case 'MultiLineString':
      return { type: 'MultiLineString', coordinates: geometry.coordinates.map(take) };
    case 'Polygon':
      return { type: 'Polygon', coordinates: geometry.coordinates.map(take) };
    case 'MultiPolygon':
      return {
        type: 'MultiPolygon',
        coordinates: geometry.coordinates.map((rings) => rings.map(take)),
      };
    case 'GeometryCollection':
      return geometry;
  }
}

/** As the drawing library wants it. */
export function rounded([lon, lat]: GeoJSON.Position): GeoJSON.Position {
  return [Number((lon ?? 0).toFixed(DECIMALS)), Number((lat ?? 0).toFixed(DECIMALS))];
}

function key(position: GeoJSON.Position): string {
  return rounded(position).join();
}

export function positionsOf(geometry: GeoJSON.Geometry): GeoJSON.Position[] {
  if (geometry.type === 'GeometryCollection') return [];
  const flat = (list: unknown): GeoJSON.Position[] =>
    Array.isArray(list) && typeof list[0] === 'number'
      ? [list as GeoJSON.Position]
      : Array.isArray(list)
        ? list.flatMap(flat)
        : [];
  return flat(geometry.coordinates);
}

function point(coordinates: GeoJSON.Position): GeoJSON.Point {
  return { type: 'Point', coordinates: rounded(coordinates) };
}

function line(coordinates: GeoJSON.Position[]): GeoJSON.LineString {
  return { type: 'LineString', coordinates: coordinates.map(rounded) };
}

function ring(coordinates: GeoJSON.Position[]): GeoJSON.Polygon {
  return { type: 'Polygon', coordinates: [coordinates.map(rounded)] };
}
