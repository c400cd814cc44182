import { expect, test } from 'vitest';
import type { Kept } from './editing';
import { fieldOf, flawsByField, NOWHERE } from './flaws';

const cited = (quote: string) => ({ document: 'plan', quote, start: 3 });
const MINE: Kept = {
  id: 'a',
  geometry: null,
  properties: {
    name: '甲',
    kind: 'school',
    status: 'planned',
    statuses: [{ status: 'planned', date: '二〇二五', citation: cited('建设“甲”学校。') }],
    quantities: [{ attribute: 'length', value: 1, date: '1/2', citation: cited('长一公里。') }],
    located_by: 'none',
    placed_in: ['zones/x'],
    relations: [{ type: 'node', target: 'zones/x' }],
    citations: [cited('另一句。')],
  },
};
const flaw = (reason_en: string, feature: string | null = 'a') => ({
  feature,
  reason: '',
  reason_en,
});

test.each([
  ['the property statuses[0].modality is wrong: unknown variant `x`', 'statuses'],
  ['the property name_en is wrong: missing field `name_en`', 'name_en'],
  ['the kind “school” is not listed in collections.json', 'kind'],
  ['it has no geometry, though located_by is digitised', 'geometry'],
  [
    'accuracy_m (0 to 100000 m) must be given with a geometry, and be null without one',
    'located_by',
  ],
  ['status differs from the last of statuses', 'statuses'],
  ['a sentence of this modality can’t give the status in_use', 'statuses'],
  ['the date “二〇二五” should read 2021, 2021-03 or 2021-03-08', 'statuses'],
  ['the date “1/2” should read 2021, 2021-03, 2021-03-08 or 2021/2025', 'quantities'],
  ['the quantity length = 1 has no unit', 'quantities'],
  ['it has no citations: zones, parcels and projects must quote a document', 'citations'],
  ['it has no evidence: say why it stands where it stands', 'evidence'],
  ['the quote does not stand in “plan”: “建设“甲”学校。”', 'statuses'],
  ['the quote does not stand at character 3 of “plan” but at 9: “另一句。”', 'citations'],
  ['placed_in refers to “zones/x”, which does not exist', 'placed_in'],
  ['relations refers to “zones/x”, which does not exist', 'relations'],
  ['a ring crosses itself at 117.100000,39.100000', 'geometry'],
  ['the property boundary is wrong: missing field `start`', 'geometry'],
  ['the property lines[0] is wrong: expected a string', NOWHERE],
  ['these data are of no use', NOWHERE],
])('%s', (reason, field) => {
  expect(fieldOf(flaw(reason), MINE)).toBe(field);
});

test('what contains a feature is asked for only where that alone places it', () => {
  const reason = flaw('container must be given if, and only if, located_by is container');
  expect(fieldOf(reason, MINE)).toBe('located_by');
  const contained = { ...MINE, properties: { ...MINE.properties, located_by: 'container' } };
  expect(fieldOf(reason, contained)).toBe('container');
});

test('a reason of another feature is at no field', () => {
  expect(fieldOf(flaw('it has no citations', 'b'), MINE)).toBe(NOWHERE);
});

test('a field that says something else now is no longer wrong', () => {
  const refusal = {
    mine: MINE,
    flaws: [flaw('it has no evidence'), flaw('it has no citations'), flaw('something')],
  };
  expect([...flawsByField(refusal, MINE).keys()]).toEqual(['evidence', 'citations', NOWHERE]);
  const now = { ...MINE, properties: { ...MINE.properties, evidence: '有' } };
  expect([...flawsByField(refusal, now).keys()]).toEqual(['citations', NOWHERE]);
});
