// One feature: what it is, how it stands, where it is and how surely, and who says so.

import type { StyleSpecification } from 'maplibre-gl';
import { useEffect, useState } from 'preact/hooks';
import { fetchItems, Problem, unreachable } from '../api';
import { accuracy, areaTolerance, hectares, metres, mu, tolerance } from '../format';
import { nameOf, relationWord, statusWord } from '../i18n';
import { moveTo } from '../map/canvas';
import { landUseOf } from '../map/style';
import type { Feature, Properties, StatusEntry } from '../model';
import { collectionOf, refOf } from '../model';
import { ask, canEdit, collections, isRecorded, lang, select, standing, t } from '../state';
import { EditButton } from './edit-button';
import { History } from './history';
import { Icon } from './icons';
import { LandUseMark, StatusChip, StatusMark } from './marks';
import { Outline } from './outline';
import { Failure, FeatureLink, hoverProps, kindTitle, Quote, Section, shapeOf } from './parts';

/** Collections larger than this are not searched for what a feature contains. */
const CONTENTS_LIMIT = 5000;

export function Details(props: {
  reference: string;
  feature: Feature;
  style: StyleSpecification | null;
}) {
  const { reference, feature, style } = props;
  const { properties } = feature;
  const collection = collectionOf(reference);
  const surface = feature.geometry?.type === 'Polygon' || feature.geometry?.type === 'MultiPolygon';
  const second = lang.value === 'zh' ? properties.name_en : properties.name;
  return (
    <>
      <header class="details-head">
        <p class="kind">
          {kindTitle(collection, properties.kind)}
          {!feature.geometry && <span class="tag">{t('detail.unlocated')}</span>}
        </p>
        <h2 class="answer-title">{nameOf(lang.value, properties)}</h2>
        {second && <p class="second-name">{second}</p>}
        {properties.aliases && properties.aliases.length > 0 && (
          <p class="aliases">
            {t('detail.aliases')}
            {properties.aliases.join(lang.value === 'zh' ? '、' : ', ')}
          </p>
        )}
        {surface && collection === 'zones' && (
          <button
            type="button"
            class="button is-primary"
            onClick={() => ask({ type: 'feature', ref: reference })}
          >
            <Icon name="search" />
            {t('detail.query')}
          </button>
        )}
        {canEdit.value && <EditButton reference={reference} />}
      </header>

      <Measures feature={feature} />
      <Stated properties={properties} style={style} />
      {(properties.statuses || collection === 'projects' || collection === 'parcels') && (
        <StatusBlock properties={properties} style={style} />
      )}
      {properties.boundary && (
        <Section title={t('detail.boundary')} class="boundary">
          <Quote citation={boundaryCitation(properties)} />
        </Section>
      )}
      {properties.sides && properties.sides.length > 0 && (
        <Outline
          of={reference}
          geometry={feature.geometry}
          sides={properties.sides}
          style={style}
        />
      )}
      <Contents reference={reference} style={style} />
      <LocationBlock feature={feature} />
      <Citations properties={properties} />
      {isRecorded.value && <History key={reference} reference={reference} />}
      <SourceBlock reference={reference} properties={properties} />
    </>
  );
}

function Measures({ feature }: { feature: Feature }) {
  const { measured, sides, accuracy_m } = feature.properties;
  if (measured?.area_m2 === undefined) return null;
  const off = areaTolerance(sides, measured.perimeter_m, accuracy_m ?? null);
  const area = measured.area_m2;
  const size = (format: typeof hectares) => {
    const [value, unit] = format(area, lang.value).split(' ');
    const plusMinus = off === null ? '' : tolerance(format(off, lang.value));
    return (
      <p class="measure">
        <b>{value}</b> {unit}
        {plusMinus && <small>± {plusMinus}</small>}
      </p>
    );
  };
  return (
    <Section title={t('detail.area')} class="measures">
      <div class="measure-row">
        {size(hectares)}
        {size(mu)}
      </div>
      <p class="fine">
        {measured.perimeter_m !== undefined && (
          <>
            {t('detail.perimeter')} {metres(measured.perimeter_m, lang.value)}
          </>
        )}
        {off !== null && <span>{t('detail.tolerance')}</span>}
      </p>
    </Section>
  );
}

/** What a document states of a parcel, as against what is measured. */
function Stated(props: { properties: Properties; style: StyleSpecification | null }) {
  const { land_use, area_m2 } = props.properties;
  if (!land_use && typeof area_m2 !== 'number') return null;
  const use = props.style && land_use?.code ? landUseOf(props.style, land_use.code) : null;
  return (
    <dl class="facts is-stated">
      {land_use && (
        <Fact term={t('detail.land_use')}>
          {use && <LandUseMark colour={use.colour} />} {land_use.code}{' '}
          {nameOf(lang.value, land_use)}
        </Fact>
      )}
      {typeof area_m2 === 'number' && (
        <Fact term={t('detail.stated_area')}>
          {hectares(area_m2, lang.value)} · {mu(area_m2, lang.value)}
        </Fact>
      )}
    </dl>
  );
}

function StatusBlock(props: { properties: Properties; style: StyleSpecification | null }) {
  const { status, statuses = [] } = props.properties;
  const latest = statuses.at(-1);
  return (
    <Section title={t('detail.status')}>
      {status || latest ? (
        <>
          <p class="status-now">
            <StatusChip style={props.style} status={status ?? latest?.status} />
            {latest && <time>{dated(latest)}</time>}
          </p>
          {statuses.length === 1 && latest && <Quote citation={latest.citation} />}
          <ol class="history" hidden={statuses.length < 2}>
            {statuses.map((entry) => (
              <HistoryEntry
                key={`${entry.status}${entry.citation.quote}`}
                {...props}
                entry={entry}
              />
            ))}
          </ol>
        </>
      ) : (
        <p class="muted">{t('detail.status.none')}</p>
      )}
    </Section>
  );
}

/** A status holds as of the document that states it. */
function dated({ date }: StatusEntry): string {
  return date ? t('detail.dated', { year: date.slice(0, 4) }) : t('detail.undated');
}

function HistoryEntry(props: { entry: StatusEntry; style: StyleSpecification | null }) {
  const { entry, style } = props;
  return (
    <li>
      <StatusMark style={style} status={entry.status} />
      <div>
        <p class="history-head">
          {statusWord(lang.value, entry.status)}
          <time>{dated(entry)}</time>
        </p>
        <Quote citation={entry.citation} />
      </div>
    </li>
  );
}

function LocationBlock({ feature }: { feature: Feature }) {
  const { properties } = feature;
  const evidence = (lang.value === 'en' && properties.evidence_en) || properties.evidence;
  return (
    <Section title={t('detail.location')}>
      <p class={`accuracy-words is-${properties.located_by}`}>
        {t(`accuracy.${properties.located_by}`, {
          m: accuracy(properties.accuracy_m ?? 0, lang.value),
        })}
      </p>
      {evidence && <p class="evidence">{evidence}</p>}
      <dl class="facts">
        {properties.container && (
          <Fact term={t('detail.container')}>
            <FeatureLink reference={properties.container} />
          </Fact>
        )}
        {properties.placed_in && properties.placed_in.length > 0 && (
          <Fact term={t('detail.placed')}>
            {properties.placed_in.map((ref) => (
              <FeatureLink key={ref} reference={ref} />
            ))}
          </Fact>
        )}
        {properties.relations?.map(({ type, target, evidence }) => (
          <Fact key={`${type}${target}`} term={relationWord(lang.value, type)}>
            <FeatureLink reference={target} />
            {evidence && <span class="fine">{evidence}</span>}
          </Fact>
        ))}
        {properties.lines && properties.lines.length > 0 && (
          <Fact term={t('detail.lines')}>
            {properties.lines.join(lang.value === 'zh' ? '、' : ', ')}
          </Fact>
        )}
        {properties.address && (
          <Fact term={t('detail.address')}>
            {properties.address}
            <span class="fine">{t('detail.address.note')}</span>
          </Fact>
        )}
      </dl>
      {feature.geometry && (
        <button type="button" class="link" onClick={() => moveTo(feature)}>
          {t('detail.show')}
        </button>
      )}
    </Section>
  );
}

function Fact(props: { term: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{props.term}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}

function Citations({ properties }: { properties: Properties }) {
  // What stands above with the status or the boundary need not be said twice.
  const said = new Set([
    ...(properties.statuses ?? []).map(({ citation }) => citation.quote),
    boundaryCitation(properties).quote,
  ]);
  const rest = (properties.citations ?? []).filter(({ quote }) => !said.has(quote));
  if (rest.length === 0) return null;
  return (
    <Section title={t('detail.quotes')}>
      {rest.map((citation) => (
        <Quote key={citation.document + citation.quote} citation={citation} />
      ))}
    </Section>
  );
}

/** The boundary sentence with its section, which only the citation that holds it knows. */
function boundaryCitation({ boundary, citations = [] }: Properties) {
  const text = boundary?.text ?? '';
  const whole = text && citations.find(({ quote }) => quote.includes(text));
  return whole || { document: boundary?.document ?? '', quote: text, start: boundary?.start ?? 0 };
}

function SourceBlock(props: { reference: string; properties: Properties }) {
  const { properties } = props;
  const [collection, id] = props.reference.split('/');
  const note = (lang.value === 'en' && properties.note_en) || properties.note;
  return (
    <footer class="provenance">
      {note && (
        <p>
          <b>{t('detail.note')}</b> {note}
        </p>
      )}
      {properties.source && (
        <p>
          <b>{t('detail.source')}</b> {properties.source}
        </p>
      )}
      {properties.licence && (
        <p>
          <b>{t('detail.licence')}</b> {properties.licence}
        </p>
      )}
      <p>
        <a
          class="link"
          href={`collections/${collection}/items/${id}?f=html&lang=${lang.value}`}
          target="_blank"
          rel="noopener"
        >
          {t('detail.page')}
        </a>
      </p>
    </footer>
  );
}

/** Features without a location of their own that this one contains, by `container` or `placed_in`. */
function Contents(props: { reference: string; style: StyleSpecification | null }) {
  const [inside, setInside] = useState<{ ref: string; feature: Feature }[] | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [attempt, setAttempt] = useState(0);
  const { reference } = props;
  const of = standing.value;
  // Read anew when the data are others.
  useEffect(() => {
    let current = true;
    setInside(null);
    setProblem(null);
    findInside(reference).then(
      (found) => current && setInside(found),
      (error: unknown) => current && setProblem(error instanceof Problem ? error : unreachable()),
    );
    return () => {
      current = false;
    };
  }, [reference, attempt, of]);
  if (problem) {
    return (
      <Section title={t('detail.contains')} class="contains">
        <Failure problem={problem} retry={() => setAttempt(attempt + 1)} />
      </Section>
    );
  }
  if (!inside || inside.length === 0) return null;
  return (
    <Section title={t('detail.contains')} class="contains">
      <ul class="rows">
        {inside.map(({ ref, feature }) => (
          <li key={ref} class="row">
            <button
              type="button"
              class="row-main"
              data-ref={ref}
              {...hoverProps(ref)}
              onClick={() => select(ref)}
            >
              <StatusMark
                style={props.style}
                status={feature.properties.status}
                shape={shapeOf(ref, feature)}
                dashed
              />
              <span class="row-text">
                <span class="row-name">{nameOf(lang.value, feature.properties)}</span>
                <span class="row-sub">
                  {kindTitle(collectionOf(ref), feature.properties.kind)}
                  {feature.properties.container !== reference && ` · ${t('detail.unlocated')}`}
                </span>
              </span>
              <Icon name="next" />
            </button>
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** Of each collection as it stood. */
const unlocated = new Map<string, Promise<Feature[]>>();

async function findInside(reference: string): Promise<{ ref: string; feature: Feature }[]> {
  const searched = collections
    .peek()
    .filter(({ count, located }) => count > located && count <= CONTENTS_LIMIT);
  const lists = await Promise.all(
    searched.map(async ({ id }) => {
      const key = `${standing.peek()} ${id}`;
      const list =
        unlocated.get(key) ??
        fetchItems(id, { limit: CONTENTS_LIMIT }).then(({ features }) =>
          features.filter(({ geometry }) => geometry === null),
        );
      unlocated.set(key, list);
      list.catch(() => unlocated.delete(key));
      return (await list).map((feature) => ({ ref: refOf(id, feature), feature }));
    }),
  );
  return lists
    .flat()
    .filter(
      ({ feature: { properties } }) =>
        properties.container === reference || properties.placed_in?.includes(reference),
    );
}
