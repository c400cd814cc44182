// The way to the desk from a feature, and back to what was left there.

import { Problem } from '../api';
import { kept, keptDraft, sending, startEditing, throwAway } from '../desk';
import { t } from '../state';
import { Icon } from './icons';
import { Failure } from './parts';

export function EditButton({ reference }: { reference: string }) {
  kept.value;
  const left = keptDraft(reference) !== null;
  return (
    <>
      {left && (
        <p class="edit-left">
          {t('edit.left')}
          <button type="button" class="link" onClick={() => startEditing(reference)}>
            {t('edit.left.go_on')}
          </button>
          <button type="button" class="link" onClick={() => throwAway(reference)}>
            {t('edit.left.discard')}
          </button>
        </p>
      )}
      {!left && (
        <button
          type="button"
          class="button"
          data-act="edit"
          disabled={sending.value === 'busy'}
          onClick={() => startEditing(reference)}
        >
          <Icon name="edit" />
          {t('edit.start')}
        </button>
      )}
      {sending.value instanceof Problem && (
        <Failure problem={sending.value} refused="edit.failed" />
      )}
    </>
  );
}
