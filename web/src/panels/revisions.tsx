// Every revision of the data: who made it, when and what for, and what it changed, on the map too.

import { useEffect, useState } from 'preact/hooks';
import { fetchDifferences, fetchRevisions, Problem, unreachable } from '../api';
import { restore } from '../desk';
import type { Change, Kept } from '../editing';
import { nameOf } from '../i18n';
import { moveToAll } from '../map/canvas';
import { collectionOf, type Difference, type Differences, idOf, type Revision } from '../model';
import {
  canEdit,
  compared,
  lang,
  moment,
  navigate,
  newest,
  select,
  showRevision,
  standing,
  t,
} from '../state';
import { ChangeList, ComparisonKey, comparisonOf } from './changes';
import { RevisionHead } from './history';
import { collectionTitle, Failure, Section, Skeleton, useFeature } from './parts';

/** Revisions that are fetched at once. */
const PAGE = 30;
/** Changed features that are listed of one revision. */
const LISTED = 200;

export function RevisionsPanel() {
  const [all, setAll] = useState<{ revisions: Revision[]; count: number } | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [open, setOpen] = useState<number | null>(null);
  const of = standing.value;
  const fetchMore = (known: Revision[], signal?: AbortSignal) => {
    setProblem(null);
    fetchRevisions({ limit: PAGE, offset: known.length }, signal).then(
      ({ revisions, numberMatched }) =>
        setAll({ revisions: [...known, ...revisions], count: numberMatched }),
      (error: unknown) => {
        if (signal?.aborted) return;
        setProblem(error instanceof Problem ? error : unreachable());
      },
    );
  };
  // Read anew when the data are others.
  useEffect(() => {
    const control = new AbortController();
    fetchMore([], control.signal);
    return () => control.abort();
  }, [of]);
  useEffect(
    () => () => {
      compared.value = null;
    },
    [],
  );
  const toggle = (revision: number) => {
    compared.value = null;
    setOpen(open === revision ? null : revision);
  };
  return (
    <Section title={t('revisions.title')} class="revisions">
      <p class="fine">{t('revisions.note')}</p>
      {problem && <Failure problem={problem} retry={() => fetchMore(all?.revisions ?? [])} />}
      {!all && !problem && <Skeleton lines={6} />}
      <ol class="turns">
        {all?.revisions.map((revision) => (
          <Row
            key={revision.revision}
            revision={revision}
            isOpen={open === revision.revision}
            toggle={() => toggle(revision.revision)}
          />
        ))}
      </ol>
      {all && all.revisions.length < all.count && (
        <button type="button" class="button is-small" onClick={() => fetchMore(all.revisions)}>
          {t('revisions.more', { n: Math.min(PAGE, all.count - all.revisions.length) })}
        </button>
      )}
    </Section>
  );
}

function Row(props: { revision: Revision; isOpen: boolean; toggle: () => void }) {
  const { isOpen } = props;
  const { revision } = props.revision;
  const isShown = (moment.value ?? newest.value) === revision;
  return (
    <li class={`turn ${isShown ? 'is-shown' : ''}`} data-revision={revision}>
      <button type="button" class="turn-open" aria-expanded={isOpen} onClick={props.toggle}>
        <RevisionHead revision={props.revision} />
      </button>
      {isOpen && (revision > 1 ? <Changed revision={revision} /> : <First />)}
      <p class="turn-actions">
        {!isShown && (
          <button type="button" class="link" onClick={() => showRevision(revision)}>
            {t('revisions.view')}
          </button>
        )}
      </p>
    </li>
  );
}

function First() {
  return <p class="fine">{t('revisions.first')}</p>;
}

function Changed({ revision }: { revision: number }) {
  const [found, setFound] = useState<Differences | Problem | null>(null);
  useEffect(() => {
    const control = new AbortController();
    fetchDifferences(revision, LISTED, control.signal).then(
      (differences) => {
        setFound(differences);
        const moves = differences.differences.flatMap(({ properties }) => properties);
        compared.value = comparisonOf(moves as Change[]);
        moveToAll(compared.peek());
      },
      (error: unknown) => {
        if (control.signal.aborted) return;
        setFound(error instanceof Problem ? error : unreachable());
      },
    );
    return () => control.abort();
  }, [revision]);
  if (found === null) return <Skeleton lines={2} />;
  if (found instanceof Problem) return <Failure problem={found} />;
  const features = found.differences.filter(({ feature }) => feature !== undefined);
  const files = found.differences.length - features.length;
  return (
    <div class="revision-changes">
      <p class="fine">
        {t('revisions.count', { n: found.numberMatched })}
        {files > 0 && ` · ${t('revisions.files', { n: files })}`}
        {found.differences.length < found.numberMatched &&
          ` · ${t('revisions.rest', { shown: found.differences.length })}`}
      </p>
      {compared.value && <ComparisonKey />}
      <ul>
        {features.map((difference) => (
          <OneFeature key={difference.feature} difference={difference} revision={revision} />
        ))}
      </ul>
    </div>
  );
}

function OneFeature({ difference, revision }: { difference: Difference; revision: number }) {
  const { feature: ref = '', change, properties } = difference;
  const changes = properties as Change[];
  const collection = collectionOf(ref);
  const show = () => {
    // What is gone stands in the revision before.
    if (change === 'removed') navigate({ select: ref, revision: revision - 1 });
    else select(ref, { move: true });
  };
  return (
    <li class="changed-feature" data-ref={ref}>
      <p>
        <span class={`tag is-${change}`}>{t(`history.${change}`)}</span>
        <button type="button" class="link" onClick={show}>
          {nameIn(changes) ?? <StandingName reference={ref} />}
        </button>
        <span class="fine-inline">{collectionTitle(collection)}</span>
      </p>
      {change === 'changed' && (
        <details class="fold is-inner">
          <summary>{t('history.changes', { n: changes.length })}</summary>
          <ChangeList changes={changes} collection={collection} />
        </details>
      )}
      {change === 'removed' && canEdit.value && (
        <button
          type="button"
          class="link"
          onClick={() =>
            restore(ref, asItWas(ref, changes), t('history.restored', { n: revision - 1 }))
          }
        >
          {t('history.restore')}
        </button>
      )}
    </li>
  );
}

/** What a feature is called in the data that are shown. */
function StandingName({ reference }: { reference: string }) {
  const feature = useFeature(reference);
  return <>{feature ? nameOf(lang.value, feature.properties) : idOf(reference)}</>;
}

/** What a feature is called, as far as changes to it tell. */
function nameIn(changes: Change[]): string | null {
  const told = (name: string) => {
    const change = changes.find((one) => one.name === name);
    const value = change?.after ?? change?.before;
    return typeof value === 'string' ? value : null;
  };
  return (lang.value === 'en' ? told('name_en') : null) ?? told('name');
}

/** A feature that was removed: all its properties are told as they were. */
function asItWas(ref: string, changes: Change[]): Kept {
  const own = changes.filter(({ name }) => name !== 'geometry');
  const geometry = changes.find(({ name }) => name === 'geometry')?.before ?? null;
  return {
    id: idOf(ref),
    geometry: geometry as GeoJSON.Geometry | null,
    properties: Object.fromEntries(own.map(({ name, before }) => [name, before])),
  };
}
