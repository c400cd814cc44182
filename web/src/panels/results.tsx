// What lies in the area: by collection, how surely, how much of it, and in total.

import type { StyleSpecification } from 'maplibre-gl';
import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { accuracy, hectares, metres, mu, percent } from '../format';
import { nameOf, statusWord } from '../i18n';
import type { Certainty, CollectionResult, Feature } from '../model';
import { refOf } from '../model';
import {
  answer,
  asked,
  clearArea,
  clearFilter,
  collections,
  conditions,
  drawing,
  hovered,
  lang,
  navigate,
  ready,
  select,
  showBoundary,
  t,
  view,
  zones,
} from '../state';
import { isDrawn, RELATIONS, type Relation } from '../view';
import { CarriagewayChoice } from './boundary';
import { Downloads } from './downloads';
import { Icon } from './icons';
import { CertaintyChip, CertaintyMark, StatusMark } from './marks';
import { collectionTitle, Failure, hoverProps, kindTitle, Skeleton, shapeOf } from './parts';
import { AllTotals, CollectionTotals } from './totals';

/** Collections that can be asked for besides those that a link names. */
const OFFERED = ['projects', 'parcels', 'facilities', 'heritage'];

export function Results({ style }: { style: StyleSpecification | null }) {
  const load = answer.load.value;
  const area = asked.value;
  const list = useRef<HTMLDivElement>(null);
  useScroll(list, area ? JSON.stringify(area) : '');
  if (!area) return null;
  const drawn = area.type !== 'given' && isDrawn(area);
  const found = load?.state === 'ready' ? load.value : null;
  const title =
    area.type === 'polygon'
      ? t('query.polygon')
      : area.type === 'circle'
        ? t('query.circle', { r: metres(area.radius, lang.value) })
        : area.type === 'boundary'
          ? t('query.boundary')
          : area.type === 'given'
            ? (area.name ?? t('given.unnamed'))
            : found
              ? nameOf(lang.value, found.area.properties) || area.ref
              : (zoneName(area.ref) ??
                t(load?.state === 'failed' ? 'query.title' : 'query.running'));
  return (
    <div
      ref={list}
      class="results"
      aria-busy={load?.state === 'loading'}
      data-state={load?.state}
      data-question={`${view.value.collections.join()} ${view.value.relation}`}
    >
      <div class="answer-bar">
        <span class="crumb">{t('query.title')}</span>
        <button type="button" class="icon-button" aria-label={t('query.clear')} onClick={clearArea}>
          <Icon name="close" />
        </button>
      </div>
      <h2 class="answer-title">{title}</h2>
      {found && (
        <p class="query-measure">
          {hectares(found.area.properties.area_m2, lang.value)}
          <span>{mu(found.area.properties.area_m2, lang.value)}</span>
          {found.area.properties.accuracy_m > 0 && (
            <span>
              {t('accuracy.short', { m: accuracy(found.area.properties.accuracy_m, lang.value) })}
            </span>
          )}
        </p>
      )}
      {area.type === 'boundary' && (
        <blockquote class="asked-sentence" lang="zh-CN">
          {area.text}
        </blockquote>
      )}
      {area.type === 'given' && <p class="fine given-unlinked">{t('given.unlinked')}</p>}
      {area.type === 'boundary' && <CarriagewayChoice />}
      <div class="query-actions">
        {area.type === 'feature' && (
          <button type="button" class="button is-small" onClick={() => select(area.ref)}>
            {t('query.zone')}
          </button>
        )}
        {area.type === 'boundary' && (
          <button type="button" class="button is-small" onClick={() => showBoundary(area.text)}>
            {t('boundary.evidence')}
          </button>
        )}
        {drawn && (
          <button
            type="button"
            class="button is-small"
            aria-pressed={drawing.value === 'edit'}
            onClick={() => {
              drawing.value = drawing.value === 'edit' ? null : 'edit';
            }}
          >
            <Icon name="edit" />
            {drawing.value === 'edit' ? t('draw.done') : t('query.edit')}
          </button>
        )}
        <button type="button" class="button is-small" onClick={clearArea}>
          {t('query.clear')}
        </button>
      </div>
      <Chooser />
      {conditions.value > 0 && <Filtered />}
      {load?.state === 'loading' && <Skeleton lines={8} />}
      {load?.state === 'failed' && (
        <Failure
          problem={load.problem}
          {...(load.problem.status === 0 || load.problem.status >= 500
            ? { retry: answer.reload }
            : {})}
        />
      )}
      {found && (
        <>
          <Downloads />
          {found.results.length > 1 && <AllTotals totals={found.totals} />}
          {found.results.map((result) => (
            <CollectionBlock key={result.collection} result={result} style={style} />
          ))}
          <Key />
        </>
      )}
    </div>
  );
}

/** That the page's filter thins out the answer too. */
function Filtered() {
  return (
    <p class="filtered" role="status">
      <span>{t('query.filtered', { n: conditions.value })}</span>
      <button type="button" class="link" onClick={() => navigate({ panel: 'list' })}>
        {t('query.filtered.show')}
      </button>
      <button type="button" class="link" onClick={clearFilter}>
        {t('filter.clear')}
      </button>
    </p>
  );
}

/** A zone's name from the list of zones, which is there before the answer. */
function zoneName(ref: string): string | null {
  const zone = ready(zones.load.value)?.find((known) => refOf('zones', known) === ref);
  return zone ? nameOf(lang.value, zone.properties) : null;
}

/** Where the list stood, and what was unfolded, when a feature was opened from it. */
const left = { area: '', top: 0, unfolded: new Set<string>() };

function useScroll(list: RefObject<HTMLElement | null>, area: string): void {
  useLayoutEffect(() => {
    const body = list.current?.closest('.sheet-body');
    if (!body) return;
    if (left.area !== area) Object.assign(left, { area, top: 0, unfolded: new Set() });
    body.scrollTop = left.top;
    const keep = () => {
      left.top = body.scrollTop;
    };
    body.addEventListener('scroll', keep);
    return () => body.removeEventListener('scroll', keep);
  }, [list, area]);
}

function Fold(props: {
  name: 'borderline' | 'unlocated';
  collection: string;
  features: Feature[];
  /** How many there are in the whole list. */
  all: number;
  style: StyleSpecification | null;
}) {
  const { name, collection, features, all } = props;
  if (all === 0) return null;
  const key = `${collection}/${name}`;
  return (
    <details
      class="fold"
      open={left.unfolded.has(key)}
      onToggle={({ currentTarget }) => {
        if (currentTarget.open) left.unfolded.add(key);
        else left.unfolded.delete(key);
      }}
    >
      <summary>
        <CertaintyMark certainty={name} />
        {t(name === 'borderline' ? 'query.borderline' : 'query.unlocated.list')}
        <span class="count">{all}</span>
        <span class="fold-note">{t(`query.${name}.note`)}</span>
      </summary>
      <List {...props} />
      <Cut all={all} shown={features.length} />
    </details>
  );
}

/** That a list goes on beyond what is shown of it. */
function Cut({ all, shown }: { all: number; shown: number }) {
  return all > shown ? <p class="fine">{t('query.more', { n: all, shown })}</p> : null;
}

/** Which collections the query lists. */
function Chooser() {
  const chosen = view.value.collections;
  const present = collections.value.filter(({ count }) => count > 0).map(({ id }) => id);
  const offered = [
    ...OFFERED.filter((id) => present.includes(id) || chosen.includes(id)),
    ...chosen.filter((id) => !OFFERED.includes(id)),
  ];
  const toggle = (id: string) => {
    const next = chosen.includes(id) ? chosen.filter((other) => other !== id) : [...chosen, id];
    if (next.length === 0) return;
    const layers = view.value.layers;
    navigate({
      collections: offered.filter((known) => next.includes(known)),
      layers: layers && [...new Set([...layers, ...next])],
    });
  };
  return (
    <fieldset class="chooser">
      <legend>{t('query.collections')}</legend>
      {offered.map((id) => (
        <label key={id} class="choice">
          <input
            type="checkbox"
            checked={chosen.includes(id)}
            disabled={chosen.length === 1 && chosen.includes(id)}
            onChange={() => toggle(id)}
          />
          <span>{collectionTitle(id)}</span>
        </label>
      ))}
      <label class="relation">
        {t('query.relation')}
        <select
          value={view.value.relation}
          onChange={(event) => navigate({ relation: event.currentTarget.value as Relation })}
        >
          {RELATIONS.map((relation) => (
            <option key={relation} value={relation}>
              {t(`relation.${relation}`)}
            </option>
          ))}
        </select>
      </label>
    </fieldset>
  );
}

function CollectionBlock(props: { result: CollectionResult; style: StyleSpecification | null }) {
  const { result, style } = props;
  const { collection, features, borderline, unlocated, totals } = result;
  const order = { certain: 0, possible: 1, borderline: 2 };
  const rank = ({ properties }: Feature) => order[properties.certainty ?? 'possible'];
  const sorted = [...features].sort((a, b) => rank(a) - rank(b));
  return (
    <section class="collection" data-collection={collection}>
      <h3 class="collection-title">
        {collectionTitle(collection)}
        <b>{totals.count}</b>
      </h3>
      <CollectionTotals collection={collection} totals={totals} style={style} />
      {features.length === 0 && (
        <p class="muted is-empty">{t('query.empty', { name: collectionTitle(collection) })}</p>
      )}
      <List name="features" collection={collection} features={sorted} style={style} />
      <Cut all={result.numberMatched} shown={result.numberReturned} />
      <Fold
        name="borderline"
        collection={collection}
        features={borderline}
        all={totals.borderline}
        style={style}
      />
      <Fold
        name="unlocated"
        collection={collection}
        features={unlocated}
        all={totals.unlocated}
        style={style}
      />
      {result.truncated && <p class="fine">{t('query.truncated')}</p>}
    </section>
  );
}

function List(props: {
  name: string;
  collection: string;
  features: Feature[];
  style: StyleSpecification | null;
}) {
  if (props.features.length === 0) return null;
  return (
    <ul class="rows" data-list={props.name}>
      {props.features.map((feature) => (
        <Row key={feature.id} {...props} feature={feature} />
      ))}
    </ul>
  );
}

function Row(props: {
  name: string;
  collection: string;
  feature: Feature;
  style: StyleSpecification | null;
}) {
  const { collection, feature, style } = props;
  const { properties } = feature;
  const ref = refOf(collection, feature);
  const row = useRef<HTMLLIElement>(null);
  const lit = hovered.value?.ref === ref;
  const fromMap = lit && hovered.value?.from === 'map';
  useEffect(() => {
    if (fromMap) row.current?.scrollIntoView({ block: 'nearest' });
  }, [fromMap]);
  const certainty: Certainty | undefined =
    props.name === 'unlocated' ? undefined : properties.certainty;
  return (
    <li ref={row} class={`row ${lit ? 'is-lit' : ''}`}>
      <button
        type="button"
        class="row-main"
        data-ref={ref}
        data-certainty={certainty}
        {...hoverProps(ref, properties.container)}
        onClick={() => select(ref, { move: feature.geometry !== null })}
      >
        <StatusMark
          style={style}
          status={properties.status}
          shape={shapeOf(ref, feature)}
          dashed={!feature.geometry}
        />
        <span class="row-text">
          <span class="row-name">{nameOf(lang.value, properties)}</span>
          <span class="row-sub">
            {kindTitle(collection, properties.kind)} · {statusWord(lang.value, properties.status)}
            {properties.certainty_reason === 'container' && ` · ${t('query.container')}`}
          </span>
          {properties.placed?.citation && (
            <q class="row-quote" lang="zh-CN">
              {properties.placed.citation.quote}
            </q>
          )}
          {properties.overlap && (
            <span class="row-overlap">
              <i style={{ width: `${Math.round(properties.overlap.share_of_feature * 100)}%` }} />
              {t('query.overlap', {
                area: hectares(properties.overlap.area_m2, lang.value),
                share: percent(properties.overlap.share_of_feature, lang.value),
              })}
            </span>
          )}
        </span>
        {certainty && <CertaintyChip certainty={certainty} />}
      </button>
    </li>
  );
}

/** What the degrees of certainty mean. */
function Key() {
  return (
    <dl class="certainty-key">
      {(['certain', 'possible', 'borderline'] as const).map((certainty) => (
        <div key={certainty}>
          <dt>
            <CertaintyMark certainty={certainty} />
            {t(`query.${certainty}`)}
          </dt>
          <dd>{t(`query.${certainty}.note`)}</dd>
        </div>
      ))}
    </dl>
  );
}
