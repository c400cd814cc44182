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
import { type Area, type DrawnArea, MAX_RADIUS_M, MAX_VERTICES, type Position } from '../view';

const INK = '#12476b';
const CIRCLE_STEPS = 72;
let editingCircle = false;

/** What the service would refuse. */
export type Excess = 'vertices' | 'radius';

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

/** Whether the pointer is a finger. */
function coarse(): boolean {
  return matchMedia('(pointer: coarse)').matches;
}

/** A vertex let go over a panel is let go all the same. */
export function holdPointer(map: MapLibreMap): () => void {
  const surface = map.getCanvas();
  const hold = ({ pointerId }: PointerEvent) => surface.setPointerCapture(pointerId);
  surface.addEventListener('pointerdown', hold);
  return () => surface.removeEventListener('pointerdown', hold);
}

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
        // A finger does not move between two taps.
        drawInteraction: coarse() ? 'click-drag' : 'click-move-or-drag',
      }),
      new TerraDrawSelectMode({
        // A click beside the area must not end the edit unseen, nor a key delete what is asked about.
        allowManualDeselection: false,
        keyEvents: null,
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

/** Lets the planner draw one area, then calls `done`; `excess` hears what is too much, or null. */
export function drawArea(
  map: MapLibreMap,
  type: 'polygon' | 'circle',
  done: (area: Area) => void,
  excess: (what: Excess | null) => void,
): Session {
  const draw = start(map);
  const release = holdPointer(map);
  draw.setMode(type);
  draw.on('change', (ids, change) => {
    if (change !== 'create' && change !== 'update') return;
    const areas = ids.map((id) => areaOf(draw.getSnapshotFeature(id), type));
    const area = areas.find((candidate) => candidate !== null);
    if (area) excess(excessOf(area));
  });
  draw.on('finish', (id) => {
    const area = areaOf(draw.getSnapshotFeature(id), type);
    const what = area && excessOf(area);
    if (area && !what) done(area.type === 'polygon' ? metrewise(area) : area);
    else {
      // To be drawn anew, with the reason still in sight.
      draw.clear();
      excess(what);
    }
  });
  return {
    stop: () => {
      release();
      draw.stop();
    },
  };
}

/** Lets the planner reshape the area; `changed` hears of every finished drag. */
export function editArea(
  map: MapLibreMap,
  area: DrawnArea,
  changed: (area: Area) => void,
  excess: (what: Excess | null) => void,
): Session {
  const draw = start(map);
  const release = holdPointer(map);
  editingCircle = area.type === 'circle';
  draw.setMode('select');
  let last = area;
  let shown = show(draw, area);
  let written = shape(draw, shown);
  const current = () => (shown === null ? null : areaOf(draw.getSnapshotFeature(shown), area.type));
  const commit = () => {
    const next = current();
    if (!next || excessOf(next) || shape(draw, shown) === written) return;
    written = shape(draw, shown);
    last = next;
    changed(next);
  };
  draw.on('change', () => {
    const next = current();
    if (next) excess(excessOf(next));
  });
  draw.on('finish', () => {
    const next = current();
    const what = next && excessOf(next);
    if (!what) {
      commit();
      return;
    }
    // The library is still handling its own event.
    queueMicrotask(() => {
      draw.clear();
      shown = show(draw, last);
      written = shape(draw, shown);
      excess(what);
    });
  });
  return {
    stop: () => {
      release();
      // A drag may not have ended yet.
      commit();
      draw.stop();
    },
  };
}

/** Puts an area on the map, selected; gives its id there. */
function show(draw: TerraDraw, area: DrawnArea): string | number | null {
  const ring =
    area.type === 'polygon'
      ? [...area.ring, area.ring[0] as Position]
      : circleRing(area.centre, area.radius, CIRCLE_STEPS);
  // The drawing library refuses more decimals than its precision.
  const coordinates = ring.map(([lon, lat]) => [Number(lon.toFixed(7)), Number(lat.toFixed(7))]);
  const [added] = draw.addFeatures([
    {
      type: 'Feature',
      geometry: { type: 'Polygon', coordinates: [coordinates] },
      properties: { mode: area.type },
    },
  ]);
  if (!added?.valid || added.id === undefined) return null;
  draw.selectFeature(added.id);
  return added.id;
}

function shape(draw: TerraDraw, id: string | number | null): string {
  return id === null ? '' : JSON.stringify(draw.getSnapshotFeature(id)?.geometry ?? null);
}

function excessOf(area: DrawnArea): Excess | null {
  if (area.type === 'polygon' && area.ring.length > MAX_VERTICES) return 'vertices';
  return area.type === 'circle' && area.radius > MAX_RADIUS_M ? 'radius' : null;
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

/** A hand is not steadier than a metre: five decimals. */
function metrewise({ type, ring }: Extract<Area, { type: 'polygon' }>): Area {
  return { type, ring: ring.map(([lon, lat]) => [Number(lon.toFixed(5)), Number(lat.toFixed(5))]) };
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
