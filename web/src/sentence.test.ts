import { describe, expect, it } from 'vitest';
import { mayBeBoundary } from './sentence';

describe('a boundary sentence', () => {
  it.each([
    '北至光荣道，南至北马路、芥园道，西至洪湖东路、复兴路，东至红桥北大街、河北大街。',
    '东起甲路，西至乙路，南临丙河，北邻丁道',
    '甲路以南、乙路以北、丙路以西、丁路以东',
    '东侧为甲路，南侧为乙路，西侧为丙路，北侧为丁路',
    '四至：东：甲路；南：乙路；西：丙路；北：丁路',
    '只有 北至甲路，南至乙路',
  ])('%s', (text) => {
    expect(mayBeBoundary(text)).toBe(true);
  });
});

describe('a name', () => {
  it.each([
    '西站枢纽经济区',
    '北至路小学',
    '红桥北大街',
    '西北角东南门',
    '天津西站南广场',
    'West Station',
    '',
  ])('%s', (text) => {
    expect(mayBeBoundary(text)).toBe(false);
  });
});
