// Drawing a feature's geometry, and moving its vertices. Loaded only when somebody does.

import type { Map as MapLibreMap } from 'maplibre-gl';
import {
  type GeoJSONStoreFeatures,
  TerraDraw,
  TerraDrawLineStringMode,
  TerraDrawPointMode,
  TerraDrawPolygonMode,
  TerraDrawSelectMode,
} from 'terra-draw';
import { TerraDrawMapLibreGLAdapter } from 'terra-draw-maplibre-gl-adapter';
import { holdPointer, type Session } from './drawing';
import { assembled, piecesOf, type Simple } from './pieces';

/** What is being changed stands out from what stands. */
const COLOUR = '#00795c';
const MODES = { Point: 'point', LineString: 'linestring', Polygon: 'polygon' } as const;
const DRAWN = { point: 'point', line: 'linestring', polygon: 'polygon' } as const;

const vertices = { midpoints: true, draggable: true, deletable: true };
const flags = { feature: { draggable: true, coordinates: vertices } };
const surface = {
  fillColor: COLOUR,
  fillOpacity: 0.15,
  outlineColor: COLOUR,
  outlineWidth: 2.5,
} as const;
const spot = {
  pointColor: COLOUR,
  pointWidth: 7,
  pointOutlineColor: '#ffffff',
  pointOutlineWidth: 2,
} as const;

function start(map: MapLibreMap): TerraDraw {
  const draw = new TerraDraw({
    adapter: new TerraDrawMapLibreGLAdapter({ map, prefixId: 'shape', coordinatePrecision: 7 }),
    modes: [
      new TerraDrawPointMode({ styles: spot }),
      new TerraDrawLineStringMode({
        styles: { lineStringColor: COLOUR, lineStringWidth: 3.5, closingPointColor: '#ffffff' },
      }),
      new TerraDrawPolygonMode({
        styles: { ...surface, closingPointColor: '#ffffff', closingPointOutlineColor: COLOUR },
      }),
      new TerraDrawSelectMode({
        allowManualDeselection: false,
        keyEvents: null,
        flags: {
          point: { feature: { draggable: true } },
          linestring: flags,
          polygon: flags,
        },
        styles: {
          selectedPointColor: COLOUR,
          selectedPointWidth: 8,
          selectedPointOutlineColor: '#ffffff',
          selectedPointOutlineWidth: 2,
          selectedLineStringColor: COLOUR,
          selectedLineStringWidth: 3.5,
          selectedPolygonColor: COLOUR,
          selectedPolygonFillOpacity: 0.15,
          selectedPolygonOutlineColor: COLOUR,
          selectedPolygonOutlineWidth: 2.5,
          selectionPointColor: '#ffffff',
          selectionPointOutlineColor: COLOUR,
          selectionPointOutlineWidth: 2,
          selectionPointWidth: 6,
          midPointColor: COLOUR,
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

/** Lets somebody draw one geometry, then calls `done`. */
export function drawShape(
  map: MapLibreMap,
  type: keyof typeof DRAWN,
  done: (geometry: Simple) => void,
): Session {
  const draw = start(map);
  const release = holdPointer(map);
  draw.setMode(DRAWN[type]);
  draw.on('finish', (id) => {
    const drawn = draw.getSnapshotFeature(id)?.geometry;
    if (drawn) done(drawn as Simple);
  });
  return {
    stop: () => {
      release();
      draw.stop();
    },
  };
}

/** Lets somebody move the vertices of a geometry; `changed` hears of every finished drag. */
export function reshape(
  map: MapLibreMap,
  geometry: GeoJSON.Geometry,
  changed: (geometry: GeoJSON.Geometry) => void,
): Session | null {
  const pieces = piecesOf(geometry);
  if (!pieces) return null;
  const draw = start(map);
  const release = holdPointer(map);
  draw.setMode('select');
  const added = draw.addFeatures(
    pieces.map((piece) => ({
      type: 'Feature',
      geometry: piece,
      properties: { mode: MODES[piece.type] },
    })) as GeoJSONStoreFeatures[],
  );
  const ids = added.flatMap(({ id, valid }) => (valid && id !== undefined ? [id] : []));
  const first = ids[0];
  if (first === undefined || ids.length < pieces.length) {
    release();
    draw.stop();
    return null;
  }
  draw.selectFeature(first);
  const standing = () => ids.map((id) => draw.getSnapshotFeature(id)?.geometry as Simple);
  let last = JSON.stringify(standing());
  const tell = () => {
    const now = standing();
    const written = JSON.stringify(now);
    if (written === last) return;
    last = written;
    changed(assembled(geometry, now));
  };
  draw.on('finish', tell);
  return {
    stop: () => {
      release();
      // A drag may not have ended yet.
      tell();
      draw.stop();
    },
  };
}
