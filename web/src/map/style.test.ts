import type { RasterSourceSpecification, StyleSpecification } from 'maplibre-gl';
import { describe, expect, it } from 'vitest';
import json from '../../../src/tiles/style.json';
import { STATUSES } from '../model';
import { NO_FILTER } from '../view';
import { SIDE_COLOURS } from './boundaries';
import {
  BASE_MAP,
  baseGroups,
  baseMapCredit,
  bilingualLayers,
  colouring,
  condition,
  defaultGroups,
  filtering,
  groupsOf,
  landUseOf,
  landUses,
  matchTable,
  overlays,
  pointCollections,
  statusMark,
  styleFor,
  styleWithin,
} from './style';

const style = json as unknown as StyleSpecification;

/** What the server's painter knows too. */
const OPERATORS = [
  ['get', 'has', 'literal', 'feature-state', 'zoom', 'geometry-type'],
  ['match', 'case', 'coalesce', 'interpolate', 'linear', '=='],
].flat();

function operators(value: unknown, found = new Set<string>()): Set<string> {
  if (Array.isArray(value)) {
    const [head, ...rest] = value;
    // Font stacks, label lists of a match and anchors are plain lists of words.
    const plain = value.every((part) => typeof part === 'string') && !OPERATORS.includes(head);
    if (typeof head === 'string' && !plain) found.add(head);
    // What is literal has none.
    for (const part of head === 'literal' ? [] : rest) operators(part, found);
  }
  return found;
}

describe('the style', () => {
  it('keeps to the small subset', () => {
    for (const layer of style.layers) {
      expect(['background', 'raster', 'fill', 'line', 'circle', 'symbol']).toContain(layer.type);
      const values = [
        'filter' in layer ? layer.filter : null,
        ...Object.values(layer.paint ?? {}),
        ...Object.values(layer.layout ?? {}),
      ];
      for (const value of values) {
        for (const operator of operators(value)) expect(OPERATORS, layer.id).toContain(operator);
      }
    }
  });

  it('asks for nothing but the service’s own tiles', () => {
    expect(style.glyphs).toBeUndefined();
    expect(style.sprite).toBeUndefined();
    expect(Object.keys(style.sources)).toEqual(['data']);
    expect(style.sources.data).toMatchObject({ type: 'vector', promoteId: 'id' });
  });

  it('names in the source every layer that it draws', () => {
    const { url } = style.sources.data as { url: string };
    const served = url
      .replace(/^.*\/tiles\//, '')
      .replace(/\.json$/, '')
      .split(',');
    const drawn = style.layers.flatMap((layer) =>
      'source-layer' in layer ? [layer['source-layer']] : [],
    );
    expect([...new Set(drawn)].sort()).toEqual([...served].sort());
  });

  it('gives every status a mark, the same wherever it is drawn', () => {
    const tables = style.layers
      .filter(({ id }) => /^(parcels|projects)-/.test(id))
      .flatMap((layer) => Object.values(layer.paint ?? {}))
      .map(matchTable)
      .filter((table) => table?.values.has('in_use') && table.other.startsWith('#'));
    expect(tables.length).toBeGreaterThan(4);
    for (const status of STATUSES) {
      const { fill, line, hollow } = statusMark(style, status);
      const mark = hollow ? line : fill;
      for (const table of tables) {
        expect([mark, '#ffffff'], status).toContain(table?.values.get(status));
      }
    }
  });

  it('never draws as surveyed what is not', () => {
    const solid = style.layers.filter(
      ({ id, type }) => id.startsWith('parcels') && type === 'line' && !/accuracy/.test(id),
    );
    for (const layer of solid) {
      const dashed = 'line-dasharray' in (layer.paint ?? {});
      expect(dashed, layer.id).toBe(!layer.id.startsWith('parcels-surveyed'));
    }
  });
});

describe('groups', () => {
  it('lists them from the top', () => {
    expect(groupsOf(style)[0]).toBe('zones');
    expect(defaultGroups(style)).not.toContain('facilities');
    expect(baseGroups(style)).toContain('streets');
    expect(pointCollections(style)).toContain('projects');
  });

  it('shows what the view asks for, in its language', () => {
    const shown = styleFor(style, ['facilities'], 'en');
    const layer = (id: string) => shown.layers.find((candidate) => candidate.id === id);
    expect(layer('facilities-points')?.layout?.visibility).toBe('visible');
    expect(layer('zones-fill')?.layout?.visibility).toBe('none');
    const [label] = bilingualLayers(style);
    expect(JSON.stringify(layer(label ?? '')?.layout)).toContain('name_en');
  });

  it('names whose base map is below, where there is one', () => {
    expect(baseMapCredit(style)).toBeNull();
    const tiles: RasterSourceSpecification = {
      type: 'raster',
      tiles: ['/base-map/{z}/{x}/{y}'],
      attribution: '天地图',
    };
    const laid = { ...style, sources: { ...style.sources, [BASE_MAP]: tiles } };
    expect(baseMapCredit(laid)).toBe('天地图');
    expect(baseGroups(style)).toContain(BASE_MAP);
    expect(
      filtering(laid, { ...NO_FILTER, kind: ['road'] }).map(({ layer }) => layer),
    ).not.toContain(BASE_MAP);
    expect(groupsOf(styleWithin(laid, ['district']))).toEqual(['district', BASE_MAP]);
  });

  it('drops the layers of collections that are not there', () => {
    const kept = styleWithin(style, ['zones', 'district']).layers;
    expect(kept.some(({ id }) => id === 'zones-side-via')).toBe(true);
    expect(kept.some(({ id }) => id.startsWith('routes'))).toBe(false);
  });
});

describe('what is drawn above the data', () => {
  it('stands in the style, each layer under one that is there', () => {
    const all = overlays(style);
    const sources = new Set(all.map(({ layer }) => layer.source));
    for (const source of ['page-area', 'page-focus', 'page-hits', 'page-stacks', 'page-boundary']) {
      expect(sources).toContain(source);
    }
    for (const { layer, below } of all) {
      if (below !== undefined) {
        expect(
          style.layers.map(({ id }) => id),
          layer.id,
        ).toContain(below);
      }
    }
  });

  it('marks lines of the data by name only where a district has them', () => {
    const named = (collections: string[]) =>
      overlays(styleWithin(style, collections))
        .map(({ layer }) => layer)
        .filter(({ id }) => id.startsWith('page-named-'));
    expect(named(['district', 'streets', 'water'])).toHaveLength(2);
    const [streets, ...others] = named(['district', 'streets']);
    expect(others).toEqual([]);
    // Until a sentence names some, none is marked.
    expect(streets).toMatchObject({ source: 'data', filter: ['==', ['get', 'name'], ''] });
  });

  it('moves up to the next layer that a district has, or above all', () => {
    const below = (id: string, collections: string[]) =>
      overlays(styleWithin(style, collections)).find(({ layer }) => layer.id === id)?.below;
    expect(below('page-area-halo', ['district', 'zones', 'parcels'])).toBe('zones-fill');
    expect(below('page-area-halo', ['district', 'parcels'])).toBe('parcels-accuracy-fill');
    expect(below('page-area-fill', ['district', 'transit'])).toBe('transit-stations');
    expect(below('page-area-fill', ['district', 'parcels'])).toBe('parcels-points');
    expect(below('page-area-fill', ['district'])).toBeUndefined();
    expect(below('page-hits-line', ['district', 'zones'])).toBeUndefined();
  });

  it('colours sides as the panel does', () => {
    const side = overlays(style).find(({ layer }) => layer.id === 'page-boundary-side')?.layer;
    const paint = (side?.paint ?? {}) as Record<string, unknown>;
    const table = matchTable(paint['line-color']);
    expect(Object.fromEntries(table?.values ?? [])).toEqual(SIDE_COLOURS);
  });
});

describe('colours', () => {
  // Simulation matrices for full protanopia and deuteranopia in linear RGB, from Machado, Oliveira
  // and Fernandes, “A Physiologically-based Model for Simulation of Color Vision Deficiency”, 2009.
  const EYES = {
    usual: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    protan: [
      0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998,
    ],
    deutan: [
      0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881,
    ],
  };

  /** CIE L*a*b* (D65) of a colour as an eye sees it. */
  function lab(hex: string, eye: number[]): number[] {
    const linear = [1, 3, 5].map((at) => {
      const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    const dot = (row: number[], vector: number[]) =>
      row.reduce((sum, factor, i) => sum + factor * (vector[i] ?? 0), 0);
    const seen = [0, 3, 6].map((at) => dot(eye.slice(at, at + 3), linear));
    const [x, y, z] = [
      dot([0.4124, 0.3576, 0.1805], seen) / 0.95047,
      dot([0.2126, 0.7152, 0.0722], seen),
      dot([0.0193, 0.1192, 0.9505], seen) / 1.08883,
    ].map((t) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116)) as [number, number, number];
    return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
  }

  for (const [name, eye] of Object.entries(EYES)) {
    it(`tells any two statuses apart (${name})`, () => {
      const marks = [...STATUSES, null].map((status) => ({ status, ...statusMark(style, status) }));
      for (const [i, a] of marks.entries()) {
        for (const b of marks.slice(i + 1)) {
          // An outline and a disc differ in shape.
          if (a.hollow !== b.hollow) continue;
          const [from, to] = [lab(a.line, eye), lab(b.line, eye)];
          const difference = Math.hypot(...from.map((value, k) => value - (to[k] ?? 0)));
          expect(difference, `${a.status} and ${b.status}`).toBeGreaterThan(20);
        }
      }
    });
  }
});

describe('filters', () => {
  const none = { kind: [], status: [], document: [], zone: [] };

  it('leave everything where nothing is asked', () => {
    expect(condition(none)).toBeNull();
    for (const { layer, filter } of filtering(style, none)) {
      const own = style.layers.find(({ id }) => id === layer) as { filter?: unknown };
      expect(filter, layer).toEqual(own.filter ?? null);
    }
  });

  it('are added to what a layer asks for itself, and spare the base map', () => {
    const filter = { ...none, kind: ['park'], zone: ['a', 'b'] };
    const layers = filtering(style, filter);
    const base = baseGroups(style);
    for (const { layer, filter: both } of layers) {
      expect(base).not.toContain(layer.split('-')[0]);
      const own = (style.layers.find(({ id }) => id === layer) as { filter?: unknown }).filter;
      expect(both).toEqual(own ? ['all', own, condition(filter)] : condition(filter));
    }
    expect(layers.map(({ layer }) => layer)).toContain('zones-side-street');
  });

  it('find an id in a list whole, not as a part of another', () => {
    const asked = JSON.stringify(condition({ ...none, zone: ['hub'], document: ['plan-2021'] }));
    expect(asked).toContain('";hub;"');
    expect(asked).toContain('";plan-2021;"');
  });
});

describe('land use', () => {
  it('takes the finest category that covers a code', () => {
    expect(landUseOf(style, '080403')?.code).toBe('0804');
    expect(landUseOf(style, '0801')?.code).toBe('08');
    expect(landUseOf(style, '24')).toBeNull();
  });

  it('has colours that differ, and a name in both languages', () => {
    const uses = landUses(style);
    expect(new Set(uses.map(({ colour }) => colour)).size).toBe(uses.length);
    for (const { title, title_en } of uses) expect(title && title_en).toBeTruthy();
  });

  it('colours what the status colours, and gives it back', () => {
    const byUse = colouring(style, 'land_use');
    const byStatus = colouring(style, 'status');
    expect(byUse.length).toBeGreaterThan(6);
    for (const { layer, property, value } of byStatus) {
      const { paint } = style.layers.find(({ id }) => id === layer) as unknown as {
        paint: Record<string, unknown>;
      };
      expect(value).toEqual(paint[property]);
      const other = byUse.find((one) => one.layer === layer && one.property === property);
      expect(JSON.stringify(other?.value)).toContain('land_use');
    }
  });
});
