// Everything there is, filtered: the same conditions thin out the map.

import type { StyleSpecification } from 'maplibre-gl';
import { useEffect, useState } from 'preact/hooks';
import { fetchItems, Problem, unreachable } from '../api';
import { nameOf, statusWord, titleOf } from '../i18n';
import { baseGroups } from '../map/style';
import type { Collection, Feature, FeaturePage } from '../model';
import { refOf, STATUSES } from '../model';
import {
  clearFilter,
  collections,
  conditions,
  documents,
  filter,
  lang,
  navigate,
  ready,
  select,
  shown,
  standing,
  t,
  view,
  zones,
} from '../state';
import { askable, FILTERS, type Filter, NOTHING } from '../view';
import { Icon } from './icons';
import { StatusMark } from './marks';
import { Failure, hoverProps, kindTitle, Section, Skeleton, shapeOf, shortTitle } from './parts';

/** Rows of a collection that are fetched at once. */
const PAGE = 50;

interface Option {
  id: string;
  title: string;
}

export function ListPanel({ style }: { style: StyleSpecification | null }) {
  const base = style ? baseGroups(style) : [];
  const listed = collections.value.filter(({ id, count }) => count > 0 && !base.includes(id));
  return (
    <>
      <Section title={t('filter.title')} class="filters">
        {FILTERS.map((name) => (
          <FilterField key={name} name={name} options={optionsOf(name, listed)} />
        ))}
        <p class="fine">
          {t('filter.note')}
          {shown.value.zone.length > 0 && `；${t('filter.zone.note')}`}
        </p>
        {conditions.value > 0 && (
          <button type="button" class="button is-small" onClick={clearFilter}>
            <Icon name="close" />
            {t('filter.clear')}
          </button>
        )}
      </Section>
      <Lists listed={listed} style={style} />
    </>
  );
}

function optionsOf(name: keyof Filter, listed: Collection[]): Option[] {
  switch (name) {
    case 'kind': {
      const kinds = new Map(listed.flatMap((one) => one.kinds.map((kind) => [kind.id, kind])));
      return [...kinds.values()].map((kind) => ({ id: kind.id, title: titleOf(lang.value, kind) }));
    }
    case 'status':
      return [...STATUSES, 'none'].map((id) => ({ id, title: statusWord(lang.value, id) }));
    case 'document':
      return (ready(documents.load.value) ?? []).map(({ id }) => ({ id, title: shortTitle(id) }));
    case 'zone':
      return (ready(zones.load.value) ?? []).map((zone) => ({
        id: String(zone.id),
        title: nameOf(lang.value, zone.properties),
      }));
  }
}

/** One condition: what is chosen as chips, the rest behind a menu. */
function FilterField({ name, options }: { name: keyof Filter; options: Option[] }) {
  const chosen = shown.value[name];
  const left = options.filter(({ id }) => !chosen.includes(id));
  const titleFor = (id: string) =>
    id === NOTHING ? t('filter.gone') : (options.find((option) => option.id === id)?.title ?? id);
  return (
    <div class="filter" data-filter={name}>
      <span class="filter-name" id={`filter-${name}`}>
        {t(`filter.${name}`)}
      </span>
      <div class="filter-chosen">
        {chosen.map((id) => (
          <button
            key={id}
            type="button"
            class="chip"
            data-value={id}
            aria-label={`${t('search.clear')} ${titleFor(id)}`}
            onClick={() => filter({ [name]: chosen.filter((other) => other !== id) })}
          >
            {titleFor(id)}
            <Icon name="close" />
          </button>
        ))}
        {left.length > 0 && (
          <select
            aria-labelledby={`filter-${name}`}
            value=""
            onChange={({ currentTarget }) => {
              const { value } = currentTarget;
              currentTarget.value = '';
              const kept = chosen.filter((id) => id !== NOTHING);
              if (value) filter({ [name]: [...kept, value] });
            }}
          >
            <option value="">{t(chosen.length > 0 ? 'filter.add' : 'filter.any')}</option>
            {left.map(({ id, title }) => (
              <option key={id} value={id}>
                {title}
              </option>
            ))}
          </select>
        )}
      </div>
    </div>
  );
}

interface Listed {
  collection: Collection;
  page: FeaturePage;
}

function Lists({ listed, style }: { listed: Collection[]; style: StyleSpecification | null }) {
  const [found, setFound] = useState<Listed[] | Problem | null>(null);
  const [attempt, setAttempt] = useState(0);
  const asked = JSON.stringify([shown.value, listed.map(({ id }) => id)]);
  const of = standing.value;
  // Read anew when the data are others.
  useEffect(() => {
    const control = new AbortController();
    setFound(null);
    const passing = askable(shown.peek()) ? listed : [];
    Promise.all(
      passing.map(async (collection) => {
        const page = await fetchPage(collection, 0, control.signal);
        return { collection, page };
      }),
    ).then(
      (pages) => setFound(pages.filter(({ page }) => page.numberMatched > 0)),
      (error: unknown) => {
        if (!control.signal.aborted) setFound(error instanceof Problem ? error : unreachable());
      },
    );
    return () => control.abort();
  }, [asked, attempt, of]);
  if (found instanceof Problem) {
    return <Failure problem={found} retry={() => setAttempt(attempt + 1)} />;
  }
  if (!found) return <Skeleton lines={8} />;
  const all = found.reduce((sum, { page }) => sum + page.numberMatched, 0);
  return (
    <div class="lists" data-asked={asked}>
      <p class="list-found" role="status">
        {all > 0 ? t('list.count', { n: all }) : t('list.empty')}
      </p>
      {found.map((one) => (
        <CollectionList key={`${one.collection.id} ${asked}`} first={one} style={style} />
      ))}
    </div>
  );
}

function fetchPage({ id }: Collection, offset: number, signal?: AbortSignal): Promise<FeaturePage> {
  return fetchItems(id, { ...askable(shown.peek()), limit: PAGE, offset }, signal);
}

function CollectionList({ first, style }: { first: Listed; style: StyleSpecification | null }) {
  const { collection, page } = first;
  const [features, setFeatures] = useState<Feature[]>(page.features);
  const [problem, setProblem] = useState<Problem | null>(null);
  const rest = page.numberMatched - features.length;
  const layers = view.value.layers ?? [];
  const more = () => {
    setProblem(null);
    fetchPage(collection, features.length).then(
      (next) => setFeatures([...features, ...next.features]),
      (error: unknown) => setProblem(error instanceof Problem ? error : unreachable()),
    );
  };
  return (
    <section class="collection" data-collection={collection.id}>
      <h3 class="collection-title">
        {titleOf(lang.value, collection)}
        <b>{page.numberMatched}</b>
        {!layers.includes(collection.id) && (
          <button
            type="button"
            class="link layer-off"
            onClick={() => navigate({ layers: [...layers, collection.id] })}
          >
            {t('list.hidden')}
          </button>
        )}
      </h3>
      <ul class="rows">
        {features.map((feature) => (
          <Row
            key={feature.id}
            reference={refOf(collection.id, feature)}
            feature={feature}
            style={style}
          />
        ))}
      </ul>
      {problem && <Failure problem={problem} retry={more} />}
      {rest > 0 && !problem && (
        <button type="button" class="button is-small more" onClick={more}>
          {t('list.more', { n: Math.min(rest, PAGE) })}
        </button>
      )}
    </section>
  );
}

function Row(props: { reference: string; feature: Feature; style: StyleSpecification | null }) {
  const { reference, feature, style } = props;
  const { properties, geometry } = feature;
  const [collection = ''] = reference.split('/');
  return (
    <li class={`row ${view.value.select === reference ? 'is-lit' : ''}`}>
      <button
        type="button"
        class="row-main"
        data-ref={reference}
        {...hoverProps(reference, properties.container)}
        onClick={() => select(reference, { move: true })}
      >
        <StatusMark
          style={style}
          status={properties.status}
          shape={shapeOf(reference, feature)}
          dashed={!geometry}
        />
        <span class="row-text">
          <span class="row-name">{nameOf(lang.value, properties)}</span>
          <span class="row-sub">
            {kindTitle(collection, properties.kind)}
            {properties.status && ` · ${statusWord(lang.value, properties.status)}`}
          </span>
        </span>
        {!geometry && <span class="tag">{t('detail.unlocated')}</span>}
      </button>
    </li>
  );
}
