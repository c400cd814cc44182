// The map itself: MapLibre kept in step with the view, and the pointer's doings handed on.

import { effect, signal } from '@preact/signals';
import {
  type ExpressionSpecification,
  type LngLatBoundsLike,
  type MapGeoJSONFeature,
  Map as MapLibreMap,
  type PaddingOptions,
  type PointLike,
  type StyleSpecification,
  setWorkerUrl,
} from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url';
import 'maplibre-gl/dist/maplibre-gl.css';
import { edit } from '../desk';
import { withDrawn, withReshaped } from '../editing';
import { type Bounds, boundsOf, grow } from '../geodesy';
import { nameOf } from '../i18n';
import { shownChanges } from '../intake';
import type { Collection, Feature } from '../model';
import { refOf } from '../model';
import {
  answer,
  ask,
  asked,
  boundaries,
  type Comparison,
  candidate,
  catalogue,
  colours,
  compared,
  standing as dataStanding,
  deselect,
  draft,
  drawing,
  drawingProblem,
  drawingReady,
  hovered,
  lang,
  moment,
  navigate,
  notice,
  type Pick,
  picks,
  ready,
  returns,
  select,
  selected,
  shaping,
  shown,
  stretch,
  target,
  view,
} from '../state';
import { type Area, type At, isDrawn } from '../view';
import { addBoundaries, showBoundaries, showCandidate, whole } from './boundaries';
import type { Excess, Session } from './drawing';
import {
  addOverlay,
  showArea,
  showCompared,
  showFocus,
  showHits,
  showHover,
  showImport,
  showStacks,
  showStretch,
} from './overlay';
import {
  accuracyLabels,
  accuracyText,
  BASE_MAP,
  bilingualLayers,
  colouring,
  condition,
  defaultGroups,
  filtering,
  groupOf,
  interactiveLayers,
  labelText,
  pointCollections,
  styleFor,
} from './style';

setWorkerUrl(workerUrl);

/** The whole map, for controls that ask it to move. */
export const canvas = signal<MapLibreMap | null>(null);
/** `idle`: everything asked for is drawn. */
export const mapState = signal<'loading' | 'busy' | 'idle' | 'failed'>('loading');
export const tileError = signal(false);
/** Whether the last tile of the operator's base map that was asked for did not come. */
export const baseMapError = signal(false);
/** Centre latitude and zoom, for the scale bar. */
export const standing = signal<{ lat: number; zoom: number } | null>(null);
export const pointer = signal<{ lon: number; lat: number } | null>(null);
/** Name under the pointer, and where to write it. */
export const tip = signal<{ x: number; y: number; name: string; status: string | null } | null>(
  null,
);

/** When the last drawing ended: the click that ends it is not meant for what lies below. */
let drawingEnded = Number.NEGATIVE_INFINITY;
const CLICK_GRACE_MS = 400;

/** Pixels around the pointer that still count as a hit. */
const REACH = 5;

export function webglWorks(): boolean {
  try {
    return document.createElement('canvas').getContext('webgl2') !== null;
  } catch {
    return false;
  }
}

/** Builds the map in `container` and keeps it in step until the returned function is called. */
export function mountMap(container: HTMLElement, style: StyleSpecification): () => void {
  const start = view.peek();
  const groups = start.layers ?? defaultGroups(style);
  // A link that names a place but no position means: show me that place.
  if (!start.at) {
    target.value =
      start.select ?? (asked.peek() ? 'fit' : null) ?? (start.boundary ? 'boundary' : null);
  }
  if (start.layers === null) navigate({ layers: groups }, 'replace');
  const map = new MapLibreMap({
    container,
    style: styleFor(style, groups, start.lang),
    ...(start.at
      ? { center: [start.at.lon, start.at.lat] as [number, number], zoom: start.at.zoom }
      : { bounds: homeBounds() as LngLatBoundsLike, fitBoundsOptions: { padding: free() } }),
    localIdeographFontFamily: '"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif',
    attributionControl: false,
    transformRequest: (url) => ({ url: atMoment(url) }),
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    renderWorldCopies: false,
    minZoom: 8,
    maxZoom: 19,
    fadeDuration: isCalm() ? 0 : 150,
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  const stops: (() => void)[] = [];

  const settled = () => {
    const { lng, lat } = map.getCenter();
    const zoom = map.getZoom();
    standing.value = { lat, zoom };
    const at = { lon: round(lng, 5), lat: round(lat, 5), zoom: round(zoom, 2) };
    if (!same(view.peek().at, at)) navigate({ at }, 'replace');
  };
  map.on('move', () => {
    standing.value = { lat: map.getCenter().lat, zoom: map.getZoom() };
  });
  map.on('moveend', settled);
  map.on('dataloading', () => {
    if (mapState.peek() === 'idle') mapState.value = 'busy';
  });
  map.on('idle', () => {
    mapState.value = 'idle';
  });
  map.on('error', (event) => {
    // The map is whole without it; what is asked of a service that fails would fill the console.
    if ('sourceId' in event && event.sourceId === BASE_MAP) {
      baseMapError.value = true;
      return;
    }
    console.warn(event.error);
    tileError.value = true;
  });
  map.on('sourcedata', ({ sourceId, tile }) => {
    if (sourceId === BASE_MAP && tile?.state === 'loaded') baseMapError.value = false;
  });

  map.once('style.load', () => {
    addOverlay(map, style);
    addBoundaries(map);
    canvas.value = map;
    settled();
    stops.push(...follow(map, style));
  });
  listen(map, interactiveLayers(style));

  return () => {
    for (const stop of stops) stop();
    canvas.value = null;
    map.remove();
  };
}

/** The address of what the data were at the moment that is shown. It may have been made so before. */
function atMoment(url: string): string {
  const revision = moment.peek();
  const bare = url.replace(/\?revision=\d+$/, '');
  return revision === null || !url.includes('/tiles/') ? bare : `${bare}?revision=${revision}`;
}

/** Effects that carry the view and the panels' state into the map. */
function follow(map: MapLibreMap, style: StyleSpecification): (() => void)[] {
  let session: Session | null = null;
  let shape: Session | null = null;
  let drawn = dataStanding.peek();
  let counted = '';
  let lit: { source: string; sourceLayer: string; id: string }[] = [];
  return [
    effect(() => {
      const groups = view.value.layers ?? defaultGroups(style);
      for (const layer of style.layers) {
        const group = groupOf(layer);
        if (group === null) continue;
        const visibility = groups.includes(group) ? 'visible' : 'none';
        if (map.getLayoutProperty(layer.id, 'visibility') !== visibility) {
          map.setLayoutProperty(layer.id, 'visibility', visibility);
        }
      }
    }),
    effect(() => {
      for (const { layer, filter } of filtering(style, shown.value)) {
        map.setFilter(layer, filter);
      }
    }),
    effect(() => {
      for (const { layer, property, value } of colouring(style, colours.value)) {
        map.setPaintProperty(layer, property as 'fill-color', value as ExpressionSpecification);
      }
    }),
    effect(() => {
      const text = labelText(lang.value);
      for (const id of bilingualLayers(style)) map.setLayoutProperty(id, 'text-field', text);
      const metres = accuracyText(lang.value);
      for (const id of accuracyLabels(style)) map.setLayoutProperty(id, 'text-field', metres);
    }),
    effect(() => {
      returns.value;
      const { at } = view.peek();
      if (at) map.jumpTo({ center: [at.lon, at.lat], zoom: at.zoom });
    }),
    effect(() => {
      const area = asked.value;
      const result = ready(answer.load.value);
      // While editing, the drawing library shows the area.
      showArea(map, drawing.value === 'edit' ? null : area, result);
      showHits(map, area ? result : null);
    }),
    effect(() => {
      const collections = pointCollections(style).filter((id) => view.value.layers?.includes(id));
      // Which tiles are loaded is known when the map comes to rest.
      if (mapState.value !== 'idle') return;
      const filter = condition(shown.value);
      const key = JSON.stringify([collections, view.peek().at, filter]);
      if (key === counted) return;
      counted = key;
      showStacks(map, collections, filter);
    }),
    effect(() => {
      const shown = view.value.select === null && asked.value === null;
      showBoundaries(map, shown ? (ready(boundaries.load.value)?.features ?? []) : [], lang.value);
      showCandidate(map, candidate.value);
    }),
    effect(() => showFocus(map, ready(selected.load.value))),
    effect(() => showStretch(map, stretch.value?.line ?? [])),
    effect(() => {
      const both = compared.value;
      // While its vertices are moved, the drawing library shows the geometry.
      showCompared(map, both && shaping.value ? { ...both, after: [] } : both);
    }),
    effect(() => showImport(map, shownChanges.value)),
    effect(() => {
      if (dataStanding.value === drawn) return;
      drawn = dataStanding.value;
      map.refreshTiles('data');
    }),
    effect(() => {
      shape?.stop();
      shape = null;
      const mode = shaping.value;
      map.getCanvas().classList.toggle('is-shaping', mode !== null);
      if (mode === null) return;
      hovered.value = null;
      tip.value = null;
      let cancelled = false;
      import('./shaping').then(
        ({ drawShape, reshape }) => {
          if (cancelled) return;
          const geometry = draft.peek()?.mine?.geometry;
          if (mode !== 'vertices') {
            shape = drawShape(map, mode, (drawn) => {
              drawingEnded = performance.now();
              // The library is still handling its own event.
              queueMicrotask(() => {
                edit((feature) => withDrawn(feature, drawn));
                shaping.value = null;
              });
            });
          } else if (geometry) {
            shape = reshape(map, geometry, (moved) => {
              edit((feature) => withReshaped(feature, moved, draft.peek()?.base ?? null));
            });
          }
          if (shape) {
            drawingReady.value = true;
            return;
          }
          shaping.value = null;
          notice.value = 'edit.place.fixed';
        },
        () => {
          if (cancelled) return;
          shaping.value = null;
          notice.value = 'error.drawing';
        },
      );
      return () => {
        cancelled = true;
        drawingReady.value = false;
      };
    }),
    effect(() => {
      const { select: ref } = view.value;
      const wanted = target.value;
      const feature = wanted === ref ? ready(selected.load.value) : null;
      const isAsked = asked.value !== null && (wanted === 'area' || wanted === 'fit');
      const found = isAsked ? ready(answer.load.value)?.area.geometry : null;
      const compiled = wanted === 'boundary' ? ready(boundaries.load.value) : null;
      if (compiled) {
        target.value = null;
        const bounds = boundsOf(whole(compiled.features));
        if (bounds) fit(bounds, NAMES_BESIDE);
        return;
      }
      if (!feature && !found) return;
      target.value = null;
      if (feature) moveTo(feature);
      else if (found) moveToShape(found, wanted === 'fit');
    }),
    effect(() => {
      for (const state of lit) map.removeFeatureState(state, 'hover');
      const hover = hovered.value;
      lit = [hover?.ref, hover?.container].flatMap((ref) => {
        const [collection, id] = ref?.split('/') ?? [];
        if (!collection || !id) return [];
        return [collection, `${collection}.accuracy`].map((sourceLayer) => ({
          source: 'data',
          sourceLayer,
          id,
        }));
      });
      for (const state of lit) map.setFeatureState(state, { hover: true });
      showHover(map, hover && geometryOf(hover.ref));
    }),
    effect(() => {
      session?.stop();
      session = null;
      const mode = drawing.value;
      map.getCanvas().classList.toggle('is-drawing', mode !== null);
      if (mode === null) return;
      hovered.value = null;
      tip.value = null;
      let cancelled = false;
      const excess = (what: Excess | null) => {
        drawingProblem.value = what && (`draw.${what}` as const);
      };
      import('./drawing').then(
        ({ drawArea, editArea }) => {
          if (cancelled) return;
          let { area } = view.peek();
          if (mode !== 'edit') {
            const done = (drawn: Area) => {
              // The library is still handling its own event when it says that it has finished.
              drawingEnded = performance.now();
              queueMicrotask(() => ask(drawn));
            };
            session = drawArea(map, mode, done, excess);
          } else if (isDrawn(area)) {
            const changed = (edited: Area) => {
              // Back may have brought another area meanwhile.
              if (view.peek().area !== area) return;
              area = edited;
              navigate({ area: edited });
            };
            session = editArea(map, area, changed, excess);
          }
          drawingReady.value = true;
        },
        () => {
          if (cancelled) return;
          drawing.value = null;
          notice.value = 'error.drawing';
        },
      );
      return () => {
        cancelled = true;
        drawingReady.value = false;
        drawingProblem.value = null;
      };
    }),
  ];
}

/** Geometry of a feature that a panel lists, so that it lights up even while its layer is hidden. */
function geometryOf(ref: string): GeoJSON.Geometry | null {
  for (const { collection, features, borderline } of ready(answer.load.peek())?.results ?? []) {
    const hit = [...features, ...borderline].find((feature) => refOf(collection, feature) === ref);
    if (hit) return hit.geometry;
  }
  return null;
}

function pickOf({ ref, feature }: Hit): Pick {
  const { name, name_en, kind, status } = feature.properties as Record<string, string | undefined>;
  return {
    ref,
    name: name ?? '',
    name_en: name_en ?? '',
    kind: kind ?? '',
    status: status ?? null,
  };
}

interface Hit {
  ref: string;
  point: boolean;
  feature: MapGeoJSONFeature;
}

function listen(map: MapLibreMap, layers: string[]): void {
  const hitsAt = ({ x, y }: { x: number; y: number }): Hit[] => {
    const box: [PointLike, PointLike] = [
      [x - REACH, y - REACH],
      [x + REACH, y + REACH],
    ];
    const known = layers.filter((id) => map.getLayer(id));
    const hits = new Map<string, Hit>();
    for (const feature of map.queryRenderedFeatures(box, { layers: known })) {
      const ref = `${feature.sourceLayer}/${feature.id ?? feature.properties.id}`;
      const point = feature.layer.type === 'circle' || feature.layer.type === 'symbol';
      if (!hits.has(ref)) hits.set(ref, { ref, point, feature });
    }
    const all = [...hits.values()];
    // A point is small and a zone is large: what is under the pointer is the point.
    const points = all.filter(({ point }) => point);
    return points.length > 0 ? points : all.slice(0, 1);
  };

  let touched = false;
  for (const type of ['pointerdown', 'pointermove'] as const) {
    map.getCanvas().addEventListener(type, ({ pointerType }) => {
      touched = pointerType === 'touch';
    });
  }

  map.on('click', (event) => {
    // Who changes a feature is not to lose sight of it by a click beside it.
    if (drawing.peek() || draft.peek()) return;
    if (performance.now() - drawingEnded < CLICK_GRACE_MS) return;
    const hits = hitsAt(event.point);
    const [first] = hits;
    if (!first) deselect();
    else if (hits.length === 1) select(first.ref);
    else {
      if (view.peek().select) navigate({ select: null });
      picks.value = hits.map(pickOf);
    }
  });
  map.on('mousemove', (event) => {
    pointer.value = { lon: event.lngLat.lng, lat: event.lngLat.lat };
    // A finger that has tapped is not pointing at anything any more.
    if (drawing.peek() || shaping.peek() || touched) return;
    const hits = hitsAt(event.point);
    const hit = hits[0];
    map.getCanvas().style.cursor = hit ? 'pointer' : '';
    if (!hit) {
      if (hovered.peek()?.from === 'map') hovered.value = null;
      tip.value = null;
      return;
    }
    if (hovered.peek()?.ref !== hit.ref) hovered.value = { ref: hit.ref, from: 'map' };
    const { name, name_en, status } = hit.feature.properties as Record<string, string | undefined>;
    const more = hits.length > 1 ? ` +${hits.length - 1}` : '';
    tip.value = {
      x: event.point.x,
      y: event.point.y,
      name: nameOf(lang.peek(), { name: name ?? '', name_en: name_en ?? '' }) + more,
      status: status ?? null,
    };
  });
  map.on('mouseout', () => {
    pointer.value = null;
    tip.value = null;
    if (hovered.peek()?.from === 'map') hovered.value = null;
  });
}

/** Shows a feature whole, its accuracy included, clear of the panels. */
export function moveTo(feature: Feature): void {
  const bounds = feature.geometry && boundsOf(feature.geometry);
  if (!bounds) return;
  const margin = Math.max(
    feature.geometry?.type === 'Point' ? 400 : 0,
    feature.properties.accuracy_m ?? 0,
  );
  fit(grow(bounds, margin));
}

/** Shows all geometries of a comparison. */
export function moveToAll(both: Comparison | null): void {
  const geometries = [...(both?.before ?? []), ...(both?.after ?? [])];
  const bounds = boundsOf({ type: 'GeometryCollection', geometries });
  if (bounds && !inView(bounds)) fit(bounds[0] < bounds[2] ? bounds : grow(bounds, 200));
}

function moveToShape(geometry: GeoJSON.Geometry, always: boolean): void {
  const bounds = boundsOf(geometry);
  if (bounds && (always || !inView(bounds))) fit(bounds);
}

/** Whether a box is wholly visible, and not too small to make out. */
function inView([west, south, east, north]: Bounds): boolean {
  const map = canvas.peek();
  if (!map) return false;
  const { top, right, bottom, left } = free();
  const [from, to] = [map.project([west, north]), map.project([east, south])];
  const { clientWidth: width, clientHeight: height } = map.getContainer();
  const within =
    from.x >= (left ?? 0) &&
    from.y >= (top ?? 0) &&
    to.x <= width - (right ?? 0) &&
    to.y <= height - (bottom ?? 0);
  return within && Math.max(to.x - from.x, to.y - from.y) > 120;
}

export function goHome(): void {
  fit(homeBounds());
}

/** Whether whoever looks wants nothing to move. */
function isCalm(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches;
}

/** Pixels beside an outline in which the names of its sides stand. */
const NAMES_BESIDE = 84;

/** Moves to a box, with `beside` pixels more to its left and right where there is room for them. */
function fit(bounds: Bounds, beside = 0): void {
  const { left = 0, right = 0, ...padding } = free();
  const room = Math.min(beside, (window.innerWidth - left - right) / 6);
  canvas.peek()?.fitBounds(bounds as LngLatBoundsLike, {
    padding: { ...padding, left: left + room, right: right + room },
    maxZoom: 16,
    duration: isCalm() ? 0 : 700,
  });
}

/** The extent of the district, or of everything there is. */
function homeBounds(): Bounds {
  const known = ready(catalogue.load.peek());
  const collections: Collection[] = known?.collections ?? [];
  const district = known?.district.feature.split('/')[0];
  const ordered = [...collections].sort(
    (a, b) => Number(b.id === district) - Number(a.id === district),
  );
  for (const { extent } of ordered) {
    const box = extent?.spatial?.bbox?.[0];
    if (box?.length === 4 && box.every(Number.isFinite)) return box as Bounds;
  }
  return [73, 18, 135, 53];
}

/** The part of the map that no panel covers, as padding. */
function free(): PaddingOptions {
  const margin = 28;
  const [width, height] = [window.innerWidth, window.innerHeight];
  const padding = { top: margin, right: margin, bottom: margin, left: margin };
  for (const panel of document.querySelectorAll<HTMLElement>('[data-covers]')) {
    const box = panel.getBoundingClientRect();
    if (box.width === 0 || box.height === 0) continue;
    const edge = panel.dataset.covers;
    if (edge === 'left') padding.left = Math.max(padding.left, box.right + margin);
    if (edge === 'right') padding.right = Math.max(padding.right, width - box.left + margin);
    if (edge === 'top') padding.top = Math.max(padding.top, box.bottom + margin);
    if (edge === 'bottom') padding.bottom = Math.max(padding.bottom, height - box.top + margin);
  }
  // Some map must remain between the panels.
  if (padding.left + padding.right > width - 120) padding.left = padding.right = margin;
  if (padding.top + padding.bottom > height - 120) padding.top = padding.bottom = margin;
  return padding;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

function same(a: At | null, b: At): boolean {
  return a !== null && a.lon === b.lon && a.lat === b.lat && a.zoom === b.zoom;
}
