// What became of boundary sentences: the polygon with the evidence for every side, or why there is
// none.

import type { StyleSpecification } from 'maplibre-gl';
import type { Problem } from '../api';
import { startNew } from '../desk';
import { withCompiled } from '../editing';
import { accuracy, hectares, metres, mu, percent } from '../format';
import type { AskedSide, Boundary, BoundaryGap, Corner } from '../model';
import { saveFile } from '../save';
import {
  ask,
  boundaries,
  candidate,
  canEdit,
  chooseCarriageway,
  clearBoundary,
  collections,
  lang,
  t,
  view,
} from '../state';
import { CARRIAGEWAYS } from '../view';
import { Icon } from './icons';
import { SideBadge } from './marks';
import { Outline } from './outline';
import { Failure, Section, Skeleton } from './parts';

export function BoundaryPanel({ style }: { style: StyleSpecification | null }) {
  const load = boundaries.load.value;
  const found = load?.state === 'ready' ? load.value.features : null;
  return (
    <div
      class="boundaries"
      data-state={load?.state}
      data-carriageway={view.value.carriageway}
      aria-busy={load?.state === 'loading'}
    >
      <div class="answer-bar">
        <span class="crumb">
          {found && found.length > 1
            ? t('boundary.found', { n: found.length })
            : t('boundary.title')}
        </span>
        <button
          type="button"
          class="icon-button"
          aria-label={t('app.close')}
          onClick={clearBoundary}
        >
          <Icon name="close" />
        </button>
      </div>
      {found?.length !== 0 && <CarriagewayChoice />}
      {load?.state === 'loading' && <Skeleton lines={8} />}
      {load?.state === 'failed' && <Refused problem={load.problem} />}
      {found?.length === 0 && <p class="empty">{t('boundary.none')}</p>}
      {found?.map((boundary) => (
        <Card key={boundary.properties.start} boundary={boundary} style={style} />
      ))}
    </div>
  );
}

/** Where the outline runs along streets that are drawn as two carriageways. */
export function CarriagewayChoice() {
  return (
    <p class="carriageway">
      <span title={t('carriageway.note')}>{t('carriageway.title')}</span>
      <span class="segments">
        {CARRIAGEWAYS.map((choice) => (
          <button
            key={choice}
            type="button"
            data-carriageway={choice}
            title={t(`carriageway.${choice}.note`)}
            aria-pressed={view.value.carriageway === choice}
            onClick={() => chooseCarriageway(choice)}
          >
            {t(`carriageway.${choice}`)}
          </button>
        ))}
      </span>
    </p>
  );
}

function Refused({ problem }: { problem: Problem }) {
  const again = problem.status === 0 || problem.status >= 500;
  return <Failure problem={problem} {...(again ? { retry: boundaries.reload } : {})} />;
}

function Card(props: { boundary: Boundary; style: StyleSpecification | null }) {
  const { boundary, style } = props;
  const { geometry, properties } = boundary;
  const { outcome, sentence } = properties;
  const message = lang.value === 'zh' ? properties.message : properties.message_en;
  return (
    <article class="boundary-card" data-outcome={outcome}>
      <p class={`outcome is-${outcome}`}>{t(`boundary.${outcome}`)}</p>
      <blockquote class="asked-sentence" lang="zh-CN">
        {sentence}
      </blockquote>
      {message && (
        <p class="boundary-message" role={geometry ? undefined : 'alert'}>
          {message}
        </p>
      )}
      {geometry && <Measured boundary={boundary} />}
      {geometry && (
        <div class="query-actions">
          <button
            type="button"
            class="button is-small is-primary"
            onClick={() => ask({ type: 'boundary', text: sentence })}
          >
            <Icon name="search" />
            {t('boundary.query')}
          </button>
          <button type="button" class="button is-small" onClick={() => save(boundary)}>
            {t('boundary.save')}
          </button>
          {canEdit.value && (
            <button type="button" class="button is-small" onClick={() => make(boundary)}>
              <Icon name="plus" />
              {t('edit.sentence.make')}
            </button>
          )}
        </div>
      )}
      <Asked sides={properties.asked} />
      <Candidates boundary={boundary} />
      {geometry && properties.sides.length > 0 && (
        <Outline
          of={`${properties.start}`}
          geometry={geometry}
          sides={properties.sides}
          style={style}
          coloured
        />
      )}
      {properties.corners.length > 0 && (
        <Corners corners={properties.corners} gaps={properties.gaps} />
      )}
    </article>
  );
}

function Measured({ boundary: { properties } }: { boundary: Boundary }) {
  const { area_m2, on_named, stated_area, accuracy_m } = properties;
  if (area_m2 === null) return null;
  return (
    <div class="boundary-measures">
      <p>
        {t('boundary.measured')} <b>{hectares(area_m2, lang.value)}</b> · {mu(area_m2, lang.value)}
        {accuracy_m !== null && (
          <small> {t('accuracy.short', { m: accuracy(accuracy_m, lang.value) })}</small>
        )}
      </p>
      {stated_area && (
        <p>
          {t('boundary.stated')} <b lang="zh-CN">{stated_area.quote}</b>
          {stated_area.ratio !== null && (
            <small> {t('boundary.ratio', { p: percent(stated_area.ratio, lang.value) })}</small>
          )}
        </p>
      )}
      {on_named !== null && (
        <p class="fine">{t('boundary.named', { p: percent(on_named, lang.value) })}</p>
      )}
    </div>
  );
}

function Asked({ sides }: { sides: AskedSide[] }) {
  if (sides.length === 0) return null;
  return (
    <Section title={t('boundary.asked')}>
      <ul class="asked">
        {sides.map(({ side, names, metres: along, metres_off }) => (
          <li key={side} data-side={side}>
            <SideBadge side={side} />
            <div>
              {names.map(({ name, street, near }) => (
                <p key={name} class={street === null ? 'asked-name is-unknown' : 'asked-name'}>
                  <span lang="zh-CN">{name}</span>
                  {street !== null && street !== name && (
                    <small> {t('boundary.means', { street })}</small>
                  )}
                  {street === null && (
                    <small>
                      {' '}
                      {t('boundary.unknown')}
                      {near.length > 0 && `。${t('boundary.near', { names: near.join('、') })}`}
                    </small>
                  )}
                </p>
              ))}
              {along !== null && (
                <p class="fine">
                  {metres(along, lang.value)}
                  {metres_off !== null &&
                    metres_off > 0 &&
                    ` · ${t('boundary.off', { m: metres(metres_off, lang.value) })}`}
                </p>
              )}
            </div>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Corners({ corners, gaps }: { corners: Corner[]; gaps: BoundaryGap[] }) {
  return (
    <Section title={t('boundary.corners')}>
      <ul class="corners">
        {corners.map((corner) => (
          <li key={`${corner.from}${corner.to}`} data-found={corner.found}>
            <SideBadge side={corner.from} />
            <SideBadge side={corner.to} />
            <span>{cornerWords(corner, gaps)}</span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** How two sides meet: where they cross, or along what and how far they are linked. */
function cornerWords({ found, streets }: Corner, gaps: BoundaryGap[]): string {
  const [a = '', ...rest] = streets;
  const b = rest.pop() ?? a;
  if (found === 'intersection') return t('boundary.corner.intersection', { a, b });
  const gap = gaps.find(({ from, to }) => (from === a && to === b) || (from === b && to === a));
  const between = rest.join(lang.value === 'zh' ? '、' : ', ');
  const how =
    found === 'via'
      ? t('boundary.corner.via', { a, b, between })
      : between
        ? t('boundary.corner.via_bridge', { a, b, between })
        : t('boundary.corner.bridge', { a, b });
  return gap ? `${how}${t('boundary.corner.long', { m: metres(gap.metres, lang.value) })}` : how;
}

function Candidates({ boundary }: { boundary: Boundary }) {
  const { candidates } = boundary.properties;
  if (candidates.length === 0) return null;
  const leave = () => {
    candidate.value = null;
  };
  return (
    <Section title={t('boundary.candidates')}>
      <ol class="candidates" onMouseLeave={leave}>
        {candidates.map(({ geometry, area_m2, on_named }, index) => {
          const enter = () => {
            candidate.value = geometry;
          };
          return (
            <li key={JSON.stringify(geometry.coordinates[0])}>
              <button
                type="button"
                class="side-row is-candidate"
                onMouseEnter={enter}
                onFocus={enter}
                onBlur={leave}
              >
                <span>{t('boundary.candidate', { n: index + 1 })}</span>
                <b>{hectares(area_m2, lang.value)}</b>
                <small>{t('boundary.named', { p: percent(on_named, lang.value) })}</small>
              </button>
            </li>
          );
        })}
      </ol>
    </Section>
  );
}

/** Makes a new feature of the polygon: a parcel, unless somebody says otherwise. */
function make({ geometry, properties }: Boundary): void {
  const known = collections.peek();
  const into = known.find(({ id }) => id === 'parcels') ?? known[0];
  if (!geometry || !into) return;
  const { sentence, sides, accuracy_m } = properties;
  startNew(into.id, into.kinds[0]?.id ?? '', (feature) =>
    withCompiled(feature, { geometry, sentence, sides, accuracy_m }, null),
  );
}

/** Gives the polygon with its evidence as a file. */
function save(boundary: Boundary): void {
  const collection = { type: 'FeatureCollection', features: [boundary] };
  const blob = new Blob([JSON.stringify(collection)], { type: 'application/geo+json' });
  saveFile(blob, `${t('boundary.title')}.geojson`);
}
