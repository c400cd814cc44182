// Drawing and editing the query area. Loaded only when somebody draws.

import type { Map as MapLibreMap } from 'maplibre-gl';
import {
  type GeoJSONStoreFeatures,
  TerraDraw,
  TerraDrawCircleMode,
  TerraDrawPolygonMode,
  TerraDrawSelectMode,
} from 'terra-draw';
import { TerraDrawMapLibreGLAdapter } from 'terra-draw-maplibre-gl-adapter';
import { circleRing, distance } from '../geodesy';
import type { Area, Position } from '../view';

const INK = '#12476b';
const CIRCLE_STEPS = 72;
let editingCircle = false;

export interface Session {
  /** Takes the drawing off the map. */
  stop: () => void;
}

const surface = {
  fillColor: INK,
  fillOpacity: 0.1,
  outlineColor: INK,
  outlineWidth: 2.5,
} as const;

function start(map: MapLibreMap): TerraDraw {
  const flags = {
    feature: {
      draggable: true,
      coordinates: { midpoints: true, draggable: true, deletable: true },
    },
  };
  const draw = new TerraDraw({
    adapter: new TerraDrawMapLibreGLAdapter({ map, prefixId: 'draw', coordinatePrecision: 7 }),
    modes: [
      new TerraDrawPolygonMode({
        styles: { ...surface, closingPointColor: '#ffffff', closingPointOutlineColor: INK },
      }),
      new TerraDrawCircleMode({
        styles: surface,
        segments: CIRCLE_STEPS,
        drawInteraction: 'click-move-or-drag',
      }),
      new TerraDrawSelectMode({
        flags: {
          polygon: flags,
          circle: {
            feature: {
              draggable: true,
              coordinates: { resizable: 'center-fixed', midpoints: false },
            },
          },
        },
        styles: {
          selectedPolygonColor: INK,
          selectedPolygonFillOpacity: 0.1,
          selectedPolygonOutlineColor: INK,
          selectedPolygonOutlineWidth: 2.5,
          selectionPointColor: '#ffffff',
          selectionPointOutlineColor: INK,
          selectionPointOutlineWidth: (point) => (isHandle(point) ? 2 : 0),
          selectionPointWidth: (point) => (isHandle(point) ? 6 : 0),
          midPointColor: INK,
          midPointOutlineColor: '#ffffff',
          midPointOutlineWidth: 1,
          midPointWidth: 3,
        },
      }),
    ],
  });
  draw.start();
  return draw;
}

/** A circle's ring has many vertices, any of which can be dragged: four of them say so. */
function isHandle({ properties }: GeoJSONStoreFeatures): boolean {
  const { index } = properties;
  return !editingCircle || (typeof index === 'number' && index % (CIRCLE_STEPS / 4) === 0);
}

/** Lets the planner draw one area, then calls `done`. */
export function drawArea(
  map: MapLibreMap,
  type: 'polygon' | 'circle',
  done: (area: Area) => void,
): Session {
  const draw = start(map);
  draw.setMode(type);
  draw.on('finish', (id) => {
    const area = areaOf(draw.getSnapshotFeature(id), type);
    if (area) done(area);
  });
  return { stop: () => draw.stop() };
}

/** Lets the planner reshape the area; `changed` hears of every finished drag. */
export function editArea(
  map: MapLibreMap,
  area: Exclude<Area, { type: 'feature' }>,
  changed: (area: Area) => void,
): Session {
  const draw = start(map);
  const ring =
    area.type === 'polygon'
      ? [...area.ring, area.ring[0] as Position]
      : circleRing(area.centre, area.radius, CIRCLE_STEPS);
  editingCircle = area.type === 'circle';
  // The drawing library refuses more decimals than its precision.
  const coordinates = ring.map(([lon, lat]) => [Number(lon.toFixed(7)), Number(lat.toFixed(7))]);
  draw.setMode('select');
  const [added] = draw.addFeatures([
    {
      type: 'Feature',
      geometry: { type: 'Polygon', coordinates: [coordinates] },
      properties: { mode: area.type },
    },
  ]);
  if (added?.valid && added.id !== undefined) draw.selectFeature(added.id);
  draw.on('finish', (id) => {
    const next = areaOf(draw.getSnapshotFeature(id), area.type);
    if (next) changed(next);
  });
  return { stop: () => draw.stop() };
}

function areaOf(feature: GeoJSONStoreFeatures | undefined, type: 'polygon' | 'circle') {
  if (feature?.geometry.type !== 'Polygon') return null;
  const ring = (feature.geometry.coordinates[0] ?? []).slice(0, -1) as Position[];
  if (ring.length < 3) return null;
  if (type === 'polygon') return { type, ring } satisfies Area;
  const centre: Position = [mean(ring.map(([lon]) => lon)), mean(ring.map(([, lat]) => lat))];
  const radius = Math.round(mean(ring.map((vertex) => distance(centre, vertex))));
  return radius >= 1 ? ({ type, centre, radius } satisfies Area) : null;
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
