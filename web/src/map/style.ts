// Reads the map style as data: layer groups, what can be clicked, and the colours of the legend, so
// that the style stays the one truth for looks.

import type {
  ExpressionSpecification,
  FilterSpecification,
  LayerSpecification,
  StyleSpecification,
} from 'maplibre-gl';
import type { Colours, Filter, Language } from '../view';

const GROUP = 'renewal-map:group';
const BASE = 'renewal-map:base';
const INTERACTIVE = 'renewal-map:interactive';
const ACCURACY = 'renewal-map:accuracy';
const BILINGUAL = 'renewal-map:bilingual';
/** Layers that the page adds above the data, by what they are for, in the order of drawing. */
const OVERLAYS = ['renewal-map:overlay', 'renewal-map:stacks', 'renewal-map:sentences'];
/** The layer that such a one is under; null: none. */
const BELOW = 'renewal-map:below';
/** Paint properties whose colours can mean land use instead of status. */
const COLOURED = 'renewal-map:coloured';
const LAND_USE = 'renewal-map:land-use';
/** Group and source of the operator's base map. */
export const BASE_MAP = 'base-map';

function meta(layer: { metadata?: unknown }, key: string): unknown {
  return (layer.metadata as Record<string, unknown> | undefined)?.[key];
}

export function groupOf(layer: LayerSpecification): string | null {
  const group = meta(layer, GROUP);
  return typeof group === 'string' ? group : null;
}

/** Groups from the top of the drawing order down, which is how a legend reads. */
export function groupsOf(style: StyleSpecification): string[] {
  const groups = style.layers.map(groupOf).filter((group) => group !== null);
  return [...new Set(groups.reverse())];
}

export function baseGroups(style: StyleSpecification): string[] {
  const base = meta(style, BASE);
  return Array.isArray(base) ? base.filter((group) => typeof group === 'string') : [];
}

/** Whom the operator's base map asks to name; null: there is none. */
export function baseMapCredit(style: StyleSpecification): string | null {
  const source = style.sources[BASE_MAP];
  return source?.type === 'raster' ? (source.attribution ?? '') : null;
}

/** Groups of which the style itself shows at least one layer. */
export function defaultGroups(style: StyleSpecification): string[] {
  return groupsOf(style).filter((group) =>
    style.layers.some((layer) => groupOf(layer) === group && layer.layout?.visibility !== 'none'),
  );
}

export function interactiveLayers(style: StyleSpecification): string[] {
  return style.layers.filter((layer) => meta(layer, INTERACTIVE) === true).map(({ id }) => id);
}

/** Collections of which points can be clicked, and so can lie on one another. */
export function pointCollections(style: StyleSpecification): string[] {
  const clickable = new Set(interactiveLayers(style));
  const points = style.layers.filter(
    ({ id, type }) => clickable.has(id) && (type === 'circle' || type === 'symbol'),
  );
  return [...new Set(points.map(groupOf).filter((group) => group !== null))];
}

export function bilingualLayers(style: StyleSpecification): string[] {
  return style.layers.filter((layer) => meta(layer, BILINGUAL) === true).map(({ id }) => id);
}

/** The label's text by language: the name as documents write it, or English where there is one. */
export function labelText(lang: Language): ExpressionSpecification {
  return lang === 'zh'
    ? ['coalesce', ['get', 'name'], '']
    : ['coalesce', ['get', 'name_en'], ['get', 'name'], ''];
}

/** Labels of the rings that show how far a point may be off. */
export function accuracyLabels(style: StyleSpecification): string[] {
  return style.layers.filter((layer) => meta(layer, ACCURACY) === true).map(({ id }) => id);
}

export function accuracyText(lang: Language): string {
  return lang === 'zh' ? '±{accuracy_m} 米' : '±{accuracy_m} m';
}

/** The style without layers of collections that this district does not have. */
export function styleWithin(
  style: StyleSpecification,
  collections: readonly string[],
): StyleSpecification {
  const isThere = (layer: LayerSpecification) => {
    const source = 'source-layer' in layer ? layer['source-layer'] : undefined;
    return source === undefined || collections.includes(source.split('.')[0] ?? '');
  };
  /** What stands above keeps its place: below the next layer that is there. */
  const placed = (layer: OverlayLayer): OverlayLayer => {
    const from = style.layers.findIndex(({ id }) => id === meta(layer, BELOW));
    const next = from < 0 ? undefined : style.layers.slice(from).find(isThere);
    return { ...layer, metadata: { [BELOW]: next?.id ?? null } };
  };
  const overlays = OVERLAYS.map((name) => [
    name,
    overlayOf(style, name).filter(isThere).map(placed),
  ]);
  const metadata = { ...(style.metadata as object), ...Object.fromEntries(overlays) };
  return { ...style, metadata, layers: style.layers.filter(isThere) };
}

/**
 * A layer of what the page draws above the data: from a source of the page's own, or lines of the
 * data that a sentence names.
 */
export type OverlayLayer = Exclude<LayerSpecification, { type: 'background' | 'custom' }>;

function overlayOf(style: StyleSpecification, name: string): OverlayLayer[] {
  return (meta(style, name) ?? []) as OverlayLayer[];
}

/** What is drawn above the data, in pictures too: from below, each with the layer that it is under. */
export function overlays(style: StyleSpecification): { layer: OverlayLayer; below?: string }[] {
  return OVERLAYS.flatMap((name) => overlayOf(style, name)).map((layer) => {
    const below = meta(layer, BELOW);
    return typeof below === 'string' ? { layer, below } : { layer };
  });
}

/** A category of land use, in the colour that the national specification gives it. */
export interface LandUse {
  code: string;
  title: string;
  title_en: string;
  colour: string;
}

/** The categories that the district's data state. */
export function landUses(style: StyleSpecification): LandUse[] {
  const list = meta(style, LAND_USE);
  return Array.isArray(list) ? (list as LandUse[]) : [];
}

/** The category of a code: the one that shares the most of its digits. */
export function landUseOf(style: StyleSpecification, code: string): LandUse | null {
  const covering = landUses(style).filter((use) => code.startsWith(use.code));
  return covering.sort((a, b) => b.code.length - a.code.length)[0] ?? null;
}

/** Where no land use is stated. */
export const UNSTATED = '#c9c4b8';

function landUseColours(style: StyleSpecification): ExpressionSpecification | string {
  const code = ['coalesce', ['get', 'land_use'], ''];
  // From the coarsest category to the finest: the finer wins.
  const branches = [...landUses(style)]
    .sort((a, b) => b.code.length - a.code.length)
    .flatMap(({ code: of, colour }) => [['==', ['slice', code, 0, of.length], of], colour]);
  if (branches.length === 0) return UNSTATED;
  return ['case', ...branches, UNSTATED] as ExpressionSpecification;
}

/** The paint properties that colours of this meaning change, by layer. */
export function colouring(
  style: StyleSpecification,
  colours: Colours,
): { layer: string; property: string; value: unknown }[] {
  const byUse = landUseColours(style);
  return style.layers.flatMap((layer) => {
    const paint = (layer.paint ?? {}) as Record<string, unknown>;
    const properties = (meta(layer, COLOURED) ?? []) as string[];
    return properties.map((property) => ({
      layer: layer.id,
      property,
      value: colours === 'land_use' ? byUse : paint[property],
    }));
  });
}

/** What a filter leaves of features, as a condition on tiles; null: everything. */
export function condition(filter: Filter): ExpressionSpecification | null {
  const conditions: unknown[] = [];
  if (filter.kind.length > 0) {
    conditions.push(['in', ['get', 'kind'], ['literal', filter.kind]]);
  }
  if (filter.status.length > 0) {
    const status = ['coalesce', ['get', 'status'], 'none'];
    conditions.push(['in', status, ['literal', filter.status]]);
  }
  // Tiles have no lists: these are written `;a;b;`.
  for (const [name, ids] of [
    ['documents', filter.document],
    ['zones', filter.zone],
  ] as const) {
    const list = ['coalesce', ['get', name], ''];
    if (ids.length > 0) conditions.push(['any', ...ids.map((id) => ['in', `;${id};`, list])]);
  }
  return conditions.length > 0 ? (['all', ...conditions] as ExpressionSpecification) : null;
}

/** Layers that a filter thins out, each with its filter then: the base map stays whole. */
export function filtering(
  style: StyleSpecification,
  filter: Filter,
): { layer: string; filter: FilterSpecification | null }[] {
  const base = baseGroups(style);
  const asked = condition(filter);
  return style.layers.flatMap((layer) => {
    const group = groupOf(layer);
    if (group === null || base.includes(group)) return [];
    const own = 'filter' in layer ? (layer.filter as FilterSpecification | undefined) : undefined;
    const both = own && asked ? (['all', own, asked] as FilterSpecification) : (own ?? asked);
    return [{ layer: layer.id, filter: both ?? null }];
  });
}

/** The style as this view shows it. */
export function styleFor(
  style: StyleSpecification,
  groups: readonly string[],
  lang: Language,
): StyleSpecification {
  const bilingual = new Set(bilingualLayers(style));
  const accuracies = new Set(accuracyLabels(style));
  const layers = style.layers.map((layer) => {
    const group = groupOf(layer);
    const visibility = group === null || groups.includes(group) ? 'visible' : 'none';
    const text = bilingual.has(layer.id)
      ? { 'text-field': labelText(lang) }
      : accuracies.has(layer.id)
        ? { 'text-field': accuracyText(lang) }
        : {};
    return { ...layer, layout: { ...layer.layout, ...text, visibility } } as LayerSpecification;
  });
  return { ...style, layers };
}

/** `["match", input, key, value, …, other]` as a table. */
export interface Table {
  values: Map<string, string>;
  other: string;
}

export function matchTable(expression: unknown): Table | null {
  if (!Array.isArray(expression) || expression[0] !== 'match') return null;
  const values = new Map<string, string>();
  for (let i = 2; i + 1 < expression.length; i += 2) {
    for (const key of [expression[i]].flat()) values.set(String(key), String(expression[i + 1]));
  }
  return { values, other: String(expression.at(-1)) };
}

export interface Mark {
  fill: string;
  line: string;
  /** Intended, not done: drawn as an outline. */
  hollow: boolean;
}

/** How the style draws a project of this status. */
export function statusMark(style: StyleSpecification, status: string | null | undefined): Mark {
  const layer = style.layers.find(({ id }) => id === 'projects-points');
  const paint = (layer?.paint ?? {}) as Record<string, unknown>;
  const colour = (property: string, fallback: string) => {
    const table = matchTable(paint[property]);
    return table?.values.get(status ?? '') ?? table?.other ?? fallback;
  };
  const fill = colour('circle-color', '#888888');
  const hollow = fill === '#ffffff';
  return { fill, line: hollow ? colour('circle-stroke-color', '#888888') : fill, hollow };
}

export interface LineLook {
  color: string;
  dash: number[] | null;
}

export function lineLook(style: StyleSpecification, id: string): LineLook {
  const paint = (style.layers.find((layer) => layer.id === id)?.paint ?? {}) as {
    'line-color'?: unknown;
    'line-dasharray'?: unknown;
  };
  const dash = paint['line-dasharray'];
  return {
    color: typeof paint['line-color'] === 'string' ? paint['line-color'] : '#888888',
    dash: Array.isArray(dash) ? dash.map(Number) : null,
  };
}
