// The desk: a feature's form, the difference before it is saved, and what others changed meanwhile.

import type { StyleSpecification } from 'maplibre-gl';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { type Flaw, Problem } from '../api';
import {
  conflict,
  discard,
  type Conflict as Found,
  goOnWithTheirs,
  leave,
  refusal,
  save,
  sending,
  update,
} from '../desk';
import { type Change, changesBetween, type Draft, isDirty, lacksOf, takeUp } from '../editing';
import { NOWHERE } from '../flaws';
import { nameOf, propertyName } from '../i18n';
import { moveToAll } from '../map/canvas';
import { compared, lang, shaping, t } from '../state';
import { ChangeList, ComparisonKey, comparisonOf } from './changes';
import { flaws, TextField } from './fields';
import { Form } from './form';
import { Icon } from './icons';
import { collectionTitle, Section } from './parts';

export function Editor({ draft, style }: { draft: Draft; style: StyleSpecification | null }) {
  const { base, mine, step, version } = draft;
  const article = useRef<HTMLElement>(null);
  const at = conflict.value ? 'conflict' : step;
  // Every step is read from its top.
  useLayoutEffect(() => article.current?.closest('.sheet-body')?.scrollTo(0, 0), [at]);
  useLayoutEffect(() => {
    if (refusal.value && article.current) goToFlaw(article.current);
  }, [refusal.value]);
  const geometry = mine?.geometry ?? null;
  const was = base?.geometry ?? null;
  useEffect(() => {
    compared.value = comparisonOf(changesBetween(base, mine));
  }, [geometry, was, base, mine]);
  useEffect(
    () => () => {
      compared.value = null;
    },
    [],
  );
  const named = (mine ?? base)?.properties as { name?: string; name_en?: string } | undefined;
  return (
    <article ref={article} class="editor" data-step={at} data-dirty={isDirty(draft)}>
      <div class="answer-bar">
        <span class="crumb">
          {t(version === null ? 'edit.title.new' : 'edit.title')} ·{' '}
          {collectionTitle(draft.collection)}
        </span>
        <button type="button" class="icon-button" aria-label={t('edit.close')} onClick={leave}>
          <Icon name="close" />
        </button>
      </div>
      <h2 class="answer-title">{nameOf(lang.value, named ?? {})}</h2>
      {conflict.value ? (
        <Conflict found={conflict.value} collection={draft.collection} />
      ) : step === 'review' ? (
        <Review draft={draft} />
      ) : (
        <>
          {refusal.value && <Refused flaws={flaws.value.get(NOWHERE) ?? []} />}
          <Open draft={draft} />
          <Form key={`${version}${base?.id}`} draft={draft} style={style} />
          <FormActions draft={draft} />
        </>
      )}
    </article>
  );
}

function FormActions({ draft }: { draft: Draft }) {
  const lacks = draft.mine ? lacksOf(draft.mine) : [];
  const review = () => {
    shaping.value = null;
    sending.value = 'idle';
    refusal.value = null;
    update({ step: 'review' });
    moveToAll(compared.peek());
  };
  return (
    <footer class="editor-actions">
      {lacks.length > 0 && (
        <p class="fine is-error">
          {t('edit.lacks')}
          {lacks
            .map((name) => (name === 'id' ? t('edit.id') : propertyName(lang.value, name)))
            .join(lang.value === 'zh' ? '、' : ', ')}
        </p>
      )}
      <div class="query-actions">
        <button
          type="button"
          class="button is-primary"
          disabled={lacks.length > 0 || !isDirty(draft)}
          onClick={review}
        >
          {t('edit.review')}
        </button>
        <button type="button" class="button" onClick={discard}>
          {t('edit.discard')}
        </button>
        {draft.version !== null && (
          <button
            type="button"
            class="button is-danger"
            onClick={() => update({ mine: null, step: 'review' })}
          >
            {t('edit.delete')}
          </button>
        )}
      </div>
    </footer>
  );
}

/** Changes of mine that others' stand in the way of. */
function Open({ draft }: { draft: Draft }) {
  if (draft.open.length === 0) return null;
  return (
    <Section title={t('conflict.open')} class="open-changes">
      <ul>
        {draft.open.map((change) => (
          <li key={change.name} data-open={change.name}>
            <ChangeList changes={[againstTheirs(draft, change)]} collection={draft.collection} />
            <p class="turn-actions">
              <button type="button" class="link" onClick={() => update(takeUp(draft, change.name))}>
                {t('conflict.take')}
              </button>
              <button
                type="button"
                class="link"
                onClick={() => update({ open: draft.open.filter((one) => one !== change) })}
              >
                {t('conflict.drop')}
              </button>
            </p>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function againstTheirs({ base }: Draft, { name, after }: Change): Change {
  const before = name === 'geometry' ? base?.geometry : base?.properties[name];
  return { name, before, after };
}

function Review({ draft }: { draft: Draft }) {
  const { base, mine, message, collection } = draft;
  const changes = changesBetween(base, mine);
  const isBusy = sending.value === 'busy';
  return (
    <>
      <Section title={t('edit.review.title')} class="review">
        {!mine && <p class="review-removed">{t('edit.review.removed')}</p>}
        {mine && changes.length === 0 && <p class="muted">{t('edit.review.none')}</p>}
        {comparisonOf(changes) && mine && <ComparisonKey />}
        {mine && <ChangeList changes={changes} collection={collection} />}
      </Section>
      {sending.value instanceof Problem && !refusal.value && <Failed problem={sending.value} />}
      <form
        class="block"
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <TextField
          name="message"
          label={t('edit.message')}
          note={t('edit.message.note')}
          value={message}
          required
          change={(value) => update({ message: value })}
        />
        <div class="query-actions">
          <button
            type="submit"
            class="button is-primary"
            disabled={isBusy || message.trim() === '' || changes.length === 0}
          >
            {t(isBusy ? 'edit.saving' : 'edit.save')}
          </button>
          <button
            type="button"
            class="button"
            disabled={isBusy}
            onClick={() => update({ step: 'form', mine: mine ?? base })}
          >
            {t('edit.review.back')}
          </button>
          <button type="button" class="button" disabled={isBusy} onClick={discard}>
            {t('edit.discard')}
          </button>
        </div>
      </form>
    </>
  );
}

/** Why it was not saved, in so far as no field says it. */
function Refused({ flaws: others }: { flaws: Flaw[] }) {
  const atFields = [...flaws.value].filter(([field]) => field !== NOWHERE);
  const n = atFields.reduce((count, [, all]) => count + all.length, 0);
  if (n + others.length === 0) return null;
  return (
    <div class="failure" role="alert">
      <h3>{t('edit.failed')}</h3>
      {n > 0 && <p>{t('edit.failed.fields', { n })}</p>}
      <FlawList flaws={others} />
    </div>
  );
}

function FlawList({ flaws }: { flaws: Flaw[] }) {
  if (flaws.length === 0) return null;
  return (
    <ul class="flaws">
      {flaws.map(({ feature, reason, reason_en }) => (
        <li key={`${feature}${reason}`}>{lang.value === 'zh' ? reason : reason_en}</li>
      ))}
    </ul>
  );
}

/** To the first field that something is wrong with. */
function goToFlaw(article: HTMLElement): void {
  const first = article.querySelector<HTMLElement>('[aria-invalid=true], [data-flawed]');
  const fold = first?.closest('details');
  if (fold) fold.open = true;
  first?.focus({ preventScroll: true });
  first?.scrollIntoView({ block: 'center' });
}

/** Why it was not saved, where no change to the draft helps. */
function Failed({ problem }: { problem: Problem }) {
  const { status, flaws, detail } = problem;
  const isSignedOut = status === 401;
  return (
    <div class="failure" role="alert">
      <h3>{t('edit.failed')}</h3>
      <p>
        {status === 0
          ? t('edit.failed.offline')
          : isSignedOut
            ? t('edit.failed.signed_out')
            : flaws.length === 0 && detail[lang.value]}
      </p>
      {isSignedOut && (
        <a href="./sign-in" target="_blank" rel="noopener" class="link">
          {t('edit.failed.sign_in')}
        </a>
      )}
      <FlawList flaws={flaws} />
    </div>
  );
}

function Conflict({ found, collection }: { found: Found; collection: string }) {
  const { theirs, mine, open } = found.merge;
  const both = (changes: Change[]) =>
    changes.filter(({ name }) => open.some((one) => one.name === name));
  return (
    <div class="conflict" role="alert">
      <Section title={t('conflict.title')}>
        <p class="fine">{t('conflict.note')}</p>
      </Section>
      <Section
        title={t('conflict.theirs')}
        note={both(theirs).length > 0 ? bothWords(both(theirs)) : undefined}
        class="is-theirs"
      >
        <ChangeList changes={theirs} collection={collection} />
      </Section>
      <Section title={t('conflict.mine')} class="is-mine">
        {mine.length > 0 ? (
          <ChangeList changes={mine} collection={collection} />
        ) : (
          <p>{t('edit.review.removed')}</p>
        )}
      </Section>
      <div class="block">
        <p class="fine">{t('conflict.reapply.note')}</p>
        <div class="query-actions">
          <button type="button" class="button is-primary" onClick={goOnWithTheirs}>
            {t('conflict.reapply')}
          </button>
          <button type="button" class="button" onClick={discard}>
            {t('conflict.discard')}
          </button>
        </div>
      </div>
    </div>
  );
}

function bothWords(changes: Change[]): string {
  const names = changes.map(({ name }) => propertyName(lang.value, name));
  return `${t('conflict.both')}：${names.join('、')}`;
}
