import { describe, expect, it } from 'vitest';
import { conditionOf } from './cql';
import { NO_FILTER } from './view';

const status = { property: 'status' };

describe('the filter as CQL2', () => {
  it('is none where nothing is filtered', () => {
    expect(conditionOf(NO_FILTER)).toBeNull();
  });

  it('is one condition where one thing is asked', () => {
    expect(conditionOf({ ...NO_FILTER, kind: ['housing', 'road'] })).toEqual({
      op: 'in',
      args: [{ property: 'kind' }, ['housing', 'road']],
    });
  });

  it('asks for what states no status', () => {
    const none = { op: 'isNull', args: [status] };
    expect(conditionOf({ ...NO_FILTER, status: ['none'] })).toEqual(none);
    expect(conditionOf({ ...NO_FILTER, status: ['planned', 'none'] })).toEqual({
      op: 'or',
      args: [{ op: 'in', args: [status, ['planned']] }, none],
    });
  });

  it('asks lists whether one of the values is in them, zones by their whole names', () => {
    const filter = { ...NO_FILTER, document: ['plan-2021', 'plan-2025'], zone: ['old-town'] };
    expect(conditionOf(filter)).toEqual({
      op: 'and',
      args: [
        { op: 'a_overlaps', args: [{ property: 'documents' }, ['plan-2021', 'plan-2025']] },
        { op: 'a_overlaps', args: [{ property: 'zones' }, ['zones/old-town']] },
      ],
    });
  });

  it('asks for all conditions at once', () => {
    const filter = { kind: ['road'], status: ['none'], document: ['a'], zone: ['b'] };
    const { op, args } = conditionOf(filter) ?? { op: '', args: [] };
    expect(op).toBe('and');
    expect(args).toHaveLength(4);
  });
});
