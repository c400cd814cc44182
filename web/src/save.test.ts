import { describe, expect, it } from 'vitest';
import { nameFrom } from './save';

describe('the name of a file', () => {
  it('is the one for people', () => {
    const header = 'attachment; filename="hub-r1.csv"; filename*=UTF-8\'\'%E8%A5%BF%E7%AB%99_1.csv';
    expect(nameFrom(header)).toBe('西站_1.csv');
  });

  it('is the plain one where the other is missing or broken', () => {
    expect(nameFrom('attachment; filename="hub-r1.csv"')).toBe('hub-r1.csv');
    const broken = 'attachment; filename="hub-r1.csv"; filename*=UTF-8\'\'%E8%A';
    expect(nameFrom(broken)).toBe('hub-r1.csv');
  });

  it('is none where none is given', () => {
    expect(nameFrom(null)).toBeNull();
    expect(nameFrom('attachment')).toBeNull();
  });
});
