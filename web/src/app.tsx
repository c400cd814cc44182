// The page: a map, a column to ask from, and a panel that answers.

import { computed, signal } from '@preact/signals';
import type { StyleSpecification } from 'maplibre-gl';
import { useEffect } from 'preact/hooks';
import { fetchStyle, Problem, unreachable } from './api';
import { titleOf } from './i18n';
import { mapState, webglWorks } from './map/canvas';
import { DrawHint, Furniture, MapView, ShapeHint, Tip } from './map/furniture';
import { styleWithin } from './map/style';
import { isEmbedded } from './opening';
import { Answer } from './panels/answer';
import { Briefed } from './panels/briefed';
import { Embedded } from './panels/embedded';
import { Header } from './panels/header';
import { IndicatorPanel } from './panels/indicators';
import { Layers } from './panels/layers';
import { ListPanel } from './panels/list';
import { Pairs } from './panels/pairs';
import { Failure } from './panels/parts';
import { Reader } from './panels/reader';
import { RevisionsPanel } from './panels/revisions';
import { Sheet } from './panels/sheet';
import { ZoneQuery } from './panels/zones';
import {
  asking,
  catalogue,
  isFollowing,
  isOvertaken,
  lang,
  layout,
  navigate,
  newest,
  ready,
  share,
  t,
  view,
} from './state';

const loaded = signal<StyleSpecification | null>(null);
/** The style, once it is known which collections there are to draw. */
const style = computed(() => {
  const known = ready(catalogue.load.value);
  if (!known || !loaded.value) return null;
  return styleWithin(
    loaded.value,
    known.collections.map(({ id }) => id),
  );
});
const styleProblem = signal<Problem | null>(null);
const drawable = webglWorks();

function loadStyle(): void {
  styleProblem.value = null;
  fetchStyle().then(
    (answer) => {
      loaded.value = answer;
    },
    (error: unknown) => {
      styleProblem.value = error instanceof Problem ? error : unreachable();
    },
  );
}

function Panel({ style }: { style: StyleSpecification | null }) {
  switch (view.value.panel) {
    case 'layers':
      return (
        <>
          <ZoneQuery />
          {style && <Layers style={style} />}
        </>
      );
    case 'list':
      return <ListPanel style={style} />;
    case 'documents':
      return <Reader />;
    case 'indicators':
      return <IndicatorPanel />;
    case 'pairs':
      return <Pairs />;
    case 'revisions':
      return <RevisionsPanel />;
  }
}

export function App() {
  const load = catalogue.load.value;
  const known = ready(load);
  const title = known && titleOf(lang.value, known);
  const shared = ready(share.load.value)?.title;

  useEffect(loadStyle, []);
  useEffect(() => {
    document.documentElement.lang = lang.value === 'zh' ? 'zh-CN' : 'en';
  }, [lang.value]);
  useEffect(() => {
    if (title) document.title = shared ? `${shared} · ${title}` : title;
  }, [title, shared]);
  const latest = newest.value;
  const isUntold = view.value.revision === null && !isFollowing.value;
  useEffect(() => {
    if (latest === null || !isUntold || isOvertaken(latest)) return;
    navigate({ revision: latest }, 'replace');
  }, [latest, isUntold]);

  const failed = load?.state === 'failed' ? load.problem : styleProblem.value;
  const answering = asking.value && !isEmbedded;
  // Beside an answer on a middling screen only the header is left of the column.
  const columnCovers = layout.value === 'wide' || (layout.value === 'middle' && !answering);
  return (
    <div
      class={`page ${answering ? 'is-answering' : ''}`}
      data-theme={view.value.theme}
      data-panel={view.value.panel}
      data-map={drawable ? mapState.value : 'failed'}
    >
      {known && style.value && drawable && <MapView style={style.value} />}
      {!drawable && (
        <div class="map-missing" role="alert">
          <h2>{t('error.webgl')}</h2>
          <p>{t('error.webgl.detail')}</p>
        </div>
      )}
      {failed ? (
        <div class="map-missing">
          <Failure
            problem={failed}
            retry={() => {
              catalogue.reload();
              loadStyle();
            }}
          />
        </div>
      ) : (
        drawable &&
        (!known || !style.value || mapState.value === 'loading') && (
          <p class="map-loading" role="status">
            <span class="spinner" aria-hidden="true" />
            {t('app.loading')}
          </p>
        )
      )}
      {isEmbedded ? (
        <Embedded style={style.value} title={title ?? ''} />
      ) : (
        <>
          <div
            class="column"
            data-panel={view.value.panel}
            data-covers={columnCovers ? 'left' : 'none'}
          >
            <Header />
            {known && <Briefed />}
            {known && (
              <Sheet label={t(`panel.${view.value.panel}`)} class="side" hidden={answering}>
                <Panel style={style.value} />
              </Sheet>
            )}
          </div>
          {known && answering && <Answer style={style.value} />}
          <DrawHint />
          <ShapeHint />
        </>
      )}
      {known && style.value && drawable && <Furniture style={style.value} />}
      <Tip />
    </div>
  );
}
