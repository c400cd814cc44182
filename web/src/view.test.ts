import { describe, expect, it } from 'vitest';
import cases from '../../tests/view-cases.json';
import { askable, FILTERS, formatView, parseView, type View } from './view';

describe('the shared cases', () => {
  for (const { name, query, view, canonical } of cases) {
    it(name, () => {
      expect(parseView(query)).toEqual(view);
      expect(formatView(view as View)).toBe(canonical);
      expect(formatView(parseView(canonical))).toBe(canonical);
    });
  }
});

describe('hostile input', () => {
  const vertices = (n: number) =>
    Array.from({ length: n }, (_, i) => `117.${10000 + i},39.1`).join(';');

  it('reads a polygon of 500 vertices and refuses one of 501', () => {
    expect(parseView(`?area=polygon:${vertices(500)}`).area).not.toBeNull();
    expect(parseView(`?area=polygon:${vertices(501)}`).area).toBeNull();
  });

  it('asks for what a filter names, and for nothing where all of that is gone', () => {
    const asked = (query: string) => askable(parseView(query).filter);
    expect(asked('?')).toEqual({});
    expect(asked('?kind=road,canal&status=none')).toEqual({
      kind: ['road', 'canal'],
      status: ['none'],
    });
    for (const name of FILTERS) {
      expect(asked(`?${name}=-`)).toBeNull();
      expect(asked(`?${name}=-&datum=x&${name === 'kind' ? 'zone' : 'kind'}=road`)).toBeNull();
    }
    expect(asked('?kind=-,road')).toEqual({ kind: ['road'] });
  });

  it('reads at most 64 names', () => {
    const names = Array.from({ length: 1000 }, (_, i) => `l${i}`).join(',');
    expect(parseView(`?layers=${names}`).layers).toHaveLength(64);
  });

  it('never throws, and what it writes reads back the same', () => {
    // A small linear congruential generator: the same garbage in every run.
    let seed = 20_251_122;
    const random = (n: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return seed % n;
    };
    const names = [
      'v',
      'at',
      'layers',
      'theme',
      'select',
      'area',
      'collections',
      'lang',
      'revision',
    ];
    const parts = ['117.1', ',', ';', ':', '/', '-', '%', '%2', 'NaN', '1e9', 'polygon', 'circle'];
    const more = ['feature', '\u0000', '片区', '<', '"', '&', '=', '+', '39', '..', 'zones', ' '];
    const pool = [...parts, ...more];
    for (let round = 0; round < 5000; round += 1) {
      const value = Array.from({ length: random(9) }, () => pool[random(pool.length)]).join('');
      const canonical = formatView(parseView(`?${names[random(names.length)]}=${value}`));
      expect(formatView(parseView(canonical))).toBe(canonical);
    }
  });
});
