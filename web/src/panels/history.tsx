// What became of one feature: who changed what, and when; and back to what it was.

import { useEffect, useState } from 'preact/hooks';
import { fetchHistory, fetchVersion, Problem, unreachable } from '../api';
import { restore } from '../desk';
import { keptOf } from '../editing';
import { moment as time } from '../format';
import { translate } from '../i18n';
import { moveToAll } from '../map/canvas';
import { collectionOf, type FeatureRevision, type Revision } from '../model';
import { canEdit, compared, lang, moment, showRevision, standing, t } from '../state';
import { ChangeList, ComparisonKey, comparisonOf } from './changes';
import { Failure, Section, Skeleton } from './parts';

export function History({ reference }: { reference: string }) {
  const [open, setOpen] = useState(false);
  return (
    <details
      class="fold history-fold"
      open={open}
      onToggle={({ currentTarget }) => {
        setOpen(currentTarget.open);
        if (!currentTarget.open) compared.value = null;
      }}
    >
      <summary>{t('history.title')}</summary>
      {open && <Turns reference={reference} />}
    </details>
  );
}

function Turns({ reference }: { reference: string }) {
  const [turns, setTurns] = useState<FeatureRevision[] | Problem | null>(null);
  const [shown, setShown] = useState<number | null>(null);
  const of = standing.value;
  // Read anew when the data are others.
  useEffect(() => {
    const control = new AbortController();
    setTurns(null);
    setShown(null);
    compared.value = null;
    fetchHistory(reference, control.signal).then(
      ({ revisions }) => setTurns(revisions),
      (error: unknown) => {
        if (control.signal.aborted) return;
        setTurns(error instanceof Problem ? error : unreachable());
      },
    );
    return () => {
      control.abort();
      compared.value = null;
    };
  }, [reference, of]);
  if (turns === null) return <Skeleton lines={3} />;
  if (turns instanceof Problem) return <Failure problem={turns} />;
  const compare = (turn: FeatureRevision) => {
    const next = shown === turn.revision ? null : turn.revision;
    setShown(next);
    compared.value = next === null ? null : comparisonOf(turn.properties);
    moveToAll(compared.peek());
  };
  return (
    <ol class="turns">
      {turns.map((turn, index) => (
        <Turn
          key={turn.revision}
          turn={turn}
          reference={reference}
          isLatest={index === 0}
          isShown={shown === turn.revision}
          compare={() => compare(turn)}
        />
      ))}
    </ol>
  );
}

function Turn(props: {
  turn: FeatureRevision;
  reference: string;
  isLatest: boolean;
  isShown: boolean;
  compare: () => void;
}) {
  const { turn, reference, isLatest, isShown } = props;
  const { revision, change, properties } = turn;
  const collection = collectionOf(reference);
  const [problem, setProblem] = useState<Problem | null>(null);
  const isMoved = change === 'changed' && comparisonOf(properties) !== null;
  const bring = async () => {
    setProblem(null);
    try {
      const { feature } = await fetchVersion(reference, revision);
      await restore(reference, keptOf(feature), t('history.restored', { n: revision }));
    } catch (error) {
      setProblem(error instanceof Problem ? error : unreachable());
    }
  };
  return (
    <li class="turn" data-revision={revision}>
      <RevisionHead revision={turn} />
      {change === 'changed' ? (
        <details class="fold is-inner">
          <summary>{t('history.changes', { n: properties.length })}</summary>
          <ChangeList changes={properties as never} collection={collection} />
        </details>
      ) : (
        <p class="fine">{t(`history.${change}`)}</p>
      )}
      {isShown && <ComparisonKey />}
      <p class="turn-actions">
        {isMoved && (
          <button type="button" class="link" aria-pressed={isShown} onClick={props.compare}>
            {t('history.compare')}
          </button>
        )}
        {change !== 'removed' && !isLatest && moment.value !== revision && (
          <button type="button" class="link" onClick={() => showRevision(revision)}>
            {t('history.then')}
          </button>
        )}
        {change !== 'removed' && !isLatest && canEdit.value && (
          <button type="button" class="link" onClick={bring}>
            {t('history.restore')}
          </button>
        )}
      </p>
      {problem && <Failure problem={problem} refused="edit.failed" />}
    </li>
  );
}

/** Who made a revision, when, and what for. */
export function RevisionHead({ revision: told }: { revision: Revision }) {
  const { revision, author, message, cause } = told;
  // The message may be what sort of change it was, and no more.
  const isTold = cause !== 'edit' && message !== translate('zh', `history.cause.${cause}`);
  return (
    <div class="turn-head">
      <p class="turn-message">{message}</p>
      <p class="fine">
        {t('history.revision', { n: revision })} · {time(told.time, lang.value)} · {author}
        {isTold && <span class="tag">{t(`history.cause.${cause}`)}</span>}
      </p>
    </div>
  );
}

/** The history under a heading of its own, where a feature itself can't be shown. */
export function HistorySection({ reference }: { reference: string }) {
  return (
    <Section title={t('history.title')}>
      <Turns reference={reference} />
    </Section>
  );
}
