import { describe, expect, test } from 'vitest';
import {
  blankFeature,
  changesBetween,
  type Draft,
  findQuote,
  isDirty,
  type Kept,
  keptOf,
  lacksOf,
  mergeOnto,
  quoteAt,
  same,
  takeUp,
  withCompiled,
  withDrawn,
  withoutGeometry,
  withReshaped,
  withStatus,
} from './editing';
import type { Feature } from './model';

const POINT: GeoJSON.Point = { type: 'Point', coordinates: [117, 39] };
const SQUARE: GeoJSON.Polygon = {
  type: 'Polygon',
  coordinates: [
    [
      [117, 39],
      [117.01, 39],
      [117.01, 39.01],
      [117, 39],
    ],
  ],
};
const CITATION = { document: 'plan', quote: '建设学校。', start: 7 };

function feature(
  properties: Record<string, unknown> = {},
  geometry: Kept['geometry'] = POINT,
): Kept {
  return {
    id: 'a',
    geometry,
    properties: { name: '甲', located_by: 'digitised', accuracy_m: 10, ...properties },
  };
}

test('what answers add is not kept', () => {
  const read = {
    type: 'Feature',
    id: 'a',
    geometry: POINT,
    properties: {
      name: '甲',
      measured: { area_m2: 1 },
      zones: ['zones/x'],
      citations: [{ ...CITATION, section: '第一章' }],
      statuses: [{ status: 'planned', citation: { ...CITATION, section: '第一章' } }],
      note: { section: 'a word of its own' },
    },
    links: [],
  } as unknown as Feature;
  expect(keptOf(read)).toEqual({
    id: 'a',
    geometry: POINT,
    properties: {
      name: '甲',
      citations: [CITATION],
      statuses: [{ status: 'planned', citation: CITATION }],
      note: { section: 'a word of its own' },
    },
  });
});

test('the order of members says nothing, that of lists does', () => {
  expect(same({ a: 1, b: [1, 2] }, { b: [1, 2], a: 1 })).toBe(true);
  expect(same([1, 2], [2, 1])).toBe(false);
  expect(same({ a: undefined }, {})).toBe(false);
  expect(same([], {})).toBe(false);
  expect(same(null, {})).toBe(false);
});

test('what differs, of a new one and of one that goes everything', () => {
  const [before, after] = [feature({ note: '试' }), feature({ name: '乙', address: '路' }, SQUARE)];
  expect(changesBetween(before, after)).toEqual([
    { name: 'name', before: '甲', after: '乙' },
    { name: 'note', before: '试', after: undefined },
    { name: 'geometry', before: POINT, after: SQUARE },
    { name: 'address', before: undefined, after: '路' },
  ]);
  expect(changesBetween(null, feature()).map(({ name }) => name)).toContain('geometry');
  expect(changesBetween(feature(), null)).toHaveLength(4);
  expect(changesBetween(feature(), feature())).toEqual([]);
});

describe('others were quicker', () => {
  test('changes of different properties go together', () => {
    const merge = mergeOnto(feature({ name: '他' }), feature(), feature({ note: '我' }));
    expect(merge.merged).toEqual(feature({ name: '他', note: '我' }));
    expect(merge.open).toEqual([]);
    expect(merge.theirs.map(({ name }) => name)).toEqual(['name']);
  });

  test('of the same property theirs stands and mine stays open, to be taken up', () => {
    const merge = mergeOnto(
      feature({ name: '他', note: '他' }),
      feature(),
      feature({ name: '我', address: '路' }),
    );
    expect(merge.merged).toEqual(feature({ name: '他', note: '他', address: '路' }));
    expect(merge.open).toEqual([{ name: 'name', before: '甲', after: '我' }]);
    const draft: Draft = {
      collection: 'parcels',
      version: '"2"',
      base: feature({ name: '他', note: '他' }),
      mine: merge.merged,
      message: '',
      open: merge.open,
      step: 'form',
    };
    const taken = takeUp(draft, 'name');
    expect(taken.mine?.properties.name).toBe('我');
    expect(taken.open).toEqual([]);
  });

  test('the same change by both is none that stands in the way', () => {
    const both = feature({ name: '同' });
    expect(mergeOnto(both, feature(), both)).toMatchObject({ merged: both, open: [] });
  });

  test('a place and its accuracy are not taken from different hands', () => {
    const mine = withDrawn(feature(), SQUARE);
    const { merged, open } = mergeOnto(feature({ accuracy_m: 3 }), feature(), mine);
    expect(merged).toEqual(feature({ accuracy_m: 3 }));
    expect(open.map(({ name }) => name).sort()).toEqual(['accuracy_m', 'geometry']);
    const draft = { base: feature({ accuracy_m: 3 }), mine: merged, open } as Draft;
    expect(isDirty(draft)).toBe(true);
    const taken = takeUp(draft, 'geometry');
    expect(taken.mine?.geometry).toEqual(SQUARE);
    expect(taken.mine?.properties.accuracy_m).toBeNull();
    expect(taken.open).toEqual([]);
  });

  test('a status is not parted from its sentence', () => {
    const entry = { status: 'planned', date: '2021', modality: 'intended', citation: CITATION };
    const other = { ...entry, status: 'in_use', modality: 'done' };
    const [theirs, mine] = [entry, other].map((one) => withStatus(feature(), one as never));
    const { merged, open } = mergeOnto(theirs as Kept, feature(), mine as Kept);
    expect(merged.properties.status).toBe('planned');
    expect(open.map(({ name }) => name).sort()).toEqual(['status', 'statuses']);
  });
});

test('the last status counts, and its sentence is cited once', () => {
  const entry = {
    status: 'planned',
    date: null,
    modality: 'intended',
    citation: CITATION,
  } as const;
  const twice = withStatus(withStatus(feature(), entry), { ...entry, status: 'in_use' });
  expect(twice.properties.status).toBe('in_use');
  expect(twice.properties.statuses).toHaveLength(2);
  expect(twice.properties.citations).toEqual([CITATION]);
});

test('what is drawn has no outline of a sentence, and says so until told how well it fits', () => {
  const zone = feature({ located_by: 'compiled', sides: [{ from: 0 }], accuracy_m: 20 }, SQUARE);
  const drawn = withDrawn(zone, POINT);
  expect(drawn.properties).toMatchObject({ located_by: 'digitised', accuracy_m: null });
  expect(drawn.properties).not.toHaveProperty('sides');
  expect(lacksOf(drawn)).toContain('accuracy_m');
});

test('of a shape that is moved again the accuracy holds on', () => {
  const first = withReshaped(
    feature({}, SQUARE),
    { ...SQUARE, coordinates: [] },
    feature({}, SQUARE),
  );
  expect(first.properties.accuracy_m).toBeNull();
  const told = { ...first, properties: { ...first.properties, accuracy_m: 4 } };
  const second = withReshaped(told, POINT, feature({}, SQUARE));
  expect(second).toMatchObject({ geometry: POINT, properties: { accuracy_m: 4 } });
  const compiled = feature({ located_by: 'compiled' }, SQUARE);
  expect(withReshaped(compiled, POINT, null).properties.located_by).toBe('digitised');
});

test('who gets a place of its own stays related to what contained it', () => {
  const inside = feature({ located_by: 'container', container: 'zones/x', accuracy_m: null }, null);
  const placed = withDrawn(inside, POINT).properties;
  expect(placed).not.toHaveProperty('container');
  expect(placed.relations).toEqual([{ type: 'contained_in', target: 'zones/x' }]);
  const none = withoutGeometry(feature({}, SQUARE), 'none');
  expect(none).toMatchObject({ geometry: null, properties: { accuracy_m: null } });
});

test('a sentence gives polygon, sides, accuracy and where it stands', () => {
  const compiled = { geometry: SQUARE, sentence: '北至甲路', sides: [{ from: 0 }], accuracy_m: 12 };
  const cited = { document: 'plan', quote: '北至甲路', start: 3 };
  const { geometry, properties } = withCompiled(feature({}, null), compiled, cited);
  expect(geometry).toBe(SQUARE);
  expect(properties).toMatchObject({
    located_by: 'compiled',
    accuracy_m: 12,
    boundary: { document: 'plan', text: '北至甲路', start: 3 },
    citations: [cited],
  });
  expect(String(properties.evidence)).toContain('北至甲路');
  expect(withCompiled(feature(), compiled, null).properties).not.toHaveProperty('boundary');
});

test('a new one lacks what only a person can say', () => {
  expect(lacksOf(blankFeature('parcel', 'x-1'))).toEqual(['name', 'name_en', 'evidence']);
  expect(lacksOf({ ...feature(), id: '甲' })).toContain('id');
});

describe('where a quote stands', () => {
  const text = '𠀀甲。\n北至 光荣道，\n南至纪念馆路。北至光荣道，';

  test('counted in characters, white space aside, in the document’s own words', () => {
    expect(findQuote(text, '北至光荣道，')).toEqual([
      { quote: '北至 光荣道，', start: 4 },
      { quote: '北至光荣道，', start: 19 },
    ]);
    expect(findQuote(text, '光荣道，南至 ')).toEqual([{ quote: '光荣道，\n南至', start: 7 }]);
    expect(findQuote(text, '本溪路')).toEqual([]);
    expect(findQuote(text, ' \n')).toEqual([]);
  });

  test('selected, without the white space around it', () => {
    const from = text.indexOf('\n');
    expect(quoteAt(text, from, from + 4)).toEqual({ quote: '北至', start: 4 });
    expect(quoteAt(text, from + 4, from)).toEqual({ quote: '北至', start: 4 });
    expect(quoteAt(text, from, from + 1)).toBeNull();
  });
});
