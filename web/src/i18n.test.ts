import { expect, it } from 'vitest';
import { nameOf, statusWord, translate, WORDS } from './i18n';

it('has every word in both languages, with the same values to fill in', () => {
  const values = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();
  for (const [word, [zh, en]] of Object.entries(WORDS)) {
    expect(zh, word).not.toBe('');
    expect(en, word).not.toBe('');
    expect(values(en), word).toEqual(values(zh));
  }
});

it('leaves what it is not given', () => {
  expect(translate('zh', 'draw.cancel')).toBe('取消');
  expect(translate('en', 'query.circle', { r: '500 m' })).toBe('Drawn circle, radius 500 m');
  expect(translate('en', 'query.circle')).toContain('{r}');
});

it('falls back to the other name', () => {
  expect(nameOf('en', { name: '西站' })).toBe('西站');
  expect(nameOf('zh', { name: '西站', name_en: 'West Station' })).toBe('西站');
  expect(nameOf('en', { name: '西站', name_en: 'West Station' })).toBe('West Station');
});

it('says when no status is stated', () => {
  expect(statusWord('zh', null)).toBe('文件未写明');
  expect(statusWord('zh', 'in_use')).toBe('已投用');
});
