// Who uses the page: signing in and out, and what editors start from.

import { useState } from 'preact/hooks';
import { signOut } from '../api';
import { goOnWithNew, kept, keptDraft, NEW, startNew, throwAway } from '../desk';
import { intake, openIntake, taken } from '../intake';
import {
  canEdit,
  collections,
  draft,
  isRecorded,
  ready,
  returns,
  session,
  t,
  view,
} from '../state';
import { formatView } from '../view';
import { Icon } from './icons';

/** Where a new feature goes first: there are more projects and parcels to come than anything else. */
const FIRST = ['parcels', 'projects'];

export function Person() {
  const known = ready(session.load.value);
  const [failed, setFailed] = useState(false);
  // A service without a record has nothing to sign in for, unless it says so.
  if (!known || (!isRecorded.value && known.name === null)) return null;
  if (known.name === null) {
    return (
      <p class="person">
        <a class="link" href={signInAddress()}>
          {t('person.sign_in')}
        </a>
      </p>
    );
  }
  const leave = () =>
    signOut().then(
      // Others may not see all of what is shown.
      () => location.reload(),
      () => setFailed(true),
    );
  return (
    <p class="person">
      <span class="person-name" title={known.role ? t(`person.${known.role}`) : undefined}>
        {known.name}
      </span>
      <button type="button" class="link" onClick={leave}>
        {t('person.sign_out')}
      </button>
      {failed && <span class="is-error">{t('person.sign_out.failed')}</span>}
      {canEdit.value && <Starts />}
    </p>
  );
}

/** Signing in leads back to what is shown now. */
function signInAddress(): string {
  returns.value;
  const next = `${location.pathname}${formatView(view.value)}`;
  return `sign-in?next=${encodeURIComponent(next)}`;
}

/** Where an editor begins: a new feature, or a file of many. */
function Starts() {
  return (
    <span class="starts">
      <button
        type="button"
        class="button is-small"
        disabled={draft.value !== null || intake.value !== null}
        data-act="import"
        onClick={() => openIntake(firstCollection()?.id ?? '')}
      >
        <Icon name="upload" />
        {t('intake.open')}
      </button>
      <NewButton />
      {taken.value !== null && (
        <span class="fine" role="status">
          {t('intake.done', { n: taken.value })}
        </span>
      )}
    </span>
  );
}

function firstCollection() {
  const all = collections.peek();
  return FIRST.map((id) => all.find((one) => one.id === id)).find(Boolean) ?? all[0];
}

function NewButton() {
  kept.value;
  const left = draft.value === null && keptDraft(NEW) !== null;
  const start = () => {
    const first = firstCollection();
    if (first) startNew(first.id, first.kinds[0]?.id ?? '');
  };
  if (left) {
    return (
      <span class="person-left">
        {t('edit.left.new')}
        <button type="button" class="link" onClick={goOnWithNew}>
          {t('edit.left.go_on')}
        </button>
        <button type="button" class="link" onClick={() => throwAway(NEW)}>
          {t('edit.left.discard')}
        </button>
      </span>
    );
  }
  return (
    <button
      type="button"
      class="button is-small"
      disabled={draft.value !== null || intake.value !== null}
      data-act="new"
      onClick={start}
    >
      <Icon name="plus" />
      {t('edit.new')}
    </button>
  );
}
