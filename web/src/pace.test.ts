import { expect, test } from 'vitest';
import { advance, paceOf, timeLeft } from './pace';

test('nothing is told of what takes less than a second, or has not begun', () => {
  expect(paceOf({ done: 50, all: 100, since: 0, from: 0 }, 999)).toBeNull();
  expect(paceOf({ done: 0, all: 100, since: 0, from: 0 }, 5000)).toBeNull();
  expect(paceOf({ done: 50, all: 100, since: 0, from: 50 }, 5000)).toBeNull();
});

test('rate and time left', () => {
  expect(paceOf({ done: 40, all: 100, since: 1000, from: 0 }, 3000)).toEqual({ rate: 20, left: 3 });
  expect(paceOf({ done: 40, all: 100, since: 1000, from: 20 }, 3000)).toEqual({
    rate: 10,
    left: 6,
  });
  expect(paceOf({ done: 120, all: 100, since: 0, from: 0 }, 2000)).toEqual({ rate: 60, left: 0 });
});

test('the pace of one step is not that of the one before', () => {
  const bytes = advance(null, { step: 'reading', done: 1_000_000, all: 9_000_000 }, 0);
  const more = advance(bytes, { step: 'reading', done: 3_000_000, all: 9_000_000 }, 2000);
  expect(paceOf(more, 2000)).toEqual({ rate: 1_000_000, left: 6 });
  const rows = advance(more, { step: 'comparing', done: 100, all: 500 }, 4000);
  expect(paceOf(rows, 4000)).toBeNull();
  expect(paceOf(advance(rows, { step: 'comparing', done: 200, all: 500 }, 6000), 6000)).toEqual({
    rate: 50,
    left: 6,
  });
});

test('a second pass over the same begins anew', () => {
  const first = advance(null, { step: 'reading', done: 80, all: 100 }, 0);
  const second = advance(first, { step: 'reading', done: 10, all: 100 }, 1000);
  expect(second).toMatchObject({ since: 1000, from: 10 });
  const other = advance(second, { step: 'reading', done: 20, all: 40 }, 2000);
  expect(other).toMatchObject({ since: 2000, from: 20 });
});

test('long times are told in minutes', () => {
  expect(timeLeft(0)).toEqual({ n: 0, unit: 'seconds' });
  expect(timeLeft(3.2)).toEqual({ n: 4, unit: 'seconds' });
  expect(timeLeft(89)).toEqual({ n: 89, unit: 'seconds' });
  expect(timeLeft(90)).toEqual({ n: 2, unit: 'minutes' });
  expect(timeLeft(260)).toEqual({ n: 4, unit: 'minutes' });
});
