import { expect, it } from 'vitest';
import {
  accuracy,
  areaTolerance,
  day,
  hectares,
  metres,
  mu,
  percent,
  roundLength,
  tolerance,
} from './format';
import type { Side } from './model';

it('writes areas in 公顷 and 亩', () => {
  expect(hectares(4_080_000, 'zh')).toBe('408 公顷');
  expect(hectares(819_400, 'zh')).toBe('81.9 公顷');
  expect(hectares(12_345, 'en')).toBe('1.23 ha');
  expect(mu(10_000, 'zh')).toBe('15 亩');
  expect(mu(2000, 'zh')).toBe('3.0 亩');
});

it('writes lengths in metres, then kilometres', () => {
  expect(metres(511.6, 'zh')).toBe('512 米');
  expect(metres(8604, 'zh')).toBe('8.60 公里');
  expect(metres(12_340, 'en')).toBe('12.3 km');
});

it('does not call a small share nothing', () => {
  expect(percent(0, 'zh')).toBe('0.0%');
  expect(percent(0.0004, 'zh')).toBe('<0.1%');
  expect(percent(0.4567, 'zh')).toBe('46%');
});

it('bounds the area by what each stretch may be off', () => {
  const side = (length: number, accuracy: number): Side => ({
    side: 'north',
    kind: 'street',
    street: '甲路',
    from: 0,
    to: 1,
    metres: length,
    accuracy_m: accuracy,
    ways: [],
  });
  expect(areaTolerance([side(1000, 10), side(500, 40)], 1500, 40)).toBe(30_000);
  expect(areaTolerance(undefined, 400, 2)).toBe(800);
  expect(areaTolerance(undefined, undefined, 2)).toBeNull();
});

it('keeps the centimetres of a survey', () => {
  expect(accuracy(0.05, 'zh')).toBe('0.05');
  expect(accuracy(300, 'zh')).toBe('300');
  expect(accuracy(0, 'zh')).toBe('0');
});

it('does not call a small tolerance nothing', () => {
  expect(tolerance(hectares(40, 'zh'))).toBe('<0.01');
  expect(tolerance(hectares(627_000, 'zh'))).toBe('62.7');
});

it('finds round lengths for the scale bar', () => {
  expect([1234, 999, 450, 100, 7].map(roundLength)).toEqual([1000, 500, 200, 100, 5]);
});

it('names the day that it was where the district lies', () => {
  expect(day('2026-11-22T15:59:00Z', 'zh')).toBe('2026年11月22日');
  expect(day('2026-11-22T16:00:00Z', 'zh')).toBe('2026年11月23日');
  expect(day('2026-11-22T16:00:00Z', 'en')).toBe('23 November 2026');
});
