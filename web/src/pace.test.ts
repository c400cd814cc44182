import { expect, test } from 'vitest';
import { paceOf } from './pace';

test('nothing is told of what takes less than a second, or has not begun', () => {
  expect(paceOf({ done: 50, all: 100, since: 0 }, 999)).toBeNull();
  expect(paceOf({ done: 0, all: 100, since: 0 }, 5000)).toBeNull();
});

test('rate and time left', () => {
  expect(paceOf({ done: 40, all: 100, since: 1000 }, 3000)).toEqual({ rate: 20, left: 3 });
  expect(paceOf({ done: 120, all: 100, since: 0 }, 2000)).toEqual({ rate: 60, left: 0 });
});
