// What the column beside the map shows: one panel at a time.

import { conditions, isRecorded, navigate, t, view } from '../state';
import { PANELS } from '../view';

export function Tabs() {
  return (
    <nav class="tabs" aria-label={t('panel.label')}>
      {PANELS.filter((panel) => panel !== 'revisions' || isRecorded.value).map((panel) => (
        <button
          key={panel}
          type="button"
          class="tab"
          data-panel={panel}
          aria-current={view.value.panel === panel ? 'page' : undefined}
          onClick={() => navigate({ panel })}
        >
          {t(`panel.${panel}`)}
          {panel === 'list' && conditions.value > 0 && (
            <span class="tab-count">{conditions.value}</span>
          )}
        </button>
      ))}
    </nav>
  );
}
