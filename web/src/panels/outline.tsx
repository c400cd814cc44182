// A zone's outline explained: each stretch, the street it follows, or that it bridges a gap.

import type { StyleSpecification } from 'maplibre-gl';
import { metres } from '../format';
import type { Side } from '../model';
import { lang, stretch, t } from '../state';
import { LineMark } from './marks';
import { Section } from './parts';

export function Outline({ sides, style }: { sides: Side[]; style: StyleSpecification | null }) {
  return (
    <Section title={t('detail.sides')} note={t('detail.sides.hint')}>
      <ol class="sides" onMouseLeave={leave}>
        {sides.map((side, index) => {
          const firstOfSide = index === 0 || sides[index - 1]?.side !== side.side;
          return (
            <li key={`${side.from}-${side.to}`} class={firstOfSide ? 'is-first' : ''}>
              <button
                type="button"
                class="side-row"
                data-stretch={index}
                aria-pressed={stretch.value === index}
                onMouseEnter={() => {
                  stretch.value = index;
                }}
                onFocus={() => {
                  stretch.value = index;
                }}
                onBlur={leave}
                onClick={() => {
                  stretch.value = index;
                }}
              >
                <span class="side-of">{firstOfSide ? t(`side.${side.side}`) : ''}</span>
                <LineMark style={style} layer={`zones-side-${side.kind}`} />
                <span class="side-street">
                  {side.kind === 'bridge' ? (side.street ?? t('side.gap')) : side.street}
                  {side.kind !== 'street' && (
                    <span class={`tag is-${side.kind}`}>{t(`side.${side.kind}`)}</span>
                  )}
                </span>
                <span class="side-length">{metres(side.metres, lang.value)}</span>
                <span class="side-accuracy">
                  {t('accuracy.short', { m: Math.round(side.accuracy_m) })}
                </span>
              </button>
            </li>
          );
        })}
      </ol>
    </Section>
  );
}

function leave(): void {
  stretch.value = null;
}
