// Where a question starts: the zones by name, or a shape to draw.

import { hectares } from '../format';
import { nameOf } from '../i18n';
import type { Feature } from '../model';
import { ask, drawing, lang, select, t, view, zones } from '../state';
import { GivenButton } from './given';
import { Icon } from './icons';
import { Failure, hoverProps, Section, Skeleton } from './parts';

export function ZoneQuery() {
  const load = zones.load.value;
  return (
    <>
      {load && (
        <Section title={t('zones.title')}>
          {load.state === 'loading' && <Skeleton lines={3} />}
          {load.state === 'failed' && <Failure problem={load.problem} retry={zones.reload} />}
          {load.state === 'ready' && <ZoneList features={load.value} />}
        </Section>
      )}
      <Section title={t('draw.title')}>
        <div class="draw-buttons">
          {(['polygon', 'circle'] as const).map((shape) => (
            <button
              key={shape}
              type="button"
              class="button"
              aria-pressed={drawing.value === shape}
              onClick={() => {
                drawing.value = drawing.value === shape ? null : shape;
              }}
            >
              <Icon name={shape} />
              {t(`draw.${shape}`)}
            </button>
          ))}
          <GivenButton />
        </div>
        <p class="fine draw-note">{t('boundary.hint')}</p>
      </Section>
    </>
  );
}

function ZoneList({ features }: { features: Feature[] }) {
  // The zones whose outline a document states are what planners ask by; the rest is one step away.
  const stated = features.filter(({ properties }) => properties.boundary);
  const others = features.filter(({ properties }) => !properties.boundary);
  return (
    <>
      <ul class="zones">
        {stated.map((zone) => (
          <ZoneRow key={zone.id} zone={zone} />
        ))}
      </ul>
      {others.length > 0 && (
        <details class="fold" open={stated.length === 0}>
          <summary>
            {t('zones.others')}
            <span class="count">{others.length}</span>
          </summary>
          <ul class="zones">
            {others.map((zone) => (
              <ZoneRow key={zone.id} zone={zone} />
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

function ZoneRow({ zone }: { zone: Feature }) {
  const ref = `zones/${zone.id}`;
  const name = nameOf(lang.value, zone.properties);
  const area = zone.properties.measured?.area_m2;
  const surface = zone.geometry?.type === 'Polygon' || zone.geometry?.type === 'MultiPolygon';
  return (
    <li class="zone" {...hoverProps(ref, zone.properties.container)}>
      <button
        type="button"
        class="zone-name"
        data-ref={ref}
        aria-current={view.value.select === ref ? 'true' : undefined}
        onClick={() => select(ref, { move: true })}
      >
        <span>{name}</span>
        <small>
          {area !== undefined
            ? hectares(area, lang.value)
            : zone.geometry
              ? ''
              : t('detail.unlocated')}
        </small>
      </button>
      {surface && (
        <button
          type="button"
          class="zone-query"
          aria-label={t('zones.query.label', { name })}
          onClick={() => ask({ type: 'feature', ref })}
        >
          {t('zones.query')}
        </button>
      )}
    </li>
  );
}
