// A zone's outline explained: each stretch, the street it follows, or that it bridges a gap.

import type { StyleSpecification } from 'maplibre-gl';
import { accuracy, metres } from '../format';
import { SIDE_COLOURS } from '../map/boundaries';
import type { Side } from '../model';
import { lang, ready, streetNames, stretch, t } from '../state';
import { LineMark, SideBadge } from './marks';
import { Section } from './parts';

export function Outline(props: {
  /** Whose outline it is. */
  of: string;
  geometry: GeoJSON.Geometry | null;
  sides: Side[];
  style: StyleSpecification | null;
  /** Each side in its own colour, as the map shows a sentence. */
  coloured?: boolean;
}) {
  const { of, sides, style, coloured } = props;
  const ring = outerRing(props.geometry);
  const point = (side: Side, index: number) => {
    stretch.value = { of, index, line: ring.slice(side.from, side.to + 1) };
  };
  const isPointed = (index: number) => stretch.value?.of === of && stretch.value.index === index;
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
                aria-pressed={isPointed(index)}
                onMouseEnter={() => point(side, index)}
                onFocus={() => point(side, index)}
                onBlur={leave}
                onClick={() => point(side, index)}
              >
                <span class="side-of">
                  {firstOfSide &&
                    (coloured ? <SideBadge side={side.side} /> : t(`side.${side.side}`))}
                </span>
                <LineMark
                  style={style}
                  layer={`zones-side-${side.kind}`}
                  colour={coloured ? SIDE_COLOURS[side.side] : undefined}
                />
                <span class="side-street">
                  {streetName(side)}
                  {side.kind !== 'street' && (
                    <span class={`tag is-${side.kind}`}>{t(`side.${side.kind}`)}</span>
                  )}
                </span>
                <span class="side-length">{metres(side.metres, lang.value)}</span>
                <span class="side-accuracy">
                  {t('accuracy.short', { m: accuracy(side.accuracy_m, lang.value) })}
                </span>
              </button>
            </li>
          );
        })}
      </ol>
    </Section>
  );
}

function outerRing(geometry: GeoJSON.Geometry | null): GeoJSON.Position[] {
  const rings =
    geometry?.type === 'MultiPolygon'
      ? geometry.coordinates[0]
      : geometry?.type === 'Polygon'
        ? geometry.coordinates
        : undefined;
  return rings?.[0] ?? [];
}

function streetName({ kind, street }: Side): string {
  if (street === null) return kind === 'bridge' ? t('side.gap') : '';
  const english = ready(streetNames.load.value)?.get(street);
  return (lang.value === 'en' && english) || street;
}

function leave(): void {
  stretch.value = null;
}
