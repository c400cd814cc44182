import { expect, test } from 'vitest';
import type { Share } from './model';
import {
  changesOf,
  embedCode,
  keepMade,
  type Made,
  madeShares,
  mapPath,
  paperPath,
  picturePath,
  readShare,
  revisionOf,
  standingOf,
  stateOf,
  withMade,
} from './share';
import { parseView } from './view';

const SHARE: Share = {
  id: 'k7m3p-9xq2w',
  url: 'https://maps.example/s/k7m3p-9xq2w',
  title: '西站',
  note: '',
  state: '?v=1&theme=light&lang=zh&revision=3',
  revision: 3,
  follows_latest: false,
  made_at: '2026-11-22T08:00:00Z',
  made_revision_at: '2026-11-20T08:00:00Z',
  summary: { zh: '', en: '' },
  missing: [],
  news: null,
  embed: null,
  pictures: { png: '', pdf: '', pptx: '', qr: '', pack: '' },
};

test('a share that a document carries is read; what is none is not', () => {
  expect(readShare(JSON.stringify(SHARE))).toEqual(SHARE);
  for (const text of [null, undefined, '', 'null', '{}', '[]', '{"id":1,"state":""}', '{']) {
    expect(readShare(text)).toBeNull();
  }
});

test('what is shared keeps its revision unless it follows the latest, and not its own share', () => {
  const view = parseView('?at=117,39,12&revision=3&share=k7m3p-9xq2w&x=1');
  const pinned = '?v=1&at=117.00000,39.00000,12.00&theme=light&lang=zh&revision=3&x=1';
  expect(stateOf(view, false)).toBe(pinned);
  expect(stateOf(view, true)).toBe(pinned.replace('&revision=3', ''));
});

test('a share shows the revision of its state, or the latest', () => {
  expect(revisionOf(SHARE)).toBe(3);
  expect(revisionOf({ ...SHARE, state: '?v=1&theme=light&lang=zh' })).toBeNull();
});

test('what is shown is what was briefed, another revision, or the latest', () => {
  const at = (share: Share, moment: number | null) => standingOf(share, { moment, newest: 5 });
  expect([3, 4, null].map((moment) => at(SHARE, moment))).toEqual(['briefed', 'earlier', 'latest']);
  const newest = { ...SHARE, state: '?v=1&revision=5' };
  expect(at(newest, null)).toBe('briefed');
  // Where the revision can't be read any more, its state names none.
  const gone = { ...SHARE, state: '?v=1' };
  expect(at(gone, null)).toBe('latest');
  const follows = { ...gone, follows_latest: true };
  expect([3, null].map((moment) => at(follows, moment))).toEqual(['earlier', 'follows']);
});

test('all that became of features is counted', () => {
  const counts = { added: 1, changed: 2, removed: 4, entered: 8, left: 16 };
  const news = { revision: 4, time: SHARE.made_revision_at, ...counts, features: [] };
  expect(changesOf(news)).toBe(31);
});

test('files are asked for by size, paper and scale', () => {
  expect(picturePath('a', '1600×900')).toBe('s/a.png?width=1600&height=900&ratio=1');
  expect(picturePath('a', '3840×2160')).toBe('s/a.png?width=1920&height=1080&ratio=2');
  expect(mapPath(parseView('?share=k7m3p-9xq2w'), '1920×1080')).toBe(
    'map.png?v=1&theme=light&lang=zh&width=1920&height=1080&ratio=1',
  );
  const paper = { paper: 'A3', orientation: 'portrait' } as const;
  expect(paperPath('a', { ...paper, scale: null })).toBe('s/a.pdf?paper=A3&orientation=portrait');
  expect(paperPath('a', { ...paper, scale: 5000 })).toMatch(/&scale=5000$/);
});

test('a title cannot break out of the code to embed', () => {
  const code = embedCode('https://maps.example/embed/a', '"><script>&');
  expect(code).toContain('title="&quot;>&lt;script>&amp;"');
});

const made = (id: string): Made => withMade([], { ...SHARE, id })[0] as Made;

test('the newest fifty shares are remembered, each once', () => {
  const many = Array.from({ length: 60 }, (_, i) => made(`s${i}`));
  const all = withMade(many, { ...SHARE, id: 's7', title: 'again' });
  expect(all).toHaveLength(50);
  expect(all[0]?.title).toBe('again');
  expect(all.filter(({ id }) => id === 's7')).toHaveLength(1);
});

test('a broken or closed storage is as an empty one', () => {
  const storing = (text: string) => ({ getItem: () => text });
  expect(madeShares(null)).toEqual([]);
  for (const text of ['{', 'null', '{}', '"x"', '[null,1,{},[]]']) {
    expect(madeShares(storing(text)), text).toEqual([]);
  }
  const hostile = { ...made('b'), url: 'javascript:alert(1)' };
  expect(madeShares(storing(JSON.stringify([made('a'), hostile, 7])))).toEqual([made('a')]);
  const closed = () => {
    throw new DOMException('no', 'SecurityError');
  };
  expect(madeShares({ getItem: closed })).toEqual([]);
  expect(() => keepMade({ setItem: closed }, [made('a')])).not.toThrow();
});

test('what is kept is read again', () => {
  let kept = '';
  const setItem = (_: string, text: string) => {
    kept = text;
  };
  // When one was made first is not told to who does not see all of it.
  const known = [made('a'), { ...made('b'), made_at: null }];
  keepMade({ setItem }, known);
  expect(madeShares({ getItem: () => kept })).toEqual(known);
});
